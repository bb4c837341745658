//! A client as Neovim is one: it notifies requests and is told answers and events, one after the other.

use crate::world::World;
use chorus::contract::PROTOCOL;
use chorus_testkit::wait::LIMIT;
use rmpv::Value as Packed;
use serde_json::{Value, json};
use std::io::Write;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

pub struct Neovim {
    stream: UnixStream,
    messages: Receiver<Value>,
    next: i64,
    /// Events that came while an answer was awaited.
    events: Vec<Value>,
}

impl Neovim {
    /// Connects for that folder; a daemon must run.
    #[track_caller]
    pub fn new(world: &World, folder: &Path) -> Neovim {
        let stream = UnixStream::connect(world.socket()).unwrap();
        let (tell, messages) = channel();
        let mut reader = stream.try_clone().unwrap();
        std::thread::spawn(move || {
            while let Ok(Packed::Array(message)) = rmpv::decode::read_value(&mut reader) {
                // [0, id, "nvim_exec_lua", [code, [message]]]
                let given = &message[3].as_array().unwrap()[1].as_array().unwrap()[0];
                let json: Value = chorus::wire::from_value(given).unwrap();
                write(&mut reader, &Packed::Array(vec![1.into(), message[1].clone(), Packed::Nil, Packed::Nil]));
                if tell.send(json).is_err() {
                    return;
                }
            }
        });
        let mut neovim = Neovim { stream, messages, next: 0, events: Vec::new() };
        let hello = json!({ "protocol": PROTOCOL, "version": "0", "folder": folder, "client": "nvim" });
        neovim.ask("hello", hello).unwrap();
        neovim
    }

    /// Asks and waits for the answer.
    pub fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.next += 1;
        let request = chorus::wire::to_value(&json!({ "method": method, "params": params })).unwrap();
        let arguments = Packed::Array(vec![self.next.into(), request]);
        write(&mut self.stream, &Packed::Array(vec![2.into(), "request".into(), arguments]));
        loop {
            let message = self.messages.recv_timeout(LIMIT).expect("an answer");
            if message["kind"] == "event" {
                self.events.push(message);
                continue;
            }
            assert_eq!(message["id"], self.next, "{message}");
            let error = &message["error"];
            return if error.is_null() { Ok(message["result"].clone()) } else { Err(error.clone()) };
        }
    }

    /// The next event: name and data.
    #[track_caller]
    pub fn event(&mut self) -> (String, Value) {
        let message = match self.events.is_empty() {
            true => self.messages.recv_timeout(LIMIT).expect("an event"),
            false => self.events.remove(0),
        };
        assert_eq!(message["kind"], "event", "{message}");
        (message["name"].as_str().unwrap().to_owned(), message["data"].clone())
    }

    /// Whether an event of that name is there to be read.
    pub fn has_heard(&mut self, name: &str) -> bool {
        self.events.extend(self.messages.try_iter());
        self.events.iter().any(|event| event["name"] == name)
    }

    /// Events up to and including the first that fits.
    #[track_caller]
    pub fn events_until(&mut self, fits: impl Fn(&str, &Value) -> bool) -> Vec<(String, Value)> {
        let mut all = Vec::new();
        loop {
            let (name, data) = self.event();
            let last = fits(&name, &data);
            all.push((name, data));
            if last {
                return all;
            }
        }
    }
}

fn write(stream: &mut UnixStream, message: &Packed) {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, message).unwrap();
    // The daemon may have gone.
    let _ = stream.write_all(&bytes);
}
