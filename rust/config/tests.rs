//! What files and variables amount to.

use super::read::files;
use super::*;
use crate::status::Action;
use std::time::Duration;

const SEED: &str = include_str!("../../tests/fixtures/config/seed.toml");

fn environment(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn user(text: &str) -> Loaded {
    load(Some(("/u/chorus.toml".into(), text.into())), None, false, &environment(&[("HOME", "/home/me")]))
}

fn project(text: &str) -> Loaded {
    load(None, Some(("/p/chorus.toml".into(), text.into())), false, &BTreeMap::new())
}

fn row(loaded: &Loaded, key: &str) -> (String, String) {
    let setting = loaded.settings.iter().find(|setting| setting.key == key).expect("every key has a row");
    (setting.value.clone(), setting.origin.clone())
}

#[test]
fn nothing_configured_is_no_fault() {
    let loaded = load(None, None, false, &BTreeMap::new());
    assert_eq!((&loaded.config, loaded.notices.len(), loaded.faults.len()), (&Configuration::default(), 0, 0));
    assert_eq!(row(&loaded, "tmux.detach_key"), (r"'C-\'".into(), "default".into()));
    assert_eq!(row(&loaded, "agent.claude.command"), (r#"["claude"]"#.into(), "default".into()));
    assert_eq!(row(&loaded, "tmux.socket").0, "# not set");
    assert_eq!(row(&loaded, "tmux.poll_interval").0, "0.2");
}

#[test]
fn every_row_can_be_written_back() {
    let loaded = user("agent.other.env = {A = 'secret'}\nagent.other.args = ['a b', \"it's\"]");
    let files = loaded.settings.iter().filter(|row| !row.value.starts_with('#'));
    let text: String = files.map(|row| format!("{} = {}\n", row.key, row.value)).collect();
    let mut again = user(&text);
    assert_eq!(again.faults, [""; 0], "{text}");
    again.config.agents.get_mut("other").unwrap().env = loaded.config.agents["other"].env.clone();
    assert_eq!(again.config, loaded.config);
}

#[test]
fn the_dashboards_own_file_loads() {
    let loaded = user(SEED);
    assert_eq!(loaded.faults, [""; 0]);
    let config = &loaded.config;
    assert_eq!(config.tmux.poll_interval, Duration::from_millis(2500));
    assert_eq!(config.database.file(Path::new("/state")), Path::new("/state/tasks.db"));
    assert_eq!(config.documents.patterns, ["*.md", "notes/**/*.md"]);
    assert_eq!(config.logging.level, log::LevelFilter::Warn);
    assert!(!config.notifications.enabled);
    assert_eq!(config.idle.patterns.0, [r">\s*$", r"claude>\s*$"]);
    assert_eq!(config.waiting.patterns.0, [r"\(y/n\)", r"Allow\?", "Do you want to", r"Continue\?"]);

    let retired: Vec<_> = loaded.notices.iter().filter(|notice| notice.contains("no longer uses")).collect();
    let [retired] = &retired[..] else { panic!("one notice for all of them: {:?}", loaded.notices) };
    assert!(retired.contains("editor") && retired.contains("server") && retired.contains("tmux.session_prefix"));
    let doubled: Vec<_> = loaded.notices.iter().filter(|notice| notice.contains("doubled backslash")).collect();
    assert_eq!(doubled.len(), 4);
    let line = 1 + SEED.lines().position(|line| line.starts_with(r"patterns = ['>")).unwrap();
    assert_eq!(
        *doubled[0],
        format!(
            r"/u/chorus.toml:{line}:13: `status.idle.patterns`: `>\\s*$` contains a doubled backslash in a literal string and is read as `>\s*$`"
        )
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_the_rest_counts() {
    for (text, fault) in [
        ("[tmux]\nsokcet = 'x'", "2:1: unknown key `tmux.sokcet`; did you mean `socket`?"),
        ("[tmxu]\nrows = 50", "1:2: unknown key `tmxu`; did you mean `tmux`?"),
        ("poll_interval = 2", "1:1: unknown key `poll_interval`; it belongs to [tmux]"),
        ("[status.ilde]\npatterns = []", "1:9: unknown key `status.ilde`; did you mean `idle`?"),
        ("[agent.claude]\n  rendrer = 'classic'", "2:3: unknown key `agent.claude.rendrer`; did you mean `renderer`?"),
        ("zzz = 1", "1:1: unknown key `zzz`"),
        ("\"a\\u001b\" = 1", "1:1: unknown key `a\\u{1b}`"),
        ("tmux = 3", "1:1: `tmux` is a section: write [tmux]"),
        ("[tmux]\nrows = '50'", "2:8: `tmux.rows`: expected a whole number of at least 0, found a string"),
        ("[tmux]\nrows = 10", "2:8: `tmux.rows`: it must be from 24 to 1000"),
        ("[tmux]\npoll_interval = 0", "2:17: `tmux.poll_interval`: it must be from 100ms to 3600s"),
        ("[tmux]\npoll_interval = nan", "2:17: `tmux.poll_interval`: expected a number of seconds, found a number"),
        ("[tmux]\nsocket = 'a/b'", "2:10: `tmux.socket`: it must be a name or an absolute path"),
        ("[vcs]\ncommit = 'never'", "2:10: `vcs.commit`: it must be one of `turn`, `complete`, `manual`"),
        ("[notifications]\nenabled = 1", "2:11: `notifications.enabled`: expected true or false, found a whole number"),
        ("[documents]\npatterns = ['a', 1]", "2:18: `documents.patterns`: expected a string, found a whole number"),
        ("[agent.claude]\ncommand = 'a \"b'", "2:11: `agent.claude.command`: it contains an unclosed quote"),
        ("[agent.claude]\ncommand = ''", "2:11: `agent.claude.command`: it must name a program"),
        ("[agent.'a b']\n", "1:8: `a b` cannot be an agent's name: use letters, digits, `-` and `_`"),
        ("state_dir = '/x'", "1:1: `state_dir` can only be set by an environment variable"),
        (
            "[agent.claude]\npermission_mode = 'bypassPermissions'",
            "2:19: `agent.claude.permission_mode`: only a task itself may set `bypassPermissions`",
        ),
        (
            "[database]\nurl = 'postgres://x'",
            "2:7: `database.url`: it must be `sqlite:///name` (in the state folder) or `sqlite:////absolute/path`",
        ),
        (
            "[agent.claude]\nwaiting = ['a', '(b{999}){999}']",
            "2:17: `agent.claude.waiting`: `(b{999}){999}` is too large as a regular expression: repeat less",
        ),
        ("[agent.claude]\nlines = 0", "2:9: `agent.claude.lines`: it must be from 1 to 50"),
        (
            "[agent.claude]\nanswers = { yes = 'y', no = 'enter' }",
            "2:29: `agent.claude.answers`: `enter` is no key; did you mean `Enter`?",
        ),
        (
            "[agent.claude.answers]\nyes = []",
            "2:7: `agent.claude.answers`: it must have 1 to 20 keys, such as `y Enter`",
        ),
        (
            "[status.idle]\npatterns = ['(']",
            "2:13: `status.idle.patterns`: `(` is not a regular expression: unclosed group",
        ),
    ] {
        let loaded = user(&format!("{text}\n[web]\ncommand = 'my-ttyd'"));
        assert_eq!(loaded.faults, [format!("/u/chorus.toml:{fault}")]);
        assert_eq!(loaded.config.web.command, "my-ttyd", "{text}");
    }
}

#[test]
fn columns_count_characters_and_faults_come_in_order() {
    let loaded = user("documents.patterns = ['ä', 1]\nagent.default = 2");
    assert_eq!(loaded.faults.len(), 2);
    assert!(loaded.faults[0].starts_with("/u/chorus.toml:1:28: "), "{}", loaded.faults[0]);
    assert!(loaded.faults[1].starts_with("/u/chorus.toml:2:17: "), "{}", loaded.faults[1]);
}

#[test]
fn a_file_that_is_no_toml_is_one_fault_and_no_setting() {
    let loaded = user("[tmux]\nrows = 50\n[tmux\n");
    assert_eq!(loaded.config, Configuration::default());
    assert_eq!(loaded.faults.len(), 1);
    assert!(loaded.faults[0].starts_with("/u/chorus.toml:3:"), "{}", loaded.faults[0]);
}

#[test]
fn an_agent_is_what_its_section_says() {
    let loaded = user(
        "[agent]\ndefault = 'work'\n[agent.work]\ncommand = \"env 'A=b c' claude\"\nrules = '~/rules.toml'\n[agent.work.env]\nTOKEN = 'secret'",
    );
    assert_eq!(loaded.faults, [""; 0]);
    let work = loaded.config.agent(&loaded.config.agent.default);
    assert_eq!(work.command.0, ["env", "A=b c", "claude"]);
    assert_eq!(work.rules.as_deref(), Some(Path::new("/home/me/rules.toml")));
    assert_eq!(work.env["TOKEN"], "secret");
    assert_eq!(row(&loaded, "agent.work.env").0, r#"{"TOKEN" = "…"}"#);
    assert!(!format!("{:?}", loaded.settings).contains("secret"));
    assert_eq!(loaded.config.agent("codex").command.0, ["codex"]);
    assert_eq!(
        user("[agent.claude]\nrules = 'r.toml'").config.agents["claude"].rules.as_deref(),
        Some(Path::new("/u/r.toml"))
    );
}

#[test]
fn a_project_sets_only_what_does_no_harm() {
    let loaded = project(
        "[tmux]\nrows = 50\nsocket = 'theirs'\ncommand = './tmux'\n[agent]\ndefault = 'evil'\n[agent.evil]\nmodel = 'x'\n\
        [agent.claude]\ncommand = './claude'\npermission_mode = 'acceptEdits'\nargs = ['-x']\nrules = 'r'\nmodel = 'opus'\n\
        [database]\nurl = 'sqlite:///x'\n[web]\ncommand = 'x'\n[vcs.worktree]\nrun = [['rm', 'x']]\n[policy]\nallow = ['Bash']",
    );
    assert_eq!(loaded.faults, [""; 0]);
    let mut expected = Configuration::default();
    expected.tmux.rows = 50;
    expected.agents.get_mut("claude").unwrap().model = Some("opus".into());
    assert_eq!(loaded.config, expected);
    assert_eq!(row(&loaded, "tmux.rows"), ("50".into(), "/p/chorus.toml".into()));
    assert_eq!(
        loaded.notices,
        ["/p/chorus.toml: ignored until you trust this file (`trust` shows what it would do): agent.claude.args, \
            agent.claude.command, agent.claude.permission_mode, agent.claude.rules, agent.default, agent.evil, \
            database.url, policy.allow, tmux.command, tmux.socket, vcs.worktree.run, web.command",]
    );
}

#[test]
fn the_nearer_source_wins() {
    let user = Some(("/u/chorus.toml".into(), "tmux.rows = 50\ntmux.columns = 100\ntmux.poll_interval = 3".into()));
    let project = Some(("/p/chorus.toml".into(), "tmux.columns = 90\ntmux.poll_interval = 4".into()));
    let variables = [
        ("CHORUS_POLL_INTERVAL", "0.5"),
        ("CHORUS_PROJECT_ROOT", "/p"),
        ("CHORUS_STATE_DIR", "/s"),
        ("CHORUS_TMUX_SOCKET", "123"),
    ];
    let loaded = load(user, project, false, &environment(&variables));
    assert_eq!(loaded.faults, [""; 0]);
    for (key, value, origin) in [
        ("tmux.history_limit", "10000", "default"),
        ("tmux.rows", "50", "/u/chorus.toml"),
        ("tmux.columns", "90", "/p/chorus.toml"),
        ("tmux.poll_interval", "0.5", "CHORUS_POLL_INTERVAL"),
        ("tmux.socket", r#""123""#, "CHORUS_TMUX_SOCKET"),
        ("project_root", r#""/p""#, "CHORUS_PROJECT_ROOT"),
        ("state_dir", r#""/s""#, "CHORUS_STATE_DIR"),
    ] {
        assert_eq!(row(&loaded, key), (value.to_owned(), origin.to_owned()), "{key}");
    }
}

#[test]
fn a_variable_that_makes_no_sense_is_a_fault() {
    let loaded =
        load(None, None, false, &environment(&[("CHORUS_POLL_INTERVAL", "often"), ("CHORUS_TMUX_SOCKET", "")]));
    assert_eq!(loaded.faults, ["CHORUS_POLL_INTERVAL: expected a number of seconds, found a string"]);
    assert_eq!(loaded.config, Configuration::default());
}

#[test]
fn files_are_found_and_what_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let variables = environment(&[("XDG_CONFIG_HOME", folder.path().to_str().unwrap())]);
    let project = folder.path().join("project");
    let (user, theirs) = files(Some(&project), &variables);
    let (user, theirs) = (user.unwrap(), theirs.unwrap());
    assert_eq!(user, folder.path().join("chorus/chorus.toml"));
    assert_eq!(read(Some(&project), &variables).faults, [""; 0]);

    std::fs::create_dir_all(user.parent().unwrap()).unwrap();
    std::fs::write(&user, "tmux.rows = 50").unwrap();
    std::fs::create_dir_all(&theirs).unwrap();
    let loaded = read(Some(&project), &variables);
    assert_eq!(loaded.config.tmux.rows, 50);
    assert_eq!(loaded.faults, [format!("{}: cannot be read: it is not a file", theirs.display())]);

    std::fs::write(&user, [b'x', 0xff]).unwrap();
    assert!(read(None, &variables).faults[0].ends_with("cannot be read: it is not UTF-8"));
    assert_eq!(
        files(None, &environment(&[("HOME", "/home/me"), ("XDG_CONFIG_HOME", "relative")])).0.unwrap(),
        Path::new("/home/me/.config/chorus/chorus.toml")
    );
}

#[test]
fn what_a_trusted_file_denied_stays_denied_when_the_file_is_another_or_gone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir_all(root.join("chorus")).unwrap();
    std::fs::create_dir_all(root.join("p")).unwrap();
    let path = root.to_string_lossy();
    let environment = environment(&[("XDG_CONFIG_HOME", &path), ("HOME", &path)]);
    std::fs::write(root.join("chorus/chorus.toml"), "[policy]\nallow = ['git *']").unwrap();
    let file = root.join("p/chorus.toml");
    let trusted = "[policy]\nallow = ['make']\ndeny = ['git push']\nask = ['git tag *']\n";
    let rules = |trust: Option<&str>| {
        let files = Files::read(Some(&root.join("p")), &environment).trusting(trust.map(str::to_owned));
        let loaded = files.load(&environment);
        let texts: Vec<_> = loaded.rules().rules.iter().map(|rule| rule.text.clone()).collect();
        (texts, loaded.rules().rules.last().unwrap().place.to_string(), loaded.warnings.join("\n"))
    };
    let narrowed = ["command = \"git *\"", "command = \"git push\"", "command = \"git tag *\""];
    std::fs::write(&file, trusted).unwrap();
    assert_eq!(rules(Some(trusted)).0.len(), 4);
    assert_eq!(rules(None).0.len(), 1);
    for other in ["[policy]\nallow = ['make']\n", "", "[policy", "[policy]\nallow = ['sh *']\ndeny = []\n"] {
        std::fs::write(&file, other).unwrap();
        let (texts, place, told) = rules(Some(trusted));
        // One with a fault widens nothing besides.
        assert_eq!(texts, narrowed[usize::from(other == "[policy")..], "{other}");
        assert!(place.ends_with("p/chorus.toml as you trusted it:4"), "{place}");
        assert!(told.contains("is not as you trusted it; its deny and ask rules"), "{told}");
    }
    std::fs::remove_file(&file).unwrap();
    let (texts, _, told) = rules(Some(trusted));
    assert_eq!(texts, narrowed);
    assert!(
        told.contains("is gone; the deny and ask rules") && told.contains("withdraw the trust (`trust!`"),
        "{told}"
    );
    assert_eq!(rules(None).0.len(), 1);
    std::os::unix::fs::symlink("nowhere", &file).unwrap();
    assert!(rules(Some(trusted)).2.contains("is not as you trusted it"), "it cannot be read now");
}

#[test]
fn a_damaged_file_has_faults_with_places_and_the_rest_is_whole() {
    let own = "default_agent = 'x'\n[agent.x]\ncommand = ['x', '-a']\nenv = { A = '1' }\n[vcs.worktree]\ncopy = ['.env']\n\
        [[policy.allow]]\ncommand = 'cargo test *'\npath = 'src/**'\ntag = ['a']\n[[policy.deny]]\ntool = 'mcp__*'\n\
        message = 'no'\n[notifications]\nquiet = '22:00-07:00'\n";
    chorus_testkit::damage::each(&[SEED.into(), own.into()], |text| {
        let text = String::from_utf8_lossy(text);
        for loaded in [user(&text), project(&text)] {
            let told = loaded.faults.iter().chain(&loaded.notices);
            told.for_each(|fault| assert!(!fault.is_empty()));
        }
        assert_eq!(
            project(&text).config.policy.rules.rules.iter().filter(|rule| rule.action == Action::Allow).count(),
            0
        );
    });
}
