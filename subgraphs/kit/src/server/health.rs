//! `GET /health` and `GET /metrics`: what operators and their tools ask.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::{App, Stop};

/// A database that takes longer to answer is not ready.
const PATIENCE: Duration = Duration::from_secs(2);

/// Live as soon as the process answers; ready when its database does too, and no end is near.
pub(super) async fn health<E: Send + Sync>(
    State(app): State<Arc<App<E>>>,
    RawQuery(query): RawQuery,
) -> Response {
    let only_live = query.is_some_and(|query| query.split('&').any(|it| it == "live"));
    let ending = app.stop.get().is_some_and(Stop::is_requested);
    let up = only_live
        || !ending
            && tokio::time::timeout(PATIENCE, app.database.answers())
                .await
                .unwrap_or(false);
    let (status, body) = if up {
        (StatusCode::OK, r#"{"status":"UP"}"#)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"DOWN"}"#)
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, body).into_response()
}

pub(super) async fn metrics<E: Send + Sync>(State(app): State<Arc<App<E>>>) -> Response {
    let headers = [(
        header::CONTENT_TYPE,
        "text/plain; version=0.0.4; charset=utf-8",
    )];
    (headers, app.metrics.render()).into_response()
}
