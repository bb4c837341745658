//! Notifications over the D-Bus session bus (`org.freedesktop.Notifications`, version 1.2).

use crate::desktop::lines::{Heard, Server, Show};
use crate::notifications::escape_markup;
use notify_rust::{Notification, NotificationResponse};
use std::time::Duration;
use tokio::sync::{mpsc::UnboundedSender, oneshot};
use zbus::Connection;
use zbus::zvariant::{DynamicDeserialize, DynamicType};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const LIMIT: Duration = Duration::from_secs(2);

/// How the server reads what it is given.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    markup: bool,
}

/// The server on the bus; why there is none otherwise.
pub async fn find() -> Result<(Server, Manner), String> {
    tokio::time::timeout(LIMIT, ask()).await.map_err(|_| "the session bus does not answer".to_owned())?
}

async fn ask() -> Result<(Server, Manner), String> {
    let bus = Connection::session().await.map_err(|error| format!("cannot reach the session bus: {error}"))?;
    let about = call::<(String, String, String, String)>(&bus, NAME, PATH, NAME, "GetServerInformation", &()).await;
    let (name, _, version, _) = about.map_err(|error| format!("no notification server: {error}"))?;
    // Who does not tell may read markup.
    let can = call::<Vec<String>>(&bus, NAME, PATH, NAME, "GetCapabilities", &()).await.ok();
    let has = |word: &str| can.as_ref().is_some_and(|can| can.iter().any(|it| it == word));
    let (dbus, object) = ("org.freedesktop.DBus", "/org/freedesktop/DBus");
    let pid = call::<u32>(&bus, dbus, object, dbus, "GetConnectionUnixProcessID", &NAME).await.ok();
    let line = |text: &str| crate::text::clean_line(text, 40);
    let server = Server { name: line(&name), version: line(&version), buttons: has("actions"), pid };
    Ok((server, Manner { markup: has("body-markup") || can.is_none() }))
}

async fn call<T: for<'d> DynamicDeserialize<'d>>(
    bus: &Connection,
    name: &'static str,
    path: &'static str,
    interface: &'static str,
    method: &'static str,
    body: &(impl serde::Serialize + DynamicType),
) -> zbus::Result<T> {
    let reply = bus.call_method(Some(name), path, Some(interface), method, body).await?;
    reply.body().deserialize()
}

/// Shows it until it is closed; how that ended.
pub async fn show(show: Show, manner: Manner, tell: UnboundedSender<Heard>, close: oneshot::Receiver<()>) -> Heard {
    let id = show.id;
    let mut notification = Notification::new();
    let body = if manner.markup { escape_markup(&show.body) } else { show.body.clone() };
    notification.appname("Chorus").icon("utilities-terminal").summary(&show.title).body(&body);
    for (key, label) in &show.buttons {
        notification.action(key, label);
    }
    let handle = match tokio::time::timeout(LIMIT, notification.show_async()).await {
        Ok(Ok(handle)) => handle,
        Ok(Err(error)) => return Heard::Failed { id: Some(id), why: format!("the server refused it: {error}") },
        Err(_) => return Heard::Failed { id: Some(id), why: "the notification server does not answer".to_owned() },
    };
    let _ = tell.send(Heard::Shown { id });
    let is_ours = |key: &String| show.buttons.iter().any(|(ours, _)| ours == key);
    tokio::pin!(close);
    loop {
        let mut response = None;
        tokio::select! {
            () = handle.wait_for_action_async(|given| response = Some(given.clone())) => {}
            _ = &mut close => {
                let _ = tokio::time::timeout(LIMIT, handle.close_async()).await;
                return Heard::Closed { id };
            }
        }
        match response {
            Some(NotificationResponse::Default) => return Heard::Pressed { id, key: "default".to_owned() },
            Some(NotificationResponse::Action(key)) if is_ours(&key) => return Heard::Pressed { id, key },
            // Another program sent it: this one has no such button.
            Some(NotificationResponse::Action(_)) => {}
            Some(_) => return Heard::Closed { id },
            // The bus went away.
            None => return Heard::Lost,
        }
    }
}
