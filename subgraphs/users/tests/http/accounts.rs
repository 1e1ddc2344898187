//! Accounts come and go: what may be registered, and what deleting leaves behind.

use serde_json::json;

use crate::support::{ME, PASSWORD, REGISTER, Served, access, register_input, user_id};

on_both_databases! {
    names_and_addresses_are_taken_in_any_case,
    values_that_break_a_rule_are_refused_by_name,
    of_two_who_register_one_name_at_once_one_succeeds,
    deleting_an_account_leaves_only_the_fact,
    nothing_personal_is_left_of_a_deleted_account,
}

const DELETE: &str = "mutation ($password: String!) { deleteAccount(password: $password) }";
const USER: &str = "query ($id: ID) { user(id: $id) { username } }";

async fn names_and_addresses_are_taken_in_any_case(served: &Served) {
    served.register("ada").await;
    for (username, email, argument) in [
        ("ada", "new@example.org", "input.username"),
        ("ADA", "new@example.org", "input.username"),
        ("new", "ada@example.org", "input.email"),
        ("new", "Ada@EXAMPLE.org", "input.email"),
    ] {
        let answer = served
            .ask(REGISTER, register_input(username, email, PASSWORD))
            .await;
        let (code, at, _) = answer.error();
        assert_eq!(
            (code.as_str(), at.as_str()),
            ("CONFLICT", argument),
            "{username} {email}"
        );
    }
    // What failed left nothing behind.
    served.register("new").await;
}

async fn values_that_break_a_rule_are_refused_by_name(served: &Served) {
    let huge = "x".repeat(100_000);
    for (username, email, password, argument) in [
        ("a", "ada@example.org", PASSWORD, "input.username"),
        ("1ada", "ada@example.org", PASSWORD, "input.username"),
        (&huge, "ada@example.org", PASSWORD, "input.username"),
        ("ada", "ada", PASSWORD, "input.email"),
        ("ada", &huge, PASSWORD, "input.email"),
        ("ada", "ada@example.org", "short", "input.password"),
        ("ada", "ada@example.org", "password123", "input.password"),
        (
            "adalovelace",
            "ada@example.org",
            "AdaLovelace",
            "input.password",
        ),
        ("ada", "ada@example.org", &huge, "input.password"),
    ] {
        let answer = served
            .ask(REGISTER, register_input(username, email, password))
            .await;
        let (code, at, _) = answer.error();
        assert_eq!((code.as_str(), at.as_str()), ("BAD_USER_INPUT", argument));
    }
    for (field, value) in [
        ("country", "Atlantis"),
        ("displayName", ""),
        ("displayName", &huge),
    ] {
        let mut input = register_input("ada", "ada@example.org", PASSWORD);
        input["input"][field] = json!(value);
        let (code, at, _) = served.ask(REGISTER, input).await.error();
        assert_eq!(
            (code, at),
            ("BAD_USER_INPUT".to_owned(), format!("input.{field}"))
        );
    }
    let wrong_type =
        json!({ "input": { "username": 7, "email": "a@b.org", "password": PASSWORD } });
    assert_eq!(
        served.ask(REGISTER, wrong_type).await.error().0,
        "GRAPHQL_VALIDATION_FAILED"
    );
    assert_eq!(
        served.ask(REGISTER, json!({})).await.error().0,
        "BAD_USER_INPUT"
    );
}

async fn of_two_who_register_one_name_at_once_one_succeeds(served: &Served) {
    let one = served.ask(REGISTER, register_input("ada", "one@example.org", PASSWORD));
    let other = served.ask(
        REGISTER,
        register_input("Ada", "other@example.org", PASSWORD),
    );
    let (one, other) = tokio::join!(one, other);
    let (winner, loser) = if one.body["errors"].is_null() {
        (one, other)
    } else {
        (other, one)
    };
    winner.data();
    let (code, argument, message) = loser.error();
    assert_eq!(
        (code.as_str(), argument.as_str(), message.as_str()),
        (
            "CONFLICT",
            "input.username",
            "This user name is taken, or looks like one that is",
        )
    );
}

async fn deleting_an_account_leaves_only_the_fact(served: &Served) {
    let ada = served.register("ada").await;
    let grace = served.register("grace").await;

    let wrong = served
        .ask_as(access(&ada), DELETE, json!({ "password": "wrong" }))
        .await
        .error();
    assert_eq!(
        (wrong.0.as_str(), wrong.1.as_str()),
        ("BAD_USER_INPUT", "password")
    );
    let nobody = served
        .ask(DELETE, json!({ "password": PASSWORD }))
        .await
        .error();
    assert_eq!(nobody.0, "UNAUTHENTICATED");
    assert_eq!(
        served
            .select_texts("SELECT kind FROM outbox_event WHERE kind <> 'user.registered'")
            .await,
        [""; 0]
    );

    let deleted = served
        .ask_as(access(&ada), DELETE, json!({ "password": PASSWORD }))
        .await;
    assert_eq!(deleted.data(), &json!({ "deleteAccount": true }));
    let facts = served
        .select_texts(
            "SELECT kind || ' ' || subject_id FROM outbox_event WHERE kind <> 'user.registered'",
        )
        .await;
    assert_eq!(facts, [format!("user.deleted {}", user_id(&ada))]);
    for table in ["account", "session"] {
        let column = if table == "account" {
            "id"
        } else {
            "account_id"
        };
        let left = served
            .select_texts(&format!("SELECT {column} FROM {table}"))
            .await;
        assert_eq!(left, [user_id(&grace)], "{table}");
    }

    // The token is still well signed, but there is nobody behind it.
    let user = served.ask(USER, json!({ "id": user_id(&ada) })).await;
    assert_eq!(user.data(), &json!({ "user": null }));
    let me = served.ask_as(access(&ada), ME, json!({})).await;
    assert_eq!(me.data(), &json!({ "me": null }));
    let again = served
        .ask_as(access(&ada), DELETE, json!({ "password": PASSWORD }))
        .await
        .error();
    assert_eq!(again.0, "UNAUTHENTICATED");
    assert_eq!(
        served.refresh(&ada).await,
        Err("UNAUTHENTICATED".to_owned())
    );

    let newcomer = served.register("ada").await;
    assert_ne!(
        user_id(&newcomer),
        user_id(&ada),
        "the name is free, the id never again"
    );
}

async fn nothing_personal_is_left_of_a_deleted_account(served: &Served) {
    let ada = served.register("ada.lovelace").await;
    served
        .sign_in("ada.lovelace", PASSWORD)
        .await
        .expect("signed in");
    let change = "mutation ($password: String!) {
        updateProfile(input: { displayName: \"Augusta\", bio: \"The Countess\" }) { id }
        changeEmail(email: \"countess@example.org\", password: $password)
        sendPasswordReset(email: \"ada.lovelace@example.org\")
    }";
    let password = json!({ "password": PASSWORD });
    served
        .ask_as(access(&ada), change, password.clone())
        .await
        .data();
    let personal = ["lovelace", "Augusta", "Countess", "countess", "$argon2id$"];
    assert!(
        !served.columns_with(&personal).await.is_empty(),
        "the search finds what is there"
    );
    served.ask_as(access(&ada), DELETE, password).await.data();
    assert_eq!(served.columns_with(&personal).await, [""; 0]);
    // The id stays where it says what happened, and it tells nothing.
    let places = served.columns_with(&[user_id(&ada)]).await;
    assert_eq!(
        places,
        [
            "audit_event.actor",
            "audit_event.subject_id",
            "outbox_event.subject_id"
        ]
    );
}
