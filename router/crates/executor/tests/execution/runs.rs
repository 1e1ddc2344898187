//! Fields that are given on together although their object is taken apart, and what keeps them from it.
//!
//! White space shows which is which: it stays in a run, and is lost in what is taken apart.

use expect_test::{Expect, expect};
use plan::{LeafKind, Plan, Position, TypeSource};

use crate::build::*;
use crate::canned::{Canned, summary, text};

/// `{ me { name age plays } }`: name and age from `users`, which also gives the id, plays from `music`.
fn me() -> Plan {
    let users = vec![
        needed(leaf("id", LeafKind::Id)),
        leaf("name", LeafKind::String),
        leaf("age", LeafKind::Int),
    ];
    let music = vec![leaf("plays", LeafKind::Int)];
    let fields = vec![
        out("name", "User.name", "String!", from(0, 1)),
        out("age", "User.age", "Int", from(0, 2)),
        out("plays", "User.plays", "Int", from(1, 0)),
    ];
    plan(
        vec![
            root(0, read("Query", vec![object("me", read("User", users))])),
            root(1, read("Query", vec![object("me", read("User", music))])),
        ],
        vec![
            root_position(&[0, 1]),
            Position {
                type_source: TypeSource::Static("User".into()),
                ..position(0, "me", 0, vec![below(0, 0, 0), below(1, 1, 0)])
            },
        ],
        write(
            0,
            vec![out("me", "Query.me", "User", inside(write(1, fields)))],
        ),
    )
}

async fn answer(users: &str) -> executor::Answer {
    let subgraphs = Canned::new()
        .gives(0, &format!(r#"{{"data":{{"me":{users}}}}}"#))
        .gives(1, r#"{"data":{"me":{"plays":7}}}"#);
    subgraphs.run(me()).await
}

async fn check(users: &str, expected: Expect) {
    expected.assert_eq(&text(&answer(users).await));
}

#[tokio::test]
async fn neighbours_in_both_answers_are_given_on_together() {
    check(
        r#"{"id":"1", "name": "é" ,  "age":null }"#,
        expect![[r#"{"data":{"me":{"name": "é" ,  "age":null,"plays":7}}}"#]],
    )
    .await;
}

#[tokio::test]
async fn another_order_other_keys_and_escapes_are_taken_apart() {
    for users in [
        r#"{"age": 3, "name": "a", "id": 1}"#,
        r#"{"name": "a", "extra": [{}], "age": 3}"#,
        r#"{"n\u0061me": "a", "age": 3}"#,
        r#"{"name" : "a", "age": 3}"#,
        r#"{"name": "a", "a\u0067e": 3}"#,
    ] {
        check(
            users,
            expect![[r#"{"data":{"me":{"name":"a","age":3,"plays":7}}}"#]],
        )
        .await;
    }
}

#[tokio::test]
async fn of_equal_keys_the_last_counts_wherever_it_stands() {
    for users in [
        r#"{"name":"x","age":1,"name":"a","age":3}"#,
        r#"{"name":"x","age":3,"name":"a"}"#,
        r#"{"name":"x","age":3,"n\u0061me":"a"}"#,
        r#"{"age":"wrong","name":"a","age":3}"#,
        r#"{"name":"a","age":"wrong","id":"1","age":3}"#,
    ] {
        let answer = answer(users).await;
        let data = expect![[r#"{"me":{"name":"a","age":3,"plays":7}}"#]];
        data.assert_eq(summary(&answer).lines().next().unwrap());
    }
}

#[tokio::test]
async fn what_may_not_stand_there_is_told_as_ever() {
    let missing = answer(r#"{"id":"1","name":null,"age":3}"#).await;
    expect![[r#"
        {"me":null}
        UNEXPECTED_NULL ["me","name"] Cannot return null for non-nullable field User.name."#]]
    .assert_eq(&summary(&missing));
    let wrong = answer(r#"{"id":"1","name":"a","age":"3"}"#).await;
    expect![[r#"
        {"me":{"name":"a","age":null,"plays":7}}
        SUBREQUEST_MALFORMED_RESPONSE ["me","age"] The subgraph "users" answered with something else where an Int was due."#]].assert_eq(&summary(&wrong));
}
