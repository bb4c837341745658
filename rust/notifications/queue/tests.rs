use super::*;
use crate::contract::{TaskDeleted, TurnEnded};
use crate::notifications::NotificationText;
use crate::status::{AgentState, Answerable, Detail};
use crate::task::{Alert, Isolation, Status};
use serde_json::json;

fn rules() -> NotificationRules {
    let occasions = vec![Occasion::Request, Occasion::Turn, Occasion::Error, Occasion::Prompt];
    NotificationRules { enabled: true, occasions, dwell: 5_000, cooldown: 60_000, merge: 5_000, quiet: None }
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
    queue: NotificationQueue,
    on_screen: BTreeSet<String>,
    rules: NotificationRules,
}

impl Bench {
    fn new(tasks: i64) -> Bench {
        let queue = NotificationQueue::new((1..=tasks).map(task).collect(), Vec::new(), &[], 0);
        Bench { queue, on_screen: BTreeSet::new(), rules: rules() }
    }

    fn observe(&mut self, event: Event, now: Millis) {
        self.queue.observe(&event, now);
    }

    fn opened(&mut self, id: &str, number: i64, now: Millis) {
        self.observe(Event::RequestOpened(request(id, number, "ls")), now);
    }

    fn due(&mut self, now: Millis) -> Due {
        self.queue.due(now, 0, &self.on_screen, |_| &self.rules)
    }

    /// As the desktop does, at once.
    fn shown(&mut self, now: Millis) -> Option<Notification> {
        let notification = self.due(now).notification?;
        self.queue.shown(notification.clone(), now);
        Some(notification)
    }

    /// Tasks of the notification that is shown now.
    fn shows(&mut self, now: Millis) -> Vec<i64> {
        self.shown(now).map(|it| it.members.iter().map(|it| it.task.number).collect()).unwrap_or_default()
    }
}

#[test]
fn a_request_rings_after_its_dwell_and_one_that_was_allowed_at_once_never() {
    let mut bench = Bench::new(2);
    bench.opened("a", 1, 1_000);
    bench.opened("b", 2, 1_000);
    assert_eq!(bench.due(1_000), Due { notification: None, settled: vec![], next: Some(6_000) });
    bench.observe(Event::RequestClosed(request("b", 2, "ls")), 1_040);
    let shown = bench.shown(6_000).unwrap();
    assert_eq!(shown.request().unwrap().id, "a");
    assert_eq!(bench.due(6_000), Due::default());
    // Answered elsewhere, it goes.
    assert_eq!(bench.queue.remove_obsolete(), Vec::<u64>::new());
    bench.observe(Event::RequestClosed(request("a", 1, "ls")), 7_000);
    assert_eq!(bench.queue.remove_obsolete(), [shown.id]);
    assert!(bench.queue.shown.is_empty());
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
        shown.extend(bench.shown(now));
    }
    assert!((2..=5).contains(&shown.len()), "{}", shown.len());
    assert_eq!(shown.iter().map(|shown| shown.members.len()).sum::<usize>(), 1_000);
    // Afterwards all is as before.
    bench.rules.cooldown = 0;
    bench.opened("late", 7, 900_000);
    assert_eq!(bench.shows(905_000), [7]);
}

#[test]
fn a_task_rings_once_in_its_cooldown_and_at_once_when_a_person_acts() {
    let mut bench = Bench::new(1);
    bench.opened("a", 1, 0);
    let first = bench.shown(5_000).unwrap();
    bench.opened("b", 1, 10_000);
    assert_eq!(bench.due(15_000).next, Some(65_000));
    assert_eq!(bench.shows(65_000), [1]);
    bench.queue.acted_on(first.id);
    bench.opened("c", 1, 70_000);
    assert_eq!(bench.shows(75_000), [1]);
}

#[test]
fn what_changed_is_told_again_and_its_old_notification_goes() {
    let mut bench = Bench::new(1);
    bench.rules = NotificationRules { cooldown: 0, merge: 0, dwell: 0, ..rules() };
    bench.opened("a", 1, 0);
    let first = bench.shown(0).unwrap();
    bench.opened("a", 1, 1);
    assert_eq!(bench.due(1), Due::default(), "the same again is no news");
    bench.observe(Event::RequestOpened(request("a", 1, "rm -rf /")), 2);
    assert_eq!(bench.queue.remove_obsolete(), [first.id]);
    assert_eq!(bench.shown(2).unwrap().request().unwrap().summary, "rm -rf /");
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
    bench.observe(changed(&seen), 0);
    bench.observe(Event::TurnEnded(ended(1)), 0);
    seen = Task { unread: false, revision: 2, ..seen };
    bench.observe(changed(&seen), 100);
    // An error says more than the end of its turn.
    let state = AgentState {
        status: AgentStatus::Error,
        detail: Detail { message: Some("API down".into()), ..Detail::default() },
        ..AgentState::default()
    };
    let failed = Task { unread: true, agent_status: state, ..task(2) };
    bench.observe(changed(&failed), 0);
    bench.observe(Event::TurnEnded(ended(2)), 0);
    let lost = Alert { kind: AlertKind::Prompt, text: "it did not get “x”".into(), remedy: None };
    let unsent = Task { alerts: vec![lost], ..task(3) };
    bench.observe(changed(&unsent), 0);
    let shown = bench.shown(5_000).unwrap();
    let told: Vec<_> = shown.members.iter().map(|it| (it.task.number, it.occasion)).collect();
    assert_eq!(told, [(2, Occasion::Error), (3, Occasion::Prompt)]);
    let words = shown.text();
    assert_eq!(words.title, "2 tasks need you");
    assert_eq!(words.body, "#2 reports an error: API down\n#3 did not get a prompt: it did not get “x”");
    // A turn of a task that nobody looks at.
    bench.observe(changed(&Task { unread: true, revision: 3, ..seen }), 10_000);
    bench.observe(Event::TurnEnded(ended(1)), 10_000);
    let shown = bench.shown(60_000).unwrap();
    assert_eq!((shown.text().title.as_str(), shown.text().body.as_str()), ("#1 finished a turn: Task 1", "All done"));
    bench.observe(Event::TaskDeleted(TaskDeleted { uuid: "t1".into(), number: 1 }), 61_000);
    assert_eq!(bench.queue.remove_obsolete(), [shown.id]);
}

#[test]
fn muted_tasks_and_those_on_screen_do_not_ring() {
    let mut bench = Bench::new(3);
    bench.observe(Event::TaskChanged(Box::new(Task { muted: true, revision: 2, ..task(1) })), 0);
    bench.on_screen.insert("t2".into());
    (1..=3).for_each(|n| bench.opened(&n.to_string(), n, 0));
    assert_eq!(bench.shows(5_000), [3]);
}

#[test]
fn what_could_not_be_shown_waits_and_was_not_notified() {
    let mut bench = Bench::new(2);
    bench.opened("a", 1, 0);
    for now in [5_000, 30_000, 60_000, 90_000] {
        let refused = bench.due(now).notification.unwrap();
        bench.queue.put_back(refused, now + 25_000);
        assert_eq!(bench.due(now + 1).next, Some(now + 25_000));
    }
    assert_eq!(bench.shows(115_000), [1]);
    // A failure begins no burst: the next notification comes as soon as after any first one.
    bench.opened("b", 2, 115_000);
    assert_eq!(bench.shows(120_000), [2]);
}

#[test]
fn a_new_way_to_notify_is_tried_at_once() {
    let mut bench = Bench::new(1);
    bench.opened("a", 1, 0);
    let refused = bench.due(5_000).notification.unwrap();
    bench.queue.put_back(refused, 300_000);
    assert_eq!(bench.shows(6_000), [] as [i64; 0]);
    bench.queue.release();
    assert_eq!(bench.shows(6_000), [1]);
}

#[test]
fn a_new_daemon_notifies_of_what_no_earlier_one_did() {
    let request = |id: &str, number: i64| Opened { opened_at: 1_000, ..request(id, number, "ls") };
    let requests = vec![request("old", 1), request("told", 2), request("seen", 3)];
    let unread = Task { unread: true, ..task(4) };
    let told = |task: &str, about: &str, at: Millis| Notified {
        task: task.to_owned(),
        occasion: Occasion::Request,
        about: about.to_owned(),
        at,
    };
    let notified = [told("t2", "told", 7_000), told("t3", "seen", 7_000), told("t1", "another", 7_000)];
    let tasks = vec![task(1), task(2), task(3), unread];
    let mut bench = Bench::new(0);
    bench.queue = NotificationQueue::new(tasks, requests, &notified, 100_000);
    bench.observe(Event::RequestOpened(request("old", 1)), 100_000);
    assert_eq!(bench.shows(104_000), [] as [i64; 0]);
    let shown = bench.shown(105_000).unwrap();
    let told: Vec<_> = shown.members.iter().map(|it| (it.task.number, it.occasion)).collect();
    assert_eq!(told, [(1, Occasion::Request), (4, Occasion::Turn)]);
    let kept: Vec<_> = shown.notified(105_000).into_iter().map(|it| (it.task, it.about)).collect();
    assert_eq!(kept, [("t1".to_owned(), "old".to_owned()), ("t4".to_owned(), String::new())]);
}

#[test]
fn every_request_of_a_task_is_notified_in_turn() {
    let mut bench = Bench::new(1);
    for (id, at) in [("a", 0), ("b", 1), ("c", 2)] {
        bench.opened(id, 1, at);
    }
    let mut shown = Vec::new();
    for now in [5_010, 65_010, 125_010] {
        let due = bench.due(now);
        let notification = due.notification.unwrap();
        shown.push(notification.request().unwrap().id.clone());
        assert_eq!(due.next, (shown.len() < 3).then_some(now + 60_000));
        bench.queue.shown(notification, now);
    }
    assert_eq!(shown, ["a", "b", "c"]);
    assert_eq!(bench.due(1_000_000), Due::default());
}

#[test]
fn after_an_answer_the_next_request_of_the_task_comes_at_once() {
    let mut bench = Bench::new(1);
    bench.opened("a", 1, 0);
    bench.opened("b", 1, 1);
    let first = bench.shown(5_010).unwrap();
    bench.queue.acted_on(first.id);
    bench.observe(Event::RequestClosed(request("a", 1, "ls")), 6_000);
    assert_eq!(bench.shown(6_000).unwrap().request().unwrap().id, "b");
}

#[test]
fn turns_that_end_delay_no_request_and_nothing_waits_longer_than_a_minute() {
    let mut bench = Bench::new(40);
    bench.rules.cooldown = 0;
    let end_turn = |bench: &mut Bench, number: i64, now: Millis| {
        bench.observe(Event::TaskChanged(Box::new(Task { unread: true, revision: 2, ..task(number) })), now);
        let ended = TurnEnded { uuid: format!("t{number}"), number, title: String::new(), message: None };
        bench.observe(Event::TurnEnded(ended), now);
    };
    let (mut now, mut waited) = (0, 0);
    for number in 1..20 {
        end_turn(&mut bench, number, now);
        let begun = now;
        while bench.shows(now).is_empty() {
            now += 1_000;
        }
        waited = waited.max(now - begun);
    }
    assert!((30_000..=65_000).contains(&waited), "{waited}");
    bench.opened("a", 30, now);
    assert_eq!(bench.shows(now + 5_000), [30]);
}

#[test]
fn only_changes_of_what_waits_or_is_shown_concern_the_queue() {
    let mut bench = Bench::new(2);
    let changed = |number: i64| Event::TaskChanged(Box::new(Task { revision: 2, ..task(number) }));
    assert!(!bench.queue.observe(&changed(1), 0));
    bench.opened("a", 1, 0);
    assert!(bench.queue.observe(&changed(1), 0) && !bench.queue.observe(&changed(2), 0));
    bench.shown(5_000).unwrap();
    assert!(bench.queue.observe(&changed(1), 6_000));
}

#[test]
fn a_button_allows_only_what_was_shown_with_it() {
    let shown = Opened { folder: Some("/p".into()), ..request("a", 1, "ls") };
    assert!(is_same_request(&shown, &Opened { opened_at: 7, closed_at: Some(8), ..shown.clone() }));
    let others: [fn(&mut Opened); 5] = [
        |it| it.folder = Some("/".into()),
        |it| it.folder = None,
        |it| it.tool = Some("Other".into()),
        |it| it.input = Some(json!({ "command": "ls", "timeout": 5 })),
        |it| it.id = "b".into(),
    ];
    for (n, change) in others.into_iter().enumerate() {
        let mut other = shown.clone();
        change(&mut other);
        assert!(!is_same_request(&shown, &other), "{n}");
    }
}

#[test]
fn only_what_is_shown_whole_has_buttons() {
    let whole = |change: fn(&mut Opened)| {
        let mut bench = Bench::new(1);
        let mut request = request("a", 1, "rm -rf build");
        change(&mut request);
        bench.observe(Event::RequestOpened(request), 0);
        let words = bench.shown(5_000).unwrap().text();
        words.is_whole.then_some(words.body)
    };
    assert_eq!(whole(|_| {}).as_deref(), Some("Bash: rm -rf build"));
    let two = |it: &mut Opened| it.input = Some(json!({ "command": "ls", "description": "List", "timeout": 5 }));
    assert_eq!(whole(two).as_deref(), Some("Bash\ncommand: ls\ndescription: List\ntimeout: 5"));
    let there = |it: &mut Opened| it.folder = Some("/home/me/shop".into());
    assert_eq!(whole(there).as_deref(), Some("Bash: rm -rf build\nin /home/me/shop"));
    let named = |it: &mut Opened| it.input = Some(json!({ "force": true }));
    assert_eq!(whole(named).as_deref(), Some("Bash\nforce: true"));
    let never: [fn(&mut Opened); 13] = [
        |it| it.folder = Some("/home/\u{202e}me".into()),
        |it| it.folder = Some("/home/me ".into()),
        // A desktop shows six rows.
        |it| {
            it.input = Some(json!({ "command": "x".repeat(100) }));
            it.folder = Some(format!("/{}", "f".repeat(150)));
        },
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
fn a_worktree_is_named_in_words_that_no_path_is() {
    let words = |worktree: &str| {
        let folder = format!("/state/worktrees/{}", "f".repeat(200));
        let task = Task { worktree: Some(worktree.replace('*', &folder)), ..task(1) };
        let request = Opened { folder: Some(folder), ..request("a", 1, "make") };
        let (occasion, message, since) = (Occasion::Request, None, 0);
        NotificationText::of(&[Member { task, occasion, request: Some(request), message, since }])
    };
    assert_eq!((words("*").body.as_str(), words("*").is_whole), ("Bash: make\nin its worktree", true));
    assert!(!words("*/more").is_whole);
}

#[test]
fn tasks_of_several_projects_are_told_apart() {
    let member = |project: &str| Member {
        task: Task { project: project.into(), ..task(1) },
        occasion: Occasion::Request,
        request: Some(Opened { kind: Kind::Trust, ..request("a", 1, "/p") }),
        message: None,
        since: 0,
    };
    let body = |members: &[Member]| NotificationText::of(members).body;
    let line = "#1 asks whether to trust a folder: /p";
    assert_eq!(body(&[member("/a/shop"), member("/a/site")]), format!("shop {line}\nsite {line}"));
    assert_eq!(body(&[member("/a/shop"), member("/a/shop")]), format!("{line}\n{line}"));
}

#[test]
fn words_of_others_are_harmless() {
    let mut bench = Bench::new(0);
    let title = format!("a\u{1b}]9;x\u{7}\n{}", "é".repeat(500));
    bench.observe(Event::TaskChanged(Box::new(Task { title, ..task(1) })), 0);
    let hostile = request("a", 1, "echo sk-ant-0123456789abcdef <b>&\u{202e}");
    bench.observe(Event::RequestOpened(Opened { kind: Kind::Question, ..hostile }), 0);
    let words = bench.shown(5_000).unwrap().text();
    assert!(
        words.title.starts_with("#1 has a question: a ↵ é") && words.title.chars().count() == 80,
        "{}",
        words.title
    );
    assert_eq!(words.body, "echo ••• <b>&");
    assert_eq!(crate::notifications::escape_markup(&words.body), "echo ••• &lt;b&gt;&amp;");
}

#[test]
fn what_went_with_its_bus_is_notified_of_again_while_it_is_open() {
    let mut bench = Bench::new(2);
    bench.opened("a", 1, 0);
    bench.opened("b", 2, 0);
    assert_eq!(bench.shows(5_000), [1, 2]);
    let closed = Opened { closed_at: Some(6_000), ..request("a", 1, "ls") };
    bench.observe(Event::RequestClosed(closed), 6_000);
    bench.queue.all_closed();
    assert_eq!(bench.shows(7_000), [] as [i64; 0], "not before the cooldown");
    assert_eq!(bench.shows(65_000), [2]);
    assert_eq!(bench.shows(130_000), [] as [i64; 0]);
}
