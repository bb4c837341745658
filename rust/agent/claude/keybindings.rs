//! The person's key bindings, `<config>/keybindings.json`, as far as they can keep a prompt from being sent: whether Enter
//! still submits (2.1.328 and 2.1.332).

use crate::foreign;
use serde_json::Value;
use std::path::Path;

/// What Enter does instead, as a part of a sentence; nothing where it submits.
pub fn enter_rebound(config_dir: &Path) -> Option<String> {
    let file = config_dir.join("keybindings.json");
    let bindings: Value = serde_json::from_slice(&foreign::read(&file, foreign::MANY).ok()?).ok()?;
    let action = bound_to(&bindings)?;
    Some(format!("`enter` is bound to {action} in {}", file.display()))
}

fn bound_to(file: &Value) -> Option<String> {
    let contexts = file.get("bindings")?.as_array()?.iter();
    let chat = contexts.filter(|context| context.get("context").and_then(Value::as_str) == Some("Chat"));
    let enter = chat.filter_map(|context| context.get("bindings")?.get("enter")).next_back()?;
    match enter.as_str() {
        Some("chat:submit") => None,
        Some(action) => Some(format!("`{}`", crate::text::clean_line(action, 60))),
        None => Some("nothing".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_another_action_of_enter_counts() {
        let of =
            |enter: Value| bound_to(&json!({ "bindings": [{ "context": "Chat", "bindings": { "enter": enter } }] }));
        assert_eq!(of(json!("chat:newline")).as_deref(), Some("`chat:newline`"));
        assert_eq!(of(json!(null)).as_deref(), Some("nothing"));
        assert_eq!(of(json!("chat:submit")), None);
        let other =
            json!({ "bindings": [{ "context": "Global", "bindings": { "enter": "x" } }, { "context": "Chat" }] });
        assert_eq!((bound_to(&other), bound_to(&json!([]))), (None, None));
    }

    #[test]
    fn a_linked_file_counts() {
        let folder = tempfile::tempdir().unwrap();
        let bound = r#"{"bindings": [{"context": "Chat", "bindings": {"enter": "chat:newline"}}]}"#;
        std::fs::write(folder.path().join("kept.json"), bound).unwrap();
        std::os::unix::fs::symlink("kept.json", folder.path().join("keybindings.json")).unwrap();
        assert!(enter_rebound(folder.path()).unwrap().starts_with("`enter` is bound to `chat:newline`"));
    }
}
