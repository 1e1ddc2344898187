//! A client's connection that does not wait for ever for the client.
//!
//! hyper bounds how long the head of a request may take, once it is known which HTTP is spoken, and our
//! own layers how long an answer may. Two waits are left to a client that does nothing: the one for
//! its first bytes, which tell the version, and the one for room to send it what it asked for, whose
//! bytes are held all the while.

use std::future::Future as _;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How many bytes tell HTTP/2 from HTTP/1.1 (RFC 9113, section 3.4); no request of either is shorter.
const PREFACE: usize = 24;

/// A connection over `T`.
pub(super) struct ClientStream<T> {
    stream: T,
    /// Runs until the first bytes have come.
    opening: Option<Pin<Box<Sleep>>>,
    /// How many of them are still missing.
    missing: usize,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
    patience: Duration,
}

impl<T> ClientStream<T> {
    /// Waits so long for the first bytes, and for the client to take something of its answer.
    pub(super) fn new(stream: T, patience: Duration) -> Self {
        Self {
            stream,
            opening: Some(Box::pin(sleep(patience))),
            missing: PREFACE,
            stalled: None,
            patience,
        }
    }

    /// What comes of trying to send: an error once the client has taken nothing for too long.
    fn bounded<R>(
        &mut self,
        cx: &mut Context<'_>,
        sent: Poll<io::Result<R>>,
    ) -> Poll<io::Result<R>> {
        if sent.is_ready() {
            self.stalled = None;
            return sent;
        }
        let patience = self.patience;
        let timer = self
            .stalled
            .get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client does not take its answer",
        )))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for ClientStream<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(cx, buffer);
        let Some(timer) = &mut this.opening else {
            return read;
        };
        if read.is_ready() {
            this.missing = this.missing.saturating_sub(buffer.filled().len() - before);
            if this.missing == 0 {
                this.opening = None;
            }
            return read;
        }
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(
            io::ErrorKind::TimedOut,
            "the client asks for nothing",
        )))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for ClientStream<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.bounded(cx, sent)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let sent = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.bounded(cx, sent)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = Pin::new(&mut self.stream).poll_flush(cx);
        self.bounded(cx, sent)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let sent = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.bounded(cx, sent)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    const PATIENCE: Duration = Duration::from_millis(200);

    /// Both ends of a connection.
    async fn pair() -> (TcpStream, ClientStream<TcpStream>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap());
        let (client, accepted) = tokio::join!(client, listener.accept());
        let server = ClientStream::new(accepted.unwrap().0, PATIENCE);
        (client.unwrap(), server)
    }

    #[tokio::test]
    async fn a_client_that_sends_nothing_or_next_to_nothing_is_given_up() {
        for sent in [0, 1, PREFACE - 1] {
            let (mut client, mut server) = pair().await;
            client.write_all(&vec![b'P'; sent]).await.unwrap();
            let mut start = vec![0; sent];
            server.read_exact(&mut start).await.unwrap();
            let error = server.read_u8().await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        }
    }

    #[tokio::test]
    async fn a_client_that_has_sent_something_may_take_its_time() {
        let (mut client, mut server) = pair().await;
        client.write_all(&[1; PREFACE]).await.unwrap();
        server.read_exact(&mut [0; PREFACE]).await.unwrap();
        let waited = tokio::time::timeout(3 * PATIENCE, server.read_u8()).await;
        assert!(waited.is_err(), "{waited:?}");
    }

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_given_up() {
        let (_client, mut server) = pair().await;
        // More than any buffer between the two holds.
        let answer = vec![0; 64 << 20];
        let error = server.write_all(&answer).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_client_that_takes_slowly_gets_everything() {
        let (mut client, mut server) = pair().await;
        let sending = tokio::spawn(async move {
            server.write_all(&vec![7; 16 << 20]).await.unwrap();
        });
        let mut taken = 0;
        let mut piece = vec![0; 4 << 20];
        // Altogether longer than anybody waits for the next piece.
        for _ in 0..4 {
            tokio::time::sleep(PATIENCE / 2).await;
            client.read_exact(&mut piece).await.unwrap();
            taken += piece.len();
        }
        sending.await.unwrap();
        assert_eq!(taken, 16 << 20);
    }
}
