//! The users service as its neighbours see it: its feed of facts, and its graph.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use reqwest::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::feed::BATCH;
use crate::ids::UserId;

/// How long an answer may take, beside the time for which a reader waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// A longer answer is none of the users service's.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Seconds that the feed lets a reader wait.
const MAX_WAIT: u64 = 5;

const COUNTRIES: &str = "query Countries($users: [_Any!]!) {
    _entities(representations: $users) { ... on User { id country } }
}";

/// A client of the users service. Clones share connections.
#[derive(Clone)]
pub struct UsersService {
    url: String,
    token: Option<String>,
    client: reqwest::Client,
}

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The URL is none that HTTP reaches.
    #[error("the URL of the users service must begin with http:// or https://, and is {0}")]
    Url(String),
    /// The HTTP client could not be made.
    #[error("cannot make an HTTP client")]
    Client(#[from] reqwest::Error),
}

/// What the feed answers.
#[derive(Debug)]
pub(super) enum FactsAnswer {
    Page(FactsPage),
    /// Facts after the cursor are not there any more.
    Forgotten,
}

/// Facts, and where to go on.
#[derive(Debug, Deserialize)]
pub(super) struct FactsPage {
    pub(super) facts: Vec<Value>,
    pub(super) next: Option<String>,
    pub(super) more: bool,
    /// How many more there are, where the feed says so.
    pub(super) remaining: Option<u64>,
}

impl fmt::Debug for UsersService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsersService")
            .field("url", &self.url)
            .field("token", &self.token.is_some())
            .finish_non_exhaustive()
    }
}

impl UsersService {
    /// The service at this URL, and the token for its facts.
    ///
    /// # Errors
    /// When the URL is none of HTTP, or no client can be made.
    pub fn new(url: &str, token: Option<&str>) -> Result<Self, ClientError> {
        let is_http = url.starts_with("http://") || url.starts_with("https://");
        if !is_http {
            return Err(ClientError::Url(url.to_owned()));
        }
        // Fails when the process has a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(PATIENCE + Duration::from_secs(MAX_WAIT))
            .connect_timeout(PATIENCE)
            // The token is for nobody else.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(UsersService {
            url: url.trim_end_matches('/').to_owned(),
            token: token.map(str::to_owned),
            client,
        })
    }

    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// What the feed tells after a place, or from its beginning.
    pub(super) async fn facts(
        &self,
        after: Option<i64>,
        wait: Duration,
    ) -> anyhow::Result<FactsAnswer> {
        let mut request = self.client.get(format!("{}/facts", self.url)).query(&[
            ("limit", BATCH as u64),
            ("wait", wait.as_secs().min(MAX_WAIT)),
        ]);
        if let Some(after) = after {
            request = request.query(&[("after", after)]);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.context("asking for facts")?;
        match response.status() {
            StatusCode::OK => Ok(FactsAnswer::Page(read(response).await?)),
            StatusCode::GONE => Ok(FactsAnswer::Forgotten),
            StatusCode::UNAUTHORIZED => anyhow::bail!("the feed does not take the token for facts"),
            status => anyhow::bail!("the feed answers with {status}"),
        }
    }

    /// From where these users listen, as the users service has it now. Users whom it does not know
    /// are left out.
    ///
    /// # Errors
    /// When it does not answer for all of them.
    pub async fn countries(
        &self,
        users: &[UserId],
    ) -> anyhow::Result<HashMap<UserId, Option<String>>> {
        if users.is_empty() {
            return Ok(HashMap::new());
        }
        let representation = |user: &UserId| json!({ "__typename": "User", "id": user.as_str() });
        let representations: Vec<_> = users.iter().map(representation).collect();
        let question = json!({ "query": COUNTRIES, "variables": { "users": representations } });
        let request = self.client.post(format!("{}/graphql", self.url));
        let response = request.json(&question).send().await;
        let answer: Value = read(response.context("asking for users")?).await?;
        // A user who is not there is null without an error; anything else is for another time.
        ensure!(
            answer.get("errors").is_none(),
            "the users service answers with errors"
        );
        let entities = answer["data"]["_entities"].as_array();
        let entities = entities.context("the users service answers without data")?;
        ensure!(
            entities.len() == users.len(),
            "the users service answers for others than were asked for"
        );
        let mut countries = HashMap::new();
        for (user, entity) in users.iter().zip(entities) {
            if entity.is_null() {
                continue;
            }
            ensure!(
                entity["id"] == user.as_str(),
                "the users service answers for another user"
            );
            let country = entity["country"].as_str().filter(|it| is_country(it));
            countries.insert(user.clone(), country.map(str::to_owned));
        }
        Ok(countries)
    }
}

/// Whether this has the shape of a code of ISO 3166-1 alpha-2.
fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|it| it.is_ascii_uppercase())
}

/// Reads a JSON answer of bounded length.
async fn read<T: DeserializeOwned>(mut response: reqwest::Response) -> anyhow::Result<T> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.context("reading an answer")? {
        ensure!(
            body.len() + chunk.len() <= MAX_BYTES,
            "the answer is longer than {MAX_BYTES} bytes"
        );
        body.extend_from_slice(&chunk);
    }
    serde_json::from_slice(&body).context("understanding an answer")
}
