//! As much of HTTP/1.1 as the client speaks on loopback.

use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};

/// A request as it came in.
#[derive(Clone, Debug, Default)]
pub struct Incoming {
    /// `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// After the `?`.
    pub query: String,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

/// The next request of a connection; nothing at its end.
pub fn read(stream: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let Some(first) = line(stream)? else { return Ok(None) };
    let mut words = first.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut request = Incoming { method, path: path.to_owned(), query: query.to_owned(), ..Incoming::default() };
    while let Some(header) = line(stream)?.filter(|header| !header.is_empty()) {
        if let Some((name, value)) = header.split_once(':') {
            request.headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
    }
    let header = |name: &str| request.headers.get(name).map(String::as_str).unwrap_or_default();
    if header("transfer-encoding").eq_ignore_ascii_case("chunked") {
        request.body = chunks(stream)?;
    } else {
        let length = header("content-length").parse().unwrap_or(0);
        stream.take(length).read_to_end(&mut request.body)?;
    }
    Ok(Some(request))
}

fn line(stream: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    Ok((stream.read_line(&mut line)? > 0).then(|| line.trim_end().to_owned()))
}

fn chunks(stream: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let head = line(stream)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        let size = head.split(';').next().and_then(|size| u64::from_str_radix(size.trim(), 16).ok());
        let size = size.ok_or(io::ErrorKind::InvalidData)?;
        stream.take(size).read_to_end(&mut body)?;
        line(stream)?;
        if size == 0 {
            return Ok(body);
        }
    }
}

/// Answers with JSON.
pub fn send_json(stream: &mut impl Write, head_only: bool, status: u16, extra: &str, body: &Value) -> io::Result<()> {
    let body = body.to_string();
    let mut text = format!(
        "HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\nrequest-id: req_fake\r\ncontent-length: {}\r\n{extra}\r\n",
        body.len()
    );
    if !head_only {
        text.push_str(&body);
    }
    stream.write_all(text.as_bytes())?;
    stream.flush()
}

/// Begins a stream of events.
pub fn begin_stream(stream: &mut impl Write) -> io::Result<()> {
    stream.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\nrequest-id: req_fake\r\n\
          transfer-encoding: chunked\r\n\r\n",
    )
}

/// Sends one event of a stream at once.
pub fn send_event(stream: &mut impl Write, event: &Value) -> io::Result<()> {
    let text = format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default());
    stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())?;
    stream.flush()
}

/// Ends a stream of events.
pub fn end_stream(stream: &mut impl Write) -> io::Result<()> {
    stream.write_all(b"0\r\n\r\n")?;
    stream.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_send_a_body_are_read_and_the_next_request_follows() {
        let mut wire: &[u8] = b"POST /a?b=c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nPOST /d HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc";
        let first = read(&mut wire).unwrap().unwrap();
        assert_eq!((first.path.as_str(), first.query.as_str(), first.body.as_slice()), ("/a", "b=c", &b"{}"[..]));
        let second = read(&mut wire).unwrap().unwrap();
        assert_eq!((second.path.as_str(), second.body.as_slice()), ("/d", &b"abc"[..]));
        assert!(read(&mut wire).unwrap().is_none());
    }
}
