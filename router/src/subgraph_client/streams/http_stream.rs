//! A stream in the response to a POST: server-sent events, parts of a multipart body, or an answer
//! that is all there is.

use bytes::Bytes;
use executor::SendError;
use http::{HeaderMap, HeaderValue, Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::event_stream::EventParser;
use super::multipart::{Part, PartParser};
use super::{Source, broken};
use crate::http::MediaType;
use crate::subgraph_client::answer;
use crate::subgraph_client::http_client::{HttpClientError, causes, read_answer};

/// What a subgraph may answer with, the best first.
const ACCEPTED: HeaderValue = HeaderValue::from_static(
    "text/event-stream, multipart/mixed;subscriptionSpec=1.0, multipart/mixed, application/graphql-response+json, application/json",
);

/// A stream over HTTP.
#[derive(Debug)]
pub(crate) struct HttpStream {
    /// None when all of it has been read.
    body: Option<Incoming>,
    parser: Parser,
    /// The largest event in bytes.
    max_event_bytes: usize,
}

#[derive(Debug)]
enum Parser {
    Events(EventParser),
    Parts(PartParser),
    /// One answer, and no stream.
    Whole(Option<Bytes>),
}

/// What of a stream has come.
enum Step {
    Event(Bytes),
    Pending,
    Ended,
    Malformed(&'static str),
}

/// A part as Apollo's protocol for subscriptions over multipart HTTP has it.
#[derive(Deserialize)]
struct Wrapped<'b> {
    #[serde(borrow)]
    payload: Option<&'b RawValue>,
}

/// Sends the request and waits for the head of the response.
pub(super) async fn open(
    source: &Source,
    headers: HeaderMap,
    body: &Bytes,
) -> Result<HttpStream, SendError> {
    let mut request = Request::new(Full::new(body.clone()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = source.path.clone();
    *request.headers_mut() = headers;
    let request_headers = request.headers_mut();
    request_headers.insert(header::HOST, source.dialer.host());
    request_headers.insert(header::ACCEPT, ACCEPTED);
    request_headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let response = send(source, request).await?;
    let (head, mut body) = response.into_parts();
    let content_type = head
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let parser = if !head.status.is_success() {
        None
    } else if MediaType::of(content_type).is("text/event-stream") {
        Some(Parser::Events(EventParser::default()))
    } else {
        PartParser::of(content_type).map(Parser::Parts)
    };
    let max_event_bytes = source.max_event_bytes;
    if let Some(parser) = parser {
        if head.headers.contains_key(header::CONTENT_ENCODING) {
            return Err(broken("the stream is compressed, which was not asked for"));
        }
        return Ok(HttpStream {
            body: Some(body),
            parser,
            max_event_bytes,
        });
    }
    let whole = read_answer(&head.headers, &mut body, max_event_bytes)
        .await
        .map_err(|error| match error {
            HttpClientError::TooLarge { limit } => too_large(limit),
            other => broken(other),
        })?;
    Ok(HttpStream {
        body: None,
        parser: Parser::Whole(Some(answer::body(&head, whole)?)),
        max_event_bytes,
    })
}

async fn send(
    source: &Source,
    request: Request<Full<Bytes>>,
) -> Result<http::Response<Incoming>, SendError> {
    let failed = |error: hyper::Error| broken(causes(&error));
    let io = TokioIo::new(source.dialer.dial().await?);
    // The connection lives in a task of its own, which ends when the response is dropped.
    if source.dialer.speaks_http2 {
        let (mut sender, connection) = http2::handshake(TokioExecutor::new(), io)
            .await
            .map_err(failed)?;
        tokio::spawn(connection);
        sender
            .send_request(in_absolute_form(source, request)?)
            .await
    } else {
        let (mut sender, connection) = http1::handshake(io).await.map_err(failed)?;
        tokio::spawn(connection);
        sender.send_request(request).await
    }
    .map_err(failed)
}

/// HTTP/2 has the host in the address, and no header for it.
fn in_absolute_form(
    source: &Source,
    mut request: Request<Full<Bytes>>,
) -> Result<Request<Full<Bytes>>, SendError> {
    request.headers_mut().remove(header::HOST);
    let host = source.dialer.host();
    let path = source.path.path_and_query().cloned();
    *request.uri_mut() = http::Uri::builder()
        .scheme(source.dialer.scheme())
        .authority(host.as_bytes())
        .path_and_query(path.unwrap_or_else(|| http::uri::PathAndQuery::from_static("/")))
        .build()
        .map_err(broken)?;
    Ok(request)
}

fn too_large(limit: usize) -> SendError {
    SendError::BodyTooLarge {
        limit: limit as u64,
    }
}

impl HttpStream {
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, SendError>> {
        loop {
            match self.parser.step() {
                Step::Event(event) => return Some(Ok(event)),
                Step::Ended => {
                    self.body = None;
                    return None;
                }
                Step::Malformed(reason) => return self.fail(broken(reason)),
                Step::Pending => {}
            }
            if self.parser.held() > self.max_event_bytes {
                return self.fail(too_large(self.max_event_bytes));
            }
            let frame = match self.body.as_mut()?.frame().await {
                Some(Ok(frame)) => frame,
                Some(Err(error)) => return self.fail(broken(causes(&error))),
                // It should have said so itself.
                None => return self.fail(broken("the stream broke off")),
            };
            if let Ok(bytes) = frame.into_data() {
                self.parser.push(&bytes);
            }
        }
    }

    fn fail(&mut self, error: SendError) -> Option<Result<Bytes, SendError>> {
        self.body = None;
        self.parser = Parser::Whole(None);
        Some(Err(error))
    }
}

impl Parser {
    fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::Events(parser) => parser.push(bytes),
            Self::Parts(parser) => parser.push(bytes),
            Self::Whole(_) => {}
        }
    }

    fn held(&self) -> usize {
        match self {
            Self::Events(parser) => parser.held(),
            Self::Parts(parser) => parser.held(),
            Self::Whole(_) => 0,
        }
    }

    fn step(&mut self) -> Step {
        match self {
            Self::Whole(answer) => answer.take().map_or(Step::Ended, Step::Event),
            Self::Events(parser) => match parser.next() {
                None => Step::Pending,
                Some(event) if event.name == b"complete" => Step::Ended,
                Some(event) if event.data.is_empty() => Step::Pending,
                Some(event) => Step::Event(event.data),
            },
            Self::Parts(parser) => loop {
                match parser.next() {
                    Part::Object(object) => match unwrapped(object) {
                        Step::Pending => {}
                        step => break step,
                    },
                    Part::Pending => break Step::Pending,
                    Part::Ended => break Step::Ended,
                    Part::Malformed => break Step::Malformed("a part holds no JSON object"),
                }
            },
        }
    }
}

/// The event in a part: the part itself, or what it wraps. An empty object keeps the connection alive.
fn unwrapped(object: Bytes) -> Step {
    let Ok(wrapped) = serde_json::from_slice::<Wrapped<'_>>(&object) else {
        return Step::Malformed("a part holds no valid JSON");
    };
    match wrapped.payload {
        Some(payload) => Step::Event(object.slice_ref(payload.get().as_bytes())),
        None if object.get(1..).unwrap_or_default().trim_ascii() == b"}" => Step::Pending,
        // Not wrapped, or the reason why the stream ends.
        None => Step::Event(object),
    }
}

#[cfg(test)]
fn check(object: &'static str, expected: Option<&str>) {
    let event = match unwrapped(Bytes::from_static(object.as_bytes())) {
        Step::Event(event) => Some(event),
        _ => None,
    };
    assert_eq!(event.as_deref(), expected.map(str::as_bytes), "{object}");
}

#[test]
fn parts_may_wrap_their_event() {
    check("{}", None);
    check("{ }", None);
    check("{\"payload\":{\"data\":1}}", Some("{\"data\":1}"));
    check(
        "{\"data\":1,\"hasNext\":true}",
        Some("{\"data\":1,\"hasNext\":true}"),
    );
    check(
        "{\"payload\":null,\"errors\":[{}]}",
        Some("{\"payload\":null,\"errors\":[{}]}"),
    );
}
