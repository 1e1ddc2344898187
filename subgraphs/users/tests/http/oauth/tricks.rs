//! What tricksters try: other redirect URIs, other people's codes, codes twice, forged forms.

use serde_json::json;

use super::support::{
    CALLBACK, TestApp, VERIFIER, Visitor, app, error, exchange, post, query, refresh, userinfo,
};
use crate::support::Served;

on_both_databases! {
    no_code_and_no_error_goes_to_a_uri_that_was_not_registered,
    a_code_that_is_used_twice_ends_what_it_gave,
    a_code_is_good_for_the_app_that_asked_and_proves_itself_only,
    of_many_who_exchange_one_code_at_most_one_gets_tokens_that_last,
    a_form_of_another_site_is_refused,
    a_planted_cookie_stands_for_nobody,
}

async fn no_code_and_no_error_goes_to_a_uri_that_was_not_registered(served: &Served) {
    served.register("ada").await;
    let app = app(served, false, &[CALLBACK, "http://127.0.0.1/callback"]).await;
    let mut visitor = Visitor::new(served);
    visitor.allow_all("ada", &query(&app, &[])).await;
    for uri in [
        "https://evil.example/callback",
        "https://player.example/callback/../../evil",
        "https://player.example/callback?evil=1",
        "https://player.example/callback#evil",
        "https://player.example.evil.example/callback",
        "https://player.example@evil.example/callback",
        "https://player.example:8443/callback",
        "http://player.example/callback",
        "//evil.example/callback",
        "javascript:alert(1)",
        "http://127.0.0.1:5000@evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://localhost:5000/callback",
        "https://player.example/callback\r\nSet-Cookie: evil=1",
        "https://player.example/callback\0",
    ] {
        // With something wrong besides, for errors are sent by redirect too.
        for more in [
            ("response_type", "code"),
            ("response_type", "evil"),
            ("prompt", "none"),
        ] {
            let shown = visitor
                .open(&query(&app, &[("redirect_uri", uri), more]))
                .await;
            assert_eq!(shown.status, 400, "{uri}");
            assert!(!shown.headers.contains_key("location"), "{uri}");
            assert!(!shown.html.contains("evil"), "{uri}: {}", shown.html);
        }
    }
    let twice = format!(
        "{}&redirect_uri=https%3A%2F%2Fevil.example",
        query(&app, &[])
    );
    assert_eq!(visitor.open(&twice).await.status, 400);
    let unknown = query(&app, &[("client_id", "nobody")]);
    assert_eq!(visitor.open(&unknown).await.status, 400);
    let any_port = [("redirect_uri", "http://127.0.0.1:49152/callback")];
    let page = visitor.open(&query(&app, &any_port)).await;
    let back = visitor.press(&page, "allow", &[]).await;
    assert!(back.headers["location"].starts_with("http://127.0.0.1:49152/callback?code="));
}

async fn a_code_that_is_used_twice_ends_what_it_gave(served: &Served) {
    served.register("ada").await;
    let app = app(served, true, &[CALLBACK]).await;
    let code = Visitor::new(served)
        .allow_all("ada", &query(&app, &[]))
        .await;
    let (status, tokens) = exchange(served, &app, &code).await;
    assert_eq!(status, 200);
    let (status, renewed) = refresh(served, &app, &tokens["refresh_token"]).await;
    assert_eq!(status, 200);
    assert_eq!(userinfo(served, &renewed["access_token"]).await.0, 200);

    let invalid = (400, "invalid_grant".to_owned());
    assert_eq!(error(exchange(served, &app, &code).await), invalid);
    // All of it, what was refreshed since too.
    assert_eq!(
        error(refresh(served, &app, &renewed["refresh_token"]).await),
        invalid
    );
    for token in [&tokens["access_token"], &renewed["access_token"]] {
        assert_eq!(userinfo(served, token).await.0, 401);
        let form = [("token", token.as_str().expect("a token"))];
        let (_, about) = post(served, &app, "/oauth2/introspect", &form).await;
        assert_eq!(about, json!({ "active": false }));
    }
}

async fn a_code_is_good_for_the_app_that_asked_and_proves_itself_only(served: &Served) {
    served.register("ada").await;
    let victim = app(served, false, &[CALLBACK]).await;
    let thief = app(served, true, &[CALLBACK]).await;
    let mut visitor = Visitor::new(served);
    let code = visitor.allow_all("ada", &query(&victim, &[])).await;
    let invalid = (400, "invalid_grant".to_owned());
    assert_eq!(error(exchange(served, &thief, &code).await), invalid);
    for (name, value) in [
        (
            "code_verifier",
            "another-verifier-that-is-long-enough-for-the-rule",
        ),
        ("code_verifier", "short"),
        ("redirect_uri", "https://evil.example/callback"),
        ("code", "garbage"),
    ] {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        form.retain(|(other, _)| *other != name);
        let missing = post(served, &victim, "/oauth2/token", &form).await;
        assert_eq!(
            error(missing),
            (400, "invalid_request".to_owned()),
            "{name}"
        );
        form.push((name, value));
        assert_eq!(
            error(post(served, &victim, "/oauth2/token", &form).await),
            invalid,
            "{name}"
        );
    }
    // None of this used it up.
    assert_eq!(exchange(served, &victim, &code).await.0, 200);

    let late = visitor.allow_all("ada", &query(&victim, &[])).await;
    let expire = "UPDATE oauth_code SET expires_at = 1";
    served.execute(expire).await;
    assert_eq!(error(exchange(served, &victim, &late).await), invalid);
}

async fn of_many_who_exchange_one_code_at_most_one_gets_tokens_that_last(served: &Served) {
    served.register("ada").await;
    let app = app(served, false, &[CALLBACK]).await;
    let code = Visitor::new(served)
        .allow_all("ada", &query(&app, &[]))
        .await;
    let all = [(); 6].map(|()| exchange(served, &app, &code));
    let mut given = Vec::new();
    for (status, tokens) in crate::sessions::futures_join(all.into_iter()).await {
        if status == 200 {
            given.push(tokens);
        }
    }
    assert_eq!(given.len(), 1);
    assert_eq!(
        userinfo(served, &given[0]["access_token"]).await.0,
        401,
        "the replay was seen"
    );
}

async fn a_form_of_another_site_is_refused(served: &Served) {
    served.register("ada").await;
    let app = app(served, false, &[CALLBACK]).await;
    let mut visitor = Visitor::new(served);
    let page = visitor.open(&query(&app, &[])).await;
    let page = visitor.sign_in(&page, "ada").await;
    let to = format!("/oauth2/authorize?{}", query(&app, &[]));
    let token = page
        .html
        .split_once("form_token\" value=\"")
        .expect("a token")
        .1[..64]
        .to_owned();
    let allow = ("action", "allow");
    for (pairs, headers) in [
        (vec![allow], vec![]),
        (vec![allow, ("form_token", "0")], vec![]),
        (vec![allow, ("form_token", &"0".repeat(64))], vec![]),
        (
            vec![allow, ("form_token", &token)],
            vec![("sec-fetch-site", "cross-site")],
        ),
    ] {
        let shown = visitor.submit(&to, &pairs, &headers).await;
        assert_eq!(shown.status, 403, "{pairs:?}");
        assert!(!shown.headers.contains_key("location"));
    }
    // A form without the cookie: SameSite keeps it back when another site sends the form.
    let mut elsewhere = Visitor::new(served);
    let pairs = [allow, ("form_token", token.as_str())];
    assert_eq!(elsewhere.submit(&to, &pairs, &[]).await.status, 403);
    // Whoever is signed in elsewhere cannot have a form sent in the name of this browser.
    let shown = visitor
        .submit(&to, &pairs, &[("sec-fetch-site", "same-origin")])
        .await;
    assert_eq!(shown.status, 303);
}

async fn a_planted_cookie_stands_for_nobody(served: &Served) {
    served.register("ada").await;
    let app = app(served, false, &[CALLBACK]).await;
    let mut trickster = Visitor::new(served);
    trickster.open(&query(&app, &[])).await;
    let planted = trickster.cookie.clone();
    let mut victim = Visitor::new(served);
    victim.cookie = planted.clone();
    let page = victim.open(&query(&app, &[])).await;
    victim.sign_in(&page, "ada").await;
    assert_ne!(victim.cookie, planted, "another one after signing in");
    let page = trickster.open(&query(&app, &[])).await;
    assert!(
        page.html.contains("name=\"password\""),
        "nobody is signed in by the planted one"
    );
    // What signs somebody in is no refresh token of theirs.
    let cookie = victim
        .cookie
        .as_deref()
        .and_then(|it| it.split_once('='))
        .expect("a pair")
        .1;
    let public = TestApp {
        secret: None,
        ..app
    };
    let refused = refresh(served, &public, &json!(cookie)).await;
    assert_eq!(error(refused), (400, "invalid_grant".to_owned()));
    let graphql = served.refresh(&json!({ "refreshToken": cookie })).await;
    assert_eq!(graphql, Err("UNAUTHENTICATED".to_owned()));
}
