//! A connection to a sandbox's daemon, for what is asked again and again: a program for each question costs more than all
//! answers.

use crate::Sandbox;
use rmpv::Value as Packed;
use serde_json::{Value, json};
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(30);

/// A shell's connection, in the sandbox's project.
pub struct Connection {
    stream: UnixStream,
}

impl Connection {
    /// Connects to the daemon that runs; nothing where none does.
    pub fn open(sandbox: &Sandbox) -> Option<Connection> {
        let stream = UnixStream::connect(sandbox.state().join("sock")).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let mut connection = Connection { stream };
        let hello = json!({ "protocol": protocol()?, "version": "0", "folder": sandbox.project(), "client": "shell" });
        connection.ask("hello", hello)?;
        Some(connection)
    }

    /// The reply; nothing where the daemon refused or is gone.
    pub fn ask(&mut self, method: &str, params: Value) -> Option<Value> {
        let answer = self.exchange(&json!({ "method": method, "params": params })).ok()?;
        match &answer[..] {
            [_, _, Packed::Nil, reply] => Some(unpacked(reply)),
            _ => None,
        }
    }

    fn exchange(&mut self, request: &Value) -> io::Result<Vec<Packed>> {
        let message = Packed::Array(vec![0.into(), 1.into(), "request".into(), Packed::Array(vec![packed(request)])]);
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &message).map_err(io::Error::other)?;
        self.stream.write_all(&bytes)?;
        match rmpv::decode::read_value(&mut self.stream).map_err(io::Error::other)? {
            Packed::Array(answer) => Ok(answer),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

/// The protocol of this checkout, where a client that is not built with the daemon finds it too.
fn protocol() -> Option<u32> {
    let contract = include_str!("../../../lua/chorus/contract.lua");
    contract.lines().find_map(|line| line.strip_prefix("M.protocol = "))?.parse().ok()
}

fn packed(json: &Value) -> Packed {
    match json {
        Value::Null => Packed::Nil,
        Value::Bool(truth) => Packed::from(*truth),
        Value::Number(number) => number.as_i64().map_or(Packed::Nil, Packed::from),
        Value::String(text) => Packed::from(text.as_str()),
        Value::Array(items) => Packed::Array(items.iter().map(packed).collect()),
        Value::Object(fields) => {
            Packed::Map(fields.iter().map(|(name, value)| (Packed::from(name.as_str()), packed(value))).collect())
        }
    }
}

fn unpacked(value: &Packed) -> Value {
    match value {
        Packed::Boolean(truth) => json!(truth),
        Packed::Integer(number) => number.as_i64().map_or_else(|| json!(number.as_u64()), |number| json!(number)),
        Packed::F32(number) => json!(number),
        Packed::F64(number) => json!(number),
        Packed::String(text) => json!(text.as_str()),
        Packed::Array(items) => items.iter().map(unpacked).collect(),
        Packed::Map(fields) => {
            let name = |name: &Packed| name.as_str().unwrap_or_default().to_owned();
            Value::Object(fields.iter().map(|(key, value)| (name(key), unpacked(value))).collect())
        }
        _ => Value::Null,
    }
}
