//! The loopback listener before ttyd: lets in requests that carry the terminal's key, and nothing else.
//!
//! An address that is opened shows in the command lines of programs that open it, which every user of the machine can
//! read. So it holds a token that counts once: its first use is answered with the terminal's own path and a cookie, and
//! both are needed from then on. The cookie is for that path alone, since a browser sends cookies to every port of a host.

use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::Semaphore;

/// Longer request heads are refused.
const LONGEST_HEAD: usize = 16 * 1024;
/// Requests with more headers are refused.
const MOST_HEADERS: usize = 100;
/// A browser sends a head at once; whoever does not keeps others out.
const HEAD_WITHIN: Duration = Duration::from_secs(5);
/// Connections at a time; more wait to be accepted.
const MOST_CONNECTIONS: usize = 32;
/// Addresses that were given out and not used; older ones no longer count.
const MOST_TOKENS: usize = 8;
/// After a connection could not be accepted: the next try.
const ACCEPT_AGAIN: Duration = Duration::from_millis(200);

const REFUSAL: &[u8] = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// What lets a browser in.
#[derive(Debug)]
pub struct Keys {
    port: u16,
    /// The first part of every path.
    place: String,
    /// The cookie's value.
    key: String,
    tokens: Mutex<Vec<String>>,
}

impl Keys {
    /// New ones, for a listener at that port.
    pub fn new(port: u16) -> Keys {
        Keys { port, place: random(), key: random(), tokens: Mutex::default() }
    }

    /// An address that leads in once.
    pub fn address(&self) -> String {
        let token = random();
        let mut tokens = self.tokens.lock();
        if tokens.len() >= MOST_TOKENS {
            tokens.remove(0);
        }
        tokens.push(token.clone());
        format!("http://127.0.0.1:{}/open/{token}", self.port)
    }

    /// Whether the token counts; no more after that.
    fn takes(&self, token: &str) -> bool {
        let mut tokens = self.tokens.lock();
        let found = tokens.iter().position(|known| known == token);
        found.map(|at| tokens.remove(at)).is_some()
    }

    /// The page that answers a token. It leads on by itself, so that the browser takes the next request for one of the
    /// same site, whatever site or program opened the address.
    fn welcome(&self) -> Vec<u8> {
        let Keys { place, key, .. } = self;
        let page =
            format!(r#"<!doctype html><meta http-equiv="refresh" content="0;url=/{place}/"><title>Chorus</title>"#);
        let head = [
            "HTTP/1.1 200 OK".to_owned(),
            "Content-Type: text/html; charset=utf-8".to_owned(),
            format!("Content-Length: {}", page.len()),
            format!("Set-Cookie: chorus={key}; Path=/{place}/; HttpOnly; SameSite=Strict"),
            "Cache-Control: no-store".to_owned(),
            "Referrer-Policy: no-referrer".to_owned(),
            "Connection: close".to_owned(),
        ];
        format!("{}\r\n\r\n{page}", head.join("\r\n")).into_bytes()
    }
}

fn random() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Serves until aborted.
pub async fn serve(listener: TcpListener, keys: Arc<Keys>, socket: PathBuf) {
    let free = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let mut fails = false;
    while let Ok(place) = free.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((stream, _)) => {
                fails = false;
                let (keys, socket) = (keys.clone(), socket.clone());
                tokio::spawn(async move {
                    // A browser that goes away is no error.
                    let _ = pass(stream, &keys, &socket).await;
                    drop(place);
                });
            }
            Err(error) => {
                if !std::mem::replace(&mut fails, true) {
                    log::warn!("a web terminal cannot accept a connection: {error}");
                }
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

async fn pass(mut browser: TcpStream, keys: &Keys, socket: &Path) -> std::io::Result<()> {
    let mut bytes = Vec::new();
    let reading = async {
        loop {
            match admit(&bytes, keys) {
                Admission::Unfinished if bytes.len() <= LONGEST_HEAD && browser.read_buf(&mut bytes).await? > 0 => {}
                admission => return std::io::Result::Ok(admission),
            }
        }
    };
    let admission = tokio::time::timeout(HEAD_WITHIN, reading).await.unwrap_or(Ok(Admission::Refused))?;
    let (head, end) = match admission {
        Admission::Admitted { head, end } => (head, end),
        Admission::Token(token) if keys.takes(&token) => return browser.write_all(&keys.welcome()).await,
        _ => return browser.write_all(REFUSAL).await,
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
        /// Without path, cookie and the like, one request a connection.
        head: Vec<u8>,
        /// Bytes of the head as it came.
        end: usize,
    },
    /// It brings a token.
    Token(String),
    /// Its head is not here yet.
    Unfinished,
    /// It may not pass: another path, no cookie, another host's name (a rebound address), another site's page, no HTTP.
    Refused,
}

fn admit(bytes: &[u8], keys: &Keys) -> Admission {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Complete(end)) => read(&request, end, keys).unwrap_or(Admission::Refused),
        Ok(httparse::Status::Partial) => Admission::Unfinished,
        Err(_) => Admission::Refused,
    }
}

fn read(request: &httparse::Request<'_, '_>, end: usize, keys: &Keys) -> Option<Admission> {
    let path = request.path?.strip_prefix('/')?;
    let ours = [format!("127.0.0.1:{}", keys.port), format!("localhost:{}", keys.port)];
    let is_ours = |value: &[u8], prefix: &str| ours.iter().any(|host| value == format!("{prefix}{host}").as_bytes());
    let (mut passed, mut hosts, mut upgrades, mut has_key) = (Vec::new(), 0, false, false);
    for header in &*request.headers {
        match header.name.to_ascii_lowercase().as_str() {
            "host" if is_ours(header.value, "") => hosts += 1,
            "host" => return None,
            "origin" if !is_ours(header.value, "http://") => return None,
            "upgrade" => upgrades = true,
            "cookie" => {
                has_key |= is_key(header.value, &keys.key);
                continue;
            }
            "connection" => continue,
            _ => {}
        }
        passed.extend_from_slice(header.name.as_bytes());
        passed.extend_from_slice(b": ");
        passed.extend_from_slice(header.value);
        passed.extend_from_slice(b"\r\n");
    }
    if hosts != 1 {
        return None;
    }
    if let Some(token) = path.strip_prefix("open/") {
        return (request.method? == "GET").then(|| Admission::Token(token.to_owned()));
    }
    let inner = path.strip_prefix(&keys.place).filter(|inner| has_key && inner.starts_with('/'))?;
    let mut head = format!("{} {inner} HTTP/1.{}\r\n", request.method?, request.version?).into_bytes();
    head.extend(passed);
    head.extend_from_slice(format!("Connection: {}\r\n\r\n", if upgrades { "Upgrade" } else { "close" }).as_bytes());
    Some(Admission::Admitted { head, end })
}

/// Whether one of the cookies is ours.
fn is_key(cookies: &[u8], key: &str) -> bool {
    let value = |cookie: &[u8]| cookie.trim_ascii().strip_prefix(b"chorus=").map(<[u8]>::to_vec);
    cookies.split(|byte| *byte == b';').filter_map(value).any(|value| value == key.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Keys {
        Keys { port: 7, place: "s3".into(), key: "k5".into(), tokens: Mutex::default() }
    }

    fn head(path: &str, more: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:7\r\nConnection: keep-alive\r\n{more}\r\n")
    }

    const COOKIE: &str = "Cookie: a=b; chorus=k5\r\n";

    fn passed(head: &str) -> Option<String> {
        match admit(head.as_bytes(), &keys()) {
            Admission::Admitted { head: passed, end } => {
                assert_eq!(end, head.len());
                Some(String::from_utf8(passed).unwrap())
            }
            _ => None,
        }
    }

    #[test]
    fn only_path_and_cookie_together_pass_and_neither_goes_on() {
        let plain = passed(&head("/s3/ws?x=1", COOKIE)).unwrap();
        assert_eq!(plain, "GET /ws?x=1 HTTP/1.1\r\nHost: 127.0.0.1:7\r\nConnection: close\r\n\r\n");
        let upgrade = format!("{COOKIE}Upgrade: websocket\r\nOrigin: http://127.0.0.1:7\r\n");
        assert!(passed(&head("/s3/ws", &upgrade)).unwrap().contains("Connection: Upgrade"));
        for bad in ["/", "/s3", "/s4/ws", "/s33/ws", "//s3/ws"] {
            assert!(passed(&head(bad, COOKIE)).is_none(), "{bad}");
        }
        for bad in ["", "Cookie: chorus=k\r\n", "Cookie: chorus=k55\r\n", "Cookie: xchorus=k5\r\n"] {
            assert!(passed(&head("/s3/ws", bad)).is_none(), "{bad}");
        }
        for bad in ["Origin: http://evil.example\r\n", "Host: evil.example\r\n", "Host: 127.0.0.1:7\r\n"] {
            assert!(passed(&head("/s3/", &format!("{COOKIE}{bad}"))).is_none(), "{bad}");
        }
        assert!(passed(&format!("GET /s3/ HTTP/1.1\r\nHost: evil.example\r\n{COOKIE}\r\n")).is_none());
        assert!(passed(&format!("GET /s3/ HTTP/1.1\r\n{COOKIE}\r\n")).is_none());
    }

    #[test]
    fn an_address_leads_in_once() {
        let keys = keys();
        let address = keys.address();
        let path = address.strip_prefix("http://127.0.0.1:7").unwrap();
        let Admission::Token(token) = admit(head(path, "").as_bytes(), &keys) else { panic!("{path}") };
        assert!(!keys.takes("another") && keys.takes(&token) && !keys.takes(&token));
        let welcome = String::from_utf8(keys.welcome()).unwrap();
        assert!(welcome.contains("Set-Cookie: chorus=k5; Path=/s3/; HttpOnly; SameSite=Strict\r\n"), "{welcome}");
        assert!(welcome.contains("url=/s3/") && !welcome.contains(&token));
        assert_eq!(admit(head(path, "Origin: http://evil.example\r\n").as_bytes(), &keys), Admission::Refused);
        assert_eq!(admit(head(path, "").replace("GET", "HEAD").as_bytes(), &keys), Admission::Refused);
        let old = keys.address();
        (0..MOST_TOKENS).for_each(|_| drop(keys.address()));
        assert!(!keys.takes(old.rsplit('/').next().unwrap()));
    }

    #[test]
    fn a_head_is_whole_or_waited_for_and_what_is_no_head_is_refused() {
        let keys = keys();
        let whole = head("/s3/ws", COOKIE);
        let refused = (0..whole.len()).find(|end| admit(&whole.as_bytes()[..*end], &keys) != Admission::Unfinished);
        assert_eq!(refused, None);
        let with_body = [whole.as_bytes(), b"\r\nbody"].concat();
        assert!(matches!(admit(&with_body, &keys), Admission::Admitted { end, .. } if end == whole.len()));
        for bad in ["\0", "GET /s3/ HTTP/1.1\r\nHost 127.0.0.1:7\r\n\r\n", "\x16\x03\x01", "GET /s3/\x01 HTTP/1.1\r\n"]
        {
            assert_eq!(admit(bad.as_bytes(), &keys), Admission::Refused, "{bad:?}");
        }
    }
}
