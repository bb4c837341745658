//! What a prompt without markers gets: a short scene for a person to watch. Pure.

use super::script::{Answer, Call, Step};
use serde_json::json;

/// The steps of a scene. Which of the three it is depends on the prompt only; `is_free` says which file names are.
pub fn steps(prompt: &str, is_free: impl Fn(&str) -> bool) -> Vec<Step> {
    let topic = topic(prompt);
    let slug = slug(&topic);
    let mut names = (1..).map(|n| if n == 1 { slug.clone() } else { format!("{slug}-{n}") });
    let file = names.find_map(|name| {
        let file = format!("chorus-demo/{name}.md");
        is_free(&file).then_some(file)
    });
    let file = file.unwrap_or_default();
    let hash = prompt.bytes().fold(0u32, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
    match hash % 3 {
        0 => notes(&topic, &file),
        1 => checklist(&topic, &file),
        _ => asking(&topic, &file),
    }
}

fn opening(next: &str) -> Vec<Answer> {
    vec![
        Answer::Say(format!(
            "This is the Chorus demo agent, not Claude Code: no model reads this. I play a short scene so that you can \
             see how Chorus follows a task. {next}"
        )),
        Answer::Think(2.0),
    ]
}

fn call(before: Vec<Answer>, name: &str, input: crate::Json) -> Step {
    Step::Call { before, calls: vec![Call { name: name.into(), input }] }
}

fn report(file: &str, more: &str) -> Step {
    Step::Answer(Answer::Report {
        done: format!("Done: {file} is there. {more} A real agent would go on from here; I rest now."),
        refused: "You said no, so nothing was changed. That is how a refused request ends; I rest now.".into(),
    })
}

fn notes(topic: &str, file: &str) -> Vec<Step> {
    let content = format!(
        "# {topic}\n\nNotes by the Chorus demo agent. Nothing here was thought by a model.\n\n## Where things stand\n\n\
         The task was started, and this file was written after you allowed it.\n\n## Next\n\n- start a second task \
         beside this one\n- answer its request from the inbox\n"
    );
    let before = opening("First I think for two seconds, then I ask to write one small file.");
    vec![
        call(before, "Write", json!({"file_path": file, "content": content})),
        report(file, "It holds a few notes, made up in advance."),
    ]
}

fn checklist(topic: &str, file: &str) -> Vec<Step> {
    let content = format!(
        "# {topic}\n\nA list by the Chorus demo agent. Nothing here was thought by a model.\n\n- [ ] look around\n- [ ] \
         write a list\n- [ ] tick something off\n"
    );
    let ticked = json!({"file_path": file, "old_string": "- [ ] look around", "new_string": "- [x] look around",
        "replace_all": false});
    let before = opening("I look around first, then I ask to write a list and to tick its first line off.");
    vec![
        call(before, "Bash", json!({"command": "ls", "description": "Look around"})),
        call(vec![Answer::Think(2.0)], "Write", json!({"file_path": file, "content": content})),
        call(vec![Answer::Think(1.0)], "Edit", ticked),
        report(file, "One line of the list is ticked off."),
    ]
}

fn asking(topic: &str, file: &str) -> Vec<Step> {
    let question = json!({"question": "What should the demo write?", "header": "Demo", "multiSelect": false,
        "options": [{"label": "A haiku", "description": "Three lines about many agents"},
            {"label": "A limerick", "description": "Five lines about many agents"}]});
    let content = format!(
        "# {topic}\n\nBy the Chorus demo agent. Nothing here was thought by a model.\n\nMany hands at work,\none quiet \
         badge keeps the count:\ntwo wait, three are done.\n"
    );
    let before = opening("I have a question first. Whatever you answer, I write a haiku: I know no limerick.");
    vec![
        call(before, "AskUserQuestion", json!({"questions": [question]})),
        call(vec![Answer::Think(2.0)], "Write", json!({"file_path": file, "content": content})),
        report(file, "It holds the haiku."),
    ]
}

/// The first line of a prompt that says something, without markdown, at most 60 characters.
fn topic(prompt: &str) -> String {
    let plain = |line: &str| line.trim_start_matches(['#', '-', '*', '>', ' ']).trim().to_owned();
    let line = prompt.lines().map(plain).find(|line| line.chars().any(char::is_alphanumeric));
    let line = line.unwrap_or_else(|| "A demo task".into());
    // The prompt that Chorus starts a task with.
    let title =
        line.strip_prefix("Work on task #").and_then(|rest| rest.split_once(": ")).map(|(_, title)| title.to_owned());
    let line = title.unwrap_or(line);
    line.chars().filter(|c| !c.is_control()).take(60).collect()
}

fn slug(topic: &str) -> String {
    let letters: String =
        topic.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let slug: Vec<&str> = letters.split_whitespace().take(6).collect();
    if slug.is_empty() { "demo".into() } else { slug.join("-") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scene_says_what_it_is_first_and_writes_one_new_file() {
        for prompt in ["a", "b", "c", "Fix the parser", "# Title\n\nmore"] {
            let steps = steps(prompt, |_| true);
            let Some(Step::Call { before, .. }) = steps.first() else { panic!("a call first") };
            assert!(matches!(&before[0], Answer::Say(text) if text.contains("not Claude Code")));
            let writes = steps.iter().filter_map(|step| match step {
                Step::Call { calls, .. } => calls.iter().find(|call| call.name == "Write"),
                _ => None,
            });
            assert_eq!(writes.count(), 1);
            assert!(matches!(steps.last(), Some(Step::Answer(Answer::Report { .. }))));
        }
    }

    #[test]
    fn all_three_scenes_are_played() {
        let lengths: std::collections::BTreeSet<_> = ["a", "b", "c"].map(|prompt| steps(prompt, |_| true).len()).into();
        assert_eq!(lengths.len(), 3);
    }

    #[test]
    fn the_file_is_named_after_the_task_and_never_one_that_exists() {
        let named =
            |taken: &[&str]| format!("{:?}", steps("## Fix: the *Parser*, now!", |file| !taken.contains(&file)));
        assert!(named(&[]).contains("chorus-demo/fix-the-parser-now.md"));
        assert!(named(&["chorus-demo/fix-the-parser-now.md"]).contains("chorus-demo/fix-the-parser-now-2.md"));
        assert_eq!(slug("…"), "demo");
        assert_eq!(topic("\n\n---\n"), "A demo task");
        assert_eq!(topic("Work on task #12: Fix: the parser"), "Fix: the parser");
    }
}
