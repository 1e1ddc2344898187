//! Lets requests with a good token and requests without one pass; refuses those with a bad one.

use std::sync::Arc;

use http::{HeaderMap, StatusCode, header};

use crate::authentication::{Authenticator, Refusal};
use crate::http::{ErrorResponse, Handler, Request, Response, ResponseMedia};
use crate::telemetry::Metrics;

/// Verifies the bearer token where verification is configured.
#[derive(Debug)]
pub(crate) struct Authenticate<H> {
    next: H,
    /// None: tokens are none of the router's business.
    authenticator: Option<Arc<Authenticator>>,
    metrics: Arc<Metrics>,
}

impl<H> Authenticate<H> {
    pub(crate) fn new(
        next: H,
        authenticator: Option<Arc<Authenticator>>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            next,
            authenticator,
            metrics,
        }
    }
}

impl<H: Handler> Handler for Authenticate<H> {
    async fn handle(&self, request: Request) -> Response {
        if let Some(authenticator) = &self.authenticator
            && let Err(refusal) = authenticator.check(request.headers()).await
        {
            self.metrics.graphql_errors.count("UNAUTHENTICATED");
            return response(refusal, request.headers());
        }
        self.next.handle(request).await
    }
}

fn response(refusal: Refusal, headers: &HeaderMap) -> Response {
    let media = ResponseMedia::negotiate(headers).unwrap_or(ResponseMedia::Json);
    let error = match refusal {
        Refusal::KeysUnavailable => ErrorResponse::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "AUTHENTICATION_UNAVAILABLE",
            "The token cannot be verified now: the issuer's keys are not available. Try again soon.",
        )
        .with_header(header::RETRY_AFTER, "2"),
        bad => ErrorResponse::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHENTICATED",
            bad.to_string(),
        )
        .with_header(
            header::WWW_AUTHENTICATE,
            "Bearer error=\"invalid_token\"",
        ),
    };
    error.into_response(media)
}
