//! The loopback listener before ttyd: lets in requests for the secret path of this host, and nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixStream};

/// Longer request heads are refused.
const LONGEST_HEAD: usize = 16 * 1024;
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
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if bytes.len() > LONGEST_HEAD || browser.read_buf(&mut bytes).await? == 0 {
            return browser.write_all(REFUSAL).await;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let Some(rewritten) = admit(&head, secret, port) else { return browser.write_all(REFUSAL).await };
    let mut ttyd = UnixStream::connect(socket).await?;
    ttyd.write_all(rewritten.as_bytes()).await?;
    ttyd.write_all(&bytes[end..]).await?;
    copy_bidirectional(&mut browser, &mut ttyd).await.map(|_| ())
}

/// The head as ttyd gets it: without the secret, one request a connection. Nothing when it may not pass: another
/// path, another host's name (a rebound address), another site's page.
fn admit(head: &str, secret: &str, port: u16) -> Option<String> {
    let mut lines = head.trim_end().split("\r\n");
    let mut request = lines.next()?.split(' ');
    let (method, path, version) = (request.next()?, request.next()?, request.next()?);
    let inner = path.strip_prefix('/')?.strip_prefix(secret).filter(|inner| inner.starts_with('/'))?;
    let ours = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let mut kept = vec![format!("{method} {inner} {version}")];
    let (mut host_fits, mut upgrades) = (false, false);
    for line in lines {
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "host" => host_fits = ours.iter().any(|host| host == value),
            "origin" if !ours.iter().any(|host| value == format!("http://{host}")) => return None,
            "upgrade" => upgrades = true,
            "connection" => continue,
            _ => {}
        }
        kept.push(line.to_owned());
    }
    kept.push(format!("Connection: {}", if upgrades { "Upgrade" } else { "close" }));
    host_fits.then(|| kept.join("\r\n") + "\r\n\r\n")
}

#[cfg(test)]
mod tests {
    use super::admit;

    fn head(path: &str, more: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:7\r\nConnection: keep-alive\r\n{more}\r\n")
    }

    #[test]
    fn only_the_secret_path_of_this_host_passes_and_the_secret_does_not() {
        let passed = admit(&head("/s3/ws?x=1", ""), "s3", 7).unwrap();
        assert_eq!(passed, "GET /ws?x=1 HTTP/1.1\r\nHost: 127.0.0.1:7\r\nConnection: close\r\n\r\n");
        assert!(
            admit(&head("/s3/ws", "Upgrade: websocket\r\nOrigin: http://127.0.0.1:7\r\n"), "s3", 7)
                .unwrap()
                .contains("Connection: Upgrade")
        );
        for bad in ["/", "/s3", "/s4/ws", "/s33/ws", "//s3/ws"] {
            assert!(admit(&head(bad, ""), "s3", 7).is_none(), "{bad}");
        }
        assert!(admit(&head("/s3/", "Origin: http://evil.example\r\n"), "s3", 7).is_none());
        assert!(admit("GET /s3/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", "s3", 7).is_none());
        assert!(admit("GET /s3/ HTTP/1.1\r\n\r\n", "s3", 7).is_none());
    }
}
