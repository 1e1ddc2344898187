//! `GET /graphql`, where configured: a page to try queries in.

use axum::http::header;
use axum::response::{Html, IntoResponse};

/// GraphiQL, from a CDN, pinned and checked for integrity. It may load nothing else.
const PAGE: &str = include_str!("playground.html");

const POLICY: &str = "default-src 'none'; script-src https://cdn.jsdelivr.net 'unsafe-inline'; \
    style-src https://cdn.jsdelivr.net 'unsafe-inline'; font-src https://cdn.jsdelivr.net data:; \
    img-src data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'";

pub(super) async fn page() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, Html(PAGE))
}
