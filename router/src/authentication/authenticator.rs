//! From a request's header to a verified token, or the reason why not.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderName};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Header, Validation, decode, decode_header};
use serde::Deserialize;
use tokio::task::JoinSet;

use super::JwtConfig;
use super::expiry::Expiry;
use super::key_set::{Key, KeySet};
use super::verified::VerifiedTokens;
use crate::subgraph_client::HttpClient;

/// Longer ones are refused unread.
const LONGEST_TOKEN: usize = 16 * 1024;

/// Why a request is refused. The texts go to the client and hold nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The header is not `Bearer <token>`.
    #[error("The authorization header must hold the word Bearer and a token.")]
    Scheme,
    /// It is no JWT, or one with an algorithm that cannot be.
    #[error("The token is not a well-formed JSON Web Token.")]
    Malformed,
    /// No key of any issuer made its signature.
    #[error("The token's signature is not valid.")]
    Signature,
    /// It is over.
    #[error("The token has expired.")]
    Expired,
    /// It is not valid yet.
    #[error("The token is not valid yet.")]
    TooEarly,
    /// It was made by or for somebody else.
    #[error("The token is not meant for this service.")]
    OtherParty,
    /// The keys have not been fetched yet.
    #[error("The issuer's keys are not available.")]
    KeysUnavailable,
}

/// Verifies bearer tokens. Dropping it stops fetching keys.
#[derive(Debug)]
pub(crate) struct Authenticator {
    header: HeaderName,
    prefix: String,
    key_sets: Arc<Vec<KeySet>>,
    verified: Arc<VerifiedTokens>,
    /// Aborted when dropped.
    _fetchers: JoinSet<()>,
}

impl Authenticator {
    /// None when no key set is configured. Starts fetching keys in the background.
    ///
    /// Fails with a sentence when the header's name is none.
    pub(crate) fn start(config: &JwtConfig, client: &HttpClient) -> Result<Option<Self>, String> {
        if config.jwks.is_empty() {
            return Ok(None);
        }
        let header = config.header_name.parse().map_err(|_| {
            format!(
                "`authentication.router.jwt.header_name`: `{}` is no header name",
                config.header_name
            )
        })?;
        let key_sets: Arc<Vec<KeySet>> = Arc::new(
            config
                .jwks
                .iter()
                .map(|jwks| KeySet::new(jwks.clone(), client.clone()))
                .collect(),
        );
        let verified = Arc::new(VerifiedTokens::default());
        let mut fetchers = JoinSet::new();
        for index in 0..key_sets.len() {
            let key_sets = Arc::clone(&key_sets);
            let verified = Arc::clone(&verified);
            fetchers.spawn(async move {
                // A key that is gone must not go on vouching for tokens it once signed.
                key_sets[index].keep_fresh(|| verified.clear()).await;
            });
        }
        Ok(Some(Self {
            header,
            prefix: config.header_value_prefix.clone(),
            key_sets,
            verified,
            _fetchers: fetchers,
        }))
    }

    /// Until when a request with these headers may be answered: as long as its token is good, and for
    /// ever if it has none.
    pub(crate) async fn check(&self, headers: &HeaderMap) -> Result<Expiry, Refusal> {
        let mut values = headers.get_all(&self.header).iter();
        let Some(value) = values.next() else {
            return Ok(Expiry::default());
        };
        if values.next().is_some() {
            // Which one a subgraph would believe is anybody's guess.
            return Err(Refusal::Scheme);
        }
        let token = value
            .to_str()
            .ok()
            .and_then(|value| strip_prefix(value.trim(), &self.prefix))
            .filter(|token| !token.is_empty())
            .ok_or(Refusal::Scheme)?;
        if token.len() > LONGEST_TOKEN {
            return Err(Refusal::Malformed);
        }
        let now = now();
        if let Some(expires) = self.verified.expiry(token, now) {
            return Ok(Expiry::at(expires));
        }
        let expires = self.verify(token).await?;
        self.verified.insert(token, expires, now);
        Ok(Expiry::at(expires))
    }

    /// The second at which the token expires.
    async fn verify(&self, token: &str) -> Result<u64, Refusal> {
        let header = decode_header(token).map_err(|_| Refusal::Malformed)?;
        let first = self.try_keys(token, &header);
        // A key we do not know, or no keys yet: they may have been published since we last looked.
        if !matches!(first, Err(Refusal::Signature | Refusal::KeysUnavailable)) {
            return first;
        }
        let mut fetched = false;
        for key_set in self.key_sets.iter() {
            if !knows(key_set, &header) {
                if key_set.refresh().await {
                    self.verified.clear();
                }
                // By us, or by another request that we have waited for.
                fetched |= knows(key_set, &header);
            }
        }
        if fetched {
            return self.try_keys(token, &header);
        }
        first
    }

    fn try_keys(&self, token: &str, header: &Header) -> Result<u64, Refusal> {
        // The most telling refusal is kept: an expired token of a known key is "expired".
        let mut refusal = None;
        let mut unavailable = false;
        for key_set in self.key_sets.iter() {
            let Some(keys) = key_set.keys() else {
                unavailable = true;
                continue;
            };
            for key in keys.iter().filter(|key| fits(key, header)) {
                match verify_with(token, key, key_set) {
                    Ok(expires) => return Ok(expires),
                    Err(Refusal::Signature) => {}
                    Err(other) => refusal = Some(other),
                }
            }
        }
        Err(refusal.unwrap_or(if unavailable {
            Refusal::KeysUnavailable
        } else {
            Refusal::Signature
        }))
    }
}

/// Whether a key could have made the signature.
fn fits(key: &Key, header: &Header) -> bool {
    let same_id = match (&header.kid, &key.id) {
        (Some(wanted), Some(id)) => wanted == id,
        // A key or token without an id matches any; the signature decides.
        _ => true,
    };
    same_id && key.algorithms.contains(&header.alg)
}

fn knows(key_set: &KeySet, header: &Header) -> bool {
    key_set
        .keys()
        .is_some_and(|keys| keys.iter().any(|key| fits(key, header)))
}

fn verify_with(token: &str, key: &Key, key_set: &KeySet) -> Result<u64, Refusal> {
    #[derive(Deserialize)]
    struct Claims {
        exp: u64,
    }
    let mut validation = Validation::default();
    validation.algorithms.clone_from(&key.algorithms);
    validation.leeway = 0;
    validation.validate_nbf = true;
    validation.validate_aud = !key_set.config.audiences.is_empty();
    if validation.validate_aud {
        validation.set_audience(&key_set.config.audiences);
        validation.required_spec_claims.insert("aud".to_owned());
    }
    if !key_set.config.issuers.is_empty() {
        validation.set_issuer(&key_set.config.issuers);
        validation.required_spec_claims.insert("iss".to_owned());
    }
    match decode::<Claims>(token, &key.key, &validation) {
        Ok(verified) => Ok(verified.claims.exp),
        Err(error) => Err(match error.kind() {
            ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm => Refusal::Signature,
            ErrorKind::ExpiredSignature => Refusal::Expired,
            ErrorKind::ImmatureSignature => Refusal::TooEarly,
            ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => Refusal::OtherParty,
            ErrorKind::MissingRequiredClaim(claim) if claim == "iss" || claim == "aud" => {
                Refusal::OtherParty
            }
            _ => Refusal::Malformed,
        }),
    }
}

/// What follows the prefix and a blank. Schemes are compared without case (RFC 9110, 11.1).
fn strip_prefix<'v>(value: &'v str, prefix: &str) -> Option<&'v str> {
    if prefix.is_empty() {
        return Some(value);
    }
    let (word, token) = value.split_once(' ')?;
    word.eq_ignore_ascii_case(prefix)
        .then(|| token.trim_start())
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[test]
fn the_scheme_is_stripped() {
    assert_eq!(strip_prefix("Bearer a.b.c", "Bearer"), Some("a.b.c"));
    assert_eq!(strip_prefix("bearer  a.b.c", "Bearer"), Some("a.b.c"));
    assert_eq!(strip_prefix("Basic x", "Bearer"), None);
    assert_eq!(strip_prefix("a.b.c", "Bearer"), None);
    assert_eq!(strip_prefix("a.b.c", ""), Some("a.b.c"));
}
