//! Bounds how long a request may take, so that one that hangs does not stay for ever.

use std::pin::pin;
use std::time::Duration;

use http::StatusCode;

use crate::http::{ErrorResponse, Handler, Request, Response, ResponseMedia};

/// Answers 504 when the next handler takes longer than allowed; dropping its future cancels the
/// subgraph requests it waits for.
#[derive(Debug)]
pub(crate) struct Deadline<H> {
    next: H,
    after: Duration,
}

impl<H> Deadline<H> {
    pub(crate) fn new(next: H, after: Duration) -> Self {
        Self { next, after }
    }
}

impl<H: Handler> Handler for Deadline<H> {
    async fn handle(&self, request: Request) -> Response {
        // Cheap enough to ask beforehand; the request is gone when the time is up.
        let media = ResponseMedia::negotiate(request.headers()).unwrap_or(ResponseMedia::Json);
        // Pinned here, because moving the future of a whole request about costs more than the timer.
        let work = pin!(self.next.handle(request));
        match tokio::time::timeout(self.after, work).await {
            Ok(response) => response,
            Err(_) => ErrorResponse::new(
                StatusCode::GATEWAY_TIMEOUT,
                "REQUEST_TIMEOUT",
                "The request took longer than the router allows.",
            )
            .into_response(media),
        }
    }
}
