//! The feed over HTTP: `GET /facts` of the users service, by cursor.

use std::time::Duration;

use super::feed::{Batch, Feed, ReadError, Told};
use super::users::{FactsAnswer, UsersService};
use crate::facts::fact;
use crate::store::facts::Reached;

/// The feed over HTTP.
#[derive(Clone, Debug)]
pub struct HttpFeed(UsersService);

impl HttpFeed {
    /// The feed of this service; `None` without a token for it.
    pub fn new(users: &UsersService) -> Option<Self> {
        users.has_token().then(|| HttpFeed(users.clone()))
    }
}

impl Feed for HttpFeed {
    async fn read(&mut self, after: Option<Reached>, wait: Duration) -> Result<Batch, ReadError> {
        let after = after.map(|it| it.position);
        let page = match self.0.facts(after, wait).await? {
            FactsAnswer::Page(page) => page,
            FactsAnswer::Forgotten => return Err(ReadError::Forgotten),
        };
        if page.facts.is_empty() {
            return Ok(Batch::default());
        }
        let next = page.next.as_deref().and_then(fact::position);
        // Without it one could not go on behind a bad fact.
        let next = next.ok_or_else(|| anyhow::anyhow!("the feed does not say where it goes on"))?;
        // Or one would ask for ever.
        if after.is_some_and(|after| next <= after) {
            return Err(anyhow::anyhow!("the feed does not go on").into());
        }
        let end = Reached {
            position: next,
            stream_sequence: None,
        };
        let told = |fact| Told {
            fact,
            stream_sequence: None,
        };
        Ok(Batch {
            facts: page.facts.into_iter().map(told).collect(),
            end: Some(end),
            remaining: page.remaining.unwrap_or(u64::from(page.more)),
        })
    }
}
