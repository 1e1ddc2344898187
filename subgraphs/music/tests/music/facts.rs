//! Facts are followed whatever the feed says: bad ones are passed over and counted, and what is away
//! is asked again.

use std::time::Duration;

use serde_json::json;

use super::departures::{counts_are_right, rows, store_of};
use super::support::databases;
use super::support::neighbour::{Neighbour, fact};
use super::support::{As, Music, nodes};

const LISTENERS: &str = "SELECT user_id, country FROM listener ORDER BY user_id";
const LOVERS: &str = "SELECT DISTINCT user_id FROM favourite
    WHERE user_id IN ('ann', 'bob') ORDER BY user_id";
const DEPARTED: &str = "SELECT user_id FROM departed_user ORDER BY user_id";

/// Runs a case on each database, with music beside a neighbour that says what the case has it say.
async fn beside_a_neighbour(case: impl AsyncFn(&Music, &Neighbour)) {
    for database in databases::at_hand().await {
        let neighbour = Neighbour::start().await;
        neighbour.script().instead_of_facts = Some((503, "not yet"));
        let music = Music::start_with(database, &neighbour.flags()).await;
        case(&music, &neighbour).await;
        music.stop().await;
    }
}

/// Two people who love a track.
async fn two_lovers(music: &Music) {
    let query = "{ tracks(first: 1) { edges { node { id } } } }";
    let data = music.data(As::Nobody, query, json!({})).await;
    let track = nodes(&data["tracks"], "/node/id").remove(0);
    let love = "mutation ($track: ID!) { addFavourite(input: { trackId: $track }) { added } }";
    for user in ["ann", "bob"] {
        let variables = json!({ "track": track });
        music.data(As::User(user), love, variables).await;
    }
}

fn there(neighbour: &Neighbour, people: &[(&str, &str)]) {
    let people = people
        .iter()
        .map(|(id, country)| ((*id).to_owned(), Some((*country).to_owned())));
    neighbour.script().people = people.collect();
}

/// Waits until a statement gives these rows.
async fn comes_to(music: &Music, sql: &str, expected: &[&[&str]]) {
    let store = store_of(music).await;
    let mut there = Vec::new();
    for _ in 0..600 {
        there = rows(&store, sql).await;
        if there == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{sql} gives {there:?} and not {expected:?}");
}

#[tokio::test]
async fn bad_facts_are_passed_over_and_counted() {
    beside_a_neighbour(async |music, neighbour| {
        two_lovers(music).await;
        there(neighbour, &[("bob", "NO")]);
        let bad = [json!(null), json!(7), json!({ "id": "4" }), json!([])];
        {
            let mut script = neighbour.script();
            script.facts.push(fact(1, "user.registered", "ann"));
            script.facts.extend(bad.into_iter().map(|it| (2, it)));
            script.facts.push(fact(3, "user.sang", "ann"));
            script.facts.push(fact(4, "user.deleted", ""));
            // Out of order, and again: what is not higher was acted upon.
            script.facts.push(fact(9, "user.registered", "bob"));
            script.facts.push(fact(8, "user.deleted", "bob"));
            script.facts.push(fact(9, "user.deleted", "bob"));
            script.facts.push(fact(10, "user.deleted", "ann"));
            script.facts.push((11, json!({ "id": "eleven" })));
            script.instead_of_facts = None;
        }
        let position = "SELECT position FROM facts_cursor";
        comes_to(music, position, &[&["11"]]).await;
        comes_to(music, LOVERS, &[&["bob"]]).await;
        comes_to(music, LISTENERS, &[&["bob", "NO"]]).await;
        counts_are_right(&store_of(music).await).await;
        assert_eq!(music.metric("facts_position").await, 11);
        let metrics = music.get(As::Nobody, "/metrics").send().await;
        let metrics = metrics.expect("an answer").text().await.expect("text");
        for line in [
            "facts_passed_over_total{service=\"music\",reason=\"malformed\"} 6",
            "facts_passed_over_total{service=\"music\",reason=\"unknown\"} 1",
            "facts_behind{service=\"music\"} 0",
        ] {
            assert!(metrics.contains(line), "{line} is not in\n{metrics}");
        }
    })
    .await;
}

#[tokio::test]
async fn whatever_the_feed_says_it_is_asked_again_and_the_delay_is_told() {
    beside_a_neighbour(async |music, neighbour| {
        two_lovers(music).await;
        neighbour
            .script()
            .facts
            .push(fact(1, "user.deleted", "ann"));
        for nonsense in [
            (500, ""),
            (401, ""),
            (302, ""),
            (200, "{"),
            (200, "[]"),
            (200, "{\"facts\":[{}],\"next\":null,\"more\":true}"),
            (200, "{\"facts\":[{}],\"next\":\"-3\",\"more\":true}"),
        ] {
            let before = music.metric("facts_failures_total").await;
            neighbour.script().instead_of_facts = Some(nonsense);
            for _ in 0..400 {
                if music.metric("facts_failures_total").await > before + 1 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            assert!(
                music.metric("facts_failures_total").await > before,
                "{nonsense:?}"
            );
        }
        assert!(music.metric("facts_lag_seconds").await > 0);
        // It is asked again, and not at once each time.
        assert!(neighbour.script().questions < 100);
        neighbour.script().instead_of_facts = None;
        comes_to(music, LOVERS, &[&["bob"]]).await;
        music.comes_to("facts_lag_seconds", 0).await;
    })
    .await;
}

#[tokio::test]
async fn whoever_goes_need_not_wait_for_the_graph() {
    beside_a_neighbour(async |music, neighbour| {
        two_lovers(music).await;
        there(neighbour, &[("bob", "NO")]);
        {
            let mut script = neighbour.script();
            script.instead_of_facts = None;
            script.facts.push(fact(1, "user.registered", "bob"));
        }
        comes_to(music, LISTENERS, &[&["bob", "NO"]]).await;
        {
            let mut script = neighbour.script();
            script.graph_is_away = true;
            script.facts.push(fact(2, "user.profileChanged", "bob"));
            script.facts.push(fact(3, "user.deleted", "ann"));
        }
        comes_to(music, LOVERS, &[&["bob"]]).await;
        comes_to(music, "SELECT position FROM facts_cursor", &[&["1"]]).await;
        there(neighbour, &[("bob", "SE")]);
        neighbour.script().graph_is_away = false;
        comes_to(music, "SELECT position FROM facts_cursor", &[&["3"]]).await;
        comes_to(music, LISTENERS, &[&["bob", "SE"]]).await;
    })
    .await;
}

#[tokio::test]
async fn facts_that_were_forgotten_are_made_up_for_by_comparing() {
    beside_a_neighbour(async |music, neighbour| {
        two_lovers(music).await;
        let demo = rows(
            &store_of(music).await,
            "SELECT DISTINCT user_id FROM favourite",
        )
        .await;
        let all = demo
            .iter()
            .map(|row| (row[0].clone(), Some("IS".to_owned())));
        {
            let mut script = neighbour.script();
            script.people = all.collect();
            script.facts.push(fact(1, "user.registered", "ann"));
            script.instead_of_facts = None;
        }
        comes_to(music, "SELECT position FROM facts_cursor", &[&["1"]]).await;
        // Ann goes, and the fact that says so with her; then much is forgotten.
        {
            let mut script = neighbour.script();
            script.people.remove("ann");
            script.facts = Vec::new();
            script.forgotten_until = 50;
        }
        comes_to(music, DEPARTED, &[&["ann"]]).await;
        comes_to(music, LOVERS, &[&["bob"]]).await;
        // Nothing is there for a while; then facts come again.
        let questions = neighbour.script().questions;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(neighbour.script().questions < questions + 100);
        {
            let mut script = neighbour.script();
            script.people.remove("bob");
            script.facts.push(fact(51, "user.deleted", "bob"));
        }
        comes_to(music, "SELECT position FROM facts_cursor", &[&["51"]]).await;
        comes_to(music, LOVERS, &[]).await;
        counts_are_right(&store_of(music).await).await;
    })
    .await;
}

#[tokio::test]
async fn subscribers_hear_that_everything_is_gone() {
    const CHANGES: &str =
        "subscription { favouriteChanged(userId: \"ann\") { change track { id } } }";
    beside_a_neighbour(async |music, neighbour| {
        two_lovers(music).await;
        let mut listening = music.listen(As::User("ann"), CHANGES, json!({})).await;
        {
            let mut script = neighbour.script();
            script.facts.push(fact(1, "user.deleted", "ann"));
            script.instead_of_facts = None;
        }
        let expected = json!({ "change": "REMOVED", "track": null });
        assert_eq!(listening.data().await["favouriteChanged"], expected);
    })
    .await;
}
