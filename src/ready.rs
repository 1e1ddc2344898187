//! Asks a service whether it is ready: one small HTTP request, without an HTTP client.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A service that takes longer to answer is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// Returns when the service on this port of the loopback interface says that it is ready.
pub(crate) async fn wait(port: u16) {
    while !ask(port).await {
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether `GET /health?ready` is answered by 200.
async fn ask(port: u16) -> bool {
    matches!(
        tokio::time::timeout(PATIENCE, status_line(port)).await,
        Ok(Ok(line)) if says_ok(&line)
    )
}

/// The first bytes of the answer: at least the status, unless the service says less.
async fn status_line(port: u16) -> std::io::Result<Vec<u8>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect(address).await?;
    let request =
        format!("GET /health?ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut line = Vec::with_capacity(STATUS_LENGTH);
    stream
        .take(STATUS_LENGTH as u64)
        .read_to_end(&mut line)
        .await?;
    Ok(line)
}

/// The length of `HTTP/1.1 200 `: all there is to know.
const STATUS_LENGTH: usize = 13;

fn says_ok(line: &[u8]) -> bool {
    line.starts_with(b"HTTP/1.1 200 ")
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::net::TcpListener;

    /// Answers every connection with the same bytes, and hands back what was asked.
    async fn answering(
        answer: &'static [u8],
    ) -> (u16, tokio::sync::mpsc::UnboundedReceiver<String>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        let (asked, questions) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = vec![0; 1024];
                let length = stream.read(&mut request).await.unwrap_or(0);
                let _ = asked.send(String::from_utf8_lossy(&request[..length]).into_owned());
                let _ = stream.write_all(answer).await;
            }
        });
        (port, questions)
    }

    #[tokio::test]
    async fn a_200_is_ready() {
        let (port, mut questions) =
            answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        wait(port).await;
        let question = questions.recv().await.expect("it was asked");
        assert!(
            question.starts_with("GET /health?ready HTTP/1.1\r\n"),
            "{question}"
        );
        assert!(
            question.contains(&format!("host: 127.0.0.1:{port}\r\n")),
            "{question}"
        );
    }

    #[tokio::test]
    async fn anything_else_is_not() {
        let unready: [&[u8]; 4] = [
            b"HTTP/1.1 503 Service Unavailable\r\n\r\n",
            b"HTTP/1.1 2000 Far Too Ready\r\n\r\n",
            b"SSH-2.0-OpenSSH_9\r\n",
            b"",
        ];
        for answer in unready {
            let (port, _questions) = answering(answer).await;
            assert!(!ask(port).await, "{}", String::from_utf8_lossy(answer));
        }
    }

    #[tokio::test]
    async fn nobody_there_is_not() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a free port");
        let port = listener.local_addr().expect("it listens").port();
        drop(listener);
        assert!(!ask(port).await);
    }
}
