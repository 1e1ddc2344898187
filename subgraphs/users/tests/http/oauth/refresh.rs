//! Refresh tokens of apps: they rotate, a stolen one is seen, and none works elsewhere.

use serde_json::json;

use super::support::{CALLBACK, app, claims, error, post, refresh, tokens, userinfo};
use crate::support::{PASSWORD, Served, access, user_id};

on_both_databases! {
    a_stolen_refresh_token_ends_the_session_of_the_app_alone,
    a_refresh_token_works_for_its_app_only,
    less_can_be_asked_for_and_never_more,
    whatever_ends_the_users_sessions_ends_those_of_apps,
}

const LASTING: &str = "openid email offline_access musicwallet";

async fn a_stolen_refresh_token_ends_the_session_of_the_app_alone(served: &Served) {
    let ada = served.register("ada").await;
    let app = app(served, false, &[CALLBACK]).await;
    let first = tokens(served, &app, LASTING).await;
    let other = tokens(served, &app, LASTING).await;
    let (_, second) = refresh(served, &app, &first["refresh_token"]).await;
    assert_eq!(second["scope"], LASTING);
    let invalid = (400, "invalid_grant".to_owned());
    assert_eq!(
        error(refresh(served, &app, &first["refresh_token"]).await),
        invalid
    );
    assert_eq!(
        error(refresh(served, &app, &second["refresh_token"]).await),
        invalid
    );
    assert_eq!(userinfo(served, &second["access_token"]).await.0, 401);
    // The app's other session goes on, and so does the user's own.
    assert_eq!(refresh(served, &app, &other["refresh_token"]).await.0, 200);
    served.refresh(&ada).await.expect("it goes on");
    let seen = served
        .select_texts("SELECT subject_id FROM audit_event WHERE action = 'refreshTokenReused'")
        .await;
    assert_eq!(seen, [user_id(&ada)]);
}

async fn a_refresh_token_works_for_its_app_only(served: &Served) {
    let ada = served.register("ada").await;
    let public = app(served, false, &[CALLBACK]).await;
    let confidential = app(served, true, &[CALLBACK]).await;
    let of_public = tokens(served, &public, LASTING).await;
    let invalid = (400, "invalid_grant".to_owned());
    for token in [&of_public["refresh_token"], &ada["refreshToken"]] {
        assert_eq!(error(refresh(served, &confidential, token).await), invalid);
    }
    assert_eq!(
        error(refresh(served, &public, &ada["refreshToken"]).await),
        invalid
    );
    let as_own_page = json!({ "refreshToken": of_public["refresh_token"] });
    assert_eq!(
        served.refresh(&as_own_page).await,
        Err("UNAUTHENTICATED".to_owned())
    );
    // Trying it elsewhere did not use it up.
    assert_eq!(
        refresh(served, &public, &of_public["refresh_token"])
            .await
            .0,
        200
    );
    served.refresh(&ada).await.expect("it is good");
}

async fn less_can_be_asked_for_and_never_more(served: &Served) {
    served.register("ada").await;
    let app = app(served, false, &[CALLBACK]).await;
    let first = tokens(served, &app, "openid offline_access musicwallet").await;
    let with = |scope: &'static str, token: &serde_json::Value| {
        vec![
            ("grant_type".to_owned(), "refresh_token".to_owned()),
            (
                "refresh_token".to_owned(),
                token.as_str().expect("a token").to_owned(),
            ),
            ("scope".to_owned(), scope.to_owned()),
        ]
    };
    let send = async |form: Vec<(String, String)>| {
        let form: Vec<_> = form.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        post(served, &app, "/oauth2/token", &form).await
    };
    let more = send(with("openid email", &first["refresh_token"])).await;
    assert_eq!(error(more), (400, "invalid_scope".to_owned()));
    let (status, less) = send(with("openid", &first["refresh_token"])).await;
    assert_eq!((status, &less["scope"]), (200, &json!("openid")));
    assert_ne!(claims(&less["access_token"])["aud"], "musicwallet");
    let (_, all_again) = refresh(served, &app, &less["refresh_token"]).await;
    assert_eq!(all_again["scope"], "openid offline_access musicwallet");
}

async fn whatever_ends_the_users_sessions_ends_those_of_apps(served: &Served) {
    let ada = served.register("ada").await;
    let app = app(served, false, &[CALLBACK]).await;
    let list = "{ sessions { id appId } }";
    for end in [
        "mutation { endOtherSessions }".to_owned(),
        format!("mutation {{ withdrawApp(id: \"{}\") }}", app.id),
        format!(
            "mutation {{ changePassword(input: {{ currentPassword: \"{PASSWORD}\", newPassword: \"another horse\" }}) {{ id }} }}"
        ),
    ] {
        let tokens = tokens(served, &app, LASTING).await;
        let sessions = served.ask_as(access(&ada), list, json!({})).await;
        let of_app = |it: &&serde_json::Value| it["appId"] == app.id.as_str();
        let sessions = sessions.data()["sessions"]
            .as_array()
            .expect("a list")
            .clone();
        assert_eq!(sessions.iter().filter(of_app).count(), 1);
        served.ask_as(access(&ada), &end, json!({})).await.data();
        let refused = refresh(served, &app, &tokens["refresh_token"]).await;
        assert_eq!(error(refused), (400, "invalid_grant".to_owned()), "{end}");
        assert_eq!(userinfo(served, &tokens["access_token"]).await.0, 401);
    }
}
