//! A key set on loopback, and tokens signed with its key: what the users service is to the
//! music service.

use axum::Json;
use axum::Router;
use axum::routing::get;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

const KEY_ID: &str = "test-key";
const SEED: u8 = 7;

/// Publishes the key set for as long as the case's runtime lives.
pub(crate) struct KeySetServer {
    url: String,
}

impl KeySetServer {
    /// Begins to publish.
    pub(crate) async fn start() -> Self {
        let mut jwk = Jwk::from_encoding_key(&signing_key(SEED), Algorithm::EdDSA).expect("a key");
        jwk.common.key_id = Some(KEY_ID.to_owned());
        let set = JwkSet { keys: vec![jwk] };
        let routes = Router::new().route("/jwks.json", get(move || async move { Json(set) }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let url = format!("http://{}/jwks.json", listener.local_addr().expect("bound"));
        tokio::spawn(async { axum::serve(listener, routes).await });
        KeySetServer { url }
    }

    /// Where the set is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A token as the users service signs it.
    pub(crate) fn token(&self, user: &str, roles: &[&str]) -> String {
        self.sign(&claims(user, roles, 60))
    }

    /// Any claims, signed with the published key.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        sign(claims, SEED)
    }

    /// Any claims, signed with a key that claims to be the published one.
    pub(crate) fn forge(&self, claims: &Value) -> String {
        sign(claims, SEED + 1)
    }
}

/// Claims that expire so many seconds from now.
pub(crate) fn claims(user: &str, roles: &[&str], seconds: i64) -> Value {
    let now = i64::try_from(jsonwebtoken::get_current_timestamp()).expect("this century");
    json!({
        "iss": kit::config::DEFAULT_TOKEN_ISSUER,
        "aud": kit::config::DEFAULT_TOKEN_AUDIENCE,
        "sub": user,
        "roles": roles,
        "exp": now + seconds,
    })
}

fn sign(claims: &Value, seed: u8) -> String {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(KEY_ID.to_owned());
    jsonwebtoken::encode(&header, claims, &signing_key(seed)).expect("signs")
}

/// An Ed25519 key as PKCS#8 (RFC 8410): a fixed beginning, then the seed.
fn signing_key(seed: u8) -> EncodingKey {
    let mut der = vec![
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    der.extend([seed; 32]);
    EncodingKey::from_ed_der(&der)
}
