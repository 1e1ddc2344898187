//! Names that look like another user's.

use serde_json::json;

use crate::support::{PASSWORD, REGISTER, Served, register_input, user_id};

on_both_databases! {
    a_name_that_looks_like_one_that_is_taken_is_taken,
    a_name_in_characters_that_look_like_others_is_no_name,
    a_display_name_cannot_hide_or_turn_around_what_stands_beside_it,
}

async fn a_name_that_looks_like_one_that_is_taken_is_taken(served: &Served) {
    for name in ["adam", "paul-0", "william"] {
        served.register(name).await;
    }
    for name in ["adarn", "paul_o", "pau1-0", "wi11iam", "vvilliam", "Pau1.O"] {
        let email = "somebody@example.org";
        let answer = served
            .ask(REGISTER, register_input(name, email, PASSWORD))
            .await;
        let (code, argument, _) = answer.error();
        assert_eq!(
            (code.as_str(), argument.as_str()),
            ("CONFLICT", "input.username"),
            "{name}"
        );
    }
    // It is another name, for all that: nobody signs in by it.
    assert!(served.sign_in("adarn", PASSWORD).await.is_err());
    let by_name = "{ user(username: \"adarn\") { id } }";
    let nobody = served.ask(by_name, json!({})).await;
    assert_eq!(nobody.data(), &json!({ "user": null }));
}

async fn a_name_in_characters_that_look_like_others_is_no_name(served: &Served) {
    let ada = served.register("ada").await;
    for name in [
        "аda",
        "ａｄａ",
        "ad\u{200b}a",
        "a\u{0301}da",
        "ada\u{202e}",
        "𝒶𝒹𝒶",
    ] {
        let input = register_input(name, "somebody@example.org", PASSWORD);
        let (code, argument, _) = served.ask(REGISTER, input).await.error();
        assert_eq!(
            (code.as_str(), argument.as_str()),
            ("BAD_USER_INPUT", "input.username")
        );
        assert!(served.sign_in(name, PASSWORD).await.is_err(), "{name}");
        let query = "query ($name: String) { user(username: $name) { id } }";
        let found = served.ask(query, json!({ "name": name })).await;
        assert_eq!(found.data(), &json!({ "user": null }), "{name}");
    }
    // An address in such characters is none either.
    let input = register_input("somebody", "аda@example.org", PASSWORD);
    assert_eq!(served.ask(REGISTER, input).await.error().1, "input.email");
    let again = served.sign_in("ADA", PASSWORD).await.expect("signed in");
    assert_eq!(user_id(&again), user_id(&ada));
}

async fn a_display_name_cannot_hide_or_turn_around_what_stands_beside_it(served: &Served) {
    for name in [
        "Ada\u{202e}nimda",
        "A\u{200b}da",
        "Ada\r\nBcc: x@y.org",
        "\u{3164}",
    ] {
        let mut input = register_input("ada", "ada@example.org", PASSWORD);
        input["input"]["displayName"] = json!(name);
        assert_eq!(
            served.ask(REGISTER, input).await.error().1,
            "input.displayName",
            "{name:?}"
        );
    }
}
