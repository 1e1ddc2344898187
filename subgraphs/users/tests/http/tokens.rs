//! Access tokens and the published key set: what others accept, and what is refused here.

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kit::auth::{Caller, KeySource, RemoteKeySet, TokenVerifier};
use kit::config::{DEFAULT_TOKEN_AUDIENCE, DEFAULT_TOKEN_ISSUER};
use serde_json::{Value, json};

use crate::support::{ME, Served, access, user_id};

#[tokio::test]
async fn whoever_knows_the_key_set_can_verify_a_token_without_asking() {
    let served = Served::on_sqlite().await;
    let session = served.register("ada").await;
    let keys =
        RemoteKeySet::start(format!("{}/.well-known/jwks.json", served.url)).expect("a client");
    let verifier = TokenVerifier::new(
        KeySource::Remote(keys),
        DEFAULT_TOKEN_ISSUER,
        DEFAULT_TOKEN_AUDIENCE,
    );
    let Ok(Caller::User(caller)) = verifier.verify(access(&session)).await else {
        panic!("the token is valid");
    };
    assert_eq!(caller.id, user_id(&session));
    assert!(caller.session.is_some());
    // Now without the service, which is gone.
    let token = access(&session).to_owned();
    served.close().await;
    assert!(verifier.verify(&token).await.is_ok());
}

#[tokio::test]
async fn the_key_set_says_what_it_is_and_may_be_cached() {
    let served = Served::on_sqlite().await;
    let response = served.get("/.well-known/jwks.json").await;
    assert_eq!(response.status().as_u16(), 200);
    assert_eq!(
        response.headers()["content-type"],
        "application/jwk-set+json"
    );
    assert_eq!(response.headers()["cache-control"], "public, max-age=300");
    let keys: Value = response.json().await.expect("JSON");
    let key = &keys["keys"][0];
    assert_eq!(
        (&key["kty"], &key["crv"], &key["use"]),
        (&json!("OKP"), &json!("Ed25519"), &json!("sig"),)
    );
    let session = served.register("ada").await;
    let header = jsonwebtoken::decode_header(access(&session)).expect("a header");
    assert_eq!(header.kid.as_deref(), key["kid"].as_str());
    assert_eq!(header.alg, Algorithm::EdDSA);
}

#[tokio::test]
async fn a_token_outlives_a_restart() {
    let served = Served::on_sqlite().await;
    let session = served.register("ada").await;
    let served = served.restart().await;
    let me = served.ask_as(access(&session), ME, json!({})).await;
    assert_eq!(me.data()["me"]["username"], "ada");
    served
        .refresh(&session)
        .await
        .expect("sessions outlive it too");
}

#[tokio::test]
async fn tokens_that_prove_nothing_are_refused_with_401() {
    let served = Served::on_sqlite().await;
    let session = served.register("ada").await;
    let good = access(&session);
    let key_id = jsonwebtoken::decode_header(good)
        .expect("a header")
        .kid
        .expect("a key id");
    let pem = std::fs::read(served.signing_key_file()).expect("the key file");
    let key = EncodingKey::from_ed_pem(&pem).expect("a key");
    let now = jsonwebtoken::get_current_timestamp();
    let claims = |audience: &str, expiry: u64| {
        json!({ "iss": DEFAULT_TOKEN_ISSUER, "aud": audience, "sub": user_id(&session),
                "exp": expiry, "iat": now, "roles": ["admin"] })
    };
    let sign = |key: &EncodingKey, algorithm, claims: &Value| {
        let mut header = Header::new(algorithm);
        header.kid = Some(key_id.clone());
        jsonwebtoken::encode(&header, claims, key).expect("signs")
    };
    // The tests below would pass for the wrong reason if this one were refused.
    let made_here = sign(
        &key,
        Algorithm::EdDSA,
        &claims(DEFAULT_TOKEN_AUDIENCE, now + 60),
    );
    served.ask_as(&made_here, ME, json!({})).await.data();

    let expired = sign(
        &key,
        Algorithm::EdDSA,
        &claims(DEFAULT_TOKEN_AUDIENCE, now - 60),
    );
    let answer = served.ask_as(&expired, ME, json!({})).await;
    assert_eq!(
        (answer.status, answer.error()),
        (
            401,
            (
                "UNAUTHENTICATED".to_owned(),
                String::new(),
                "The access token has expired: refresh the session or sign in again".to_owned(),
            )
        )
    );

    let other = tempfile::tempdir().expect("a folder");
    let other = other.path().join("key.pem");
    users::security::signing_key::SigningKey::load_or_create(&other).expect("made");
    let other = EncodingKey::from_ed_pem(&std::fs::read(other).expect("a file")).expect("a key");
    let valid = claims(DEFAULT_TOKEN_AUDIENCE, now + 60);
    let parts: Vec<_> = good.split('.').collect();
    let none = base64_url(&json!({ "alg": "none", "typ": "JWT", "kid": key_id }));
    for (what, token) in [
        ("forged", sign(&other, Algorithm::EdDSA, &valid)),
        (
            "signed with the published key",
            sign(
                &EncodingKey::from_secret(key_id.as_bytes()),
                Algorithm::HS256,
                &valid,
            ),
        ),
        ("unsigned", format!("{none}.{}.", base64_url(&valid))),
        (
            "of changed claims",
            format!("{}.{}.{}", parts[0], base64_url(&valid), parts[2]),
        ),
        (
            "for others",
            sign(&key, Algorithm::EdDSA, &claims("somebody-else", now + 60)),
        ),
        ("cut short", good[..good.len() - 4].to_owned()),
        ("garbage", "garbage".to_owned()),
    ] {
        let answer = served.ask_as(&token, ME, json!({})).await;
        assert_eq!(
            (answer.status, answer.error()),
            (
                401,
                (
                    "UNAUTHENTICATED".to_owned(),
                    String::new(),
                    "The access token is not valid".to_owned(),
                )
            ),
            "{what}"
        );
    }
}

fn base64_url(json: &Value) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json.to_string())
}
