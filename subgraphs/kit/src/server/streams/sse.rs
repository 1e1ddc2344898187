//! A subscription over `POST /graphql`: server-sent events, one connection each.
//!
//! ```text
//! event: next
//! data: {"data":{"trackLoved":{…}}}
//!
//! event: complete
//! data:
//! ```

use std::convert::Infallible;
use std::sync::Arc;

use async_graphql::parser::types::{DocumentOperations, OperationType};
use async_graphql::{Executor, Request};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;

use super::{EndOf, Events, HEARTBEAT, SEND_TIMEOUT, Streams};
use crate::server::{App, Refusal, answer};

const MEDIA_TYPE: &str = "text/event-stream";

/// Whether the client reads server-sent events.
pub(in crate::server) fn accepted(headers: &HeaderMap) -> bool {
    let ranges = headers.get_all(header::ACCEPT).iter();
    ranges
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .filter_map(|range| range.split(';').next())
        .any(|name| name.trim().eq_ignore_ascii_case(MEDIA_TYPE))
}

/// Whether a request is for a subscription. One that does not parse is not.
pub(in crate::server) fn is_subscription(request: &mut Request) -> bool {
    let name = request.operation_name.clone();
    let Ok(document) = request.parsed_query() else {
        return false;
    };
    let operation = match (&document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(operation),
        (DocumentOperations::Multiple(all), Some(name)) => all.get(name.as_str()),
        (DocumentOperations::Multiple(all), None) => all.values().next(),
    };
    operation.is_some_and(|it| it.node.ty == OperationType::Subscription)
}

/// Answers an operation with its events.
///
/// # Errors
/// When too many subscriptions are open.
pub(in crate::server) fn respond<E: Executor>(
    app: &Arc<App<E>>,
    streams: &Arc<Streams>,
    request: Request,
    end: Option<tokio::time::Instant>,
) -> Result<Response, Refusal> {
    let open = streams.subscription()?;
    let end = EndOf {
        stop: app.stop(),
        expires_at: end,
    };
    let events = Events::of(&app.schema, request, end, open);
    // What the connection does not take waits here: one event, and one that is being made.
    let (pieces, taken) = mpsc::channel(1);
    tokio::spawn(write(events, pieces, Arc::clone(app), Arc::clone(streams)));
    let body = futures_util::stream::unfold(taken, |mut taken| async {
        let piece = taken.recv().await?;
        Some((Ok::<Bytes, Infallible>(piece), taken))
    });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// Writes events until there are no more, or nobody takes them.
async fn write<E: Executor>(
    mut events: Events,
    pieces: mpsc::Sender<Bytes>,
    app: Arc<App<E>>,
    streams: Arc<Streams>,
) {
    let send = async |piece: Bytes| match pieces.send_timeout(piece, SEND_TIMEOUT).await {
        Ok(()) => true,
        Err(mpsc::error::SendTimeoutError::Timeout(_)) => {
            streams.dropped.increase();
            tracing::info!("a client did not take its events");
            false
        }
        Err(mpsc::error::SendTimeoutError::Closed(_)) => false,
    };
    loop {
        let event = {
            let next = std::pin::pin!(events.next());
            let mut next = next;
            loop {
                tokio::select! {
                    event = &mut next => break event,
                    () = pieces.closed() => return,
                    () = tokio::time::sleep(HEARTBEAT) => {
                        if !send(Bytes::from_static(b":\n\n")).await {
                            return;
                        }
                    }
                }
            }
        };
        let Some(event) = event else {
            send(Bytes::from_static(b"event: complete\ndata:\n\n")).await;
            return;
        };
        let Some(json) = answer::event(event, &app.metrics).to_json() else {
            return;
        };
        // JSON as we write it has no line breaks.
        let mut piece = b"event: next\ndata: ".to_vec();
        piece.extend_from_slice(&json);
        piece.extend_from_slice(b"\n\n");
        if !send(piece.into()).await {
            return;
        }
    }
}
