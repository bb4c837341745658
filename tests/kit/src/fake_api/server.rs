//! Accepting connections, routing, and the record of what was asked.

use super::http::{self, Incoming};
use super::replies::{self, Reply, Settings, Step};
use super::sse::{self, End, Head};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, BufReader};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One request of a client, as recorded.
#[derive(Clone, Debug)]
pub struct Request {
    /// `POST`.
    pub method: String,
    /// `/v1/messages`, without the query.
    pub path: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The whole body; null when it is not JSON.
    pub body: Value,
    /// The text typed last, for `/v1/messages`.
    pub prompt: String,
    /// Model turns since that prompt.
    pub turn: usize,
    /// The marker played; empty for none.
    pub marker: String,
}

/// The running API. Dropped, it closes every connection.
pub struct FakeApi {
    port: u16,
    world: Arc<World>,
}

#[derive(Default)]
struct World(Mutex<State>);

#[derive(Default)]
struct State {
    settings: Settings,
    requests: Vec<Arc<Request>>,
    errors: u64,
    failed: BTreeMap<String, u32>,
    connections: Vec<TcpStream>,
    messages: u64,
    stopped: bool,
}

impl FakeApi {
    /// Starts on a free port of the loopback address.
    ///
    /// # Panics
    /// When there is none.
    pub fn start() -> FakeApi {
        FakeApi::start_on(0).expect("a free port on loopback")
    }

    /// Starts on that port of the loopback address.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub fn start_on(port: u16) -> io::Result<FakeApi> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let port = listener.local_addr()?.port();
        let world = Arc::new(World::default());
        let accepting = Arc::clone(&world);
        std::thread::spawn(move || accept(&listener, &accepting));
        Ok(FakeApi { port, world })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Arc<Request>> {
        self.world.lock().requests.clone()
    }

    /// The requests of the model with tools, so without titles, summaries and counts.
    pub fn turns(&self) -> Vec<Arc<Request>> {
        let mut requests = self.requests();
        requests.retain(|request| {
            request.path == "/v1/messages" && request.body["tools"].as_array().is_some_and(|tools| !tools.is_empty())
        });
        requests
    }

    /// Changes the defaults for all later requests.
    pub fn set(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.world.lock().settings);
    }

    /// Forgets the requests so far.
    pub fn clear(&self) {
        self.world.lock().requests.clear();
    }
}

impl Drop for FakeApi {
    fn drop(&mut self) {
        self.world.lock().stopped = true;
        // Wakes the accepting thread, which then sees that it is over.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
        for connection in self.world.lock().connections.drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}

impl World {
    /// A panic elsewhere leaves plain data behind, which stays usable.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &TcpListener, world: &Arc<World>) {
    for stream in listener.incoming().flatten() {
        let Ok(copy) = stream.try_clone() else { continue };
        {
            let mut state = world.lock();
            if state.stopped {
                return;
            }
            state.connections.push(copy);
        }
        let world = Arc::clone(world);
        // A client that goes away in the middle is no fault of this side.
        std::thread::spawn(move || serve(&stream, &world));
    }
}

fn serve(stream: &TcpStream, world: &World) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = http::read(&mut reader)? {
        if answer(stream, world, &request)? == End::Dropped {
            break;
        }
    }
    stream.shutdown(Shutdown::Both)
}

fn answer(mut stream: &TcpStream, world: &World, request: &Incoming) -> io::Result<End> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let head_only = request.method == "HEAD";
    let mut send = |value: Value| http::send_json(&mut stream, head_only, 200, "", &value).map(|()| End::Whole);
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/__stats") => return send(world.lock().counts()),
        ("POST", "/__set") => {
            let mut state = world.lock();
            set(&mut state.settings, &request.query);
            let settings = format!("{:?}", state.settings);
            drop(state);
            return send(json!({"settings": settings}));
        }
        ("POST", "/v1/messages") => return messages(stream, world, request, body),
        _ => {}
    }
    let size = request.body.len();
    world.lock().record(request, body, Step::default());
    match request.path.as_str() {
        "/v1/messages/count_tokens" => send(json!({"input_tokens": (size / 4).max(1)})),
        path if path.starts_with("/v1/models") => send(json!({
            "data": [{"type": "model", "id": "claude-sonnet-4-5", "display_name": "Fake", "created_at": "2025-01-01T00:00:00Z"}],
            "has_more": false,
        })),
        _ => send(json!({})),
    }
}

fn messages(mut stream: &TcpStream, world: &World, request: &Incoming, body: Value) -> io::Result<End> {
    let step = replies::step(&body);
    let model = body["model"].as_str().unwrap_or("fake").to_owned();
    let streaming = body["stream"] == true;
    let (reply, settings, number) = {
        let mut state = world.lock();
        let settings = state.settings.clone();
        let reply = replies::reply(&body, &step, &settings, &mut state.failed);
        state.messages += 1;
        state.errors += u64::from(matches!(reply, Reply::Error { .. }));
        let number = state.messages;
        state.record(request, body, step);
        (reply, settings, number)
    };
    match reply {
        Reply::Refuse => Ok(End::Dropped),
        Reply::Error { status, text, retry_after } => {
            let kind = chorus_markers::error_type(status);
            let text = text.unwrap_or_else(|| chorus_markers::message_of(status));
            let body = json!({"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_fake"});
            let extra = retry_after.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
            http::send_json(&mut stream, false, status, &extra, &body).map(|()| End::Whole)
        }
        Reply::Message { parts, stop, usage, at_once } => {
            std::thread::sleep(if at_once { Duration::ZERO } else { settings.delay });
            let by_size = u64::try_from(request.body.len() / 4).unwrap_or(0).max(1);
            let by_default = Some(settings.usage).filter(|usage| *usage > 0).unwrap_or(by_size);
            let head =
                Head { id: format!("msg_fake_{number}"), model, input_tokens: usage.unwrap_or(by_default), stop };
            if streaming {
                return sse::stream(&mut stream, &head, &parts);
            }
            http::send_json(&mut stream, false, 200, "", &sse::whole(&head, &parts)).map(|()| End::Whole)
        }
    }
}

impl State {
    fn record(&mut self, request: &Incoming, body: Value, step: Step) {
        self.requests.push(Arc::new(Request {
            method: request.method.clone(),
            path: request.path.clone(),
            headers: request.headers.clone(),
            body,
            prompt: step.prompt,
            turn: step.turn,
            marker: step.marker,
        }));
    }

    fn counts(&self) -> Value {
        let count = |path: &str| self.requests.iter().filter(|request| request.path == path).count();
        json!({
            "messages": self.messages, "count_tokens": count("/v1/messages/count_tokens"),
            "requests": self.requests.len(), "errors": self.errors,
        })
    }
}

fn set(settings: &mut Settings, query: &str) {
    for (key, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
        match key {
            "delay" => settings.delay = Duration::from_secs_f64(value.parse().unwrap_or(0.0_f64).clamp(0.0, 3600.0)),
            "usage" => settings.usage = value.parse().unwrap_or(0),
            "fail" => settings.fail = value.parse().unwrap_or(0),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};

    /// Sends one request and reads until the connection closes.
    fn post(port: u16, path: &str, body: &Value) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        let body = body.to_string();
        write!(stream, "POST {path} HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn ask(prompt: &str) -> Value {
        json!({"stream": true, "tools": [{"name": "Bash"}], "messages": [{"role": "user", "content": prompt}]})
    }

    #[test]
    fn a_turn_is_streamed_and_recorded() {
        let api = FakeApi::start();
        let answer = post(api.port(), "/v1/messages", &ask("[[say good day]]"));
        assert!(answer.contains("good day") && answer.ends_with("0\r\n\r\n"), "{answer}");
        let turns = api.turns();
        assert_eq!((turns.len(), turns[0].marker.as_str()), (1, "say good day"));
    }

    #[test]
    fn faults_break_the_connection() {
        let api = FakeApi::start();
        assert_eq!(post(api.port(), "/v1/messages", &ask("[[refuse]]")), "");
        let dropped = post(api.port(), "/v1/messages", &ask("[[drop]]"));
        assert!(dropped.contains("before the drop") && !dropped.contains("message_stop"), "{dropped}");
    }

    #[test]
    fn everything_can_be_made_to_fail() {
        let api = FakeApi::start();
        post(api.port(), "/__set?fail=529", &json!({}));
        assert!(post(api.port(), "/v1/messages", &ask("hello")).starts_with("HTTP/1.1 529 "));
        api.set(|settings| settings.fail = 0);
        assert!(post(api.port(), "/v1/messages", &ask("hello")).contains("Hello from the fake model."));
    }
}
