//! The life of a session: register, sign in, refresh, sign out; and what ends it early.

use chrono::{Duration, Utc};
use serde_json::{Value, json};
use users::security::opaque_token::OpaqueToken;
use users::store::{MAX_SESSIONS, Origin, REFRESH_LIFETIME, Rotation};

use crate::support::{ME, PASSWORD, Served, access, user_id};

on_both_databases! {
    a_session_lives_from_registration_to_sign_out,
    signing_in_works_by_name_and_by_address_in_any_case,
    unknown_users_and_wrong_passwords_are_told_the_same,
    a_refresh_token_works_once_and_its_reuse_ends_the_session,
    of_many_who_present_one_token_at_most_one_is_renewed,
    changing_the_password_ends_all_other_sessions,
    an_account_has_a_limited_number_of_sessions,
    expired_sessions_and_tokens_are_forgotten,
}

const SIGN_OUT: &str = "mutation { signOut }";
const CHANGE: &str = "mutation ($input: ChangePasswordInput!) {
    changePassword(input: $input) { username }
}";

fn code(refused: Result<Value, String>) -> String {
    refused.expect_err("it must be refused")
}

async fn a_session_lives_from_registration_to_sign_out(served: &Served) {
    let session = served.register("Ada").await;
    assert_eq!(session["user"]["username"], "ada");
    assert_eq!(session["user"]["displayName"], "Ada");

    let me = served.ask_as(access(&session), ME, json!({})).await;
    assert_eq!(me.data()["me"]["email"], "ada@example.org");

    let renewed = served.refresh(&session).await.expect("renewed");
    assert_eq!(user_id(&renewed), user_id(&session));
    let me = served.ask_as(access(&renewed), ME, json!({})).await;
    assert_eq!(me.data()["me"]["id"], user_id(&session));

    let signed_out = served.ask_as(access(&renewed), SIGN_OUT, json!({})).await;
    assert_eq!(signed_out.data(), &json!({ "signOut": true }));
    assert_eq!(code(served.refresh(&renewed).await), "UNAUTHENTICATED");
    // Signing out again is no error, and nobody cannot.
    served
        .ask_as(access(&renewed), SIGN_OUT, json!({}))
        .await
        .data();
    assert_eq!(
        served.ask(SIGN_OUT, json!({})).await.error().0,
        "UNAUTHENTICATED"
    );

    let nobody = served.ask(ME, json!({})).await;
    assert_eq!(nobody.data(), &json!({ "me": null }));
}

async fn signing_in_works_by_name_and_by_address_in_any_case(served: &Served) {
    let registered = served.register("ada").await;
    for login in ["ada", "ADA", "ada@example.org", "Ada@Example.org"] {
        let session = served.sign_in(login, PASSWORD).await.expect(login);
        assert_eq!(user_id(&session), user_id(&registered));
    }
}

async fn unknown_users_and_wrong_passwords_are_told_the_same(served: &Served) {
    served.register("ada").await;
    let mut answers = Vec::new();
    for (login, password) in [
        ("ada", "not the password"),
        ("nobody", PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("", ""),
        ("ada", &"x".repeat(10_000)),
        (&"x".repeat(10_000), PASSWORD),
        ("ada' OR 1=1 --", PASSWORD),
    ] {
        let input = json!({ "input": { "username": login, "password": password } });
        answers.push(served.ask(crate::support::SIGN_IN, input).await);
    }
    let (code, _, message) = answers[0].error();
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("UNAUTHENTICATED", "The user name or the password is wrong",)
    );
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
}

async fn a_refresh_token_works_once_and_its_reuse_ends_the_session(served: &Served) {
    let first = served.register("ada").await;
    let second = served.refresh(&first).await.expect("renewed");
    let third = served.refresh(&second).await.expect("renewed");
    let elsewhere = served.sign_in("ada", PASSWORD).await.expect("signed in");

    assert_eq!(code(served.refresh(&first).await), "UNAUTHENTICATED");
    assert_eq!(
        code(served.refresh(&third).await),
        "UNAUTHENTICATED",
        "the family has ended"
    );
    served
        .refresh(&elsewhere)
        .await
        .expect("other sessions go on");

    for garbage in ["", "garbage", &"x".repeat(5_000)] {
        assert_eq!(
            code(served.refresh(&json!({ "refreshToken": garbage })).await),
            "UNAUTHENTICATED"
        );
    }
    // Only hashes are stored.
    let stored = served.select_texts("SELECT hash FROM refresh_token").await;
    let token = elsewhere["refreshToken"].as_str().expect("a text");
    assert!(!stored.is_empty() && stored.iter().all(|hash| hash != token && hash.len() == 64));
}

async fn of_many_who_present_one_token_at_most_one_is_renewed(served: &Served) {
    let session = served.register("ada").await;
    let attempts = (0..8).map(|_| served.refresh(&session));
    let results = futures_join(attempts).await;
    let renewed: Vec<_> = results.into_iter().filter_map(Result::ok).collect();
    assert_eq!(renewed.len(), 1);
    assert_eq!(
        code(served.refresh(&renewed[0]).await),
        "UNAUTHENTICATED",
        "the reuse was seen"
    );
}

async fn changing_the_password_ends_all_other_sessions(served: &Served) {
    let here = served.register("ada").await;
    let there = served.sign_in("ada", PASSWORD).await.expect("signed in");
    let change = |current: &str, new: &str| json!({ "input": { "currentPassword": current, "newPassword": new } });
    let new = "another horse entirely";

    let wrong = served
        .ask_as(access(&here), CHANGE, change("wrong", new))
        .await;
    assert_eq!(
        wrong.error(),
        (
            "BAD_USER_INPUT".to_owned(),
            "input.currentPassword".to_owned(),
            "The password is wrong".to_owned(),
        )
    );
    let weak = served
        .ask_as(access(&here), CHANGE, change(PASSWORD, "short"))
        .await
        .error();
    assert_eq!(
        (weak.0.as_str(), weak.1.as_str()),
        ("BAD_USER_INPUT", "input.newPassword")
    );
    let nobody = served.ask(CHANGE, change(PASSWORD, new)).await;
    assert_eq!(nobody.error().0, "UNAUTHENTICATED");

    served
        .ask_as(access(&here), CHANGE, change(PASSWORD, new))
        .await
        .data();
    served.refresh(&here).await.expect("this session goes on");
    assert_eq!(code(served.refresh(&there).await), "UNAUTHENTICATED");
    assert_eq!(
        code(served.sign_in("ada", PASSWORD).await),
        "UNAUTHENTICATED"
    );
    served
        .sign_in("ada", new)
        .await
        .expect("the new password works");
}

/// All of them at once.
pub(crate) async fn futures_join<T>(
    futures: impl Iterator<Item = impl Future<Output = T>>,
) -> Vec<T> {
    use std::pin::Pin;
    use std::task::Poll;
    let mut waiting: Vec<Pin<Box<_>>> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<T>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(move |context| {
        for (future, done) in waiting.iter_mut().zip(&mut done) {
            if done.is_none()
                && let Poll::Ready(value) = future.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) {
            return Poll::Ready(std::mem::take(&mut done).into_iter().flatten().collect());
        }
        Poll::Pending
    })
    .await
}

async fn an_account_has_a_limited_number_of_sessions(served: &Served) {
    let first = served.register("ada").await;
    let id = user_id(&first);
    for later in 1..=MAX_SESSIONS {
        let now = Utc::now() + Duration::seconds(i64::try_from(later).expect("small"));
        let token = OpaqueToken::new().expect("random").hash();
        served
            .store
            .begin_session(id, &token, &Origin::default(), now)
            .await
            .expect("begins");
    }
    let sessions = served.select_texts("SELECT account_id FROM session").await;
    assert_eq!(sessions.len() as u64, MAX_SESSIONS);
    assert_eq!(
        code(served.refresh(&first).await),
        "UNAUTHENTICATED",
        "the oldest one ended"
    );
}

async fn expired_sessions_and_tokens_are_forgotten(served: &Served) {
    let old = served.register("ada").await;
    let renewed = served.refresh(&old).await.expect("renewed");
    let count = async |table: &str, column: &str| {
        served
            .select_texts(&format!("SELECT {column} FROM {table}"))
            .await
            .len()
    };
    served
        .store
        .forget_expired_sessions(Utc::now())
        .await
        .expect("cleans");
    assert_eq!(
        (
            count("session", "id").await,
            count("refresh_token", "hash").await
        ),
        (1, 2)
    );

    // A token that waited too long is refused.
    let later = Utc::now() + REFRESH_LIFETIME;
    let token = |session: &Value| {
        let text = session["refreshToken"].as_str().expect("a text").to_owned();
        OpaqueToken::received(text).expect("a token").hash()
    };
    let next = OpaqueToken::new().expect("random").hash();
    let late = served
        .store
        .rotate(&token(&renewed), &next, None, later)
        .await
        .expect("asks");
    assert_eq!(late, Rotation::Refused);
    served
        .store
        .forget_expired_sessions(later)
        .await
        .expect("cleans");
    assert_eq!(
        (
            count("session", "id").await,
            count("refresh_token", "hash").await
        ),
        (0, 0)
    );
}
