//! The states that are recorded, and how each is brought about. Pure.

/// A state and the way there.
#[derive(Debug)]
pub struct Scene {
    /// Its name.
    pub name: &'static str,
    /// What is right: `waiting_permission`.
    pub status: &'static str,
    /// More arguments for the client.
    pub args: &'static [&'static str],
    /// Whether the folder is trusted, so that no dialog comes first.
    pub trusted: bool,
    /// Whether the client gives up after one retry instead of ten.
    pub gives_up: bool,
    /// In order.
    pub steps: &'static [Act],
    /// When the state is there.
    pub until: Until,
}

/// One thing that a person does.
#[derive(Debug)]
pub enum Act {
    /// Types a text and presses Enter, once the client rests.
    Say(&'static str),
    /// Presses a key, by tmux's name.
    Press(&'static str),
    /// Waits until the session file says that.
    Status(&'static str),
}

/// What shows that a state has come about.
#[derive(Debug)]
pub enum Until {
    /// The session file says that.
    Status(&'static str),
    /// It says that, and the screen has this text.
    Shows(&'static str, &'static str),
    /// There is no session yet, and the screen has this text.
    Before(&'static str),
    /// The client has ended.
    Dead,
}

use Act::{Press, Say, Status};

const MANUAL: &[&str] = &["--permission-mode", "default"];
const PLAN: &[&str] = &["--permission-mode", "plan"];

const fn scene(name: &'static str, status: &'static str, steps: &'static [Act], until: Until) -> Scene {
    Scene { name, status, args: MANUAL, trusted: true, gives_up: false, steps, until }
}

/// Every one; the API's scripts stand in double brackets.
pub const SCENES: [Scene; 22] = [
    scene("idle_empty", "idle", &[], Until::Status("idle")),
    scene("idle_after_turn", "idle", &[Say("[[say All done.]]"), Status("busy")], Until::Shows("idle", "All done.")),
    scene("idle_lines", "idle", &[Say("[[lines 60]]"), Status("busy")], Until::Shows("idle", "60")),
    scene(
        "idle_text_asks",
        "idle",
        &[Say("[[say Do you want to proceed? (y/n)]]"), Status("busy")],
        Until::Shows("idle", "(y/n)"),
    ),
    scene("busy_streaming", "busy", &[Say("[[slow 90]]")], Until::Status("busy")),
    scene("busy_thinking", "busy", &[Say("[[think 90]]")], Until::Status("busy")),
    scene("busy_retrying_500", "busy", &[Say("[[error 500]]")], Until::Shows("busy", "etrying")),
    Scene {
        args: &["--permission-mode", "default", "--allowedTools", "Bash(tail:*)"],
        ..scene("busy_tool_bash", "busy", &[Say("[[bash: tail -f notes.txt]]")], Until::Shows("busy", "$ tail -f"))
    },
    scene("interrupted", "idle", &[Say("[[slow 90]]"), Status("busy"), Press("Escape")], Until::Status("idle")),
    scene("permission_bash", "waiting_permission", &[Say("[[bash: touch made]]")], Until::Status("waiting")),
    scene("permission_write", "waiting_permission", &[Say("[[write new.txt]]")], Until::Status("waiting")),
    scene(
        "permission_edit",
        "waiting_permission",
        &[Say("[[read notes.txt]] [[edit notes.txt]]")],
        Until::Status("waiting"),
    ),
    scene(
        "permission_webfetch",
        "waiting_permission",
        &[Say("[[webfetch http://127.0.0.1:9/]]")],
        Until::Status("waiting"),
    ),
    scene("question_single", "waiting_question", &[Say("[[ask]]")], Until::Status("waiting")),
    scene("question_multi", "waiting_question", &[Say("[[ask2]]")], Until::Status("waiting")),
    Scene {
        args: PLAN,
        ..scene("plan_approval", "waiting_plan", &[Say("[[planfile]] [[plan]]")], Until::Status("waiting"))
    },
    scene("dialog_model", "waiting_question", &[Say("/model")], Until::Status("waiting")),
    scene("error_400", "error", &[Say("[[error 400]]"), Status("busy")], Until::Shows("idle", "API Error")),
    Scene {
        gives_up: true,
        ..scene("error_429", "error", &[Say("[[error 429]]"), Status("busy")], Until::Shows("idle", "429"))
    },
    Scene {
        gives_up: true,
        ..scene(
            "login_required",
            "login_required",
            &[Say("[[error 401]]"), Status("busy")],
            Until::Shows("idle", "/login"),
        )
    },
    Scene { trusted: false, ..scene("trust_dialog", "waiting_trust", &[], Until::Before("trust")) },
    scene("exited", "exited", &[Say("/exit")], Until::Dead),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_single_and_every_kind_of_status_is_there() {
        let names: BTreeSet<&str> = SCENES.iter().map(|scene| scene.name).collect();
        assert_eq!(names.len(), SCENES.len());
        let statuses: BTreeSet<&str> = SCENES.iter().map(|scene| scene.status).collect();
        assert_eq!(statuses.len(), 9, "{statuses:?}");
    }
}
