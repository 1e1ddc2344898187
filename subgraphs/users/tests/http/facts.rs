//! The feed of facts: what is told, to whom, in which order, and that nothing is stepped over.

use std::collections::HashSet;

use chrono::{Duration, Utc};
use serde_json::{Value, json};

use crate::support::{PASSWORD, Served, access, user_id};

on_both_databases!(
    a_fact_follows_each_change_and_says_nothing_about_the_user,
    a_reader_goes_on_from_where_it_was,
    a_reader_that_comes_too_late_is_told,
    only_services_with_a_token_read,
    a_reader_beside_many_writers_steps_over_nothing,
    a_reader_that_waits_is_answered_as_soon_as_there_is_something,
);

const UPDATE: &str =
    "mutation ($name: String!) { updateProfile(input: { displayName: $name }) { id } }";
const DELETE: &str = "mutation ($password: String!) { deleteAccount(password: $password) }";

fn kinds(body: &Value) -> Vec<(&str, &str)> {
    let facts = body["facts"].as_array().expect("a list");
    let text = |value: &'static str, fact: &'_ Value| fact[value].as_str().map(str::len);
    assert!(
        facts
            .iter()
            .all(|fact| text("occurredAt", fact) == Some(24))
    );
    facts
        .iter()
        .map(|fact| {
            let kind = fact["kind"].as_str().expect("a text");
            (kind, fact["subject"].as_str().expect("a text"))
        })
        .collect()
}

async fn a_fact_follows_each_change_and_says_nothing_about_the_user(served: &Served) {
    let stella = served.register("stella").await;
    let token = access(&stella);
    let changed = served
        .ask_as(token, UPDATE, json!({ "name": "Countess" }))
        .await;
    changed.data();
    let refused = served.ask_as(token, UPDATE, json!({ "name": "" })).await;
    refused.error();
    let gone = served
        .ask_as(token, DELETE, json!({ "password": PASSWORD }))
        .await;
    gone.data();
    let (status, body) = served.facts("").await;
    assert_eq!(status, 200);
    let id = user_id(&stella);
    assert_eq!(
        kinds(&body),
        [
            ("user.registered", id),
            ("user.profileChanged", id),
            ("user.deleted", id)
        ]
    );
    let text = body.to_string();
    for private in ["stella", "Countess", "example.org"] {
        assert!(!text.contains(private), "{text}");
    }
    assert_eq!(body["more"], false);
}

async fn a_reader_goes_on_from_where_it_was(served: &Served) {
    served.create_accounts(25).await;
    let mut cursor = String::new();
    let mut seen = Vec::new();
    loop {
        let (status, body) = served.facts(&format!("?limit=10{cursor}")).await;
        assert_eq!(status, 200, "{body}");
        for fact in body["facts"].as_array().expect("a list") {
            let id: i64 = fact["id"]
                .as_str()
                .expect("a text")
                .parse()
                .expect("digits");
            seen.push(id);
        }
        let next = body["next"].as_str().expect("there were facts");
        cursor = format!("&after={next}");
        assert_eq!(body["remaining"], 25 - seen.len());
        if body["more"] == false {
            break;
        }
    }
    assert_eq!(seen.len(), 25);
    assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
    // The end is a cursor too.
    let (_, body) = served.facts(&format!("?limit=10{cursor}")).await;
    assert_eq!(body["facts"], json!([]));
    assert_eq!(
        format!("&after={}", body["next"].as_str().expect("a text")),
        cursor
    );
}

async fn a_reader_that_comes_too_late_is_told(served: &Served) {
    served.create_accounts(5).await;
    let (_, all) = served.facts("").await;
    let id = |index: usize| {
        all["facts"][index]["id"]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    let third: i64 = id(2).parse().expect("digits");
    let tomorrow = Utc::now() + Duration::days(1);
    let forgotten = served.store.forget_old_facts(tomorrow, Some(third)).await;
    assert_eq!(forgotten.expect("forgotten"), 3);
    let (status, body) = served.facts(&format!("?after={}", id(1))).await;
    assert_eq!(
        (status, body["errors"][0]["extensions"]["code"].as_str()),
        (410, Some("NOT_FOUND"))
    );
    // Whoever had seen the last one that was forgotten has missed nothing.
    for cursor in [format!("?after={}", id(2)), String::new()] {
        let (status, body) = served.facts(&cursor).await;
        assert_eq!(status, 200, "{body}");
        assert_eq!(body["facts"].as_array().map(Vec::len), Some(2));
    }
}

async fn only_services_with_a_token_read(served: &Served) {
    let ada = served.register("ada").await;
    let feed = format!("{}/facts", served.url);
    let client = reqwest::Client::new();
    let status = async |request: reqwest::RequestBuilder| {
        request.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(status(client.get(&feed)).await, 401);
    assert_eq!(
        status(client.get(&feed).bearer_auth(access(&ada))).await,
        401
    );
    assert_eq!(status(client.get(&feed).bearer_auth("")).await, 401);
    for (query, expected) in [
        ("?limit=0", 400),
        ("?limit=1001", 400),
        ("?wait=6", 400),
        ("?after=x", 400),
        ("?afterr=1", 400),
        ("?limit=1000&wait=0", 200),
    ] {
        assert_eq!(served.facts(query).await.0, expected, "{query}");
    }
}

async fn a_reader_beside_many_writers_steps_over_nothing(served: &Served) {
    const WRITERS: usize = 8;
    const EACH: usize = 25;
    let accounts = served.create_accounts(8).await;
    let mut writers = tokio::task::JoinSet::new();
    for account in accounts {
        let store = served.store.clone();
        writers.spawn(async move {
            for number in 0..EACH {
                let name = format!("Name {number}");
                let change = users::account::ProfileChange {
                    display_name: Some(
                        users::rules::DisplayName::parse("displayName", &name).expect("valid"),
                    ),
                    ..Default::default()
                };
                let changed = store.change_profile(&account.id, change, Utc::now()).await;
                changed.expect("changed").expect("there is one");
            }
        });
    }
    // Reads as greedily as it can, so that it sees whatever appears out of order.
    let mut after = 0_i64;
    let mut seen = HashSet::new();
    let mut written = false;
    loop {
        let before = seen.len();
        let feed = served.store.facts(Some(after), 3).await.expect("facts");
        let users::store::FactFeed::Facts(facts) = feed else {
            panic!("nothing was forgotten");
        };
        for fact in facts {
            assert!(fact.position > after);
            after = fact.position;
            seen.insert(fact.position);
        }
        if written && seen.len() == before {
            break;
        }
        written = writers.is_empty() || {
            while writers.try_join_next().is_some_and(|end| {
                end.expect("no panic");
                true
            }) {}
            writers.is_empty()
        };
    }
    assert_eq!(seen.len(), WRITERS + WRITERS * EACH);
}

async fn a_reader_that_waits_is_answered_as_soon_as_there_is_something(served: &Served) {
    let waiting = served.facts("?wait=5");
    let later = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        served.register("ada").await
    };
    let ((status, body), ada) = tokio::join!(waiting, later);
    assert_eq!(status, 200);
    assert_eq!(kinds(&body), [("user.registered", user_id(&ada))]);
}
