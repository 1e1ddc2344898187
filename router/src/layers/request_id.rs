//! Gives each request an id, so that the client's view, our log and the subgraphs' logs meet.

use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue};

use crate::http::{Handler, Request, Response};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Longer ids are replaced: they end up in logs and in every subgraph request.
const LONGEST: usize = 128;

/// Keeps the client's `x-request-id`, or makes one, and repeats it in the response.
#[derive(Debug)]
pub(crate) struct RequestId<H> {
    next: H,
    /// Ids are this process's random prefix and a count: unique, and cheap to make.
    prefix: u64,
    count: AtomicU64,
}

impl<H> RequestId<H> {
    pub(crate) fn new(next: H) -> Self {
        Self {
            next,
            prefix: RandomState::new().hash_one(std::process::id()),
            count: AtomicU64::new(0),
        }
    }

    fn make(&self) -> HeaderValue {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let mut text = String::with_capacity(24);
        let _ = write!(text, "{:016x}{count:08x}", self.prefix);
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("0"))
    }
}

impl<H: Handler> Handler for RequestId<H> {
    async fn handle(&self, mut request: Request) -> Response {
        let id = match request.headers().get(&X_REQUEST_ID) {
            Some(id) if is_acceptable(id) => id.clone(),
            _ => {
                let id = self.make();
                request.headers_mut().insert(X_REQUEST_ID, id.clone());
                id
            }
        };
        let mut response = self.next.handle(request).await;
        response.headers_mut().insert(X_REQUEST_ID, id);
        response
    }
}

fn is_acceptable(id: &HeaderValue) -> bool {
    let bytes = id.as_bytes();
    !bytes.is_empty()
        && bytes.len() <= LONGEST
        && bytes.iter().all(|it| {
            it.is_ascii_alphanumeric()
                || matches!(it, b'-' | b'_' | b'.' | b':' | b'/' | b'+' | b'=')
        })
}

#[test]
fn odd_ids_are_not_repeated() {
    assert!(is_acceptable(&HeaderValue::from_static("7f3a-99")));
    assert!(!is_acceptable(&HeaderValue::from_static("")));
    assert!(!is_acceptable(&HeaderValue::from_static("a b")));
    assert!(!is_acceptable(&HeaderValue::from_static("\"x\"")));
    assert!(!is_acceptable(
        &HeaderValue::try_from("x".repeat(200)).unwrap()
    ));
}
