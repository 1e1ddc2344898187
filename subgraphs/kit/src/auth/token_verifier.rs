//! Verifies access tokens: signature, algorithm, expiry, issuer and audience.

use std::sync::Arc;
use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::Instant;

use super::{App, Caller, RemoteKeySet, Role, SignedIn};

/// How far the clocks of two machines may differ.
pub const LEEWAY_SECONDS: u64 = 5;

/// The longest that a verified token is waited for to expire.
const YEAR_SECONDS: u64 = 365 * 24 * 3_600;

/// Longer texts are no token of ours.
const MAX_TOKEN_LENGTH: usize = 8 * 1024;

/// Asymmetric only: with a shared secret, whoever verifies could sign too.
const ALGORITHMS: [Algorithm; 2] = [Algorithm::EdDSA, Algorithm::RS256];

/// Where the keys come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// The service holds the public keys itself.
    Fixed(Arc<JwkSet>),
    /// The service holds them itself, and they change while it runs.
    Changing(watch::Receiver<Arc<JwkSet>>),
    /// Another service publishes them.
    Remote(Arc<RemoteKeySet>),
}

/// Why a token was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token, not signed by a known key, or made for somebody else.
    #[error("The access token is not valid")]
    Invalid,
    /// It was valid once.
    #[error("The access token has expired: refresh the session or sign in again")]
    Expired,
    /// No key set could be fetched yet, so nothing can be verified.
    #[error("Access tokens cannot be verified now: the key set is not available")]
    KeysUnavailable,
}

/// Verifies the tokens of one issuer for one audience.
#[derive(Clone, Debug)]
pub struct TokenVerifier {
    keys: KeySource,
    issuer: String,
    audience: String,
}

/// What a token proved, and for how long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Who sent it.
    pub caller: Caller,
    /// When it is over; none where there is no token.
    pub expires_at: Option<Instant>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    sid: Option<String>,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    scope: String,
}

/// How the subject of an app's own token begins: no user has such an id.
pub const APP_SUBJECT: &str = "client:";

impl TokenVerifier {
    /// A verifier that accepts tokens of `issuer` for `audience`, signed by a key of `keys`.
    pub fn new(keys: KeySource, issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        TokenVerifier {
            keys,
            issuer: issuer.into(),
            audience: audience.into(),
        }
    }

    /// Proves who sent `token`.
    ///
    /// # Errors
    /// When the token proves nothing. The error does not say which check failed, except
    /// expiry, which clients act upon.
    pub async fn verify(&self, token: &str) -> Result<Caller, TokenError> {
        Ok(self.verify_until(token).await?.caller)
    }

    /// Proves who sent `token`, and says until when it counts.
    ///
    /// # Errors
    /// As [`TokenVerifier::verify`].
    pub async fn verify_until(&self, token: &str) -> Result<Verified, TokenError> {
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(TokenError::Invalid);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenError::Invalid)?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(TokenError::Invalid);
        }
        let key_id = header.kid.as_deref().ok_or(TokenError::Invalid)?;
        let jwk = self.find_key(key_id).await?;
        // A key that names its algorithm signs with no other one.
        let named = jwk.common.key_algorithm;
        if named.is_some_and(|it| it != header.alg.into()) {
            return Err(TokenError::Invalid);
        }
        let key = DecodingKey::from_jwk(&jwk).map_err(|_| TokenError::Invalid)?;
        let mut validation = Validation::new(header.alg);
        validation.leeway = LEEWAY_SECONDS;
        validation.validate_nbf = true;
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map_err(|error| match error.kind() {
                jsonwebtoken::errors::ErrorKind::ExpiredSignature => TokenError::Expired,
                _ => TokenError::Invalid,
            })?
            .claims;
        if claims.sub.is_empty() {
            return Err(TokenError::Invalid);
        }
        Ok(Verified {
            expires_at: Some(moment(claims.exp)),
            caller: claims.into(),
        })
    }

    async fn find_key(&self, key_id: &str) -> Result<Jwk, TokenError> {
        match &self.keys {
            KeySource::Fixed(keys) => keys.find(key_id).cloned().ok_or(TokenError::Invalid),
            KeySource::Changing(keys) => {
                let keys = Arc::clone(&keys.borrow());
                keys.find(key_id).cloned().ok_or(TokenError::Invalid)
            }
            KeySource::Remote(keys) => keys.find(key_id).await,
        }
    }
}

/// A moment in seconds since 1970 on this process's own clock; in a year when it is later.
fn moment(seconds: f64) -> Instant {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what does not fit is as large as can be, or zero"
    )]
    let until = (seconds as u64).saturating_add(LEEWAY_SECONDS);
    let left = until.saturating_sub(jsonwebtoken::get_current_timestamp());
    Instant::now() + Duration::from_secs(left.min(YEAR_SECONDS))
}

impl From<Claims> for Caller {
    fn from(claims: Claims) -> Self {
        let app = claims.client_id.map(|id| App {
            id,
            scopes: claims.scope.split_whitespace().map(str::to_owned).collect(),
        });
        match app {
            Some(app) if claims.sub.starts_with(APP_SUBJECT) => Caller::App(app),
            app => Caller::User(SignedIn {
                id: claims.sub,
                roles: claims
                    .roles
                    .iter()
                    .filter_map(|name| Role::parse(name))
                    .collect(),
                session: claims.sid,
                app,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::{Value, json};

    use super::*;

    /// PKCS#8 of an Ed25519 key: the fixed prefix of RFC 8410 and 32 bytes of seed.
    fn signing_key(seed: u8) -> EncodingKey {
        let mut der = vec![
            0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22,
            0x04, 0x20,
        ];
        der.extend([seed; 32]);
        EncodingKey::from_ed_der(&der)
    }

    fn verifier() -> TokenVerifier {
        let mut jwk = Jwk::from_encoding_key(&signing_key(1), Algorithm::EdDSA).expect("a key");
        jwk.common.key_id = Some("k1".to_owned());
        let keys = KeySource::Fixed(Arc::new(JwkSet { keys: vec![jwk] }));
        TokenVerifier::new(keys, "iss", "aud")
    }

    fn claims() -> Value {
        json!({
            "iss": "iss", "aud": "aud", "sub": "u1", "sid": "s1",
            "exp": jsonwebtoken::get_current_timestamp() + 60,
            "roles": ["user", "curator", "emperor"],
        })
    }

    fn with(change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> Value {
        let mut claims = claims();
        change(claims.as_object_mut().expect("an object"));
        claims
    }

    fn token(key_id: Option<&str>, seed: u8, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = key_id.map(str::to_owned);
        jsonwebtoken::encode(&header, claims, &signing_key(seed)).expect("signs")
    }

    #[tokio::test]
    async fn a_valid_token_names_its_bearer_and_unknown_roles_give_nothing() {
        let caller = verifier().verify(&token(Some("k1"), 1, &claims())).await;
        let expected = SignedIn {
            id: "u1".to_owned(),
            roles: vec![Role::User, Role::Curator],
            session: Some("s1".to_owned()),
            app: None,
        };
        assert_eq!(caller, Ok(Caller::User(expected)));
    }

    #[tokio::test]
    async fn a_token_of_an_app_names_the_app_and_the_user_it_acts_for() {
        let text = |json: Value| json;
        let of_app = |subject: &str| {
            with(|it| {
                it.insert("sub".into(), text(subject.into()));
                it.insert("client_id".into(), text("player".into()));
                it.insert("scope".into(), text("openid email".into()));
            })
        };
        let app = App {
            id: "player".to_owned(),
            scopes: vec!["openid".to_owned(), "email".to_owned()],
        };
        let acting = verifier()
            .verify(&token(Some("k1"), 1, &of_app("u1")))
            .await;
        let Ok(Caller::User(user)) = acting else {
            panic!("the token is valid");
        };
        assert_eq!((user.id.as_str(), user.app.as_ref()), ("u1", Some(&app)));
        let alone = verifier()
            .verify(&token(Some("k1"), 1, &of_app("client:player")))
            .await;
        assert_eq!(alone, Ok(Caller::App(app)));
    }

    #[tokio::test]
    async fn keys_may_change_while_the_service_runs() {
        let verifier = verifier();
        let KeySource::Fixed(keys) = verifier.keys.clone() else {
            panic!("made so above");
        };
        let (changed, keys_seen) = watch::channel(keys);
        let changing = TokenVerifier {
            keys: KeySource::Changing(keys_seen),
            ..verifier
        };
        let token = token(Some("k1"), 1, &claims());
        assert!(changing.verify(&token).await.is_ok());
        changed.send_replace(Arc::new(JwkSet { keys: Vec::new() }));
        assert_eq!(changing.verify(&token).await, Err(TokenError::Invalid));
    }

    #[tokio::test]
    async fn an_expired_token_is_told_so() {
        let past = jsonwebtoken::get_current_timestamp() - LEEWAY_SECONDS - 1;
        let expired = token(
            Some("k1"),
            1,
            &with(|it| drop(it.insert("exp".into(), past.into()))),
        );
        assert_eq!(verifier().verify(&expired).await, Err(TokenError::Expired));
    }

    #[tokio::test]
    async fn whatever_else_is_wrong_the_answer_is_the_same() {
        let unsigned = {
            use base64::Engine as _;
            use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
            let header = BASE64.encode(r#"{"alg":"none","typ":"JWT","kid":"k1"}"#);
            format!("{header}.{}.", BASE64.encode(claims().to_string()))
        };
        let symmetric = {
            // The classic: the public key used as a shared secret.
            let mut header = Header::new(Algorithm::HS256);
            header.kid = Some("k1".to_owned());
            jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(b"k1"))
                .expect("signs")
        };
        let far = jsonwebtoken::get_current_timestamp() + 600;
        for (what, token) in [
            ("empty", String::new()),
            ("garbage", "a.b.c".to_owned()),
            ("too long", "a".repeat(MAX_TOKEN_LENGTH + 1)),
            ("unsigned", unsigned),
            ("symmetric", symmetric),
            ("forged by another key", token(Some("k1"), 2, &claims())),
            ("of an unknown key", token(Some("k2"), 1, &claims())),
            ("without a key id", token(None, 1, &claims())),
            (
                "of another issuer",
                token(
                    Some("k1"),
                    1,
                    &with(|it| drop(it.insert("iss".into(), "x".into()))),
                ),
            ),
            (
                "for another audience",
                token(
                    Some("k1"),
                    1,
                    &with(|it| drop(it.insert("aud".into(), "x".into()))),
                ),
            ),
            (
                "without an audience",
                token(Some("k1"), 1, &with(|it| drop(it.remove("aud")))),
            ),
            (
                "without an expiry",
                token(Some("k1"), 1, &with(|it| drop(it.remove("exp")))),
            ),
            (
                "without a subject",
                token(Some("k1"), 1, &with(|it| drop(it.remove("sub")))),
            ),
            (
                "of the future",
                token(
                    Some("k1"),
                    1,
                    &with(|it| drop(it.insert("nbf".into(), far.into()))),
                ),
            ),
        ] {
            assert_eq!(
                verifier().verify(&token).await,
                Err(TokenError::Invalid),
                "{what}"
            );
        }
    }
}
