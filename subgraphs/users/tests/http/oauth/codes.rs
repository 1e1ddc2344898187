//! A user signs in to an app, from the link to the tokens.

use serde_json::json;

use super::support::{
    CALLBACK, TestApp, VERIFIER, Visitor, app, claims, error, exchange, post, query, tokens,
    userinfo,
};
use crate::support::{ME, Served, user_id};

on_both_databases! {
    a_user_signs_in_to_an_app,
    what_was_allowed_is_not_asked_again,
    an_app_gets_what_was_allowed_and_no_more,
    an_app_without_the_users_roles_does_nothing_in_person,
    the_app_is_told_when_nothing_can_be_asked,
    an_app_says_by_an_id_token_whom_it_expects,
    an_app_acts_in_its_own_name,
    an_app_may_send_the_user_by_a_form,
}

async fn a_user_signs_in_to_an_app(served: &Served) {
    let ada = served.register("ada").await;
    for confidential in [false, true] {
        let app = app(served, confidential, &[CALLBACK]).await;
        let mut visitor = Visitor::new(served);
        let page = visitor.open(&query(&app, &[])).await;
        assert_eq!(page.status, 200);
        assert!(page.html.contains("The &#60;Player&#62;"), "{}", page.html);
        let page = visitor.sign_in(&page, "ada").await;
        assert!(
            page.html.contains("read your e-mail address"),
            "{}",
            page.html
        );
        assert!(!page.html.contains("use MusicWallet for you"));
        let back = visitor.press(&page, "allow", &[]).await;
        assert_eq!(back.status, 303);
        let answer = back.answer();
        assert_eq!(answer["state"], "the state & more");
        assert_eq!(answer["iss"], served.url);

        let (status, tokens) = exchange(served, &app, &answer["code"]).await;
        assert_eq!(status, 200, "{tokens}");
        assert_eq!(
            (
                &tokens["token_type"],
                &tokens["expires_in"],
                &tokens["scope"]
            ),
            (
                &json!("Bearer"),
                &json!(900),
                &json!("openid profile email offline_access")
            )
        );
        let identity = claims(&tokens["id_token"]);
        assert_eq!(identity["iss"], served.url.as_str());
        assert_eq!(identity["aud"], app.id.as_str());
        assert_eq!(identity["sub"], user_id(&ada));
        assert_eq!(identity["nonce"], "the nonce");
        assert!(identity["auth_time"].is_i64());
        let (_, about) = userinfo(served, &tokens["access_token"]).await;
        assert_eq!(
            about,
            json!({ "sub": user_id(&ada), "preferred_username": "ada", "name": "ada",
                    "email": "ada@example.org", "email_verified": false })
        );
    }
}

async fn what_was_allowed_is_not_asked_again(served: &Served) {
    served.register("ada").await;
    let app = app(served, false, &[CALLBACK, "http://127.0.0.1/callback"]).await;
    let mut visitor = Visitor::new(served);
    visitor.allow_all("ada", &query(&app, &[])).await;
    let again = visitor
        .open(&query(&app, &[("scope", "openid email")]))
        .await;
    assert_eq!(again.status, 303, "{}", again.html);
    let silently = visitor.open(&query(&app, &[("prompt", "none")])).await;
    assert!(silently.answer().contains_key("code"));
    // More is asked for, or it is asked on purpose.
    for change in [
        ("scope", "openid musicwallet"),
        ("prompt", "consent"),
        ("prompt", "login"),
    ] {
        let page = visitor.open(&query(&app, &[change])).await;
        assert_eq!(page.status, 200, "{change:?}");
    }
    let page = visitor.open(&query(&app, &[("max_age", "0")])).await;
    assert_eq!(page.status, 303, "it was this second");
    // Anything on the device could have this address, so the user is asked each time.
    let native = [("redirect_uri", "http://127.0.0.1:5000/callback")];
    assert_eq!(visitor.open(&query(&app, &native)).await.status, 200);
}

async fn an_app_gets_what_was_allowed_and_no_more(served: &Served) {
    served.register("ada").await;
    let app = app(served, false, &[CALLBACK]).await;
    let only_openid = tokens(served, &app, "openid").await;
    assert!(only_openid["refresh_token"].is_null());
    let (_, about) = userinfo(served, &only_openid["access_token"]).await;
    assert_eq!(about.as_object().expect("an object").len(), 1, "{about}");
    // It opens nothing else.
    let token = only_openid["access_token"].as_str().expect("a token");
    assert_eq!(served.ask_as(token, ME, json!({})).await.status, 401);
    let identity = only_openid["id_token"].as_str().expect("a token");
    assert_eq!(served.ask_as(identity, ME, json!({})).await.status, 401);

    let graph = tokens(served, &app, "musicwallet").await;
    assert!(graph["id_token"].is_null());
    let token = graph["access_token"].as_str().expect("a token");
    let me = served.ask_as(token, ME, json!({})).await;
    assert_eq!(me.data()["me"]["username"], "ada");
    assert_eq!(me.data()["me"]["email"], json!(null), "not allowed");
    assert_eq!(
        error(userinfo(served, &graph["access_token"]).await),
        (403, "insufficient_scope".to_owned())
    );
    let both = tokens(served, &app, "musicwallet email").await;
    let token = both["access_token"].as_str().expect("a token");
    let me = served.ask_as(token, ME, json!({})).await;
    assert_eq!(me.data()["me"]["email"], "ada@example.org");
}

async fn an_app_without_the_users_roles_does_nothing_in_person(served: &Served) {
    let ada = served.register("ada").await;
    served.promote(&ada, &[kit::auth::Role::Admin]).await;
    served.register("grace").await;
    let app = app(served, false, &[CALLBACK]).await;
    let tokens = tokens(served, &app, "musicwallet email").await;
    let token = tokens["access_token"].as_str().expect("a token");
    assert_eq!(claims(&tokens["access_token"])["roles"], json!(["user"]));
    for operation in [
        "{ sessions { id } }",
        "{ accountExport }",
        "{ auditTrail { edges { cursor } } }",
        "{ apps { id } }",
        "mutation { endOtherSessions }",
        "mutation { sendEmailVerification }",
        "mutation { changeEmail(email: \"evil@example.org\", password: \"correct horse battery\") }",
        "mutation { deleteAccount(password: \"correct horse battery\") }",
        "mutation { changePassword(input: { currentPassword: \"correct horse battery\", newPassword: \"another horse\" }) { id } }",
        "mutation { setRoles(userId: \"x\", roles: [ADMIN]) { id } }",
        "mutation { registerApp(input: { name: \"x\", confidential: false, scopes: [] }) { secret } }",
        "mutation { withdrawApp(id: \"x\") }",
    ] {
        let answer = served.ask_as(token, operation, json!({})).await;
        assert_eq!(answer.error().0, "FORBIDDEN", "{operation}");
    }
    let grace = "{ user(username: \"grace\") { email } }";
    let answer = served.ask_as(token, grace, json!({})).await;
    assert_eq!(
        answer.data()["user"]["email"],
        json!(null),
        "though ada is an admin"
    );
}

async fn the_app_is_told_when_nothing_can_be_asked(served: &Served) {
    served.register("ada").await;
    let app = app(served, false, &[CALLBACK]).await;
    let mut visitor = Visitor::new(served);
    let silent = query(&app, &[("prompt", "none")]);
    assert_eq!(
        visitor.open(&silent).await.answer()["error"],
        "login_required"
    );
    let page = visitor.open(&query(&app, &[])).await;
    let page = visitor.sign_in(&page, "ada").await;
    assert_eq!(
        visitor.open(&silent).await.answer()["error"],
        "consent_required"
    );
    let denied = visitor.press(&page, "deny", &[]).await.answer();
    assert_eq!(denied["error"], "access_denied");
    assert_eq!(
        (&denied["state"], &denied["iss"]),
        (&"the state & more".to_owned(), &served.url)
    );
    for (change, code) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("scope", "everything"), "invalid_scope"),
        (("request", "x.y.z"), "request_not_supported"),
    ] {
        let answer = visitor.open(&query(&app, &[change])).await.answer();
        assert_eq!(answer["error"], code);
        assert!(!answer.contains_key("code"));
    }
}

async fn an_app_says_by_an_id_token_whom_it_expects(served: &Served) {
    served.register("ada").await;
    served.register("bob").await;
    let app = app(served, false, &[CALLBACK]).await;
    let tokens = tokens(served, &app, "openid").await;
    let of_ada = tokens["id_token"].as_str().expect("a token");
    let expecting = |more: &[(&str, &str)]| {
        let changes = [&[("id_token_hint", of_ada), ("scope", "openid")], more].concat();
        query(&app, &changes)
    };
    let silently = expecting(&[("prompt", "none")]);

    let mut visitor = Visitor::new(served);
    visitor
        .allow_all("bob", &query(&app, &[("scope", "openid")]))
        .await;
    let answer = visitor.open(&silently).await.answer();
    assert_eq!(answer["error"], "login_required", "bob is not ada");
    // Bob, who is signed in, is asked who he is, and his own password does not do.
    let page = visitor.open(&expecting(&[])).await;
    assert!(page.html.contains("name=\"password\""), "{}", page.html);
    let answer = visitor.sign_in(&page, "bob").await.answer();
    assert_eq!(answer["error"], "login_required");
    let page = visitor.open(&expecting(&[])).await;
    let answer = visitor.sign_in(&page, "ada").await.answer();
    assert!(answer.contains_key("code"), "{answer:?}");
    let answer = visitor.open(&silently).await.answer();
    assert!(answer.contains_key("code"), "{answer:?}");
    // An access token is no ID token.
    let access_token = tokens["access_token"].as_str().expect("a token");
    let wrong = query(&app, &[("id_token_hint", access_token)]);
    assert_eq!(
        visitor.open(&wrong).await.answer()["error"],
        "invalid_request"
    );
}

async fn an_app_acts_in_its_own_name(served: &Served) {
    let confidential = app(served, true, &[CALLBACK]).await;
    let form = [
        ("grant_type", "client_credentials"),
        ("scope", "musicwallet openid email"),
    ];
    let (status, tokens) = post(served, &confidential, "/oauth2/token", &form).await;
    assert_eq!((status, &tokens["scope"]), (200, &json!("musicwallet")));
    assert!(tokens["refresh_token"].is_null() && tokens["id_token"].is_null());
    let token = tokens["access_token"].as_str().expect("a token");
    let answer = served
        .ask_as(token, "{ me { id } users { edges { cursor } } }", json!({}))
        .await;
    assert_eq!(answer.data()["me"], json!(null));
    let denied = served.ask_as(token, "{ sessions { id } }", json!({})).await;
    assert_eq!(denied.error().0, "UNAUTHENTICATED");
    assert_eq!(userinfo(served, &tokens["access_token"]).await.0, 401);

    let public = app(served, false, &[CALLBACK]).await;
    let refused = post(served, &public, "/oauth2/token", &form).await;
    assert_eq!(error(refused), (400, "unauthorized_client".to_owned()));
    let pretender = TestApp {
        id: confidential.id.clone(),
        secret: None,
    };
    let refused = post(served, &pretender, "/oauth2/token", &form).await;
    assert_eq!(error(refused), (401, "invalid_client".to_owned()));
    let both = [
        ("grant_type", "authorization_code"),
        ("code", "x"),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let refused = post(served, &pretender, "/oauth2/token", &both).await;
    assert_eq!(error(refused), (401, "invalid_client".to_owned()));
}

async fn an_app_may_send_the_user_by_a_form(served: &Served) {
    served.register("ada").await;
    let app = app(served, false, &[CALLBACK]).await;
    let mut visitor = Visitor::new(served);
    let asked = query(&app, &[]);
    let pairs: Vec<(String, String)> = form_urlencoded::parse(asked.as_bytes())
        .into_owned()
        .collect();
    let form: Vec<_> = pairs
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    let shown = visitor.submit("/oauth2/authorize", &form, &[]).await;
    assert_eq!(shown.status, 303);
    let location = &shown.headers["location"];
    assert_eq!(*location, format!("/oauth2/authorize?{asked}"));
}
