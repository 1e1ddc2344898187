//! One published key set: fetched in the background, again at intervals, and at once when a token
//! names a key that is not in it, for then the keys have probably been rotated.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::JwksConfig;
use crate::subgraph_client::HttpClient;

/// A key set is small; more is somebody's mistake.
const MAX_BYTES: usize = 1024 * 1024;
const FETCH_TIMEOUT: Duration = Duration::from_secs(5);
/// Tokens with made-up key ids must not make the router fetch for each of them.
const LEAST_BETWEEN_FETCHES: Duration = Duration::from_secs(5);
/// Without any keys nobody with a token is served, so more is tried, for as long as a request waits.
const LEAST_BETWEEN_FIRST_FETCHES: Duration = Duration::from_millis(200);
const WAIT_FOR_FIRST_KEYS: Duration = Duration::from_secs(2);
/// After a failure the next try comes sooner than the interval, and later each time.
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_secs(30);

/// A key that can verify signatures.
pub(super) struct Key {
    pub(super) id: Option<String>,
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

/// Keys say nothing of themselves.
impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}

/// A key set with where it comes from.
#[derive(Debug)]
pub(super) struct KeySet {
    pub(super) config: JwksConfig,
    client: HttpClient,
    /// None until it has been fetched once.
    keys: ArcSwapOption<Vec<Key>>,
    fetching: Mutex<Fetching>,
}

/// What is known of the last fetch; whoever holds the lock fetches.
#[derive(Debug, Default)]
struct Fetching {
    last: Option<Instant>,
    last_text: Option<bytes::Bytes>,
}

impl KeySet {
    pub(super) fn new(config: JwksConfig, client: HttpClient) -> Self {
        Self {
            config,
            client,
            keys: ArcSwapOption::empty(),
            fetching: Mutex::default(),
        }
    }

    /// The keys, if they are there.
    pub(super) fn keys(&self) -> Option<Arc<Vec<Key>>> {
        self.keys.load_full()
    }

    /// Fetches for ever; `changed` is called when the keys are not the ones before.
    pub(super) async fn keep_fresh(&self, changed: impl Fn()) {
        let mut retry = FIRST_RETRY;
        loop {
            let wait = match self.fetch().await {
                Ok(new) => {
                    if new {
                        changed();
                    }
                    retry = FIRST_RETRY;
                    self.config.poll_interval.0.max(LEAST_BETWEEN_FETCHES)
                }
                Err(reason) => {
                    tracing::warn!(
                        url.full = %self.config.url,
                        "the key set cannot be fetched: {reason}; trying again in {} ms",
                        retry.as_millis()
                    );
                    let wait = retry;
                    retry = (retry * 2).min(LONGEST_RETRY);
                    wait
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Fetches at once unless that has just been done. True when the keys are not the ones before.
    ///
    /// While there are no keys at all, as when everything has just been started, it waits a little
    /// for the issuer to come up.
    pub(super) async fn refresh(&self) -> bool {
        let until = Instant::now() + WAIT_FOR_FIRST_KEYS;
        loop {
            let had_keys = self.keys().is_some();
            let least = if had_keys {
                LEAST_BETWEEN_FETCHES
            } else {
                LEAST_BETWEEN_FIRST_FETCHES
            };
            let changed = self.fetch_after(least).await;
            if changed || had_keys || self.keys().is_some() || Instant::now() >= until {
                return changed;
            }
            tokio::time::sleep(LEAST_BETWEEN_FIRST_FETCHES).await;
        }
    }

    /// Fetches unless the last fetch began less than `least` ago.
    async fn fetch_after(&self, least: Duration) -> bool {
        {
            let fetching = self.fetching.lock().await;
            if fetching.last.is_some_and(|last| last.elapsed() < least) {
                return false;
            }
        }
        self.fetch().await.unwrap_or(false)
    }

    async fn fetch(&self) -> Result<bool, String> {
        let mut fetching = self.fetching.lock().await;
        fetching.last = Some(Instant::now());
        let text = self
            .client
            .get(&self.config.url.0, FETCH_TIMEOUT, MAX_BYTES)
            .await?;
        if fetching.last_text.as_ref() == Some(&text) {
            return Ok(false);
        }
        let keys = read(&text)?;
        tracing::info!(url.full = %self.config.url, keys = keys.len(), "key set fetched");
        self.keys.store(Some(Arc::new(keys)));
        fetching.last_text = Some(text);
        Ok(true)
    }
}

/// Reads a key set. Keys of kinds we do not know are left out, as RFC 7517 section 5 asks.
fn read(text: &[u8]) -> Result<Vec<Key>, String> {
    #[derive(serde::Deserialize)]
    struct Set {
        keys: Vec<serde_json::Value>,
    }
    let set: Set =
        serde_json::from_slice(text).map_err(|error| format!("it is no key set: {error}"))?;
    Ok(set
        .keys
        .into_iter()
        .filter_map(|value| serde_json::from_value::<Jwk>(value).ok())
        .filter_map(|jwk| key(&jwk))
        .collect())
}

fn key(jwk: &Jwk) -> Option<Key> {
    if matches!(&jwk.common.public_key_use, Some(it) if *it != PublicKeyUse::Signature) {
        return None;
    }
    let possible: &[Algorithm] = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => &[
            Algorithm::RS256,
            Algorithm::RS384,
            Algorithm::RS512,
            Algorithm::PS256,
            Algorithm::PS384,
            Algorithm::PS512,
        ],
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => &[Algorithm::ES256],
            EllipticCurve::P384 => &[Algorithm::ES384],
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            &[Algorithm::EdDSA]
        }
        // A shared secret in a published set would let everybody sign.
        _ => return None,
    };
    let algorithms: Vec<Algorithm> = match jwk
        .common
        .key_algorithm
        .as_ref()
        .and_then(|it| it.to_string().parse().ok())
    {
        Some(named) => possible.iter().copied().filter(|it| *it == named).collect(),
        None => possible.to_vec(),
    };
    if algorithms.is_empty() {
        return None;
    }
    Some(Key {
        id: jwk.common.key_id.clone(),
        algorithms,
        key: DecodingKey::from_jwk(jwk).ok()?,
    })
}

#[test]
fn unknown_and_unfit_keys_are_left_out() {
    let keys = read(
        br#"{"keys":[
            {"kty":"OKP","crv":"Ed25519","kid":"a","alg":"EdDSA","use":"sig","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty":"OKP","crv":"Ed25519","kid":"b","use":"enc","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty":"oct","kid":"c","k":"c2VjcmV0"},
            {"kty":"NEW","kid":"d"},
            3
        ]}"#,
    )
    .unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].id.as_deref(), Some("a"));
    assert_eq!(keys[0].algorithms, [Algorithm::EdDSA]);
    assert!(read(b"{}").is_err());
    assert!(read(b"<html>").is_err());
}
