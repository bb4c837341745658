//! A GitButler project in which tasks have stacks, and the bare program beside it.

use super::clock;
use super::stage::Stage;
use super::world::World;
use chorus_testkit::but::{self, Grammar, Program, Repository};

/// The user's configuration: demo agents that ask nobody before they edit.
const CONFIG: &str = "[agent]\ndefault = \"demo\"\n[agent.demo]\npermission_mode = \"acceptEdits\"\n";

/// The stand-in in the newer grammar, and the real programs that `CHORUS_TEST_BUT` names.
pub fn programs() -> Vec<Program> {
    let is_meant = |program: &Program| program.grammar == Grammar::New || !program.is_standin;
    but::programs().into_iter().filter(is_meant).collect()
}

/// For a row: a path says little where the file alone is called `but`.
pub fn named(program: &Program) -> String {
    match (program.is_standin, program.grammar) {
        (true, _) => "the stand-in".to_owned(),
        (false, Grammar::New) => "real, newer grammar".to_owned(),
        (false, Grammar::Old) => "real, older grammar".to_owned(),
    }
}

/// A world whose project has these files committed and is set up; tasks get stacks.
pub fn with_stacks(stage: &Stage, program: &Program, files: &[String]) -> Result<World, String> {
    let mut sandbox = stage.sandbox();
    program.install(&sandbox.root().join("bin"));
    let data = sandbox.root().join("but");
    std::fs::create_dir(&data).map_err(|error| error.to_string())?;
    sandbox.set("E2E_TEST_APP_DATA_DIR", data);
    sandbox.set("NO_BG_TASKS", "1");
    sandbox.set("CHORUS_ISOLATION", "stack");
    for (name, value) in [("user.name", "A Tester"), ("user.email", "tester@localhost"), ("commit.gpgSign", "false")] {
        sandbox.git(["config", name, value]);
    }
    for file in files {
        sandbox.write(&format!("project/{file}"), &text(file));
    }
    sandbox.commit("the files");
    let setup = sandbox.command("but").args(["setup", "--json"]).output().map_err(|error| error.to_string())?;
    if !setup.status.success() {
        return Err(format!("but setup: {}", String::from_utf8_lossy(&setup.stderr)));
    }
    Ok(World::new(sandbox, CONFIG))
}

/// The same project without Chorus, with a branch.
pub fn bare(program: &Program, files: &[String], branch: &str) -> Repository {
    let repository = Repository::bare(program);
    for file in files {
        repository.write(file, text(file));
    }
    repository.git(["add", "--all"]);
    repository.git(["commit", "--quiet", "--message", "the files"]);
    repository.json(["setup"]);
    repository.new_branch(branch);
    repository
}

/// Milliseconds of one `but commit` of these paths or ids to an applied branch.
pub fn commit(repository: &Repository, branch: &str, changes: &[String]) -> Result<f64, String> {
    let mut but = repository.command(repository.bin().join("but"));
    match repository.program.grammar {
        Grammar::New => but.args(["commit", "--json", "-b", branch, "-m", "A change", "--"]).args(changes),
        Grammar::Old => but
            .args(["commit", branch, "--json", "-m", "A change"])
            .args(changes.iter().flat_map(|change| ["-p", change])),
    };
    let began = clock::now();
    let ended = but.output().map_err(|error| error.to_string())?;
    let took = clock::since(began);
    if ended.status.success() { Ok(took) } else { Err(String::from_utf8_lossy(&ended.stderr).into_owned()) }
}

/// So many files in folders of a hundred.
pub fn files(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("d{}/f{n}.txt", n / 100)).collect()
}

/// A hundred lines: `line 001 of d0/f1.txt`.
pub fn text(file: &str) -> String {
    (1..=100).map(|n| line(file, n)).collect()
}

/// One of them, with its newline.
pub fn line(file: &str, n: usize) -> String {
    format!("line {n:03} of {file}\n")
}
