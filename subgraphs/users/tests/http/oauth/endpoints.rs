//! What there is for apps besides tokens: discovery, introspection, revocation.

use serde_json::{Value, json};

use super::support::{CALLBACK, TestApp, app, error, post, refresh, tokens, userinfo};
use crate::support::{Served, access, user_id};

on_both_databases! {
    a_token_is_introspected_by_whom_it_concerns,
    a_revoked_token_ends_with_all_that_came_with_it,
    what_is_not_understood_is_refused_by_its_code,
}

#[tokio::test]
async fn the_discovery_document_says_where_things_are_and_any_page_may_read_it() {
    let served = Served::on_sqlite().await;
    for path in ["openid-configuration", "oauth-authorization-server"] {
        let response = served.get(&format!("/.well-known/{path}")).await;
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
        let document: Value = response.json().await.expect("JSON");
        assert_eq!(document["issuer"], served.url.as_str());
        assert_eq!(
            document["code_challenge_methods_supported"],
            json!(["S256"])
        );
        assert_eq!(document["response_types_supported"], json!(["code"]));
        for (name, value) in document.as_object().expect("an object") {
            if name.ends_with("_endpoint") || name == "jwks_uri" {
                let path = value.as_str().expect("a URL").strip_prefix(&served.url);
                let status = served.get(path.expect("it is here")).await.status();
                assert_ne!(status.as_u16(), 404, "{name}");
            }
        }
    }
    let preflight = reqwest::Client::new()
        .request(
            reqwest::Method::OPTIONS,
            format!("{}/oauth2/token", served.url),
        )
        .header("origin", "https://player.example")
        .header("access-control-request-method", "POST")
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        preflight.headers()["access-control-allow-methods"],
        "GET, POST"
    );
    // But never with cookies, and the pages for people not at all.
    assert!(
        !preflight
            .headers()
            .contains_key("access-control-allow-credentials")
    );
    let page = served.get("/oauth2/authorize").await;
    assert!(!page.headers().contains_key("access-control-allow-origin"));
    served.close().await;
}

async fn a_token_is_introspected_by_whom_it_concerns(served: &Served) {
    let ada = served.register("ada").await;
    let public = app(served, false, &[CALLBACK]).await;
    let service = app(served, true, &[CALLBACK]).await;
    let given = tokens(served, &public, "openid offline_access musicwallet").await;
    let ask = async |who: &TestApp, token: &Value| {
        let form = [("token", token.as_str().expect("a token"))];
        post(served, who, "/oauth2/introspect", &form).await
    };
    let (status, about) = ask(&service, &given["access_token"]).await;
    assert_eq!(status, 200);
    for (name, value) in [
        ("active", json!(true)),
        ("sub", json!(user_id(&ada))),
        ("client_id", json!(public.id)),
        ("scope", json!("openid offline_access musicwallet")),
        ("aud", json!("musicwallet")),
        ("token_type", json!("Bearer")),
    ] {
        assert_eq!(about[name], value, "{name}");
    }
    let inactive = json!({ "active": false });
    // Another app's refresh token concerns nobody else.
    assert_eq!(ask(&service, &given["refresh_token"]).await.1, inactive);
    for garbage in ["garbage", "a.b.c", &"x".repeat(5_000)] {
        assert_eq!(ask(&service, &json!(garbage)).await.1, inactive);
    }
    let own = json!(access(&ada));
    assert_eq!(ask(&service, &own).await.1["active"], true);
    // Nobody can try tokens without a secret.
    assert_eq!(
        error(ask(&public, &own).await),
        (401, "invalid_client".to_owned())
    );
    let wrong = TestApp {
        secret: Some("x".repeat(43)),
        ..service.clone()
    };
    assert_eq!(
        error(ask(&wrong, &own).await),
        (401, "invalid_client".to_owned())
    );
    served
        .ask_as(access(&ada), "mutation { signOut }", json!({}))
        .await
        .data();
    assert_eq!(
        ask(&service, &own).await.1,
        inactive,
        "its session has ended"
    );
}

async fn a_revoked_token_ends_with_all_that_came_with_it(served: &Served) {
    served.register("ada").await;
    let app_ = app(served, false, &[CALLBACK]).await;
    let other = app(served, false, &[CALLBACK]).await;
    for kind in ["refresh_token", "access_token"] {
        let given = tokens(served, &app_, "openid offline_access").await;
        let form = [
            ("token", given[kind].as_str().expect("a token")),
            ("token_type_hint", kind),
        ];
        // Of another app, it is no error, and changes nothing.
        assert_eq!(post(served, &other, "/oauth2/revoke", &form).await.0, 200);
        assert_eq!(
            userinfo(served, &given["access_token"]).await.0,
            200,
            "{kind}"
        );
        assert_eq!(post(served, &app_, "/oauth2/revoke", &form).await.0, 200);
        assert_eq!(
            userinfo(served, &given["access_token"]).await.0,
            401,
            "{kind}"
        );
        let refused = refresh(served, &app_, &given["refresh_token"]).await;
        assert_eq!(error(refused), (400, "invalid_grant".to_owned()), "{kind}");
        assert_eq!(
            post(served, &app_, "/oauth2/revoke", &form).await.0,
            200,
            "again"
        );
    }
    let garbage = [("token", "garbage")];
    assert_eq!(post(served, &app_, "/oauth2/revoke", &garbage).await.0, 200);
}

async fn what_is_not_understood_is_refused_by_its_code(served: &Served) {
    let app = app(served, true, &[CALLBACK]).await;
    for (form, code) in [
        (vec![], "invalid_request"),
        (
            vec![("grant_type", "password"), ("username", "ada")],
            "unsupported_grant_type",
        ),
        (vec![("grant_type", "implicit")], "unsupported_grant_type"),
        (vec![("grant_type", "refresh_token")], "invalid_request"),
        (
            vec![
                ("grant_type", "refresh_token"),
                ("grant_type", "refresh_token"),
            ],
            "invalid_request",
        ),
        (
            vec![("grant_type", "client_credentials"), ("scope", "openid")],
            "invalid_scope",
        ),
        (
            vec![("grant_type", "client_credentials"), ("client_secret", "x")],
            "invalid_request",
        ),
        (
            vec![("grant_type", "client_credentials"), ("client_id", "x")],
            "invalid_request",
        ),
    ] {
        let refused = post(served, &app, "/oauth2/token", &form).await;
        assert_eq!(error(refused), (400, code.to_owned()), "{form:?}");
    }
    let unknown = TestApp {
        id: "no\0body".to_owned(),
        secret: None,
    };
    let refused = post(
        served,
        &unknown,
        "/oauth2/token",
        &[("grant_type", "refresh_token")],
    )
    .await;
    assert_eq!(error(refused), (401, "invalid_client".to_owned()));

    let client = reqwest::Client::new();
    let url = format!("{}/oauth2/token", served.url);
    let json = client
        .post(&url)
        .json(&json!({}))
        .send()
        .await
        .expect("an answer");
    assert_eq!(json.status().as_u16(), 400);
    let large = client
        .post(&url)
        .body("x".repeat(100_000))
        .send()
        .await
        .expect("an answer");
    assert_eq!(large.status().as_u16(), 413);
    for header in ["", "Bearer", "Bearer garbage", "Basic Z2FyYmFnZQ=="] {
        let answer = client
            .get(format!("{}/oauth2/userinfo", served.url))
            .header("authorization", header)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status().as_u16(), 401, "{header}");
        assert_eq!(
            answer.headers()["www-authenticate"],
            "Bearer error=\"invalid_token\""
        );
    }
}
