//! How many clients may be connected at once, and what the next one is told.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

/// So many clients are told at the same time; to the others nothing is said but that they are not wanted.
const TOLD_AT_ONCE: usize = 64;
/// How long telling one may take.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the log tells of it.
const REPORT: Duration = Duration::from_secs(10);

const BODY: &str = r#"{"errors":[{"message":"The router has as many connections as it allows. Try again soon.","extensions":{"code":"TOO_MANY_CONNECTIONS"}}]}"#;

/// Decides about connections that were accepted.
#[derive(Debug)]
pub(super) struct Admission {
    most: NonZeroUsize,
    telling: Arc<Semaphore>,
    answer: Arc<str>,
    refused: u64,
    reported: Option<Instant>,
}

impl Admission {
    /// Lets so many connections be open at once.
    pub(super) fn new(most: NonZeroUsize) -> Self {
        let length = BODY.len();
        let answer = format!(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 2\r\n\
             connection: close\r\ncontent-length: {length}\r\n\r\n{BODY}"
        );
        Self {
            most,
            telling: Arc::new(Semaphore::new(TOLD_AT_ONCE)),
            answer: answer.into(),
            refused: 0,
            reported: None,
        }
    }

    /// Whether one may be added to those that are open.
    pub(super) fn admits(&self, open: usize) -> bool {
        open < self.most.get()
    }

    /// Tells a client to come again, and hangs up. Nothing that it sends is looked at.
    pub(super) fn refuse<T>(&mut self, mut stream: T)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.refused += 1;
        if self.reported.is_none_or(|last| last.elapsed() >= REPORT) {
            self.reported = Some(Instant::now());
            tracing::warn!(
                connections = self.most,
                refused = self.refused,
                "clients are refused: `limits.max_connections` are open"
            );
        }
        let Ok(permit) = Arc::clone(&self.telling).try_acquire_owned() else {
            return;
        };
        let answer = Arc::clone(&self.answer);
        tokio::spawn(async move {
            let _permit = permit;
            // A client that is gone need not be told.
            let _ = timeout(PATIENCE, async {
                stream.write_all(answer.as_bytes()).await?;
                stream.shutdown().await?;
                // Closing before all that it sent has been read would take the answer away from it.
                while stream.read(&mut [0; 1024]).await? > 0 {}
                std::io::Result::Ok(())
            })
            .await;
        });
    }
}
