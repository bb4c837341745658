//! Tasks whose edits build on others'.

use super::edits::{edit, numbered_but, write};
use super::world::each;

/// The marker of an edit of a line that reads so.
fn rewrite(path: &str, old: &str, new: &str) -> String {
    let input = serde_json::json!({ "file_path": path, "old_string": old, "new_string": new, "replace_all": false });
    format!("[[tool Edit {input}]]")
}

#[test]
fn an_edit_of_what_another_committed_is_told_and_stacked_above() {
    each(|world| {
        let one = world.rested("Below", &(edit("a.txt", 10, "ten by one") + "[[say done]]"));
        world.commits(&one, 1);
        let edits = rewrite("a.txt", "ten by one", "ten by two") + &write("free.txt", "free\n");
        let two = world.rested("Above", &(edits + "[[say done]]"));
        let (first, second) = (world.branch(&one), world.branch(&two));
        let trouble = world.trouble(&two);
        assert_eq!((&trouble["kind"], &trouble["above"]), (&"depends_on".into(), &first.as_str().into()), "{trouble}");
        assert!(trouble["files"].to_string().contains("a.txt"), "{trouble}");
        // What depends on nothing is committed.
        assert_eq!(world.changed_on(&second), ["free.txt +free"]);
        assert_eq!(world.owners(), [format!("a.txt:10 task {two}")]);
        assert!(world.refused(["complete", &two]).hint.contains("mend"));

        let offer = world.json(["mend", &two]);
        assert_eq!(offer["done"], false);
        let text = offer["text"].as_str().unwrap();
        assert!(text.contains(&first) && text.contains(&second), "{text}");
        assert_eq!(world.stacks().len(), 2);
        assert_eq!(world.json(["mend", &two, "--yes"])["done"], true);
        assert_eq!(world.stacks(), [[second.clone(), first.clone()]]);
        assert_eq!(world.look(&two)["trouble"], serde_json::Value::Null);
        assert_eq!(world.changed_on(&first), ["a.txt -line 10", "a.txt +ten by one"]);
        assert_eq!(world.on(&second, "a.txt").unwrap(), numbered_but(&[(10, "ten by two")]));
        assert_eq!(world.owners(), [""; 0]);
        assert_eq!(world.json(["complete", &two])["status"], "completed");
        assert_eq!(world.refused(["mend", &two]).code, "wrong_state");
    });
}

#[test]
fn a_task_begins_on_top_of_another() {
    each(|world| {
        let one = world.rested("Below", &(edit("a.txt", 10, "ten by one") + "[[say done]]"));
        world.commits(&one, 1);
        let two = world.task_with("Above", &["--on", &one]);
        let prompt = rewrite("a.txt", "ten by one", "ten by two") + "[[say done]]";
        world.json(["start", &two, "--prompt", &prompt]);
        world.commits(&two, 1);
        let (first, second) = (world.branch(&one), world.branch(&two));
        assert_eq!(world.stacks(), [[second.clone(), first.clone()]]);
        assert_eq!(world.changed_on(&first), ["a.txt -line 10", "a.txt +ten by one"]);
        let diff = world.json(["diff", &two]);
        let lines = super::edits::lines_of(diff["text"].as_str().unwrap());
        assert_eq!(lines, ["a.txt -ten by one", "a.txt +ten by two"]);
        // The one below goes on.
        world.turn(&one, &(edit("a.txt", 30, "thirty by one") + "[[say done]]"));
        world.commits(&one, 2);
        assert!(world.changed_on(&first).contains(&"a.txt +thirty by one".into()));
        assert_eq!(world.on(&second, "a.txt").unwrap(), numbered_but(&[(10, "ten by two"), (30, "thirty by one")]));
        assert_eq!(world.read("a.txt"), numbered_but(&[(10, "ten by two"), (30, "thirty by one")]));
        assert_eq!(world.owners(), [""; 0]);
    });
}

#[test]
fn what_it_builds_on_must_have_a_branch() {
    super::world::any(|world| {
        let one = world.task("Not begun");
        let two = world.task_with("Above", &["--on", &one]);
        let refusal = world.refused(["start", &two]);
        assert_eq!(refusal.code, "wrong_state", "{refusal:?}");
        assert!(refusal.hint.contains(&format!("start #{one}")), "{refusal:?}");
        assert_eq!(world.look(&two)["status"], "pending");
        assert_eq!(world.branches(), [""; 0]);
    });
}

#[test]
fn a_file_that_another_branch_made_and_this_one_renames() {
    each(|world| {
        let one = world.rested("Make it", "[[bash: mv a.txt d.txt]] [[say done]]");
        // Without a tracer the edits of a command are unclaimed.
        world.run(["assign", &one]);
        world.run(["commit", &one]);
        world.commits(&one, 1);
        let two = world.rested("Rename it", "[[bash: mv d.txt e.txt; echo two >> e.txt]] [[say done]]");
        world.run(["assign", &two]);
        let refusal = world.refused(["commit", &two]);
        assert!(refusal.message.contains(&format!("builds on {}", world.branch(&one))), "{refusal:?}");
        world.json(["mend", &two, "--yes"]);
        world.commits(&two, 1);
        assert!(world.on(&world.branch(&two), "e.txt").unwrap().ends_with("two\n"));
    });
}
