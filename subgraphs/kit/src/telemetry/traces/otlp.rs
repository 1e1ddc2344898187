//! Sends records of spans to a collector: OTLP over HTTP, as JSON, many at once.
//!
//! Nobody waits for a collector: what it does not take in time is dropped, and counted in the log.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

use super::recorder::{Attribute, Recorded};

/// Spans that wait for being sent.
const MAX_WAITING: usize = 8_192;

/// Spans in one request.
const BATCH: usize = 512;

/// How long spans are collected before they are sent.
const INTERVAL: Duration = Duration::from_secs(1);

/// How long a collector may take, and how long the end of the service waits for it.
const PATIENCE: Duration = Duration::from_secs(5);
const LAST_PATIENCE: Duration = Duration::from_secs(2);

static OUTBOX: OnceLock<mpsc::Sender<Item>> = OnceLock::new();
static DROPPED: AtomicU64 = AtomicU64::new(0);

enum Item {
    Span(Box<Recorded>),
    /// Answered when all spans before it were sent.
    Flush(oneshot::Sender<()>),
}

/// Where records of spans are put.
#[derive(Clone, Debug)]
pub(super) struct Sender(mpsc::Sender<Item>);

impl Sender {
    pub(super) fn send(&self, span: Recorded) {
        if self.0.try_send(Item::Span(Box::new(span))).is_err() {
            DROPPED.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Starts sending to the collector at `endpoint`. Nothing when this process sends already.
pub(super) fn start(service: &str, endpoint: &str) -> Option<Sender> {
    let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    // Fails when one is installed, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(PATIENCE).build().ok()?;
    let (sender, spans) = mpsc::channel(MAX_WAITING);
    OUTBOX.set(sender.clone()).ok()?;
    tokio::spawn(send_all(client, url, service.to_owned(), spans));
    Some(Sender(sender))
}

/// Waits until everything so far was sent, for a moment at most.
pub(super) async fn flush() {
    let Some(outbox) = OUTBOX.get() else {
        return;
    };
    let (done, is_done) = oneshot::channel();
    let flushed = async {
        if outbox.send(Item::Flush(done)).await.is_ok() {
            let _ = is_done.await;
        }
    };
    let _ = tokio::time::timeout(LAST_PATIENCE, flushed).await;
}

async fn send_all(
    client: reqwest::Client,
    url: String,
    service: String,
    mut items: mpsc::Receiver<Item>,
) {
    let mut failing = false;
    loop {
        let mut received = Vec::new();
        if items.recv_many(&mut received, BATCH).await == 0 {
            return;
        }
        if received.iter().all(|item| matches!(item, Item::Span(_))) && received.len() < BATCH {
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                _ = items.recv_many(&mut received, BATCH) => {}
            }
        }
        let mut spans = Vec::new();
        let mut waiting = Vec::new();
        for item in received {
            match item {
                Item::Span(span) => spans.push(encode(&span)),
                Item::Flush(done) => waiting.push(done),
            }
        }
        if !spans.is_empty() {
            let sent = send(&client, &url, &service, spans).await;
            match sent {
                // Once for each outage, not once for each second of it.
                Err(error) if !failing => {
                    let error = crate::errors::chain(&error);
                    tracing::warn!(error, "traces could not be sent");
                    failing = true;
                }
                Err(_) => {}
                Ok(()) => failing = false,
            }
        }
        let dropped = DROPPED.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            tracing::warn!(
                spans = dropped,
                "spans were dropped: the collector is too slow"
            );
        }
        for done in waiting {
            let _ = done.send(());
        }
    }
}

async fn send(
    client: &reqwest::Client,
    url: &str,
    service: &str,
    spans: Vec<Value>,
) -> Result<(), reqwest::Error> {
    let name = attribute("service.name", &Attribute::Text(service.to_owned()));
    let body = json!({ "resourceSpans": [{
        "resource": { "attributes": [name] },
        "scopeSpans": [{ "scope": { "name": "musicwallet" }, "spans": spans }],
    }]});
    let response = client.post(url).json(&body).send().await?;
    response.error_for_status().map(drop)
}

fn encode(span: &Recorded) -> Value {
    let attributes: Vec<_> = span
        .attributes
        .iter()
        .map(|(name, value)| attribute(name, value))
        .collect();
    let parent = match span.parent {
        0 => String::new(),
        parent => format!("{parent:016x}"),
    };
    json!({
        "traceId": format!("{:032x}", span.trace_id),
        "spanId": format!("{:016x}", span.span_id),
        "parentSpanId": parent,
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": nanos(span.begin),
        "endTimeUnixNano": nanos(span.end),
        "attributes": attributes,
        "status": if span.failed { json!({ "code": 2 }) } else { json!({}) },
    })
}

/// 64-bit numbers are texts in the JSON of Protocol Buffers.
fn attribute(name: &str, value: &Attribute) -> Value {
    let value = match value {
        Attribute::Text(text) => json!({ "stringValue": text }),
        Attribute::Number(number) => json!({ "intValue": number.to_string() }),
    };
    json!({ "key": name, "value": value })
}

fn nanos(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_nanos().to_string()
}
