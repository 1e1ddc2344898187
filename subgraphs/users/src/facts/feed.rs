//! `GET /facts`: the facts in their order, by cursor, for services that hold a token.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use kit::server::Refusal;
use kit::{Code, Failure};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::Told;
use crate::store::{FactFeed, RecordedFact, Store};

/// Where the feed is.
pub const PATH: &str = "/facts";

/// Facts in one answer, unless the reader says otherwise, and at most.
const USUAL_LIMIT: u64 = 100;
const MAX_LIMIT: u64 = 1_000;

/// Facts that are counted at most when a reader is told how many remain.
const MOST_REMAINING: u64 = 10_000;

/// Seconds that a reader may have to wait for a fact; less than a service takes to end.
const MAX_WAIT: u64 = 5;

/// How often a reader that waits is looked after.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);

/// Characters a token must have.
const MIN_TOKEN: usize = 16;

/// The tokens that open the feed; only their hashes are kept. Without any it is closed.
#[derive(Clone, Default)]
pub struct FeedTokens(Vec<[u8; 32]>);

/// A token is too easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token for the feed of facts needs at least {MIN_TOKEN} characters")]
pub struct TokenTooShort;

impl FeedTokens {
    /// These tokens; several, so that one can be replaced while the other is in use.
    ///
    /// # Errors
    /// When one is too short.
    pub fn new(tokens: &[String]) -> Result<Self, TokenTooShort> {
        let tokens = tokens.iter().map(|token| {
            if token.len() < MIN_TOKEN {
                return Err(TokenTooShort);
            }
            Ok(Sha256::digest(token).into())
        });
        tokens.collect::<Result<_, _>>().map(FeedTokens)
    }

    /// Hashes are compared, so how long it takes tells nothing about a token.
    fn contain(&self, token: &str) -> bool {
        let hash: [u8; 32] = Sha256::digest(token).into();
        self.0.contains(&hash)
    }
}

impl fmt::Debug for FeedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FeedTokens({})", self.0.len())
    }
}

#[derive(Debug)]
struct Feed {
    store: Store,
    tokens: FeedTokens,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    after: Option<i64>,
    limit: Option<u64>,
    wait: Option<u64>,
}

/// The routes of the feed. Reading it counts as no request's statements.
pub fn routes(store: &Store, tokens: FeedTokens) -> Router {
    let feed = Feed {
        store: Store::new(store.database().uncounted()),
        tokens,
    };
    Router::new().route(PATH, get(answer).with_state(Arc::new(feed)))
}

async fn answer(
    State(feed): State<Arc<Feed>>,
    headers: HeaderMap,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Refusal> {
    authenticate(&feed.tokens, &headers)?;
    let Query(asked) = asked.map_err(|rejection| bad_request(rejection.body_text()))?;
    let limit = asked.limit.unwrap_or(USUAL_LIMIT);
    if limit == 0 || limit > MAX_LIMIT {
        return Err(bad_request(format!(
            "`limit` must be from 1 to {MAX_LIMIT}"
        )));
    }
    let wait = asked.wait.unwrap_or(0);
    if wait > MAX_WAIT {
        return Err(bad_request(format!(
            "`wait` must be at most {MAX_WAIT} seconds"
        )));
    }
    let facts = read(&feed.store, asked.after, limit, Duration::from_secs(wait)).await?;
    let next = facts
        .last()
        .map(|fact| fact.position)
        .or(asked.after)
        .map(|position| position.to_string());
    let more = u64::try_from(facts.len()).is_ok_and(|count| count == limit);
    let remaining = match facts.last() {
        Some(last) if more => count_after(&feed.store, last.position).await?,
        _ => 0,
    };
    let facts: Vec<_> = facts.iter().map(Told::from).collect();
    let body = Json(json!({
        "facts": facts, "next": next, "more": more, "remaining": remaining,
    }));
    Ok(([(header::CACHE_CONTROL, "no-store")], body).into_response())
}

/// Reads, and reads again while there is nothing and the reader waits.
async fn read(
    store: &Store,
    after: Option<i64>,
    limit: u64,
    wait: Duration,
) -> Result<Vec<RecordedFact>, Refusal> {
    let end = Instant::now() + wait;
    loop {
        match store.facts(after, limit).await {
            Ok(FactFeed::Facts(facts)) if facts.is_empty() && Instant::now() < end => {
                tokio::time::sleep(LOOK_INTERVAL).await;
            }
            Ok(FactFeed::Facts(facts)) => return Ok(facts),
            Ok(FactFeed::Forgotten) => {
                return Err(Refusal::new(
                    StatusCode::GONE,
                    Code::NotFound,
                    "Facts after this cursor were forgotten: begin again without a cursor, and compare what you have",
                ));
            }
            Err(failure) => return Err(unavailable(&failure)),
        }
    }
}

/// How many facts follow, up to a bound.
async fn count_after(store: &Store, position: i64) -> Result<u64, Refusal> {
    let count = store.count_facts(position, MOST_REMAINING).await;
    count.map_err(|failure| unavailable(&failure))
}

fn unavailable(failure: &Failure) -> Refusal {
    let error = failure.in_full();
    tracing::error!(error, "the facts could not be read");
    Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        Code::InternalServerError,
        kit::errors::MASKED_MESSAGE,
    )
}

fn authenticate(tokens: &FeedTokens, headers: &HeaderMap) -> Result<(), Refusal> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    match token {
        Some(token) if tokens.contain(token) => Ok(()),
        _ => Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            Code::Unauthenticated,
            "The feed of facts is for services that hold one of its tokens",
        )),
    }
}

fn bad_request(message: String) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, Code::BadRequest, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_never_shown() {
        let token = "0123456789abcdef".to_owned();
        let tokens = FeedTokens::new(std::slice::from_ref(&token)).expect("long enough");
        assert!(tokens.contain(&token));
        assert!(!tokens.contain("0123456789abcdeF"));
        assert!(!tokens.contain(""));
        assert!(!FeedTokens::default().contain(""));
        assert_eq!(format!("{tokens:?}"), "FeedTokens(1)");
        let short = FeedTokens::new(&["short".to_owned()]);
        assert_eq!(short.err(), Some(TokenTooShort));
    }
}
