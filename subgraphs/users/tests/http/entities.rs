//! How a router completes users it knows by id: many at once, each one by itself.

use serde_json::{Value, json};

use crate::support::Served;

on_both_databases! {
    the_number_of_statements_does_not_grow_with_the_representations,
    each_representation_is_answered_by_itself,
    among_thousands_the_malformed_ones_cost_only_themselves,
}

const ENTITIES: &str = "query ($representations: [_Any!]!) {
    _entities(representations: $representations) { ... on User { username country } }
}";

fn user(id: &str) -> Value {
    json!({ "__typename": "User", "id": id })
}

async fn the_number_of_statements_does_not_grow_with_the_representations(served: &Served) {
    let accounts = served.create_accounts(50).await;
    for count in [1, 50, 5_000] {
        let representations: Vec<_> = accounts
            .iter()
            .cycle()
            .take(count)
            .map(|account| user(&account.id))
            .collect();
        let before = served.statements().await;
        let answer = served
            .ask(ENTITIES, json!({ "representations": representations }))
            .await;
        let entities = answer.data()["_entities"].as_array().expect("a list");
        assert_eq!(
            served.statements().await - before,
            1,
            "{count} representations"
        );
        assert_eq!(entities.len(), count);
        for (entity, account) in entities.iter().zip(accounts.iter().cycle()) {
            assert_eq!(entity["username"], account.username.as_str());
        }
    }
    // As many different ones as a body of a megabyte can hold.
    let unknown: Vec<_> = (0..15_000)
        .map(|number| user(&format!("unknown-{number}")))
        .collect();
    let before = served.statements().await;
    let answer = served
        .ask(ENTITIES, json!({ "representations": unknown }))
        .await;
    let entities = answer.data()["_entities"].as_array().expect("a list");
    assert!(entities.len() == 15_000 && entities.iter().all(Value::is_null));
    assert_eq!(served.statements().await - before, 1);
}

async fn each_representation_is_answered_by_itself(served: &Served) {
    let accounts = served.create_accounts(2).await;
    let representations = [
        user(&accounts[0].id),
        user("missing"),
        json!({ "__typename": "User" }),
        json!({ "__typename": "User", "id": null }),
        json!({ "__typename": "Track", "id": "1" }),
        json!({ "id": accounts[0].id }),
        json!("User"),
        user(&accounts[1].id),
        user(&accounts[0].id),
    ];
    let answer = served
        .ask(ENTITIES, json!({ "representations": representations }))
        .await;
    assert_eq!(answer.status, 200);
    let names: Vec<_> = answer.body["data"]["_entities"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|entity| entity["username"].as_str())
        .collect();
    assert_eq!(
        names,
        [
            Some("u0001"),
            None,
            None,
            None,
            None,
            None,
            None,
            Some("u0002"),
            Some("u0001")
        ]
    );
    let mut paths: Vec<_> = answer.body["errors"]
        .as_array()
        .expect("there are errors")
        .iter()
        .map(|error| error["path"].to_string())
        .collect();
    paths.sort();
    assert_eq!(
        paths,
        [2, 3, 4, 5, 6].map(|index| format!("[\"_entities\",{index}]"))
    );
}

async fn among_thousands_the_malformed_ones_cost_only_themselves(served: &Served) {
    let accounts = served.create_accounts(20).await;
    let malformed = [
        json!({ "__typename": "User" }),
        json!({ "__typename": "User", "id": {} }),
        json!({ "__typename": "User", "id": [["x"]] }),
        json!({ "__typename": 7, "id": "x" }),
        json!({ "__typename": "Nothing", "id": "x" }),
        json!([]),
        json!(7),
        json!(true),
    ];
    let unknown = [
        user("missing"),
        user(""),
        user("a\u{0}b"),
        user("' OR 1=1 --"),
    ];
    let mut representations = Vec::new();
    let mut expected = Vec::new();
    let mut at_fault = Vec::new();
    for number in 0..3_000 {
        match number % 10 {
            8 => {
                at_fault.push(json!(["_entities", number]));
                representations.push(malformed[number / 10 % malformed.len()].clone());
                expected.push(None);
            }
            9 => {
                representations.push(unknown[number / 10 % unknown.len()].clone());
                expected.push(None);
            }
            _ => {
                let account = &accounts[number % accounts.len()];
                representations.push(user(&account.id));
                expected.push(Some(account.username.as_str()));
            }
        }
    }
    let before = served.statements().await;
    let answer = served
        .ask(ENTITIES, json!({ "representations": representations }))
        .await;
    assert_eq!(served.statements().await - before, 1);
    let entities = answer.body["data"]["_entities"].as_array().expect("a list");
    let names: Vec<_> = entities.iter().map(|it| it["username"].as_str()).collect();
    assert_eq!(names, expected);
    let mut paths: Vec<_> = answer.body["errors"]
        .as_array()
        .expect("there are errors")
        .iter()
        .map(|error| error["path"].clone())
        .collect();
    paths.sort_by_key(|path| path[1].as_u64());
    assert_eq!(paths, at_fault);
}
