//! A key set that another service publishes, fetched now and then and never per request.
//!
//! ```text
//! start ──fetch fails──▶ wait, twice as long each time ──▶ fetch …
//! start ──fetch works──▶ refresh every few minutes (so that a withdrawn key goes away)
//! token with an unknown key ──▶ fetch once more, but not more often than every ten seconds
//! ```

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde::Deserialize;
use tokio::time::Instant;

use super::TokenError;

/// How often the set is fetched when nothing asks for it.
const REFRESH_INTERVAL: Duration = Duration::from_secs(300);

/// How long an unknown key must wait after the last fetch: nobody can make us hammer the
/// publisher by inventing key ids.
const UNKNOWN_KEY_INTERVAL: Duration = Duration::from_secs(10);

/// The same while there is no key at all, for instance when both services just started.
const NO_KEYS_INTERVAL: Duration = Duration::from_millis(250);

const FIRST_RETRY: Duration = Duration::from_millis(200);
const LAST_RETRY: Duration = Duration::from_secs(30);
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);

/// A larger answer is no key set.
const MAX_BYTES: usize = 256 * 1024;

/// Why a key set could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The HTTP client could not be made.
    #[error("cannot make an HTTP client")]
    Client(#[source] reqwest::Error),
    /// The request failed, or its status was not a success.
    #[error("the request failed")]
    Request(#[from] reqwest::Error),
    /// The answer is too large to be a key set.
    #[error("the answer is larger than {MAX_BYTES} bytes")]
    TooLarge,
    /// The answer is not a key set.
    #[error("the answer is not a key set")]
    NotAKeySet(#[from] serde_json::Error),
}

/// A published key set and what we know of it.
#[derive(Debug)]
pub struct RemoteKeySet {
    url: String,
    client: reqwest::Client,
    /// None until the first fetch worked.
    keys: RwLock<Option<Arc<JwkSet>>>,
    /// When the last fetch began; also makes fetches take turns.
    last_fetch: tokio::sync::Mutex<Option<Instant>>,
}

impl RemoteKeySet {
    /// Begins to fetch the set at `url`, and keeps it fresh for as long as it is held.
    ///
    /// # Errors
    /// When no HTTP client can be made. That the set cannot be fetched yet is no error.
    pub fn start(url: impl Into<String>) -> Result<Arc<Self>, FetchError> {
        // Fails when the process has a provider already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .timeout(FETCH_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(FetchError::Client)?;
        let set = Arc::new(RemoteKeySet {
            url: url.into(),
            client,
            keys: RwLock::new(None),
            last_fetch: tokio::sync::Mutex::new(None),
        });
        let watched = Arc::downgrade(&set);
        tokio::spawn(async move {
            let mut retry = FIRST_RETRY;
            // Ends when nobody holds the set any more.
            while let Some(set) = watched.upgrade() {
                let pause = if set.fetch_now().await {
                    retry = FIRST_RETRY;
                    REFRESH_INTERVAL
                } else {
                    let pause = retry;
                    retry = (retry * 2).min(LAST_RETRY);
                    pause
                };
                drop(set);
                tokio::time::sleep(pause).await;
            }
        });
        Ok(set)
    }

    /// The key of that id, fetching the set again if it is unknown and that was not tried
    /// just now.
    ///
    /// # Errors
    /// [`TokenError::Invalid`] for an unknown key, [`TokenError::KeysUnavailable`] when there
    /// is no key set at all.
    pub async fn find(&self, key_id: &str) -> Result<Jwk, TokenError> {
        if let Some(key) = self.known(key_id) {
            return Ok(key);
        }
        let mut last_fetch = self.last_fetch.lock().await;
        // Somebody may have fetched while we waited for our turn.
        if let Some(key) = self.known(key_id) {
            return Ok(key);
        }
        let interval = if self.is_available() {
            UNKNOWN_KEY_INTERVAL
        } else {
            NO_KEYS_INTERVAL
        };
        if last_fetch.is_none_or(|at| at.elapsed() >= interval) {
            *last_fetch = Some(Instant::now());
            self.fetch_and_log().await;
        }
        drop(last_fetch);
        match self.known(key_id) {
            Some(key) => Ok(key),
            None if self.is_available() => Err(TokenError::Invalid),
            None => Err(TokenError::KeysUnavailable),
        }
    }

    /// Whether a set was fetched at all.
    pub fn is_available(&self) -> bool {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some()
    }

    fn known(&self, key_id: &str) -> Option<Jwk> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.as_ref()?.find(key_id).cloned()
    }

    /// Fetches the set unless it was fetched just now; false when there is none to be had.
    async fn fetch_now(&self) -> bool {
        let mut last_fetch = self.last_fetch.lock().await;
        if self.is_available() && last_fetch.is_some_and(|at| at.elapsed() < UNKNOWN_KEY_INTERVAL) {
            // A request was faster than us.
            return true;
        }
        *last_fetch = Some(Instant::now());
        self.fetch_and_log().await
    }

    async fn fetch_and_log(&self) -> bool {
        match self.fetch().await {
            Ok(set) => {
                tracing::debug!(keys = set.keys.len(), url = %self.url, "fetched the key set");
                *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(set));
                true
            }
            Err(error) => {
                let error = crate::errors::chain(&error);
                tracing::warn!(%error, url = %self.url, "the key set could not be fetched");
                false
            }
        }
    }

    async fn fetch(&self) -> Result<JwkSet, FetchError> {
        let mut response = self
            .client
            .get(&self.url)
            .send()
            .await?
            .error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        let published: Published = serde_json::from_slice(&body)?;
        // A key we cannot read is none of our business (RFC 7517, section 5).
        let known = |key| serde_json::from_value::<Jwk>(key).ok();
        Ok(JwkSet {
            keys: published.keys.into_iter().filter_map(known).collect(),
        })
    }
}

/// A key set before its keys are understood.
#[derive(Deserialize)]
struct Published {
    keys: Vec<serde_json::Value>,
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::Json;
    use axum::routing::get;
    use serde_json::{Value, json};

    use super::*;

    fn key(id: &str) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": id,
                "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
    }

    /// Publishes whatever is in the set, and counts who asks.
    async fn publisher(keys: Arc<RwLock<Vec<Value>>>) -> (String, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counter = asked.clone();
        let route = get(move || {
            counter.fetch_add(1, Ordering::SeqCst);
            let keys = keys.read().expect("not poisoned").clone();
            async move { Json(json!({ "keys": keys })) }
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("binds");
        let url = format!("http://{}/keys", listener.local_addr().expect("bound"));
        let app = axum::Router::new().route("/keys", route);
        tokio::spawn(async move { axum::serve(listener, app).await });
        (url, asked)
    }

    #[tokio::test]
    async fn known_keys_cost_no_request_and_unknown_ones_at_most_one() {
        let keys = Arc::new(RwLock::new(vec![key("old")]));
        let (url, asked) = publisher(keys.clone()).await;
        let set = RemoteKeySet::start(url).expect("a client");
        assert!(set.find("old").await.is_ok());
        let fetched = asked.load(Ordering::SeqCst);
        for _ in 0..20 {
            assert!(set.find("old").await.is_ok());
            assert_eq!(set.find("made-up").await, Err(TokenError::Invalid));
        }
        assert_eq!(
            asked.load(Ordering::SeqCst),
            fetched,
            "the interval has not passed"
        );
    }

    #[tokio::test]
    async fn a_new_key_is_found_once_the_interval_has_passed() {
        let keys = Arc::new(RwLock::new(vec![key("old")]));
        let (url, _) = publisher(keys.clone()).await;
        let set = RemoteKeySet::start(url).expect("a client");
        assert!(set.find("old").await.is_ok());
        keys.write().expect("not poisoned").push(key("new"));
        assert_eq!(set.find("new").await, Err(TokenError::Invalid));
        // As if ten seconds had gone by.
        *set.last_fetch.lock().await = None;
        assert!(set.find("new").await.is_ok());
    }

    #[tokio::test]
    async fn keys_we_cannot_read_do_not_hide_the_others() {
        let unknown_kind = json!({ "kty": "XYZ", "kid": "strange" });
        let broken = json!({ "kty": 7, "kid": ["strange"] });
        let keys = Arc::new(RwLock::new(vec![unknown_kind, broken, key("ours")]));
        let (url, _) = publisher(keys).await;
        let set = RemoteKeySet::start(url).expect("a client");
        assert!(set.find("ours").await.is_ok());
    }

    #[tokio::test]
    async fn without_a_publisher_nothing_can_be_verified() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("binds");
        let nobody = format!("http://{}/keys", listener.local_addr().expect("bound"));
        drop(listener);
        let set = RemoteKeySet::start(nobody).expect("a client");
        assert_eq!(set.find("any").await, Err(TokenError::KeysUnavailable));
    }
}
