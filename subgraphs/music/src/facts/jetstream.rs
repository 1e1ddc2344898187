//! The feed over NATS JetStream: an ordered consumer of the stream that the users service publishes
//! to, from where the cursor stands.
//!
//! Nothing is kept at the NATS server: the cursor is in our database, in the transaction of the
//! effects. It holds the place in the stream, and the fact's own; where the two do not fit, the
//! stream is another one, and is read from its beginning. Facts that have been acted upon are passed
//! over then as ever.

use std::fmt;
use std::time::Duration;

use anyhow::Context as _;
use async_nats::jetstream::consumer::pull::{Ordered, OrderedConfig};
use async_nats::jetstream::consumer::{self, DeliverPolicy};
use async_nats::jetstream::{self, stream};
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::Value;

use super::fact;
use super::feed::{BATCH, Batch, Feed, ReadError, Told};
use crate::store::facts::Reached;

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The feed over NATS. It is connected to when it is first read.
pub struct JetStreamFeed {
    url: String,
    stream: String,
    open: Option<Open>,
}

/// A consumer that delivers.
struct Open {
    messages: Ordered,
    stream: stream::Stream,
    /// The place in the stream up to which facts were handed out.
    handed_out: u64,
}

impl fmt::Debug for JetStreamFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JetStreamFeed")
            .field("stream", &self.stream)
            .field("open", &self.open.is_some())
            .finish_non_exhaustive()
    }
}

impl JetStreamFeed {
    /// The feed of this stream. Nothing is connected to yet.
    pub fn new(url: &str, stream: &str) -> Self {
        JetStreamFeed {
            url: url.to_owned(),
            stream: stream.to_owned(),
            open: None,
        }
    }
}

impl Open {
    /// Follows a stream from behind a place.
    async fn at(url: &str, stream: &str, after: Option<Reached>) -> Result<Self, ReadError> {
        let client = async_nats::ConnectOptions::new()
            .name("musicwallet-music")
            .connection_timeout(PATIENCE)
            .connect(url)
            .await
            .context("connecting to NATS")?;
        let mut context = jetstream::new(client);
        context.set_timeout(PATIENCE);
        let mut stream = context
            .get_stream(stream)
            .await
            .context("opening the stream of facts")?;
        let state = stream
            .info()
            .await
            .context("asking about the stream")?
            .state
            .clone();
        let from = start(&stream, &state, after).await?;
        let deliver_policy = match from {
            Some(from) => DeliverPolicy::ByStartSequence {
                start_sequence: from,
            },
            None => DeliverPolicy::All,
        };
        let consumer: consumer::Consumer<OrderedConfig> = stream
            .create_consumer(OrderedConfig {
                deliver_policy,
                ..OrderedConfig::default()
            })
            .await
            .context("following the stream")?;
        let messages = consumer.messages().await.context("following the stream")?;
        Ok(Open {
            messages,
            stream,
            handed_out: from.map_or(0, |from| from.saturating_sub(1)),
        })
    }
}

impl Feed for JetStreamFeed {
    async fn read(&mut self, after: Option<Reached>, wait: Duration) -> Result<Batch, ReadError> {
        let reached = after.and_then(|it| it.stream_sequence);
        let reached = reached.and_then(|it| u64::try_from(it).ok()).unwrap_or(0);
        // What was handed out and not acted upon must come again.
        let open = match self.open.take() {
            Some(open) if open.handed_out <= reached => open,
            _ => Open::at(&self.url, &self.stream, after).await?,
        };
        // Kept only where nothing fails: a consumer that failed is made anew.
        let (open, batch) = open.read(wait).await?;
        self.open = Some(open);
        Ok(batch)
    }
}

impl Open {
    async fn read(mut self, wait: Duration) -> anyhow::Result<(Self, Batch)> {
        let mut batch = Batch::default();
        let Ok(first) = tokio::time::timeout(wait, self.messages.next()).await else {
            // Silence is no proof that the server is there.
            self.stream
                .info()
                .await
                .context("asking about the stream")?;
            return Ok((self, batch));
        };
        let mut next = Some(first);
        while let Some(message) = next {
            let message = message
                .context("the stream ended")?
                .context("reading from the stream")?;
            let info = message
                .info()
                .map_err(|error| anyhow::anyhow!("reading from the stream: {error}"))?;
            self.handed_out = info.stream_sequence;
            batch.remaining = info.pending;
            let sequence = i64::try_from(info.stream_sequence).ok();
            // What is no JSON is a bad fact, and told as such.
            let told: Value = serde_json::from_slice(&message.payload).unwrap_or_default();
            let position = told["id"].as_str().and_then(fact::position);
            let before = batch.end.map_or(0, |it| it.position);
            batch.end = Some(Reached {
                position: position.unwrap_or(before),
                stream_sequence: sequence,
            });
            batch.facts.push(Told {
                fact: told,
                stream_sequence: sequence,
            });
            if batch.facts.len() >= BATCH {
                break;
            }
            next = self.messages.next().now_or_never();
        }
        Ok((self, batch))
    }
}

/// Where the stream is to be read from; `None` for its beginning.
async fn start(
    stream: &stream::Stream,
    state: &stream::State,
    after: Option<Reached>,
) -> Result<Option<u64>, ReadError> {
    let Some(after) = after else {
        return Ok(None);
    };
    let sequence = after.stream_sequence.and_then(|it| u64::try_from(it).ok());
    let Some(sequence) = sequence.filter(|it| *it <= state.last_sequence) else {
        return Ok(None);
    };
    if sequence + 1 < state.first_sequence {
        return Err(ReadError::Forgotten);
    }
    if sequence < state.first_sequence {
        return Ok(Some(state.first_sequence));
    }
    let message = stream
        .get_raw_message(sequence)
        .await
        .context("reading from the stream")?;
    let told: Value = serde_json::from_slice(&message.payload).unwrap_or_default();
    let is_the_one = told["id"].as_str().and_then(fact::position) == Some(after.position);
    Ok(is_the_one.then_some(sequence + 1))
}
