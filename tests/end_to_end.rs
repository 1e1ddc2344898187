//! What the federation promises its users, asked of real processes over HTTP.
//!
//! Each promise is checked on SQLite and, where a Postgres is given, on Postgres.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]

use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};

use support::client::Client;
use support::databases::Databases;
use support::federation::Federation;

mod support;

#[tokio::test]
async fn a_favourite_is_added_and_read_back_across_services() {
    for databases in Databases::all().await {
        let federation = Federation::start_on(&databases).await;
        let ada = Client::signed_in(&federation, "ada").await;

        let found = ada.ask("{ tracks(first: 100) { edges { node { id favouritedBy(first: 100) { edges { node { username } } } } } } }").await;
        let track = found["tracks"]["edges"]
            .as_array()
            .expect("tracks")
            .iter()
            .find(|edge| !lovers(&edge["node"]).contains(&"ada".to_owned()))
            .expect("a track that ada does not love yet")["node"]["id"]
            .clone();

        let add = "mutation ($id: ID!) { addFavourite(input: { trackId: $id, note: \"end to end\" }) { \
                   added favourite { note node { title } } user { username favouriteCount } } }";
        let added = ada.ask_with(add, json!({ "id": track })).await;
        assert_eq!(added["addFavourite"]["added"], true);
        // The payload's user is known to music by id; the name comes from users.
        assert_eq!(added["addFavourite"]["user"]["username"], "ada");
        let again = ada.ask_with(add, json!({ "id": track })).await;
        assert_eq!(
            again["addFavourite"]["added"], false,
            "adding twice is one favourite"
        );
        assert_eq!(
            again["addFavourite"]["user"]["favouriteCount"],
            added["addFavourite"]["user"]["favouriteCount"]
        );

        let read = "query ($id: ID!) { me { username favourites(first: 100) { edges { note node { id title artist { name } } } } } \
                    track(id: $id) { title favouritedBy(first: 100) { edges { node { username } } } } }";
        let read_back = ada.ask_with(read, json!({ "id": track })).await;
        assert_eq!(read_back["me"]["username"], "ada");
        let mine = read_back["me"]["favourites"]["edges"]
            .as_array()
            .expect("favourites");
        let favourite = mine
            .iter()
            .find(|edge| edge["node"]["id"] == track)
            .expect("the new favourite");
        assert_eq!(favourite["note"], "end to end");
        assert_eq!(favourite["node"]["title"], read_back["track"]["title"]);
        assert!(favourite["node"]["artist"]["name"].is_string());
        assert!(
            lovers(&read_back["track"]).contains(&"ada".to_owned()),
            "and back, from the track to the user"
        );

        let remove = "mutation ($id: ID!) { removeFavourite(input: { trackId: $id }) { removed } }";
        assert_eq!(
            ada.ask_with(remove, json!({ "id": track })).await["removeFavourite"]["removed"],
            true
        );
        assert_eq!(
            ada.ask_with(remove, json!({ "id": track })).await["removeFavourite"]["removed"],
            false
        );
    }
}

#[tokio::test]
async fn refused_requests_say_why() {
    let federation = Federation::start().await;
    let ada = Client::signed_in(&federation, "ada").await;
    let anonymous = Client::anonymous(&federation);

    let add = "mutation { addFavourite(input: { trackId: \"no-such-track\" }) { added } }";
    assert_eq!(ada.error_code(add).await, "NOT_FOUND");
    assert_eq!(anonymous.error_code(add).await, "UNAUTHENTICATED");
    assert_eq!(
        ada.error_code("{ users(first: -1) { edges { cursor } } }")
            .await,
        "BAD_USER_INPUT"
    );
    assert_eq!(
        ada.error_code("{ tracks(first: 100000) { edges { cursor } } }")
            .await,
        "BAD_USER_INPUT"
    );
    assert_eq!(
        ada.error_code("{ tracks(after: \"rubbish\") { edges { cursor } } }")
            .await,
        "BAD_USER_INPUT"
    );
    let register = |name: &str, email: &str, password: &str| {
        format!(
            "mutation {{ register(input: {{ username: \"{name}\", email: \"{email}\", password: \"{password}\" }}) {{ accessToken }} }}"
        )
    };
    let sound = "correct horse battery";
    assert_eq!(
        anonymous
            .error_code(&register("ADA", "new@example.org", sound))
            .await,
        "CONFLICT"
    );
    assert_eq!(
        anonymous
            .error_code(&register("newcomer", "new@example.org", "short"))
            .await,
        "BAD_USER_INPUT"
    );

    let forged = Client::with_token(&federation, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJkZW1vLWFkYSJ9.");
    let (status, answer) = forged
        .send(&json!({ "query": "{ me { username } }" }))
        .await;
    assert_eq!(status, 401, "{answer}");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");

    let others = anonymous
        .ask("{ users(first: 3) { edges { node { username email } } } }")
        .await;
    for edge in others["users"]["edges"].as_array().expect("users") {
        assert_eq!(
            edge["node"]["email"],
            Value::Null,
            "an address is for its owner"
        );
    }
    assert!(ada.ask("{ me { email } }").await["me"]["email"].is_string());
}

#[tokio::test]
async fn music_killed_costs_only_its_own_fields() {
    let federation = Federation::start().await;
    let anonymous = Client::anonymous(&federation);
    let query = json!({ "query": "{ user(username: \"ada\") { displayName favouriteCount } }" });
    let (_, before) = anonymous.send(&query).await;
    assert_eq!(before.get("errors"), None, "{before}");

    // Queries run all the while; each is answered, whatever state music is in.
    kill_process(federation.process_of("music"), Signal::KILL).expect("music can be killed");
    let mut failed = 0;
    let mut healthy = 0;
    let patience = tokio::time::Instant::now() + std::time::Duration::from_secs(120);
    while failed == 0 || healthy < 5 {
        assert!(
            tokio::time::Instant::now() < patience,
            "music does not come back: {}",
            federation.transcript()
        );
        let (status, answer) = anonymous.send(&query).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(
            answer["data"]["user"]["displayName"], before["data"]["user"]["displayName"],
            "{answer}"
        );
        match answer["errors"].as_array() {
            Some(errors) => {
                assert_eq!(answer["data"]["user"]["favouriteCount"], Value::Null);
                assert_eq!(errors[0]["extensions"]["service"], "music", "{answer}");
                assert_eq!(errors[0]["path"], json!(["user"]), "{answer}");
                failed += 1;
                healthy = 0;
            }
            None => {
                assert_eq!(answer, before);
                healthy += 1;
            }
        }
    }
}

/// People who are there from the beginning, with `--demo`.
const DEMO_USERS: u64 = 6;

/// People who register for a test.
const NEWCOMERS: u64 = 20;

#[tokio::test]
async fn users_with_favourites_cost_one_request_to_each_service() {
    for databases in Databases::all().await {
        let federation = Federation::start_on(&databases).await;
        // Fourteen beside the six demo users, so that pages of twenty are full.
        let anonymous = Client::anonymous(&federation);
        let found = anonymous
            .ask("{ tracks(first: 10) { edges { node { id } } } }")
            .await;
        let tracks: Vec<&str> = found["tracks"]["edges"]
            .as_array()
            .expect("tracks")
            .iter()
            .map(|edge| edge["node"]["id"].as_str().expect("an id"))
            .collect();
        let adds: String = tracks
            .iter()
            .enumerate()
            .map(|(index, id)| {
                format!("f{index}: addFavourite(input: {{ trackId: \"{id}\" }}) {{ added }} ")
            })
            .collect();
        for number in 0..NEWCOMERS {
            let newcomer = Client::registered(&federation, &format!("listener{number}")).await;
            newcomer.ask(&format!("mutation {{ {adds} }}")).await;
        }
        // Each of them is one fact.
        facts_are_acted_upon(&federation, DEMO_USERS + NEWCOMERS).await;

        let few = cost(&federation, 2).await;
        let many = cost(&federation, 20).await;
        assert_eq!(
            many.favourites, 200,
            "twenty users with ten favourites each"
        );
        assert_eq!((many.users_requests, many.music_requests), (1, 1));
        assert_eq!(
            few.statements, many.statements,
            "statements do not depend on the counts"
        );
        assert!(many.statements > 0, "statements are counted");

        federation.stop().await;
        databases.remove().await;
    }
}

/// Waits until music has acted upon so many facts: it asks users about those who are in them, and
/// the statements for that count like those for any other request.
async fn facts_are_acted_upon(federation: &Federation, facts: u64) {
    let end = tokio::time::Instant::now() + std::time::Duration::from_secs(120);
    loop {
        let music = federation.metrics("music").await;
        if music.sum("facts_acted_upon_total", "") >= facts {
            return;
        }
        assert!(
            tokio::time::Instant::now() < end,
            "music does not follow the facts: {}",
            federation.transcript()
        );
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// What one query for users with favourites cost.
#[derive(Debug)]
struct Cost {
    favourites: usize,
    users_requests: u64,
    music_requests: u64,
    statements: u64,
}

async fn cost(federation: &Federation, users: usize) -> Cost {
    let before = Counters::read(federation).await;
    let query = format!(
        "{{ users(last: {users}) {{ edges {{ node {{ displayName favourites(first: 10) {{ edges {{ node {{ title }} }} }} }} }} }} }}"
    );
    let answer = Client::anonymous(federation).ask(&query).await;
    let after = Counters::read(federation).await;
    let edges = answer["users"]["edges"].as_array().expect("users");
    assert_eq!(edges.len(), users);
    let favourites = edges
        .iter()
        .map(|edge| {
            edge["node"]["favourites"]["edges"]
                .as_array()
                .expect("a list")
                .len()
        })
        .sum();
    Cost {
        favourites,
        users_requests: after.users_requests - before.users_requests,
        music_requests: after.music_requests - before.music_requests,
        statements: after.statements - before.statements,
    }
}

/// What the services have counted so far, as their metrics tell.
struct Counters {
    users_requests: u64,
    music_requests: u64,
    statements: u64,
}

impl Counters {
    async fn read(federation: &Federation) -> Self {
        let router = federation.metrics("router").await;
        let sum = |label: &str| router.sum("http_client_request_duration_seconds_count", label);
        let statements = federation
            .metrics("users")
            .await
            .sum("sql_statements_total", "")
            + federation
                .metrics("music")
                .await
                .sum("sql_statements_total", "");
        Self {
            users_requests: sum("subgraph_name=\"users\""),
            music_requests: sum("subgraph_name=\"music\""),
            statements,
        }
    }
}

/// The names of those who love a track.
fn lovers(track: &Value) -> Vec<String> {
    track["favouritedBy"]["edges"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|edge| edge["node"]["username"].as_str())
        .map(str::to_owned)
        .collect()
}
