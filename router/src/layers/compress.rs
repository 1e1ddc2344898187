//! Compresses answers for clients that ask for it.

use std::io::{self, Write as _};

use http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use serde::{Deserialize, Serialize};

use crate::http::{Body, ContentCoding, Handler, Request, Response};

/// Larger answers are compressed on a thread where nobody else waits.
const LARGE: u64 = 64 * 1024;

/// `traffic_shaping.router.compression`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CompressionConfig {
    /// Whether answers are compressed at all.
    pub enabled: bool,
    /// Smaller answers are sent as they are.
    pub min_bytes: u64,
}

impl Default for CompressionConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            min_bytes: 2048,
        }
    }
}

/// Compresses what the next handler answers, if the client wants it and it is worth it.
#[derive(Debug)]
pub(crate) struct Compress<H> {
    next: H,
    config: CompressionConfig,
}

impl<H> Compress<H> {
    pub(crate) fn new(next: H, config: &CompressionConfig) -> Self {
        Self {
            next,
            config: config.clone(),
        }
    }

    /// Whether an answer is large enough, and of a kind that gets smaller.
    fn is_worth_it(&self, response: &Response) -> bool {
        self.config.enabled
            && response.body().size_hint().lower() >= self.config.min_bytes
            && !response.headers().contains_key(header::CONTENT_ENCODING)
            && is_text(response.headers())
    }
}

impl<H: Handler> Handler for Compress<H> {
    async fn handle(&self, request: Request) -> Response {
        let coding = ContentCoding::negotiate(request.headers());
        let mut response = self.next.handle(request).await;
        if !self.is_worth_it(&response) {
            return response;
        }
        // Whether it is compressed or not: another client might have got the other.
        response
            .headers_mut()
            .append(header::VARY, HeaderValue::from_static("accept-encoding"));
        match coding {
            // In a box, because few requests come here and every request's future holds it.
            Some(coding) => Box::pin(compress(response, coding)).await,
            None => response,
        }
    }
}

/// JSON, pages and scripts; images and fonts are compressed by nature.
fn is_text(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value.starts_with("text/")
                || ["json", "javascript", "svg"]
                    .iter()
                    .any(|kind| value.contains(kind))
        })
}

async fn compress(response: Response, coding: ContentCoding) -> Response {
    let (mut head, body) = response.into_parts();
    let is_large = body.size_hint().lower() >= LARGE;
    // It is there already: nothing is waited for, and nothing copied.
    let Ok(plain) = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    let compressed = if is_large {
        let plain = plain.clone();
        tokio::task::spawn_blocking(move || encoded(&plain, coding))
            .await
            .unwrap_or_else(|error| Err(io::Error::other(error)))
    } else {
        encoded(&plain, coding)
    };
    match compressed {
        Ok(compressed) if compressed.len() < plain.len() => {
            head.headers
                .insert(header::CONTENT_ENCODING, coding.header());
            Response::from_parts(head, Body::from(compressed))
        }
        Ok(_) => Response::from_parts(head, Body::from(plain)),
        Err(error) => {
            tracing::error!("an answer cannot be compressed: {error}");
            Response::from_parts(head, Body::from(plain))
        }
    }
}

/// The levels are those after which another one costs much more time than it saves bytes:
/// `docs/performance.md` has the figures.
fn encoded(plain: &[u8], coding: ContentCoding) -> io::Result<Vec<u8>> {
    let output = Vec::with_capacity(plain.len() / 4);
    match coding {
        ContentCoding::Gzip => {
            let level = flate2::Compression::new(2);
            let mut encoder = flate2::write::GzEncoder::new(output, level);
            encoder.write_all(plain)?;
            encoder.finish()
        }
        ContentCoding::Brotli => {
            let mut output = output;
            let parameters = brotli::enc::BrotliEncoderParams {
                quality: 3,
                size_hint: plain.len(),
                ..brotli::enc::BrotliEncoderParams::default()
            };
            brotli::BrotliCompress(&mut &*plain, &mut output, &parameters)?;
            Ok(output)
        }
        ContentCoding::Zstd => {
            let level = ruzstd::encoding::CompressionLevel::Fastest;
            Ok(ruzstd::encoding::compress_to_vec(plain, level))
        }
    }
}
