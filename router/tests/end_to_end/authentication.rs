//! Tokens: good ones and none pass, bad ones are 401, and keys that are not there yet 503.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use base64::Engine as _;
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::{RunningRouter, Subgraph, code, eventually, message, read};

/// A key with its id.
struct Key {
    id: &'static str,
    key: SigningKey,
}

impl Key {
    fn new(id: &'static str, seed: u8) -> Self {
        Self {
            id,
            key: SigningKey::from_bytes(&[seed; 32]),
        }
    }

    fn published(&self) -> Value {
        let x = base64::engine::general_purpose::URL_SAFE_NO_PAD
            .encode(self.key.verifying_key().as_bytes());
        json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.id, "x": x })
    }

    fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.id.to_owned());
        let der = self.key.to_pkcs8_der().unwrap();
        encode(&header, claims, &EncodingKey::from_ed_der(der.as_bytes())).unwrap()
    }
}

/// A server that publishes keys; what it publishes can be changed.
struct Issuer {
    url: String,
    keys: Arc<Mutex<Option<Vec<Value>>>>,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    async fn start(keys: Option<Vec<Value>>) -> Self {
        let keys = Arc::new(Mutex::new(keys));
        let asked = Arc::new(AtomicUsize::new(0));
        let handler = {
            let (keys, asked) = (Arc::clone(&keys), Arc::clone(&asked));
            move || async move {
                asked.fetch_add(1, Ordering::Relaxed);
                match keys.lock().unwrap().clone() {
                    Some(keys) => (StatusCode::OK, json!({ "keys": keys }).to_string()),
                    None => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
                }
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let app = Router::new().route("/jwks.json", get(handler));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { url, keys, asked }
    }

    fn config(&self, more: &str) -> String {
        format!(
            "authentication: {{ router: {{ jwt: {{ jwks: [ {{ url: '{}'{more} }} ] }} }} }}",
            self.url
        )
    }
}

fn in_seconds(seconds: i64) -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap() + seconds
}

async fn clock() -> Subgraph {
    Subgraph::with_data("clock", "type Query { now: Int }", json!({ "now": 1 })).await
}

async fn ask(router: &RunningRouter, authorization: &str) -> (u16, Value) {
    let answer = router
        .client
        .post(router.url("/graphql"))
        .header("authorization", authorization)
        .json(&json!({ "query": "{ now }" }))
        .send()
        .await
        .unwrap();
    read(answer).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_and_none_pass_and_the_token_goes_along() {
    let key = Key::new("k1", 1);
    let issuer = Issuer::start(Some(vec![key.published()])).await;
    let clock = clock().await;
    let router = RunningRouter::over(&[&clock], &issuer.config("")).await;
    let token = format!(
        "Bearer {}",
        key.sign(&json!({ "sub": "ada", "exp": in_seconds(600) }))
    );
    let answered = json!({ "data": { "now": 1 } });
    for _ in 0..2 {
        assert_eq!(ask(&router, &token).await, (200, answered.clone()));
    }
    assert_eq!(router.query("{ now }").await, (200, answered));
    let requests = clock.requests();
    assert_eq!(requests[0].0["authorization"], token);
    assert_eq!(requests[1].0["authorization"], token);
    assert!(!requests[2].0.contains_key("authorization"));
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_tokens_are_401_and_say_why() {
    let key = Key::new("k1", 1);
    let issuer = Issuer::start(Some(vec![key.published()])).await;
    let clock = clock().await;
    let config = issuer.config(", issuers: [musicwallet], audiences: [api]");
    let router = RunningRouter::over(&[&clock], &config).await;
    let good = json!({ "exp": in_seconds(600), "iss": "musicwallet", "aud": "api" });
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        format!("Bearer {}", key.sign(&claims))
    };
    assert_eq!(ask(&router, &with("sub", json!("a"))).await.0, 200);
    let forged = format!("Bearer {}", Key::new("k1", 2).sign(&good));
    let unsigned = {
        let part = |value: &Value| {
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
        };
        format!(
            "Bearer {}.{}.",
            part(&json!({ "alg": "none", "typ": "JWT" })),
            part(&good)
        )
    };
    // The public key is no secret: it must not verify as one.
    let confused = {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("k1".to_owned());
        let public = key.key.verifying_key();
        let secret = EncodingKey::from_secret(public.as_bytes());
        format!("Bearer {}", encode(&header, &good, &secret).unwrap())
    };
    for (authorization, expected) in [
        (confused, "signature is not valid"),
        (with("exp", json!(in_seconds(-1))), "has expired"),
        (with("nbf", json!(in_seconds(600))), "not valid yet"),
        (with("iss", json!("other")), "not meant for this service"),
        (with("aud", json!("other")), "not meant for this service"),
        (forged, "signature is not valid"),
        (unsigned, "not a well-formed"),
        ("Bearer nonsense".to_owned(), "not a well-formed"),
        ("Bearer ".to_owned(), "the word Bearer"),
        ("Basic YTpi".to_owned(), "the word Bearer"),
        (
            format!("Bearer {}", "x".repeat(20_000)),
            "not a well-formed",
        ),
    ] {
        let (status, body) = ask(&router, &authorization).await;
        assert_eq!(
            (status, code(&body)),
            (401, "UNAUTHENTICATED"),
            "{expected}"
        );
        assert!(message(&body).contains(expected), "{expected}: {body}");
    }
    assert_eq!(clock.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_come_late_or_change_are_found() {
    let first = Key::new("k1", 1);
    let issuer = Issuer::start(None).await;
    let clock = clock().await;
    let router = RunningRouter::over(&[&clock], &issuer.config("")).await;
    let token = |key: &Key| format!("Bearer {}", key.sign(&json!({ "exp": in_seconds(600) })));
    let (status, body) = ask(&router, &token(&first)).await;
    assert_eq!((status, code(&body)), (503, "AUTHENTICATION_UNAVAILABLE"));
    assert_eq!(router.query("{ now }").await.0, 200);

    *issuer.keys.lock().unwrap() = Some(vec![first.published()]);
    eventually("the keys are fetched", || async {
        ask(&router, &token(&first)).await.0 == 200
    })
    .await;

    // Rotation: an unknown key id is looked for at once, though not again and again.
    let second = Key::new("k2", 2);
    *issuer.keys.lock().unwrap() = Some(vec![second.published()]);
    eventually("the new key is fetched", || async {
        ask(&router, &token(&second)).await.0 == 200
    })
    .await;
    assert_eq!(ask(&router, &token(&first)).await.0, 401);
    let asked = issuer.asked.load(Ordering::Relaxed);
    for seed in 10..60 {
        assert_eq!(ask(&router, &token(&Key::new("k3", seed))).await.0, 401);
    }
    assert!(issuer.asked.load(Ordering::Relaxed) <= asked + 2);
}
