//! What it costs a task's programs that the kernel reports their writes: the same work in two stack tasks of one
//! project, one traced and one not, by turns.

use super::project;
use super::stage::Stage;
use super::table::{Row, percentile};
use super::world::World;
use chorus_testkit::{wait_for, wait_until};
use std::path::PathBuf;

/// Each whole command so often in each task; the middle one counts.
const ROUNDS: usize = 5;
const FILES: usize = 5000;

/// Reads the names of scripts and runs them, as an agent would its commands.
const RUNNER: &str =
    r#"while read -r script < "$pipe"; do sh "$script" > "$pipe.tmp" 2>&1; mv "$pipe.tmp" "$pipe.out"; done"#;

/// Opens new files, and then the same again, and prints what each open took in milliseconds.
const OPENS: &str = r#"
import os, time
os.makedirs("opened", exist_ok=True)
for n in range(2000):
    name = f"opened/{n % 1000}"
    began = time.perf_counter()
    file = os.open(name, os.O_WRONLY | os.O_CREAT, 0o600)
    print((time.perf_counter() - began) * 1000)
    os.close(file)
"#;

/// A task whose agent runs scripts.
struct Runner {
    number: String,
    pipe: PathBuf,
}

/// Work: what is done before each round without being counted, and what counts. Both run in a folder of their own.
struct Work {
    name: &'static str,
    most: f64,
    prepare: &'static str,
    run: &'static str,
}

const WORKS: [Work; 3] = [
    Work {
        name: "git checkout of 5,000 files",
        most: 1.15,
        prepare: "git -C checkout checkout -q empty",
        run: "git -C checkout checkout -q full",
    },
    Work {
        name: "npm install of 2,000 files",
        most: 1.15,
        prepare: "rm -rf npm/node_modules npm/package-lock.json",
        run: "cd npm && npm install --offline --no-audit --no-fund --install-links ./package",
    },
    Work {
        name: "cargo build of a small crate",
        most: 1.05,
        prepare: "rm -rf crate/target",
        run: concat!("cd crate && PATH=$(dirname ", env!("CARGO"), "):$PATH cargo build --offline --quiet"),
    },
];

/// The first is traced, where the kernel can.
pub fn measure(stage: &mut Stage) -> Result<Vec<Row>, String> {
    let Some(program) = project::programs().into_iter().next() else { return Err("there is no but".into()) };
    let world = project::with_stacks(stage, &program, &project::files(20))?;
    let runners = [start(&world, "traced", "auto"), start(&world, "untraced", "off")];
    if let Some((_, why)) = journal(&world, &runners[0].number).into_iter().find(|(what, _)| what == "untraced") {
        return Err(why);
    }
    lay_out(&world)?;
    let (mut rows, mut with, mut without) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let folder = world.sandbox.project().join(format!("round{round}"));
        for (runner, samples) in runners.iter().zip([&mut with, &mut without]) {
            let _ = std::fs::remove_dir_all(&folder);
            let script = format!("mkdir {0} && cd {0} && python3 -c '{OPENS}'", folder.display());
            let said = run(&world, runner, &script);
            samples.extend(said.lines().filter_map(|line| line.parse::<f64>().ok()));
        }
    }
    for share in [0.5, 0.99] {
        rows.push(Row {
            name: format!("tracing, an open for writing, p{:.0}", share * 100.0),
            value: percentile(&mut with, share),
            unit: "ms",
            budget: None,
            baseline: Some(("untraced".into(), percentile(&mut without, share))),
        });
    }
    for work in WORKS {
        rows.push(compare(&world, &runners, &work)?);
    }
    Ok(rows)
}

fn compare(world: &World, runners: &[Runner; 2], work: &Work) -> Result<Row, String> {
    let mut took = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        // By turns, and each first as often as the other.
        for at in if round % 2 == 0 { [0, 1] } else { [1, 0] } {
            run(world, &runners[at], work.prepare);
            // The shell takes the time itself, for its end is not seen at once.
            let script =
                format!("began=$(date +%s%N); ({}) && echo took $((($(date +%s%N) - began) / 1000))", work.run);
            let said = run(world, &runners[at], &script);
            let microseconds = said.lines().find_map(|line| line.strip_prefix("took ")?.parse::<f64>().ok());
            took[at].push(microseconds.ok_or_else(|| format!("{}: {said}", work.name))? / 1000.0);
        }
    }
    let [with, without] = took.map(|mut samples| percentile(&mut samples, 0.5));
    Ok(Row {
        name: format!("tracing, {}, times as long", work.name),
        value: with / without,
        unit: "",
        budget: Some(work.most),
        baseline: Some((format!("{with:.0} ms traced, untraced in ms"), without)),
    })
}

/// What the works need, in the project and yet ignored by nobody: it is there for both tasks.
fn lay_out(world: &World) -> Result<(), String> {
    let project = world.sandbox.project();
    let write = |path: String, text: &str| world.sandbox.write(&format!("project/{path}"), text);
    write(".gitignore".into(), "target/\nnode_modules/\n");
    write(
        "crate/Cargo.toml".into(),
        "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\n",
    );
    let modules: String =
        (0..60).map(|n| format!("pub fn f{n}(x: u64) -> String {{ format!(\"{{x:?}} {n}\") }}\n")).collect();
    write("crate/src/lib.rs".into(), &modules);
    write("crate/src/main.rs".into(), "fn main() { println!(\"{}\", small::f1(2)); }\n");
    write("npm/package.json".into(), "{\"name\": \"outer\", \"version\": \"1.0.0\"}\n");
    write("npm/package/package.json".into(), "{\"name\": \"inner\", \"version\": \"1.0.0\"}\n");
    for n in 0..2000 {
        write(format!("npm/package/lib/{}/{n}.js", n % 50), "module.exports = 1;\n");
    }
    for n in 0..FILES {
        write(format!("checkout/{}/{n}.txt", n % 100), &format!("file {n}\n"));
    }
    let script = "git init -q && git config user.name T && git config user.email t@localhost && git commit -q --allow-empty -m none \
                  && git branch empty && git checkout -q -b full && git add . && git commit -q -m all";
    let made = world.sandbox.command("sh").args(["-c", script]).current_dir(project.join("checkout")).status();
    made.ok().filter(std::process::ExitStatus::success).map(drop).ok_or_else(|| "cannot make a repository".into())
}

fn start(world: &World, name: &str, trace: &str) -> Runner {
    let pipe = world.sandbox.root().join(name);
    let made = world.sandbox.command("mkfifo").arg(&pipe).status();
    assert!(made.is_ok_and(|made| made.success()), "a pipe is made");
    // In the place of an agent that reports its edits, as one with a stack must.
    let program = world.sandbox.root().join(format!("{name}-agent/claude"));
    let script = format!("#!/bin/sh\npipe='{}'\n{RUNNER}\n", pipe.display());
    let _ = std::fs::create_dir_all(program.parent().unwrap_or(&program));
    chorus_testkit::sandbox::script(&program, &script);
    let program = program.display();
    let config =
        format!("[vcs]\ncommit = \"manual\"\ntrace = \"{trace}\"\n[agent.claude]\ncommand = [\"{program}\"]\n");
    world.sandbox.write("config/chorus/chorus.toml", &config);
    let number = world.sandbox.json(["new", "--title", name, "--agent", "claude"])["number"].to_string();
    world.sandbox.json(["start", &number]);
    if trace == "auto" {
        let is_told = |(what, _): &(String, String)| what == "traced" || what == "untraced";
        wait_until("whether it is traced", || journal(world, &number).iter().any(is_told));
    }
    Runner { number, pipe }
}

fn journal(world: &World, number: &str) -> Vec<(String, String)> {
    let page = world.sandbox.json(["show", number]);
    let entries = page["journal"].as_array().cloned().unwrap_or_default();
    let text = |entry: &serde_json::Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    entries.iter().map(|entry| (text(entry, "what"), text(entry, "text"))).collect()
}

/// What the script printed.
fn run(world: &World, runner: &Runner, script: &str) -> String {
    let file = world.sandbox.write("script", script);
    let out = runner.pipe.with_extension("out");
    let _ = std::fs::remove_file(&out);
    let told = std::fs::write(&runner.pipe, format!("{}\n", file.display()));
    assert!(told.is_ok(), "the runner reads");
    wait_for("the script's end", || std::fs::read_to_string(&out).ok())
}
