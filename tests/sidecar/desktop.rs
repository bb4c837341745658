//! A session bus with a notification server of our own: it keeps what it was shown and presses what it is told to.

use crate::world::World;
use chorus_testkit::processes::Process;
use chorus_testkit::{given, wait_for, wait_until};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use zbus::message::Type;
use zbus::{Connection, Message};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// What the server was asked to show.
#[derive(Clone, Debug)]
pub struct Note {
    pub id: u32,
    pub title: String,
    pub body: String,
    /// Key and label in turn.
    pub actions: Vec<String>,
}

impl Note {
    /// The key of the button with that label.
    pub fn key(&self, label: &str) -> Option<&str> {
        let place = self.actions.iter().skip(1).step_by(2).position(|it| it == label)?;
        self.actions.get(place * 2).map(String::as_str)
    }

    pub fn labels(&self) -> Vec<&str> {
        self.actions.iter().skip(1).step_by(2).map(String::as_str).collect()
    }
}

/// How the server behaves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Manner {
    /// As a desktop does.
    Good,
    /// It takes calls and never answers.
    Silent,
    /// It knows no markup and no buttons.
    Plain,
    /// It refuses notifications with this word in their titles: `Refused`.
    Choosy,
}

#[derive(Default)]
struct Seen {
    notes: Vec<Note>,
    closed: Vec<u32>,
}

enum Act {
    Press(u32, String),
    Dismiss(u32),
}

/// The server, on a thread of its own until it is dropped.
pub struct Server {
    seen: Arc<Mutex<Seen>>,
    acts: mpsc::UnboundedSender<Act>,
}

impl Server {
    pub fn notes(&self) -> Vec<Note> {
        self.seen.lock().unwrap().notes.clone()
    }

    pub fn is_closed(&self, id: u32) -> bool {
        self.seen.lock().unwrap().closed.contains(&id)
    }

    /// The only notification there is, once there is one.
    #[track_caller]
    pub fn note(&self) -> Note {
        self.nth(0)
    }

    #[track_caller]
    pub fn nth(&self, place: usize) -> Note {
        wait_for("a notification", || self.notes().get(place).cloned())
    }

    /// Presses until that has an effect: who shows a notification listens a moment later.
    #[track_caller]
    pub fn press(&self, id: u32, key: &str, effect: &str, mut is_there: impl FnMut() -> bool) {
        wait_until(effect, || {
            let _ = self.acts.send(Act::Press(id, key.to_owned()));
            is_there()
        });
    }

    pub fn dismiss(&self, id: u32) {
        let _ = self.acts.send(Act::Dismiss(id));
    }

    /// Takes the name on that bus.
    #[track_caller]
    pub fn begin(address: &str, manner: Manner) -> Server {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (acts, todo) = mpsc::unbounded_channel();
        let (address, known) = (address.to_owned(), seen.clone());
        let (ready, is_ready) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let bus = zbus::connection::Builder::address(address.as_str()).build().await.unwrap();
                let messages = zbus::MessageStream::from(&bus);
                bus.request_name(NAME).await.unwrap();
                ready.send(()).unwrap();
                serve(&bus, messages, &known, todo, manner).await;
            });
        });
        is_ready.recv().expect("the server has its name");
        Server { seen, acts }
    }
}

async fn serve(
    bus: &Connection,
    mut messages: zbus::MessageStream,
    seen: &Mutex<Seen>,
    mut todo: mpsc::UnboundedReceiver<Act>,
    manner: Manner,
) {
    loop {
        tokio::select! {
            message = next(&mut messages) => match message {
                Some(message) => answer(bus, &message, seen, manner).await,
                None => return,
            },
            act = todo.recv() => {
                let told = match act {
                    Some(Act::Press(id, key)) => bus.emit_signal(None::<&str>, PATH, NAME, "ActionInvoked", &(id, key)).await,
                    Some(Act::Dismiss(id)) => bus.emit_signal(None::<&str>, PATH, NAME, "NotificationClosed", &(id, 2_u32)).await,
                    None => return,
                };
                if told.is_err() {
                    return;
                }
            }
        }
    }
}

/// The stream's next message; nothing at its end.
async fn next(messages: &mut zbus::MessageStream) -> Option<Message> {
    use futures_lite::StreamExt;
    messages.next().await?.ok()
}

type Hints = std::collections::HashMap<String, zbus::OwnedVariant>;
/// The arguments of `Notify`.
type Given = (String, u32, String, String, String, Vec<String>, Hints, i32);

async fn answer(bus: &Connection, message: &Message, seen: &Mutex<Seen>, manner: Manner) {
    let header = message.header();
    if header.message_type() != Type::MethodCall || manner == Manner::Silent {
        return;
    }
    let can: &[&str] = if manner == Manner::Plain { &["body"] } else { &["body", "body-markup", "actions"] };
    let _ = match header.member().map(|name| name.to_string()).as_deref() {
        Some("GetServerInformation") => bus.reply(&header, &("stub", "tests", "1.0", "1.2")).await,
        Some("GetCapabilities") => bus.reply(&header, &can).await,
        Some("Notify") if manner == Manner::Choosy && is_refused(message) => {
            bus.reply_error(&header, "org.freedesktop.Notifications.Error", &"too many notifications").await
        }
        Some("Notify") => {
            let body = message.body();
            let (_, _, _, title, body, actions, ..): Given = body.deserialize().unwrap();
            let id = {
                let mut seen = seen.lock().unwrap();
                let id = u32::try_from(seen.notes.len()).unwrap() + 1;
                seen.notes.push(Note { id, title, body, actions });
                id
            };
            bus.reply(&header, &id).await
        }
        Some("CloseNotification") => {
            let id: u32 = message.body().deserialize().unwrap();
            seen.lock().unwrap().closed.push(id);
            let _ = bus.reply(&header, &()).await;
            bus.emit_signal(None::<&str>, PATH, NAME, "NotificationClosed", &(id, 3_u32)).await
        }
        _ => Ok(()),
    };
}

fn is_refused(message: &Message) -> bool {
    message.body().deserialize::<Given>().unwrap().3.contains("Refused")
}

/// A signal of a program that is no notification server, once the bus has passed it on.
#[track_caller]
pub fn forge_press(address: &str, id: u32, key: &str) {
    let address = address.to_owned();
    let key = key.to_owned();
    let forging = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let bus = zbus::connection::Builder::address(address.as_str()).build().await.unwrap();
            bus.emit_signal(None::<&str>, PATH, NAME, "ActionInvoked", &(id, key)).await.unwrap();
            // Answered after what was sent before.
            let bus_name = "org.freedesktop.DBus";
            bus.call_method(Some(bus_name), "/org/freedesktop/DBus", Some(bus_name), "GetId", &()).await.unwrap();
        });
    });
    forging.join().unwrap();
}

/// In the environment of a process of this program that is to be a notification server: the bus's address.
const SERVE_AT: &str = "CHORUS_TESTS_SERVE_AT";

/// A notification server in a process of an agent's task. It prints the labels of each notification's buttons.
pub struct ServerOfAgent(Child);

impl ServerOfAgent {
    pub fn begin(address: &str) -> ServerOfAgent {
        let mut command = std::process::Command::new(std::env::current_exe().unwrap());
        command.args(["desktop::serve_as_an_agent", "--exact", "--nocapture", "--include-ignored"]);
        command.env(SERVE_AT, address).env("CHORUS_TASK", "a-task").stdout(Stdio::piped()).stdin(Stdio::piped());
        ServerOfAgent(command.spawn().unwrap())
    }

    /// Of the first notification.
    pub fn labels(&mut self) -> String {
        let lines = BufReader::new(self.0.stdout.take().unwrap()).lines().map_while(Result::ok);
        let labels = lines.filter_map(|line| line.strip_prefix("labels ").map(str::to_owned)).next();
        labels.expect("a notification")
    }
}

impl Drop for ServerOfAgent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What [`ServerOfAgent`] runs.
#[test]
#[ignore = "it is a part of another test"]
fn serve_as_an_agent() {
    let Ok(address) = std::env::var(SERVE_AT) else { return };
    let server = Server::begin(&address, Manner::Good);
    println!("labels {}", server.note().labels().join(" "));
    // Until it is killed.
    let _ = std::io::stdin().read_line(&mut String::new());
}

/// A world with a bus at a place that stays, and notifications without delays.
pub struct Desktop {
    pub world: World,
    bus: Child,
}

impl Desktop {
    /// Nothing where there is no bus to be had. `more` are further lines of `[notifications]`.
    pub fn new(more: &str) -> Option<Desktop> {
        let Some(program) = given::dbus() else {
            chorus_testkit::skip("there is no dbus-run-session");
            return None;
        };
        let mut world = World::new();
        let address = format!("unix:path={}", world.root().join("bus").display());
        world.set("DBUS_SESSION_BUS_ADDRESS", &address);
        configure(&world, more);
        let bus = start(&world, program, &world.root().join("bus"));
        Some(Desktop { world, bus })
    }

    pub fn address(&self) -> String {
        self.world.environment()["DBUS_SESSION_BUS_ADDRESS"].clone()
    }

    #[track_caller]
    pub fn server(&self, manner: Manner) -> Server {
        Server::begin(&self.address(), manner)
    }

    /// SIGKILL for the bus.
    pub fn kill_bus(&mut self) {
        let is_bus = |process: &Process| process.argv.first().is_some_and(|name| name.ends_with("dbus-daemon"));
        for process in self.world.processes().into_iter().filter(is_bus) {
            self.world.kill(process.pid);
        }
        let _ = self.bus.kill();
        let _ = self.bus.wait();
        let _ = std::fs::remove_file(self.world.root().join("bus"));
    }

    /// Another bus at the same place.
    pub fn restart_bus(&mut self) {
        self.bus = start(&self.world, given::dbus().expect("there was one"), &self.world.root().join("bus"));
    }

    /// From now on clients are on another bus. The first one goes on; its address is returned.
    pub fn move_to_another_bus(&mut self) -> (String, Child) {
        let (before, place) = (self.address(), self.world.root().join("another-bus"));
        let bus = start(&self.world, given::dbus().expect("there was one"), &place);
        self.world.set("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", place.display()));
        (before, std::mem::replace(&mut self.bus, bus))
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        let _ = self.bus.kill();
        let _ = self.bus.wait();
    }
}

/// Without delays, for the demo agent.
pub fn configure(world: &World, more: &str) {
    let text = format!(
        "[agent]\ndefault = \"demo\"\n[notifications]\nevents = [\"request\"]\ndwell = 0\ncooldown = 0\nmerge = 0\n{more}\n"
    );
    world.write("config/chorus/chorus.toml", &text);
}

fn start(world: &World, program: PathBuf, place: &Path) -> Child {
    let config = format!(
        "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
         \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n<busconfig><type>session</type>\
         <listen>unix:path={}</listen><policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
         <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n",
        place.display()
    );
    let name = place.file_name().unwrap().to_str().unwrap();
    let config = world.write(&format!("{name}.conf"), &config);
    let mut command = world.command(program);
    command.arg(format!("--config-file={}", config.display())).args(["--", "sleep", "3600"]);
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("dbus-run-session runs");
    wait_until("the bus listens", || std::os::unix::net::UnixStream::connect(place).is_ok());
    child
}
