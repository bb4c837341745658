//! Notifications over the D-Bus session bus (`org.freedesktop.Notifications`, version 1.2).
//!
//! A notification with buttons goes to the connection that owned the name when they were decided on, and only that
//! connection's signals count: the bus writes the sender into each message, so no other program can press a button.

use super::plain::{DEFAULT, Plain};
use crate::desktop::lines::{FromNotifier, NotificationOrder, NotificationServer};
use crate::notifications::escape_markup;
use std::collections::{HashMap, VecDeque};
use std::num::NonZeroUsize;
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zbus::export::futures_core::Stream;
use zbus::message::Type;
use zbus::zvariant::{DynamicDeserialize, DynamicType};
use zbus::{Connection, MatchRule, Message, MessageStream, Variant};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";
const LIMIT: Duration = Duration::from_secs(2);
/// Signals that wait while a call is answered. With more, the call's answer waits behind them.
const QUEUED: Option<NonZeroUsize> = NonZeroUsize::new(1024);

/// The session bus and what is shown on it.
pub struct System {
    bus: Connection,
    /// What servers say.
    signals: MessageStream,
    /// What the bus says of the name's owner.
    owners: MessageStream,
    reads_markup: bool,
    /// Those with buttons, by the server's number.
    shown: HashMap<u32, OnScreen>,
    /// Those without, by identity.
    plain: HashMap<u64, Plain>,
    /// How plain ones ended.
    ended: (UnboundedSender<FromNotifier>, UnboundedReceiver<FromNotifier>),
    gone: VecDeque<u64>,
}

struct OnScreen {
    id: u64,
    owner: String,
    keys: Vec<String>,
}

impl System {
    /// The server on the bus; why there is none otherwise.
    pub async fn find() -> Result<(System, NotificationServer), String> {
        let begin = async {
            let bus = Connection::session().await.map_err(|error| format!("cannot reach the session bus: {error}"))?;
            let unheard = |error: zbus::Error| format!("cannot listen to the session bus: {error}");
            let signals = MatchRule::builder().msg_type(Type::Signal).interface(NAME).build().map_err(unheard)?;
            let signals = MessageStream::for_match_rule(signals, &bus, QUEUED).await.map_err(unheard)?;
            let owners = MatchRule::builder().msg_type(Type::Signal).sender(BUS).interface(BUS);
            let owners = owners.member("NameOwnerChanged").add_arg(NAME).build().map_err(unheard)?;
            let owners = MessageStream::for_match_rule(owners, &bus, QUEUED).await.map_err(unheard)?;
            let (shown, plain, gone) = (HashMap::new(), HashMap::new(), VecDeque::new());
            Ok(System { bus, signals, owners, reads_markup: true, shown, plain, ended: unbounded_channel(), gone })
        };
        let mut system = limited(begin).await?;
        let server = system.server().await?;
        Ok((system, server))
    }

    /// The server that owns the name at this moment.
    pub async fn server(&mut self) -> Result<NotificationServer, String> {
        let bus = self.bus.clone();
        let ask = async move {
            let none = |error: zbus::Error| format!("no notification server: {error}");
            // This starts one where the bus can.
            let (name, _, version, _) =
                call::<(String, String, String, String)>(&bus, NAME, "GetServerInformation", &())
                    .await
                    .map_err(none)?;
            let owner = of_bus::<String>(&bus, "GetNameOwner", &NAME).await.map_err(none)?;
            let pid = of_bus::<u32>(&bus, "GetConnectionUnixProcessID", &owner.as_str()).await.ok();
            let can = call::<Vec<String>>(&bus, &owner, "GetCapabilities", &()).await.ok();
            Ok((name, version, owner, pid, can))
        };
        let (name, version, owner, pid, can) = limited(ask).await?;
        let has = |word: &str| can.as_ref().is_some_and(|can| can.iter().any(|it| it == word));
        // A server that does not say may read markup.
        self.reads_markup = has("body-markup") || can.is_none();
        let line = |text: &str| crate::text::clean_line(text, 40);
        let (name, version) = (line(&name), line(&version));
        Ok(NotificationServer { name, version, buttons: has("actions"), owner: Some(owner), pid })
    }

    /// Shows it.
    pub async fn show(&mut self, order: NotificationOrder) -> Result<(), String> {
        let body = if self.reads_markup { escape_markup(&order.body) } else { order.body.clone() };
        if order.buttons.iter().all(|(key, _)| key == DEFAULT) {
            let plain = Plain::show(&order, &body, LIMIT, self.ended.0.clone()).await?;
            self.plain.insert(order.id, plain);
            return Ok(());
        }
        let owner = order.owner.ok_or("no server was named")?;
        let actions: Vec<&str> = order.buttons.iter().flat_map(|(key, label)| [key.as_str(), label]).collect();
        let hints: HashMap<&str, Variant<'_>> = HashMap::from([("urgency", Variant::U8(1))]);
        let arguments =
            ("Chorus", 0_u32, "utilities-terminal", order.title.as_str(), body.as_str(), actions, hints, -1_i32);
        let number = limited(async {
            let given = call::<u32>(&self.bus, &owner, "Notify", &arguments).await;
            given.map_err(|error| format!("the server refused it: {error}"))
        });
        let number = number.await.map_err(|why| match why.as_str() {
            SILENT => "the notification server does not answer".to_owned(),
            _ => why,
        })?;
        let keys = order.buttons.iter().map(|(key, _)| key.clone()).collect();
        self.shown.insert(number, OnScreen { id: order.id, owner, keys });
        Ok(())
    }

    /// Takes it away.
    pub async fn close(&mut self, id: u64) {
        if let Some(plain) = self.plain.get_mut(&id) {
            return plain.close();
        }
        let Some(number) = self.shown.iter().find(|(_, it)| it.id == id).map(|(number, _)| *number) else { return };
        let Some(it) = self.shown.remove(&number) else { return };
        let _ = limited(async {
            call::<()>(&self.bus, &it.owner, "CloseNotification", &number).await.map_err(|error| error.to_string())
        })
        .await;
        self.gone.push_back(id);
    }

    /// Takes everything away.
    pub async fn close_all(&mut self) {
        let ids: Vec<u64> = self.shown.values().map(|it| it.id).collect();
        for id in ids {
            self.close(id).await;
        }
        for (_, plain) in self.plain.drain() {
            plain.close_whole().await;
        }
    }

    /// What happens next: a person acts, or something goes.
    pub async fn next(&mut self) -> FromNotifier {
        loop {
            if let Some(id) = self.gone.pop_front() {
                return FromNotifier::Closed { id };
            }
            let message = tokio::select! {
                Some(said) = self.ended.1.recv() => match said {
                    FromNotifier::Closed { id } | FromNotifier::Pressed { id, .. } if self.plain.remove(&id).is_some() => Some(Some(said)),
                    _ => Some(None),
                },
                message = next(&mut self.signals) => message.map(|message| self.receive(&message)),
                message = next(&mut self.owners) => message.map(|message| {
                    self.change_owner(&message);
                    None
                }),
            };
            match message {
                Some(Some(said)) => return said,
                Some(None) => {}
                None => return FromNotifier::Lost,
            }
        }
    }

    /// Whether nothing is shown.
    pub fn is_idle(&self) -> bool {
        self.shown.is_empty() && self.plain.is_empty() && self.gone.is_empty()
    }

    fn receive(&mut self, message: &Message) -> Option<FromNotifier> {
        let header = message.header();
        let sender = header.sender()?.as_str();
        match header.member()?.as_str() {
            "ActionInvoked" => {
                let (number, key): (u32, String) = message.body().deserialize().ok()?;
                let it = self.shown.get(&number).filter(|it| it.owner == sender)?;
                let id = it.id;
                (key == DEFAULT || it.keys.contains(&key)).then(|| self.shown.remove(&number))?;
                Some(FromNotifier::Pressed { id, key })
            }
            "NotificationClosed" => {
                let (number, _): (u32, u32) = message.body().deserialize().ok()?;
                self.shown.get(&number).filter(|it| it.owner == sender)?;
                self.shown.remove(&number).map(|it| FromNotifier::Closed { id: it.id })
            }
            _ => None,
        }
    }

    /// What another connection had shown is gone, or nobody hears of it any more.
    fn change_owner(&mut self, message: &Message) {
        let Ok((_, _, owner)) = message.body().deserialize::<(String, String, String)>() else { return };
        let gone: Vec<u32> = self.shown.iter().filter(|(_, it)| it.owner != owner).map(|(number, _)| *number).collect();
        self.gone.extend(self.plain.drain().map(|(id, _)| id));
        self.gone.extend(gone.iter().filter_map(|number| Some(self.shown.remove(number)?.id)));
    }
}

const SILENT: &str = "the session bus does not answer";

async fn limited<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    tokio::time::timeout(LIMIT, work).await.unwrap_or_else(|_| Err(SILENT.to_owned()))
}

/// The next message; nothing once the connection has ended.
async fn next(stream: &mut MessageStream) -> Option<Message> {
    std::future::poll_fn(|context| Pin::new(&mut *stream).poll_next(context)).await?.ok()
}

async fn of_bus<T: for<'d> DynamicDeserialize<'d>>(
    bus: &Connection,
    method: &'static str,
    body: &(impl serde::Serialize + DynamicType),
) -> zbus::Result<T> {
    let reply = bus.call_method(Some(BUS), BUS_PATH, Some(BUS), method, body).await?;
    reply.body().deserialize()
}

async fn call<T: for<'d> DynamicDeserialize<'d>>(
    bus: &Connection,
    owner: &str,
    method: &'static str,
    body: &(impl serde::Serialize + DynamicType),
) -> zbus::Result<T> {
    let reply = bus.call_method(Some(owner), PATH, Some(NAME), method, body).await?;
    reply.body().deserialize()
}
