//! `POST /graphql`: the life of a request, step by step.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Executor;
use axum::body::Body;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;
use tracing::Instrument as _;

use super::answer::{self, MediaType};
use super::streams::sse;
use super::{App, Refusal, Requester, authenticate, request_body};
use crate::errors::Code;
use crate::graphql::batching;
use crate::telemetry::traces;

pub(super) async fn answer<E: Executor>(
    State(app): State<Arc<App<E>>>,
    request: Request<Body>,
) -> Response {
    let (parts, body) = request.into_parts();
    let began = Instant::now();
    let timeout = Duration::from_secs(app.requests.request_timeout);
    let span = traces::request_span(&parts.headers);
    let answered =
        tokio::time::timeout(timeout, steps(&app, &parts, body).instrument(span.clone())).await;
    let response = match answered {
        Ok(Ok(response)) => response,
        Ok(Err(refusal)) => refusal.into_response(),
        Err(_) => Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            Code::RequestTimeout,
            format!("The request took longer than {} seconds", timeout.as_secs()),
        )
        .into_response(),
    };
    let (status, took) = (response.status().as_u16(), began.elapsed());
    app.metrics.count_request(status, took);
    traces::note_status(&span, status);
    tracing::debug!(
        http.response.status_code = status,
        http.request.duration_ms = took.as_secs_f64() * 1000.0,
        "answered"
    );
    response
}

/// Each step hands on what the next one needs, or the response that ends the request.
async fn steps<E: Executor>(
    app: &Arc<App<E>>,
    parts: &Parts,
    body: Body,
) -> Result<Response, Refusal> {
    let headers = &parts.headers;
    let streams = app.streams.as_ref().filter(|_| sse::accepted(headers));
    let media_type = MediaType::accepted(headers);
    let media_type = match (media_type, streams) {
        (Err(_), Some(_)) => None,
        (media_type, _) => Some(media_type?),
    };
    request_body::check_content_type(headers)?;
    let verified = authenticate::verified(&app.verifier, headers).await?;
    let body = request_body::read(headers, body, app.requests.max_body_bytes).await?;
    let request = request_body::parse(&body, app.requests.max_operation_bytes)?;
    traces::note_operation(request.operation_name.as_deref());
    let request = request.data(verified.caller).data(Requester::of(
        &parts.extensions,
        headers,
        &app.trusted_proxies,
    ));
    let mut request = (app.request_data)(request);
    let media_type = match (media_type, streams) {
        (Some(media_type), None) => media_type,
        (Some(media_type), Some(_)) if !sse::is_subscription(&mut request) => media_type,
        (_, Some(streams)) => return sse::respond(app, streams, request, verified.expires_at),
        (None, None) => MediaType::Json,
    };
    let response = batching::drive(app.schema.execute(request)).await;
    Ok(answer::write(response, media_type, &app.metrics))
}
