//! Favourites as files: taken in whatever is in them, given out as they were, and never by others.

mod export;
mod import;
mod refusals;

use serde_json::{Value, json};

use super::support::{As, Music, nodes};

/// Imports a file; the lines of the report.
pub(crate) async fn import(
    music: &Music,
    user: &str,
    content_type: &str,
    file: impl Into<reqwest::Body>,
) -> Vec<Value> {
    let answer = music
        .post(As::User(user), "/favourites/import")
        .header("content-type", content_type)
        .body(file)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    report(&answer.text().await.expect("the report ends"))
}

/// The lines of a report.
pub(crate) fn report(text: &str) -> Vec<Value> {
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().expect("JSON by lines")
}

/// The last line of a report, which says that it is whole.
pub(crate) fn done(report: &[Value]) -> Value {
    let last = report.last().expect("a report");
    last.get("done").unwrap_or_else(|| panic!("{last}")).clone()
}

/// What was refused, as `line CODE`.
pub(crate) fn refused(report: &[Value]) -> Vec<String> {
    let refused = report.iter().filter_map(|line| line.get("refused"));
    refused
        .map(|it| format!("{} {}", it["line"], it["code"].as_str().unwrap_or_default()))
        .collect()
}

/// The favourites of a user in this order, with all that is known of them.
pub(crate) async fn favourites(music: &Music, user: &str, order: &str) -> Vec<Value> {
    let query = "query ($r: [_Any!]!, $order: FavouriteOrder) { _entities(representations: $r) { ... on User {
        favourites(first: 100, orderBy: $order) { edges { favouritedAt note node { id } } }
    } } }";
    let r = json!([{ "__typename": "User", "id": user }]);
    let mut data = music
        .data(As::Nobody, query, json!({ "r": r, "order": order }))
        .await;
    match data["_entities"][0]["favourites"]["edges"].take() {
        Value::Array(edges) => edges,
        other => panic!("{other}"),
    }
}

/// How many users love these tracks, as the tracks say and as their lists do.
pub(crate) async fn counts_agree(music: &Music) {
    let query = "{ tracks(first: 100, orderBy: { field: FAVOURITE_COUNT, direction: DESC }) { edges { node {
        favouriteCount favouritedBy(first: 100) { edges { cursor } }
    } } } }";
    let data = music.data(As::Nobody, query, json!({})).await;
    let counts = nodes(&data["tracks"], "/node/favouriteCount");
    let lists = nodes(&data["tracks"], "/node/favouritedBy/edges");
    for (count, list) in counts.iter().zip(&lists) {
        assert_eq!(count.as_u64(), list.as_array().map(|it| it.len() as u64));
    }
}
