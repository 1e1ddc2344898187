//! NATS JetStream as the stream that facts are published to.

use std::time::Duration;

use anyhow::Context as _;
use async_nats::HeaderMap;
use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::{self, stream};
use tokio::sync::OnceCell;

use super::Stream;
use crate::facts::Told;
use crate::store::RecordedFact;

/// How long a server may take to confirm a fact.
const PATIENCE: Duration = Duration::from_secs(10);

/// Within this time the stream drops what it has already.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(10 * 60);

/// A stream on a NATS server. It is connected to at the first fact; from then on the client connects
/// again by itself.
#[derive(Debug)]
pub struct JetStream {
    url: String,
    stream: String,
    subject: String,
    retention: Duration,
    context: OnceCell<jetstream::Context>,
}

impl JetStream {
    /// The stream `stream`, whose subjects begin with `subject`; made when missing, to keep facts for
    /// `retention` (for ever when zero). Nothing is connected to yet.
    pub fn new(url: &str, stream: &str, subject: &str, retention: Duration) -> Self {
        JetStream {
            url: url.to_owned(),
            stream: stream.to_owned(),
            subject: subject.to_owned(),
            retention,
            context: OnceCell::new(),
        }
    }

    async fn open(&self) -> anyhow::Result<jetstream::Context> {
        let client = async_nats::ConnectOptions::new()
            .name("musicwallet-users")
            .connection_timeout(PATIENCE)
            .connect(&self.url)
            .await
            .context("connecting to NATS")?;
        let mut context = jetstream::new(client);
        context.set_timeout(PATIENCE);
        let wanted = stream::Config {
            name: self.stream.clone(),
            subjects: vec![format!("{}.>", self.subject)],
            max_age: self.retention,
            duplicate_window: DUPLICATE_WINDOW,
            ..stream::Config::default()
        };
        context
            .get_or_create_stream(wanted)
            .await
            .context("opening the stream")?;
        Ok(context)
    }
}

impl Stream for JetStream {
    async fn publish(&self, fact: &RecordedFact) -> anyhow::Result<()> {
        let context = self.context.get_or_try_init(|| self.open()).await?;
        let told = Told::from(fact);
        let mut headers = HeaderMap::new();
        headers.insert(NATS_MESSAGE_ID, told.id.as_str());
        let subject = format!("{}.{}", self.subject, fact.kind);
        let sent = context
            .publish_with_headers(subject, headers, serde_json::to_vec(&told)?.into())
            .await
            .context("publishing")?;
        sent.await.context("waiting for the stream")?;
        Ok(())
    }
}
