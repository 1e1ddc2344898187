//! GraphQL over HTTP, client side: what comes in, what goes out, and the stack in between.
//!
//! Read [`app`] first: it lists every layer a request passes, with its reason.

mod accept_encoding;
pub(crate) mod app;
mod body;
mod error_response;
mod event_body;
mod graphql_request;
mod media_type;
mod query_string;
mod response_body;
mod stream_media;

use std::future::Future;

pub(crate) use accept_encoding::ContentCoding;
pub(crate) use body::{BodyError, read_body};
pub(crate) use error_response::{ErrorResponse, GraphqlError, Location};
pub(crate) use event_body::EventBody;
pub(crate) use graphql_request::GraphqlRequest;
pub(crate) use media_type::{MediaType, ResponseMedia, is_json_request};
pub(crate) use query_string::from_query_string;
pub(crate) use response_body::Body;
pub(crate) use stream_media::StreamMedia;

/// A request as hyper hands it over; its body is read by the endpoint that wants it.
///
/// In a box, because every layer's future holds it and is moved with it: one small allocation is
/// cheaper than copying the head of a request from layer to layer.
pub(crate) type Request = Box<http::Request<hyper::body::Incoming>>;
/// A response.
pub(crate) type Response = http::Response<Body>;

/// Something that answers requests: an endpoint, or a layer around one.
///
/// Layers are plain structs around the next handler, so that the stack is one static type and a
/// request costs no allocation for passing through it.
pub(crate) trait Handler: Send + Sync + 'static {
    /// Answers one request.
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send;
}

/// Whether the client wants to change over to a WebSocket (RFC 6455, section 4.2.1). No page can make a
/// browser say so in any other way than by opening one.
pub(crate) fn is_websocket_upgrade(request: &Request) -> bool {
    request.method() == http::Method::GET
        && request
            .headers()
            .get(http::header::UPGRADE)
            .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// A response with this status, type and body.
pub(crate) fn respond(
    status: http::StatusCode,
    content_type: &'static str,
    body: impl Into<Body>,
) -> Response {
    let mut response = http::Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(
        http::header::CONTENT_TYPE,
        http::HeaderValue::from_static(content_type),
    );
    response
}
