//! The list of users: pages that fit together, and arguments that are refused.

use kit::relay::Cursor;
use serde_json::{Value, json};

use crate::support::Served;

on_both_databases! {
    pages_walked_forward_and_backward_are_the_whole_list,
    a_page_costs_one_statement_whatever_its_size,
    arguments_out_of_range_are_refused_with_the_limits,
    a_user_is_found_by_one_of_id_and_name,
}

const USERS: &str = "query ($first: Int, $after: String, $last: Int, $before: String) {
    users(first: $first, after: $after, last: $last, before: $before) {
        edges { cursor node { username } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
}";

fn names(users: &Value) -> Vec<String> {
    let edges = users["edges"].as_array().expect("a list");
    edges
        .iter()
        .map(|edge| {
            edge["node"]["username"]
                .as_str()
                .expect("a name")
                .to_owned()
        })
        .collect()
}

async fn pages_walked_forward_and_backward_are_the_whole_list(served: &Served) {
    let mut accounts = served.create_accounts(23).await;
    accounts.sort_by_key(users::account::Account::key);
    let all: Vec<_> = accounts
        .into_iter()
        .map(|account| account.username)
        .collect();

    let mut forward = Vec::new();
    let mut after = Value::Null;
    loop {
        let answer = served
            .ask(USERS, json!({ "first": 5, "after": after }))
            .await;
        let page = &answer.data()["users"];
        assert_eq!(
            page["pageInfo"]["hasPreviousPage"],
            json!(!forward.is_empty())
        );
        forward.extend(names(page));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(forward, all);

    let mut backward: Vec<String> = Vec::new();
    let mut before = Value::Null;
    loop {
        let answer = served
            .ask(USERS, json!({ "last": 7, "before": before }))
            .await;
        let page = &answer.data()["users"];
        assert_eq!(page["pageInfo"]["hasNextPage"], json!(!backward.is_empty()));
        backward.splice(0..0, names(page));
        if page["pageInfo"]["hasPreviousPage"] == json!(false) {
            break;
        }
        before = page["pageInfo"]["startCursor"].clone();
    }
    assert_eq!(backward, all);

    let answer = served.ask(USERS, json!({})).await;
    assert_eq!(names(&answer.data()["users"]), all[..20]);
}

async fn a_page_costs_one_statement_whatever_its_size(served: &Served) {
    served.create_accounts(60).await;
    for first in [1, 60] {
        let before = served.statements().await;
        served.ask(USERS, json!({ "first": first })).await.data();
        assert_eq!(served.statements().await - before, 1, "first: {first}");
    }
}

async fn arguments_out_of_range_are_refused_with_the_limits(served: &Served) {
    let other_list = Cursor::new("tracks:title", &(1, "a")).expect("JSON");
    let other_list = other_list.as_str();
    let garbage = "`after` is not a cursor: pass a `cursor` that this list returned";
    for (arguments, argument, message) in [
        (
            json!({ "first": -1 }),
            "first",
            "`first` must be between 1 and 100, and is -1",
        ),
        (
            json!({ "first": 0 }),
            "first",
            "`first` must be between 1 and 100, and is 0",
        ),
        (
            json!({ "first": 100_000 }),
            "first",
            "`first` must be between 1 and 100, and is 100000",
        ),
        (
            json!({ "last": 101 }),
            "last",
            "`last` must be between 1 and 100, and is 101",
        ),
        (
            json!({ "first": 1, "last": 1 }),
            "last",
            "pass `first` or `last`, not both",
        ),
        (json!({ "after": "garbage" }), "after", garbage),
        (json!({ "after": "" }), "after", garbage),
        (json!({ "after": "x".repeat(100_000) }), "after", garbage),
        (
            json!({ "after": other_list }),
            "after",
            "`after` is a cursor of another list or of another order: start again without it",
        ),
    ] {
        let answer = served.ask(USERS, arguments).await;
        assert_eq!(
            answer.error(),
            (
                "BAD_USER_INPUT".to_owned(),
                argument.to_owned(),
                message.to_owned(),
            )
        );
        assert_eq!(answer.body["data"], Value::Null);
    }
    let too_large = served
        .ask(USERS, json!({ "first": 99_999_999_999_i64 }))
        .await;
    assert_eq!(too_large.error().0, "BAD_USER_INPUT");
}

async fn a_user_is_found_by_one_of_id_and_name(served: &Served) {
    const USER: &str = "query ($id: ID, $username: String) {
        user(id: $id, username: $username) { username }
    }";
    let account = served.create_accounts(1).await.remove(0);
    for arguments in [
        json!({ "id": account.id }),
        json!({ "username": "u0001" }),
        json!({ "username": "U0001" }),
    ] {
        let answer = served.ask(USER, arguments).await;
        assert_eq!(answer.data(), &json!({ "user": { "username": "u0001" } }));
    }
    for arguments in [
        json!({ "id": "no-such" }),
        json!({ "username": "nobody" }),
        json!({ "username": "!" }),
    ] {
        assert_eq!(
            served.ask(USER, arguments).await.data(),
            &json!({ "user": null })
        );
    }
    let neither = served.ask(USER, json!({})).await.error();
    assert_eq!(
        (neither.0.as_str(), neither.2.as_str()),
        ("BAD_USER_INPUT", "Pass `id` or `username`")
    );
    let both = served
        .ask(USER, json!({ "id": "1", "username": "ada" }))
        .await
        .error();
    assert_eq!(both.2, "Pass `id` or `username`, not both");

    // Asking for many costs what asking for one costs.
    let many: String = (0..100)
        .map(|n| format!("a{n}: user(username: \"u{n:04}\") {{ id }} "))
        .collect();
    let before = served.statements().await;
    served.ask(&format!("{{ {many} }}"), json!({})).await.data();
    assert_eq!(served.statements().await - before, 1);
}
