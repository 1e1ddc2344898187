//! One keep-alive connection of HTTP/1.1, written by hand: the load must cost less than what it measures.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::chunked::{Chunked, ChunkedError};

/// The largest head of a response, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// The largest body of a response, in bytes.
const MAX_BODY: usize = 256 * 1024 * 1024;

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExchangeError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the connection was closed after {0} bytes of a response")]
    Closed(usize),
    #[error("the response is no HTTP/1.1 with a length: {0}")]
    Head(&'static str),
    #[error("the response is larger than the limit")]
    TooLarge,
    #[error(transparent)]
    Chunked(#[from] ChunkedError),
}

/// A response; its body lives in the connection until the next exchange.
#[derive(Debug)]
pub(crate) struct Response<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

/// A connection with its buffers, which are used again and again.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    unchunked: Vec<u8>,
}

/// How a body's end is known.
#[derive(Debug, PartialEq, Eq)]
enum Length {
    Bytes(usize),
    Chunked,
}

#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    length: Length,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            received: Vec::new(),
            unchunked: Vec::new(),
        })
    }

    /// Sends a whole request, head and body, and reads the whole response.
    ///
    /// # Errors
    /// When the connection breaks or what comes is no response. The connection is of no use then.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Response<'_>, ExchangeError> {
        self.stream.write_all(request).await?;
        self.received.clear();
        let body_start = loop {
            if let Some(end) = head_end(&self.received) {
                break end;
            }
            if self.received.len() > MAX_HEAD {
                return Err(ExchangeError::TooLarge);
            }
            self.receive().await?;
        };
        let head = self.received.get(..body_start).unwrap_or_default();
        let head = parse_head(head).map_err(ExchangeError::Head)?;
        let body = match head.length {
            Length::Bytes(length) => {
                if length > MAX_BODY {
                    return Err(ExchangeError::TooLarge);
                }
                let end = body_start + length;
                self.received
                    .reserve(end.saturating_sub(self.received.len()));
                while self.received.len() < end {
                    self.receive().await?;
                }
                self.received.get(body_start..end).unwrap_or_default()
            }
            Length::Chunked => {
                let mut chunked = Chunked::starting_at(body_start);
                self.unchunked.clear();
                while !chunked.advance(&self.received, &mut self.unchunked)? {
                    if self.received.len() > MAX_BODY {
                        return Err(ExchangeError::TooLarge);
                    }
                    self.receive().await?;
                }
                &self.unchunked
            }
        };
        Ok(Response {
            status: head.status,
            body,
        })
    }

    async fn receive(&mut self) -> Result<(), ExchangeError> {
        self.received.reserve(16 * 1024);
        if self.stream.read_buf(&mut self.received).await? == 0 {
            return Err(ExchangeError::Closed(self.received.len()));
        }
        Ok(())
    }
}

/// Where the body begins, once the head is there.
fn head_end(received: &[u8]) -> Option<usize> {
    let end = received
        .windows(4)
        .position(|window| window == b"\r\n\r\n")?;
    Some(end + 4)
}

fn parse_head(head: &[u8]) -> Result<Head, &'static str> {
    let head = std::str::from_utf8(head).map_err(|_| "its head is no text")?;
    let mut lines = head.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.strip_prefix("HTTP/1.1 "))
        .and_then(|line| line.get(..3)?.parse().ok())
        .ok_or("its first line is no status line")?;
    let mut length = None;
    for line in lines {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        if name.eq_ignore_ascii_case("content-length") {
            let bytes = value
                .trim()
                .parse()
                .map_err(|_| "its length is no number")?;
            length = Some(Length::Bytes(bytes));
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            length = Some(Length::Chunked);
        } else if name.eq_ignore_ascii_case("content-encoding") {
            return Err("it is compressed, which nobody asked for");
        }
    }
    let length = length.ok_or("it has neither a length nor chunks")?;
    Ok(Head { status, length })
}

#[test]
fn heads_say_how_long_bodies_are() {
    let parsed = |head: &str| parse_head(head.as_bytes());
    assert_eq!(
        parsed("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"),
        Ok(Head {
            status: 200,
            length: Length::Bytes(12)
        })
    );
    assert_eq!(
        parsed("HTTP/1.1 503 x\r\ntransfer-encoding: chunked\r\n\r\n"),
        Ok(Head {
            status: 503,
            length: Length::Chunked
        })
    );
    for bad in [
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 \r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-encoding: gzip\r\n\r\n",
        "",
    ] {
        assert!(parsed(bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn responses_are_read_however_they_are_cut() {
    let responses = [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 404 no\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
    ];
    let listener = crate::listen(([127, 0, 0, 1], 0).into()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        for response in responses {
            let mut request = [0; 4];
            stream.read_exact(&mut request).await.unwrap();
            for byte in response.bytes() {
                stream.write_all(&[byte]).await.unwrap();
                tokio::task::yield_now().await;
            }
        }
    });
    let mut connection = Connection::open(address).await.unwrap();
    for (status, body) in [(200, "hello"), (404, ""), (200, "hello")] {
        let response = connection.exchange(b"ping").await.unwrap();
        assert_eq!((response.status, response.body), (status, body.as_bytes()));
    }
    server.await.unwrap();
    let error = connection.exchange(b"ping").await.unwrap_err();
    assert!(
        matches!(error, ExchangeError::Closed(0) | ExchangeError::Io(_)),
        "{error}"
    );
}
