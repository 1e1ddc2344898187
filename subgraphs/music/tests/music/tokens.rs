//! Who may ask at all: a bad token is refused before GraphQL sees the request.

use serde_json::json;

use super::support::keys::claims;
use super::support::{As, on_each_database};

#[tokio::test]
async fn a_bad_token_is_refused_with_401() {
    on_each_database(async |music| {
        let keys = music.keys();
        let mut for_somebody_else = claims("u1", &["user"], 60);
        for_somebody_else["aud"] = json!("another service");
        for (what, authorization) in [
            (
                "expired",
                format!("Bearer {}", keys.sign(&claims("u1", &["user"], -60))),
            ),
            (
                "forged",
                format!("Bearer {}", keys.forge(&claims("u1", &["admin"], 60))),
            ),
            (
                "for another audience",
                format!("Bearer {}", keys.sign(&for_somebody_else)),
            ),
            ("garbage", "Bearer garbage".to_owned()),
            ("of another scheme", "Basic dTpw".to_owned()),
        ] {
            let (status, code) = music.status_with(&authorization).await;
            assert_eq!(
                (status, code),
                (401, json!("UNAUTHENTICATED")),
                "a token {what}"
            );
        }
        let (status, _) = music
            .status_with(&format!("Bearer {}", keys.token("u1", &[])))
            .await;
        assert_eq!(status, 200);
    })
    .await;
}

#[tokio::test]
async fn reading_needs_no_token() {
    on_each_database(async |music| {
        let data = music.data(
            As::Nobody,
            "{ tracks(first: 1) { edges { cursor } } }",
            json!({}),
        );
        assert_eq!(
            data.await["tracks"]["edges"].as_array().map(Vec::len),
            Some(1)
        );
    })
    .await;
}
