use super::*;
use crate::contract::{TaskDeleted, TurnEnded};
use crate::status::{AgentState, Answerable, Detail};
use crate::task::{Alert, Isolation, Status};
use serde_json::json;

fn rules() -> Rules {
    let occasions = vec![Occasion::Request, Occasion::Turn, Occasion::Error, Occasion::Prompt];
    Rules { enabled: true, occasions, dwell: 5_000, cooldown: 60_000, merge: 5_000, quiet: None }
}

pub fn task(number: i64) -> Task {
    let task = json!({ "project": "/p", "number": number, "uuid": format!("t{number}"), "title": format!("Task {number}"),
        "priority": 0, "tags": [], "status": Status::Running, "agent": "a", "agent_status": AgentState::default(),
        "unread": false, "isolation": Isolation::None, "commits": 0, "uncommitted": 0, "overlaps": [], "unclaimed": 0,
        "restarts": 0, "queued": 0, "requests": 0, "demo": false, "created_at": 0, "revision": 1 });
    serde_json::from_value(task).unwrap()
}

fn request(id: &str, number: i64, command: &str) -> Opened {
    Opened {
        id: id.into(),
        project: "/p".into(),
        number,
        task: format!("t{number}"),
        kind: Kind::Permission,
        tool: Some("Bash".into()),
        summary: command.into(),
        input: Some(json!({ "command": command })),
        cut: false,
        suggestions: Vec::new(),
        folder: None,
        answerable: Answerable::Hook,
        opened_at: 0,
        closed_at: None,
        outcome: None,
    }
}

struct Bench {
    ringer: Ringer,
    on_screen: BTreeSet<String>,
    rules: Rules,
}

impl Bench {
    fn new(tasks: i64) -> Bench {
        let ringer = Ringer::new((1..=tasks).map(task).collect(), Vec::new(), 0, 0);
        Bench { ringer, on_screen: BTreeSet::new(), rules: rules() }
    }

    fn hear(&mut self, event: Event, now: Millis) {
        self.ringer.hear(&event, now);
    }

    fn opened(&mut self, id: &str, number: i64, now: Millis) {
        self.hear(Event::RequestOpened(request(id, number, "ls")), now);
    }

    fn due(&mut self, now: Millis) -> Due {
        self.ringer.due(now, 0, &self.on_screen, |_| &self.rules)
    }

    fn rings(&mut self, now: Millis) -> Vec<i64> {
        self.due(now).show.map(|shown| shown.members.iter().map(|it| it.task.number).collect()).unwrap_or_default()
    }
}

#[test]
fn a_request_rings_after_its_dwell_and_one_that_was_allowed_at_once_never() {
    let mut bench = Bench::new(2);
    bench.opened("a", 1, 1_000);
    bench.opened("b", 2, 1_000);
    assert_eq!(bench.due(1_000), Due { show: None, next: Some(6_000) });
    bench.hear(Event::RequestClosed(request("b", 2, "ls")), 1_040);
    let shown = bench.due(6_000).show.unwrap();
    assert_eq!(shown.request().unwrap().id, "a");
    assert_eq!(bench.due(6_000), Due::default());
    // Answered elsewhere, it goes.
    assert_eq!(bench.ringer.take_over(), Vec::<u64>::new());
    bench.hear(Event::RequestClosed(request("a", 1, "ls")), 7_000);
    assert_eq!(bench.ringer.take_over(), [shown.id]);
    assert!(bench.ringer.shown.is_empty());
}

#[test]
fn a_storm_makes_few_notifications() {
    let mut bench = Bench::new(1_000);
    let mut shown = Vec::new();
    for n in 0..2_000 {
        let now = n * 50;
        if n < 1_000 {
            bench.opened(&format!("r{n}"), n + 1, now);
        }
        shown.extend(bench.due(now).show);
    }
    assert!((2..=5).contains(&shown.len()), "{}", shown.len());
    assert_eq!(shown.iter().map(|shown| shown.members.len()).sum::<usize>(), 1_000);
    // Afterwards all is as before.
    bench.rules.cooldown = 0;
    bench.opened("late", 7, 900_000);
    assert_eq!(bench.rings(905_000), [7]);
}

#[test]
fn a_task_rings_once_in_its_cooldown_and_at_once_when_a_person_acts() {
    let mut bench = Bench::new(1);
    bench.opened("a", 1, 0);
    let first = bench.due(5_000).show.unwrap();
    bench.opened("b", 1, 10_000);
    assert_eq!(bench.due(15_000).next, Some(65_000));
    assert_eq!(bench.rings(65_000), [1]);
    bench.ringer.acted_on(first.id);
    bench.opened("c", 1, 70_000);
    assert_eq!(bench.rings(75_000), [1]);
}

#[test]
fn what_changed_is_told_again_and_its_old_notification_goes() {
    let mut bench = Bench::new(1);
    bench.rules = Rules { cooldown: 0, merge: 0, dwell: 0, ..rules() };
    bench.opened("a", 1, 0);
    let first = bench.due(0).show.unwrap();
    bench.opened("a", 1, 1);
    assert_eq!(bench.due(1), Due::default(), "the same again is no news");
    bench.hear(Event::RequestOpened(request("a", 1, "rm -rf /")), 2);
    assert_eq!(bench.ringer.take_over(), [first.id]);
    assert_eq!(bench.due(2).show.unwrap().request().unwrap().summary, "rm -rf /");
}

#[test]
fn turns_errors_and_prompts() {
    let mut bench = Bench::new(3);
    let ended = |number: i64| TurnEnded {
        uuid: format!("t{number}"),
        number,
        title: String::new(),
        message: Some("All done".into()),
    };
    let changed = |task: &Task| Event::TaskChanged(Box::new(task.clone()));
    // Unread, and then seen by a person at once.
    let mut seen = Task { unread: true, ..task(1) };
    bench.hear(changed(&seen), 0);
    bench.hear(Event::TurnEnded(ended(1)), 0);
    seen = Task { unread: false, revision: 2, ..seen };
    bench.hear(changed(&seen), 100);
    // An error tells more than the end of its turn.
    let state = AgentState {
        status: AgentStatus::Error,
        detail: Detail { message: Some("API down".into()), ..Detail::default() },
        ..AgentState::default()
    };
    let failed = Task { unread: true, agent_status: state, ..task(2) };
    bench.hear(changed(&failed), 0);
    bench.hear(Event::TurnEnded(ended(2)), 0);
    let lost = Alert { kind: AlertKind::Prompt, text: "it did not get “x”".into(), remedy: None };
    let unsent = Task { alerts: vec![lost], ..task(3) };
    bench.hear(changed(&unsent), 0);
    let shown = bench.due(5_000).show.unwrap();
    let told: Vec<_> = shown.members.iter().map(|it| (it.task.number, it.occasion)).collect();
    assert_eq!(told, [(2, Occasion::Error), (3, Occasion::Prompt)]);
    let words = shown.words();
    assert_eq!(words.title, "2 tasks need you");
    assert_eq!(words.body, "#2 reports an error: API down\n#3 did not get a prompt: it did not get “x”");
    // A turn of a task that nobody looks at.
    bench.hear(changed(&Task { unread: true, revision: 3, ..seen }), 10_000);
    bench.hear(Event::TurnEnded(ended(1)), 10_000);
    let shown = bench.due(60_000).show.unwrap();
    assert_eq!((shown.words().title.as_str(), shown.words().body.as_str()), ("#1 finished a turn: Task 1", "All done"));
    bench.hear(Event::TaskDeleted(TaskDeleted { uuid: "t1".into(), number: 1 }), 61_000);
    assert_eq!(bench.ringer.take_over(), [shown.id]);
}

#[test]
fn muted_tasks_and_those_on_screen_do_not_ring() {
    let mut bench = Bench::new(3);
    bench.hear(Event::TaskChanged(Box::new(Task { muted: true, revision: 2, ..task(1) })), 0);
    bench.on_screen.insert("t2".into());
    (1..=3).for_each(|n| bench.opened(&n.to_string(), n, 0));
    assert_eq!(bench.rings(5_000), [3]);
}

#[test]
fn what_could_not_be_shown_waits() {
    let mut bench = Bench::new(1);
    bench.opened("a", 1, 0);
    let shown = bench.due(5_000).show.unwrap();
    bench.ringer.hold(shown.id, 30_000);
    assert!(bench.ringer.shown.is_empty());
    assert_eq!(bench.due(6_000).next, Some(30_000));
    assert_eq!(bench.rings(30_000), [1]);
}

#[test]
fn a_new_daemon_tells_of_what_was_just_asked() {
    let old = Opened { opened_at: 1, ..request("old", 1, "ls") };
    let young = Opened { opened_at: 99_000, ..request("young", 2, "ls") };
    let mut bench = Bench::new(0);
    bench.ringer = Ringer::new(vec![task(1), task(2)], vec![old.clone(), young], 100_000, 60_000);
    bench.hear(Event::RequestOpened(old), 100_000);
    assert_eq!(bench.rings(105_000), [2]);
}

#[test]
fn only_what_is_shown_whole_has_buttons() {
    let whole = |change: fn(&mut Opened)| {
        let mut bench = Bench::new(1);
        let mut request = request("a", 1, "rm -rf build");
        change(&mut request);
        bench.hear(Event::RequestOpened(request), 0);
        let words = bench.due(5_000).show.unwrap().words();
        words.is_whole.then_some(words.body)
    };
    assert_eq!(whole(|_| {}).as_deref(), Some("Bash: rm -rf build"));
    let two = |it: &mut Opened| it.input = Some(json!({ "command": "ls", "description": "List", "timeout": 5 }));
    assert_eq!(whole(two).as_deref(), Some("Bash\ncommand: ls\ndescription: List\ntimeout: 5"));
    let never: [fn(&mut Opened); 10] = [
        |it| it.cut = true,
        |it| it.kind = Kind::Plan,
        |it| it.kind = Kind::Question,
        |it| it.answerable = Answerable::Keys,
        |it| it.input = None,
        |it| it.input = Some(json!({ "command": "x".repeat(300) })),
        |it| it.input = Some(json!({ "command": "ls #\nrm -rf /" })),
        |it| it.input = Some(json!({ "command": "ls\u{202e}" })),
        |it| it.input = Some(json!({ "command": "curl -u me:secret x" })),
        |it| it.input = Some(json!({ "edits": [{ "old": "a" }] })),
    ];
    for (n, change) in never.into_iter().enumerate() {
        assert_eq!(whole(change), None, "{n}");
    }
}

#[test]
fn words_of_others_are_harmless() {
    let mut bench = Bench::new(0);
    let title = format!("a\u{1b}]9;x\u{7}\n{}", "é".repeat(500));
    bench.hear(Event::TaskChanged(Box::new(Task { title, ..task(1) })), 0);
    let hostile = request("a", 1, "echo sk-ant-0123456789abcdef <b>&\u{202e}");
    bench.hear(Event::RequestOpened(Opened { kind: Kind::Question, ..hostile }), 0);
    let words = bench.due(5_000).show.unwrap().words();
    assert!(
        words.title.starts_with("#1 has a question: a ]9;x é") && words.title.chars().count() == 80,
        "{}",
        words.title
    );
    assert_eq!(words.body, "echo ••• <b>&");
    assert_eq!(crate::notifications::escape_markup(&words.body), "echo ••• &lt;b&gt;&amp;");
}
