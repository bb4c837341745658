//! A `but` that notes its calls, and can be stopped at one of them.

use super::world::World;
use chorus_testkit::{files, wait_until};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What stands before `but` on PATH: notes each call, and stops before or after one when a file asks for it, so that a
/// daemon can be killed there. A daemon chooses the environment of its `but`, so the stand-in's faults are named here.
const BEFORE_BUT: &str = r#"here='ROOT/but'
export CHORUS_STANDIN_FAULTS="$here/faults"
echo "$*" >> "$here/calls"
[ ! -e "$here/modes" ] || unset GIT_CONFIG_COUNT
[ -e "$here/stop" ] || exec "$here/real/but" "$@"
read side word left < "$here/stop" || exec "$here/real/but" "$@"
case " $* " in
    *" $word "*) ;;
    *) exec "$here/real/but" "$@" ;;
esac
if [ "$left" -gt 1 ]; then
    echo "$side $word $((left - 1))" > "$here/.stop.$$"
    mv "$here/.stop.$$" "$here/stop"
    exec "$here/real/but" "$@"
fi
rm "$here/stop"
[ "$side" = before ] || "$here/real/but" "$@"
echo $$ > "$here/.stopped"
mv "$here/.stopped" "$here/stopped"
while [ ! -e "$here/go" ]; do sleep 0.05; done
rm "$here/go"
[ "$side" = after ] || exec "$here/real/but" "$@"
"#;

impl World {
    /// Puts it before the real one, which lies in `but/real`.
    pub fn put_before_but(&self) {
        self.script("but", &BEFORE_BUT.replace("ROOT", &self.root().display().to_string()));
    }

    /// `but` stops `before` or `after` its call of that number, counted from one, of those with that word (`status`).
    pub fn stop(&self, side: &str, word: &str, call: usize) {
        self.write("but/stop", &format!("{side} {word} {call}\n"));
    }

    /// No `but` stops any more.
    pub fn go_on(&self) {
        let _ = std::fs::remove_file(self.root().join("but/stop"));
    }

    /// Waits until it has stopped; its process.
    #[track_caller]
    pub fn stopped(&self) -> u32 {
        let file = self.root().join("but/stopped");
        wait_until("but has stopped", || file.exists());
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::remove_file(file).unwrap();
        text.trim().parse().unwrap()
    }

    /// Lets the one that has stopped go on.
    pub fn resume(&self) {
        self.write("but/go", "");
    }

    /// The daemon is killed while a verb is at that call of `but`; false when the verb needed fewer. The next daemon has
    /// finished what was begun when this returns.
    #[track_caller]
    pub fn killed_at(&self, verb: &[&str], side: &str, word: &str, call: usize) -> bool {
        self.stop(side, word, call);
        let mut running = self.chorus(verb).spawn().unwrap();
        let file = self.root().join("but/stopped");
        let mut ended = false;
        wait_until("but stops, or the verb ends", || {
            ended = running.try_wait().unwrap().is_some();
            ended || file.exists()
        });
        let stops = file.exists();
        if stops {
            let but = self.stopped();
            running.kill().unwrap();
            running.wait().unwrap();
            self.kill_daemon();
            self.go_on();
            self.kill(but);
        }
        self.go_on();
        self.json(["list"]);
        wait_until("what was begun is finished", || self.intents() == 0);
        stops
    }

    /// How much is written down of what is being done.
    pub fn intents(&self) -> i64 {
        let store = rusqlite::Connection::open(self.state().join("chorus.db")).unwrap();
        store.query_row("SELECT count(*) FROM intents", [], |row| row.get(0)).unwrap()
    }

    /// Every file of the project's tree with its bytes.
    pub fn tree(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut tree = BTreeMap::new();
        let mut folders = vec![self.project()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let path = entry.path();
                match entry.file_type().unwrap().is_dir() {
                    true if entry.file_name() != ".git" => folders.push(path),
                    true => {}
                    false => drop(tree.insert(path.clone(), std::fs::read(path).unwrap())),
                }
            }
        }
        tree
    }

    /// The calls of `but` so far.
    pub fn calls(&self) -> Vec<String> {
        files::lines(&self.root().join("but/calls"))
    }

    /// Lets a fault happen to the stand-in's next `commit`, or another command: `NAME@COMMAND`.
    pub fn fault(&self, fault: &str) {
        assert!(self.program.is_standin);
        self.write("but/faults", fault);
    }

    /// Whether the fault has happened.
    pub fn has_failed(&self) -> bool {
        std::fs::read_to_string(self.root().join("but/faults")).is_ok_and(|text| text.is_empty())
    }
}
