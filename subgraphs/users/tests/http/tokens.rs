//! Access tokens and the published key set: what others accept, and what is refused here.

use base64::Engine as _;
use jsonwebtoken::jwk::Jwk;
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
#[expect(clippy::too_many_lines, reason = "one list of all that can be wrong")]
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
    // The public key as a shared secret, in every form in which somebody may have it.
    let published: Value = served
        .get("/.well-known/jwks.json")
        .await
        .json()
        .await
        .expect("JSON");
    let public = published["keys"][0]["x"].as_str().expect("a key");
    let raw = base64_url_decoded(public);
    // RFC 8410: what stands before the raw key in its DER form.
    let der = [
        b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00".as_slice(),
        &raw,
    ]
    .concat();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        base64::engine::general_purpose::STANDARD.encode(&der)
    );
    let jwk = published["keys"][0].to_string();
    let set = published.to_string();
    for secret in [
        public.as_bytes(),
        &raw,
        &der,
        pem.as_bytes(),
        pem.trim().as_bytes(),
        jwk.as_bytes(),
        set.as_bytes(),
        key_id.as_bytes(),
        b"",
    ] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let token = sign(&EncodingKey::from_secret(secret), algorithm, &valid);
            assert_eq!(served.ask_as(&token, ME, json!({})).await.status, 401);
        }
    }
    for name in ["none", "None", "NONE", "nOnE"] {
        let header = base64_url(&json!({ "alg": name, "typ": "JWT", "kid": key_id }));
        let claims = base64_url(&valid);
        for signature in ["", parts[2]] {
            let token = format!("{header}.{claims}.{signature}");
            assert_eq!(served.ask_as(&token, ME, json!({})).await.status, 401);
        }
    }
    for (what, token) in [
        ("forged", sign(&other, Algorithm::EdDSA, &valid)),
        ("for the wrong issuer", {
            let mut claims = valid.clone();
            claims["iss"] = json!("https://evil.example");
            sign(&key, Algorithm::EdDSA, &claims)
        }),
        ("for the wrong issuer and audience", {
            let mut claims = valid.clone();
            claims["iss"] = json!([DEFAULT_TOKEN_ISSUER, "https://evil.example"]);
            claims["aud"] = json!(null);
            sign(&key, Algorithm::EdDSA, &claims)
        }),
        ("of a key that is not published", {
            let mut header = Header::new(Algorithm::EdDSA);
            header.kid = Some("../../dev/null".to_owned());
            jsonwebtoken::encode(&header, &valid, &key).expect("signs")
        }),
        ("that brings its own key", {
            let mut header = Header::new(Algorithm::EdDSA);
            header.kid = Some(key_id.clone());
            header.jwk = Jwk::from_encoding_key(&other, Algorithm::EdDSA).ok();
            jsonwebtoken::encode(&header, &valid, &other).expect("signs")
        }),
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

fn base64_url_decoded(text: &str) -> Vec<u8> {
    base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(text)
        .expect("base64")
}

fn base64_url(json: &Value) -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(json.to_string())
}
