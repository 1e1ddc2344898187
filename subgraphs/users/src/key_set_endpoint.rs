//! `GET /.well-known/jwks.json`: the keys that verify our tokens (RFC 7517).

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use axum::routing::get;
use kit::auth::JwkSet;
use tokio::sync::watch;

/// How long others may keep the set. Verifiers fetch it again anyway when they meet a token
/// of an unknown key.
const CACHE_CONTROL: &str = "public, max-age=300";

pub(crate) fn routes(keys: watch::Receiver<Arc<JwkSet>>) -> Router {
    let answer = move || async move {
        let keys = Arc::clone(&keys.borrow());
        let headers = [
            (header::CONTENT_TYPE, "application/jwk-set+json"),
            (header::CACHE_CONTROL, CACHE_CONTROL),
        ];
        match serde_json::to_string(&*keys) {
            Ok(body) => (headers, body).into_response(),
            Err(error) => {
                tracing::error!(%error, "the key set could not be written as JSON");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    };
    Router::new().route("/.well-known/jwks.json", get(answer))
}
