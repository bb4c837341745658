//! The loopback listener before ttyd: lets in requests for the secret path of this host, and nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};

/// Longer request heads are refused.
const LONGEST_HEAD: usize = 16 * 1024;
/// Requests with more headers are refused.
const MOST_HEADERS: usize = 100;
const REFUSAL: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Serves until aborted.
pub async fn serve(listener: TcpListener, secret: String, port: u16, socket: PathBuf) {
    let secret: Arc<str> = secret.into();
    while let Ok((stream, _)) = listener.accept().await {
        let (secret, socket) = (secret.clone(), socket.clone());
        tokio::spawn(async move {
            // A browser that goes away is no error.
            let _ = pass(stream, &secret, port, &socket).await;
        });
    }
}

async fn pass(mut browser: TcpStream, secret: &str, port: u16, socket: &Path) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let (head, end) = loop {
        match admit(&bytes, secret, port) {
            Admission::Admitted { head, end } => break (head, end),
            Admission::Unfinished if bytes.len() <= LONGEST_HEAD && browser.read_buf(&mut bytes).await? > 0 => {}
            _ => return browser.write_all(REFUSAL).await,
        }
    };
    let mut ttyd = UnixStream::connect(socket).await?;
    ttyd.write_all(&head).await?;
    ttyd.write_all(&bytes[end..]).await?;
    copy_bidirectional(&mut browser, &mut ttyd).await.map(|_| ())
}

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
enum Admission {
    /// It passes: the head as ttyd gets it, and where the browser's head ends.
    Admitted {
        /// Without the secret, one request a connection.
        head: Vec<u8>,
        /// Bytes of the head as it came.
        end: usize,
    },
    /// Its head is not here yet.
    Unfinished,
    /// It may not pass: another path, another host's name (a rebound address), another site's page, no HTTP.
    Refused,
}

fn admit(bytes: &[u8], secret: &str, port: u16) -> Admission {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(end)) => match rewritten(&request, secret, port) {
            Some(head) => Admission::Admitted { head, end },
            None => Admission::Refused,
        },
        Ok(httparse::Status::Partial) => Admission::Unfinished,
        Err(_) => Admission::Refused,
    }
}

fn rewritten(request: &httparse::Request<'_, '_>, secret: &str, port: u16) -> Option<Vec<u8>> {
    let inner = request.path?.strip_prefix('/')?.strip_prefix(secret).filter(|inner| inner.starts_with('/'))?;
    let ours = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let is_ours = |value: &[u8], prefix: &str| ours.iter().any(|host| value == format!("{prefix}{host}").as_bytes());
    let mut head = format!("{} {inner} HTTP/1.{}\r\n", request.method?, request.version?).into_bytes();
    let (mut hosts, mut upgrades) = (0, false);
    for header in &*request.headers {
        match header.name.to_ascii_lowercase().as_str() {
            "host" if is_ours(header.value, "") => hosts += 1,
            "host" => return None,
            "origin" if !is_ours(header.value, "http://") => return None,
            "upgrade" => upgrades = true,
            "connection" => continue,
            _ => {}
        }
        head.extend_from_slice(header.name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(header.value);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(format!("Connection: {}\r\n\r\n", if upgrades { "Upgrade" } else { "close" }).as_bytes());
    (hosts == 1).then_some(head)
}

#[cfg(test)]
mod tests {
    use super::{Admission, admit};

    fn head(path: &str, more: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:7\r\nConnection: keep-alive\r\n{more}\r\n")
    }

    fn passed(head: &str) -> Option<String> {
        match admit(head.as_bytes(), "s3", 7) {
            Admission::Admitted { head: passed, end } => {
                assert_eq!(end, head.len());
                Some(String::from_utf8(passed).unwrap())
            }
            Admission::Unfinished | Admission::Refused => None,
        }
    }

    #[test]
    fn only_the_secret_path_of_this_host_passes_and_the_secret_does_not() {
        let plain = passed(&head("/s3/ws?x=1", "")).unwrap();
        assert_eq!(plain, "GET /ws?x=1 HTTP/1.1\r\nHost: 127.0.0.1:7\r\nConnection: close\r\n\r\n");
        let upgraded = passed(&head("/s3/ws", "Upgrade: websocket\r\nOrigin: http://127.0.0.1:7\r\n")).unwrap();
        assert!(upgraded.contains("Connection: Upgrade"));
        for bad in ["/", "/s3", "/s4/ws", "/s33/ws", "//s3/ws"] {
            assert!(passed(&head(bad, "")).is_none(), "{bad}");
        }
        assert!(passed(&head("/s3/", "Origin: http://evil.example\r\n")).is_none());
        assert!(passed(&head("/s3/", "Host: evil.example\r\n")).is_none());
        assert!(passed(&head("/s3/", "Host: 127.0.0.1:7\r\n")).is_none());
        assert!(passed("GET /s3/ HTTP/1.1\r\nHost: evil.example\r\n\r\n").is_none());
        assert!(passed("GET /s3/ HTTP/1.1\r\n\r\n").is_none());
    }

    #[test]
    fn a_head_is_whole_or_waited_for_and_what_is_no_head_is_refused() {
        let whole = head("/s3/ws", "");
        let refused = (0..whole.len()).find(|end| admit(&whole.as_bytes()[..*end], "s3", 7) != Admission::Unfinished);
        assert_eq!(refused, None);
        let with_body = [whole.as_bytes(), b"\r\nbody"].concat();
        assert!(matches!(admit(&with_body, "s3", 7), Admission::Admitted { end, .. } if end == whole.len()));
        for bad in ["\0", "GET /s3/ HTTP/1.1\r\nHost 127.0.0.1:7\r\n\r\n", "\x16\x03\x01", "GET /s3/\x01 HTTP/1.1\r\n"]
        {
            assert_eq!(admit(bad.as_bytes(), "s3", 7), Admission::Refused, "{bad:?}");
        }
    }
}
