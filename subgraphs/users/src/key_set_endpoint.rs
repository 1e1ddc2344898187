//! `GET /.well-known/jwks.json`: the keys that verify our access tokens (RFC 7517).

use axum::Router;
use axum::http::header;
use axum::routing::get;
use kit::auth::JwkSet;

/// How long others may keep the set. Verifiers fetch it again anyway when they meet a token
/// of an unknown key.
const CACHE_CONTROL: &str = "public, max-age=300";

pub(crate) fn routes(keys: &JwkSet) -> serde_json::Result<Router> {
    let body = serde_json::to_string(keys)?;
    let answer = move || async move {
        let headers = [
            (header::CONTENT_TYPE, "application/jwk-set+json"),
            (header::CACHE_CONTROL, CACHE_CONTROL),
        ];
        (headers, body)
    };
    Ok(Router::new().route("/.well-known/jwks.json", get(answer)))
}
