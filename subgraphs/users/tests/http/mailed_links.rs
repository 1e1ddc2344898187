//! One-time tokens, as they arrive by mail: what they are good for, and when no more.

use chrono::{Duration, Utc};
use serde_json::json;
use users::store::Purpose;

use crate::support::{PASSWORD, Served, access};

on_both_databases! {
    a_mailed_token_proves_the_address_once,
    a_newer_token_voids_the_one_before_it_and_time_voids_both,
    a_reset_sets_the_password_and_ends_all_sessions,
    an_address_changes_when_the_new_one_is_proved,
    whether_an_address_has_an_account_is_not_told,
    tokens_go_with_their_account_and_only_hashes_are_stored,
}

const VERIFY: &str = "mutation ($token: String!) { verifyEmail(token: $token) }";
const RESET: &str = "mutation ($token: String!, $new: String!) {
    resetPassword(token: $token, newPassword: $new) { username }
}";
const SEND_RESET: &str = "mutation ($email: String!) { sendPasswordReset(email: $email) }";
const CHANGE: &str = "mutation ($email: String!, $password: String!) {
    changeEmail(email: $email, password: $password)
}";
const NEW_PASSWORD: &str = "another horse entirely";

async fn verified(served: &Served, token: &str) -> bool {
    let answer = served
        .ask_as(token, "{ me { emailVerified } }", json!({}))
        .await;
    answer.data()["me"]["emailVerified"] == true
}

async fn a_mailed_token_proves_the_address_once(served: &Served) {
    let ada = served.register("ada").await;
    assert!(!verified(served, access(&ada)).await);
    let address = "ada@example.org";
    let token = served
        .mailed(&ada, Purpose::VerifyEmail, address, Utc::now())
        .await;
    // A token for one thing is good for nothing else.
    let reset = json!({ "token": token, "new": NEW_PASSWORD });
    assert_eq!(served.ask(RESET, reset).await.error().0, "BAD_USER_INPUT");
    served.ask(VERIFY, json!({ "token": token })).await.data();
    assert!(verified(served, access(&ada)).await);
    let again = served.ask(VERIFY, json!({ "token": token })).await.error();
    assert_eq!(
        (again.0.as_str(), again.1.as_str()),
        ("BAD_USER_INPUT", "token")
    );
    for garbage in ["", "garbage", &"x".repeat(5_000)] {
        let refused = served
            .ask(VERIFY, json!({ "token": garbage }))
            .await
            .error();
        assert_eq!(refused, again);
    }
    let send = served
        .ask_as(
            access(&ada),
            "mutation { sendEmailVerification }",
            json!({}),
        )
        .await;
    assert_eq!(send.error().0, "BAD_USER_INPUT", "it is proved already");
}

async fn a_newer_token_voids_the_one_before_it_and_time_voids_both(served: &Served) {
    let ada = served.register("ada").await;
    let address = "ada@example.org";
    let first = served
        .mailed(&ada, Purpose::VerifyEmail, address, Utc::now())
        .await;
    served
        .ask_as(
            access(&ada),
            "mutation { sendEmailVerification }",
            json!({}),
        )
        .await
        .data();
    assert_eq!(
        served
            .ask(VERIFY, json!({ "token": first }))
            .await
            .error()
            .0,
        "BAD_USER_INPUT"
    );

    let long_ago = Utc::now() - Purpose::VerifyEmail.lifetime();
    let old = served
        .mailed(&ada, Purpose::VerifyEmail, address, long_ago)
        .await;
    assert_eq!(
        served.ask(VERIFY, json!({ "token": old })).await.error().0,
        "BAD_USER_INPUT"
    );
    let long_ago = Utc::now() - Purpose::ResetPassword.lifetime();
    let old = served
        .mailed(&ada, Purpose::ResetPassword, address, long_ago)
        .await;
    let reset = json!({ "token": old, "new": NEW_PASSWORD });
    assert_eq!(served.ask(RESET, reset).await.error().0, "BAD_USER_INPUT");
    served
        .sign_in("ada", PASSWORD)
        .await
        .expect("nothing changed");

    let later = Utc::now() + Duration::seconds(1);
    let forgotten = served.store.forget_old_tokens(later).await.expect("cleans");
    assert_eq!(forgotten, 2);
}

async fn a_reset_sets_the_password_and_ends_all_sessions(served: &Served) {
    let ada = served.register("ada").await;
    let there = served.sign_in("ada", PASSWORD).await.expect("signed in");
    let address = "ada@example.org";
    let token = served
        .mailed(&ada, Purpose::ResetPassword, address, Utc::now())
        .await;
    // Somebody guesses meanwhile, so that the owner cannot sign in.
    for _ in 0..11 {
        let _ = served.sign_in("ada", &"x".repeat(300)).await;
    }
    let refused = served.sign_in("ada", PASSWORD).await;
    assert_eq!(refused, Err("TOO_MANY_REQUESTS".to_owned()));

    let weak = json!({ "token": token, "new": "short" });
    assert_eq!(served.ask(RESET, weak).await.error().1, "newPassword");
    let reset = json!({ "token": token, "new": NEW_PASSWORD });
    let answer = served.ask(RESET, reset.clone()).await;
    assert_eq!(answer.data()["resetPassword"]["username"], "ada");
    for session in [&ada, &there] {
        assert!(served.refresh(session).await.is_err());
    }
    assert_eq!(
        served.ask(RESET, reset).await.error().0,
        "BAD_USER_INPUT",
        "once"
    );
    assert!(served.sign_in("ada", PASSWORD).await.is_err());
    served
        .sign_in("ada", NEW_PASSWORD)
        .await
        .expect("the reset lets the owner in");
}

async fn an_address_changes_when_the_new_one_is_proved(served: &Served) {
    let ada = served.register("ada").await;
    served.register("grace").await;
    let change = |email: &str, password: &str| json!({ "email": email, "password": password });
    let wrong = served
        .ask_as(access(&ada), CHANGE, change("new@example.org", "wrong"))
        .await;
    assert_eq!(wrong.error().1, "password");
    // That it is somebody else's is told to nobody but its reader.
    for email in ["new@example.org", "grace@example.org"] {
        let asked = served
            .ask_as(access(&ada), CHANGE, change(email, PASSWORD))
            .await;
        assert_eq!(asked.data(), &json!({ "changeEmail": true }));
    }
    let email = async || {
        let me = served
            .ask_as(access(&ada), "{ me { email } }", json!({}))
            .await;
        me.data()["me"]["email"]
            .as_str()
            .expect("an address")
            .to_owned()
    };
    assert_eq!(email().await, "ada@example.org");

    let taken = served
        .mailed(&ada, Purpose::ChangeEmail, "grace@example.org", Utc::now())
        .await;
    assert_eq!(
        served
            .ask(VERIFY, json!({ "token": taken }))
            .await
            .error()
            .0,
        "CONFLICT"
    );
    let stale = served
        .mailed(&ada, Purpose::VerifyEmail, "ada@example.org", Utc::now())
        .await;
    let free = served
        .mailed(&ada, Purpose::ChangeEmail, "new@example.org", Utc::now())
        .await;
    served.ask(VERIFY, json!({ "token": free })).await.data();
    assert_eq!(email().await, "new@example.org");
    assert!(verified(served, access(&ada)).await);
    // A link to the old address proves nothing about the new one.
    assert_eq!(
        served
            .ask(VERIFY, json!({ "token": stale }))
            .await
            .error()
            .0,
        "BAD_USER_INPUT"
    );
}

async fn whether_an_address_has_an_account_is_not_told(served: &Served) {
    served.register("ada").await;
    let mut answers = Vec::new();
    for email in ["ada@example.org", "nobody@example.org"] {
        answers.push(served.ask(SEND_RESET, json!({ "email": email })).await);
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].data(), &json!({ "sendPasswordReset": true }));
    let tokens = served
        .select_texts("SELECT email FROM one_time_token WHERE purpose = 'resetPassword'")
        .await;
    assert_eq!(tokens, ["ada@example.org"]);
    // Nobody is flooded, and that is told of either in the same way.
    let mut codes = Vec::new();
    for email in ["ada@example.org", "nobody@example.org"] {
        for _ in 0..5 {
            let answer = served.ask(SEND_RESET, json!({ "email": email })).await;
            codes.push(answer.body["errors"][0]["extensions"]["code"].clone());
        }
    }
    assert_eq!(codes[..5], codes[5..]);
    assert_eq!(codes[4], "TOO_MANY_REQUESTS");
}

async fn tokens_go_with_their_account_and_only_hashes_are_stored(served: &Served) {
    let ada = served.register("ada").await;
    let token = served
        .mailed(&ada, Purpose::ResetPassword, "ada@example.org", Utc::now())
        .await;
    let stored = served.select_texts("SELECT hash FROM one_time_token").await;
    assert_eq!(stored.len(), 2, "one came with the registration");
    assert!(stored.iter().all(|hash| *hash != token && hash.len() == 64));
    let delete = "mutation ($password: String!) { deleteAccount(password: $password) }";
    served
        .ask_as(access(&ada), delete, json!({ "password": PASSWORD }))
        .await
        .data();
    assert_eq!(
        served.select_texts("SELECT hash FROM one_time_token").await,
        [""; 0]
    );
    let reset = json!({ "token": token, "new": NEW_PASSWORD });
    assert_eq!(served.ask(RESET, reset).await.error().0, "BAD_USER_INPUT");
}
