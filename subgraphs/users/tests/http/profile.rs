//! The caller's profile: what is given changes, what is left out stays, null removes.

use serde_json::{Value, json};

use crate::support::{Served, access};

on_both_databases! {
    only_what_is_given_changes,
    values_that_break_a_rule_change_nothing,
}

const UPDATE: &str = "mutation ($input: UpdateProfileInput!) {
    updateProfile(input: $input) { displayName bio country }
}";

async fn update(served: &Served, token: &str, input: Value) -> crate::support::Answer {
    served
        .ask_as(token, UPDATE, json!({ "input": input }))
        .await
}

async fn only_what_is_given_changes(served: &Served) {
    let session = served.register("ada").await;
    for (input, expected) in [
        (
            json!({}),
            json!({ "displayName": "ada", "bio": null, "country": null }),
        ),
        (
            json!({ "displayName": " Ada Lovelace ", "bio": "I count.\nNotes." }),
            json!({ "displayName": "Ada Lovelace", "bio": "I count.\nNotes.", "country": null }),
        ),
        (
            json!({ "country": "gb" }),
            json!({ "displayName": "Ada Lovelace", "bio": "I count.\nNotes.", "country": "GB" }),
        ),
        (
            json!({ "bio": null }),
            json!({ "displayName": "Ada Lovelace", "bio": null, "country": "GB" }),
        ),
        (
            json!({ "country": null, "bio": "" }),
            json!({ "displayName": "Ada Lovelace", "bio": null, "country": null }),
        ),
    ] {
        let answer = update(served, access(&session), input).await;
        assert_eq!(answer.data(), &json!({ "updateProfile": expected }));
    }
    let nobody = update(served, "", json!({ "displayName": "Eve" })).await;
    assert_eq!(nobody.error().0, "UNAUTHENTICATED");
}

async fn values_that_break_a_rule_change_nothing(served: &Served) {
    let session = served.register("ada").await;
    for (field, value) in [
        ("displayName", json!(null)),
        ("displayName", json!("")),
        ("displayName", json!("x".repeat(81))),
        ("bio", json!("x".repeat(501))),
        ("country", json!("ZZ")),
    ] {
        // The last of two equal keys wins, so a bad display name stays bad.
        let input = json!({ "displayName": "Eve", field: value });
        let (code, argument, _) = update(served, access(&session), input).await.error();
        assert_eq!(
            (code, argument),
            ("BAD_USER_INPUT".to_owned(), format!("input.{field}"))
        );
    }
    let answer = update(served, access(&session), json!({})).await;
    assert_eq!(answer.data()["updateProfile"]["displayName"], "ada");
}
