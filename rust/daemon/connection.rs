//! One connection: decodes, guards, hands on, answers. It decides nothing.

use crate::contract::{Code, Failure, Message, PROTOCOL, PaneDied, Reply, Request, Welcome};
use crate::core::{Asker, Core};
use crate::daemon::frames::{self, Large};
use crate::daemon::peer::{self, Peer};
use crate::daemon::tracer;
use crate::error::{Error, Result};
use crate::hub::outbox::Outbox;
use crate::ops;
use crate::wire;
use async_trait::async_trait;
use nvim_rs::compat::tokio::Compat;
use nvim_rs::{Handler, Neovim};
use parking_lot::Mutex;
use rmpv::Value;
use std::sync::Arc;
use tokio::io::WriteHalf;
use tokio::net::UnixStream;
use tokio_util::compat::{TokioAsyncReadCompatExt, TokioAsyncWriteCompatExt};
use tokio_util::sync::CancellationToken;

type Writer = Compat<WriteHalf<UnixStream>>;

/// Serves one client until it goes.
pub async fn serve(core: Arc<Core>, stream: UnixStream) {
    if tracer::is_one(&stream).await {
        return tracer::serve(core, stream).await;
    }
    let pid = stream.peer_cred().ok().and_then(|peer| peer.pid()).and_then(|pid| u32::try_from(pid).ok());
    let seat = core.hub.enter();
    let connection = Connection {
        core: core.clone(),
        seat,
        peer: Arc::new(Peer::of(pid)),
        asker: Arc::new(Mutex::new(None)),
        outbox: Arc::new(Outbox::default()),
        gone: CancellationToken::new(),
        large: Arc::default(),
    };
    let gone = connection.gone.clone();
    let (reader, writer) = tokio::io::split(stream);
    let reader = frames::carry(reader, connection.large.clone());
    let (_, serving) = Neovim::<Writer>::new(reader.compat(), writer.compat_write(), connection);
    // The end of the stream is how a client says goodbye.
    tokio::select! {
        _ = serving => {}
        () = gone.cancelled() => {}
    }
    gone.cancel();
    core.hub.leave(seat);
}

/// What every handler of one connection shares.
#[derive(Clone)]
struct Connection {
    core: Arc<Core>,
    seat: u64,
    peer: Arc<Peer>,
    /// Known after `hello`.
    asker: Arc<Mutex<Option<Asker>>>,
    outbox: Arc<Outbox>,
    gone: CancellationToken,
    large: Arc<Large>,
}

#[async_trait]
impl Handler for Connection {
    type Writer = Writer;

    /// From a shell client: `request` with `[{method, params}]`.
    async fn handle_request(
        &self,
        _: String,
        args: Vec<Value>,
        _: Neovim<Writer>,
    ) -> std::result::Result<Value, Value> {
        let (args, is_large) = self.large.open(args);
        let request = args.into_iter().next().unwrap_or(Value::Nil);
        let connection = self.clone();
        let answer = connection.answer_caught(request, is_large, None).await;
        let encoded = answer.and_then(|reply| wire::to_value(&reply));
        encoded.map_err(|error| wire::to_value(&Failure::from(error)).unwrap_or_else(|_| "internal".into()))
    }

    /// From Neovim: `request` with `[id, {method, params}]`, answered through `receive`. Awaited by nvim-rs before the
    /// next message is read, so it only hands over.
    async fn handle_notify(&self, _: String, args: Vec<Value>, neovim: Neovim<Writer>) {
        let (args, is_large) = self.large.open(args);
        let Ok([id, request]) = <[Value; 2]>::try_from(args) else { return };
        let Some(id) = id.as_i64() else { return };
        let connection = self.clone();
        tokio::spawn(async move {
            let outbox = connection.outbox.clone();
            let message = match connection.answer_caught(request, is_large, Some(neovim)).await {
                Ok(reply) => Message::Response { id, result: Some(Box::new(reply)), error: None },
                Err(error) => Message::Response { id, result: None, error: Some(error.into()) },
            };
            outbox.put(message);
        });
    }
}

impl Connection {
    async fn answer_caught(self, request: Value, is_large: bool, neovim: Option<Neovim<Writer>>) -> Result<Reply> {
        caught(async move { self.answer(request, is_large, neovim).await }).await
    }

    async fn answer(&self, request: Value, is_large: bool, neovim: Option<Neovim<Writer>>) -> Result<Reply> {
        let request = match is_large {
            true => tokio::task::spawn_blocking(move || decode(&request)).await.map_err(Error::internal)??,
            false => decode(&request)?,
        };
        if let Err(error) = peer::guard(&self.peer, &request, &self.core.panes) {
            ops::note_refusal(&self.core, &self.asker(), &request, self.peer.pid()).await;
            return Err(error);
        }
        match request {
            Request::Hello(hello) => self.welcome(&hello, neovim).await,
            Request::Hook(hook) if !self.peer.speaks_for(&hook.task, &self.core.panes, &self.core.state.dir) => {
                let tasks = self.peer.tasks(&self.core.panes, &self.core.state.dir);
                let reply = ops::refuse_hook(&self.core, &hook, tasks, self.peer.pid()).await;
                Ok(Reply::HookReply(reply))
            }
            Request::Hook(_) | Request::PaneDied(_) | Request::Exec(_) => {
                let lineage = Arc::new(self.peer.lineage.clone());
                let asker = Asker { gone: self.gone.clone(), lineage, ..Asker::default() };
                Box::pin(ops::answer(&self.core, &asker, request)).await
            }
            request => {
                let _working = self.core.hub.work();
                let asker =
                    self.asker().ok_or_else(|| Error::new(Code::BadInput, "the first request must be `hello`"))?;
                // It is as large as the largest of all operations: a heap block each, not a part of every future above.
                Box::pin(ops::answer(&self.core, &asker, request)).await
            }
        }
    }

    fn asker(&self) -> Option<Asker> {
        self.asker.lock().clone()
    }

    async fn welcome(&self, hello: &crate::contract::Hello, neovim: Option<Neovim<Writer>>) -> Result<Reply> {
        if hello.protocol > PROTOCOL {
            // Only a strictly newer client replaces the daemon, so two Neovims cannot do it to each other in turn.
            self.core.stop.cancel();
            return Err(Error::new(
                Code::Replaced,
                "the running daemon is older than this client and is shutting down",
            )
            .hint("reconnect"));
        }
        if hello.protocol < PROTOCOL {
            return Err(Error::new(Code::OlderClient, "this Neovim runs an older plugin: restart it"));
        }
        if !std::path::Path::new(&hello.folder).is_absolute() {
            // Resolved here it would be one of the daemon's own folder.
            return Err(Error::new(
                Code::BadInput,
                format!("cannot find the project: {} is not absolute", hello.folder),
            )
            .hint("name an absolute folder"));
        }
        let project = crate::project::find_root(hello.folder.as_ref()).await?.to_string_lossy().into_owned();
        ops::lifecycle::projects::reconcile(&self.core, &project).await;
        let asker = Asker {
            project: project.clone(),
            folder: hello.folder.clone().into(),
            client: self.peer.client(&hello.client),
            outbox: Some(self.outbox.clone()),
            gone: self.gone.clone(),
            watching: Arc::default(),
            brought: Arc::default(),
            lineage: Arc::default(),
        };
        let first = self.asker.lock().replace(asker).is_none();
        if let Some(neovim) = neovim {
            self.core.hub.listen(self.seat, &project, self.outbox.clone());
            if first {
                tokio::spawn(pump(neovim, self.outbox.clone(), self.gone.clone()));
            }
        }
        Ok(Reply::Welcome(Welcome {
            protocol: PROTOCOL,
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            project,
            state_dir: self.core.state.dir.to_string_lossy().into_owned(),
        }))
    }
}

/// A panic becomes an error reply: an unanswered request would wait for ever.
async fn caught<T: Send + 'static>(work: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
    let failed = |_| Err(Error::internal("cannot do this: Chorus itself failed"));
    tokio::spawn(work).await.unwrap_or_else(failed)
}

/// A copy of `chorus hook` from before [`Request::PaneDied`] tells of a pane's death as an event of the agent.
fn renewed(request: Request) -> Request {
    match request {
        Request::Hook(hook) if hook.event == serde_json::json!({ "hook_event_name": "PaneDied" }) => {
            Request::PaneDied(PaneDied { task: hook.task })
        }
        request => request,
    }
}

pub(super) fn decode(request: &Value) -> Result<Request> {
    let named = request.as_map().and_then(|fields| fields.iter().find(|(name, _)| name.as_str() == Some("method")));
    let method = named.and_then(|(_, method)| method.as_str()).unwrap_or_default();
    wire::from_value(request).map(renewed).map_err(|error| {
        match error.message.contains("unknown variant `") && error.message.contains(method) {
            true => Error::new(Code::UnknownVerb, format!("unknown request {}", crate::text::clean_line(method, 40)))
                .hint("the versions of the plugin and the program differ: rebuild both"),
            false => error,
        }
    })
}

/// Tells one Neovim what its outbox holds, one message in flight.
async fn pump(neovim: Neovim<Writer>, outbox: Arc<Outbox>, gone: CancellationToken) {
    loop {
        let message = tokio::select! {
            message = outbox.take() => message,
            () = gone.cancelled() => return,
        };
        let Some(message) = message else { return gone.cancel() };
        let Ok(value) = wire::to_value(&message) else { continue };
        if let Err(error) = neovim.exec_lua("require('chorus.client').receive(...)", vec![value]).await {
            if error.is_channel_closed() {
                return;
            }
            log::warn!("Neovim could not take a message: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pane_s_death_is_understood_as_older_copies_tell_it() {
        let told = |event: serde_json::Value| {
            let params =
                serde_json::json!({"id": "i", "task": "t", "launch": "", "at": 1, "wait": false, "event": event});
            let request = serde_json::json!({"method": "hook", "params": params});
            decode(&wire::to_value(&request).unwrap()).unwrap()
        };
        let died = told(serde_json::json!({"hook_event_name": "PaneDied"}));
        assert!(matches!(died, Request::PaneDied(PaneDied { task }) if task == "t"));
        assert!(matches!(told(serde_json::json!({"hook_event_name": "Stop"})), Request::Hook(_)));
    }

    #[tokio::test]
    async fn a_panic_is_answered_with_an_error() {
        let panics = async { if std::hint::black_box(true) { panic!("on purpose") } else { Ok(()) } };
        let error = caught(panics).await.unwrap_err();
        assert_eq!(error.code, Code::Internal);
        assert!(error.hint.is_some());
        assert_eq!(caught(async { Ok(7) }).await, Ok(7));
    }
}
