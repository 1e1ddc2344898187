//! Exports: what comes out can be taken in again, and no cell of it is a formula.

use serde_json::{Value, json};

use super::super::support::{As, Music, on_each_database};
use super::{done, favourites, import};

async fn export(music: &Music, user: &str, accept: &str) -> (String, String) {
    let answer = music
        .get(As::User(user), "/favourites/export")
        .header("accept", accept)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status().as_u16(), 200);
    let content_type = answer.headers()["content-type"].to_str().expect("text");
    let content_type = content_type.to_owned();
    (content_type, answer.text().await.expect("it ends"))
}

#[tokio::test]
async fn what_is_exported_can_be_imported_with_its_order_dates_and_notes() {
    on_each_database(async |music| {
        let nina = favourites(music, "demo-nina", "CHOSEN").await;
        let last = nina.last().expect("favourites")["node"]["id"].clone();
        let moved = "mutation ($t: ID!) { moveFavourite(input: { trackId: $t }) { user { id } } }";
        music.data(As::User("demo-nina"), moved, json!({ "t": last })).await;
        let note = "=1+1, \"quoted\"\nand a line";
        let noted = "mutation ($t: ID!, $n: String) { addFavourite(input: { trackId: $t, note: $n }) { added } }";
        music
            .data(As::User("demo-nina"), noted, json!({ "t": last, "n": note }))
            .await;
        let nina = favourites(music, "demo-nina", "CHOSEN").await;
        assert_eq!(nina[0]["note"], json!(note));
        for format in ["text/csv", "application/x-ndjson", "application/json"] {
            let (content_type, file) = export(music, "demo-nina", format).await;
            assert_eq!(content_type, format);
            let user = format.replace('/', "-");
            let report = import(music, &user, format, file).await;
            let expected = json!({ "lines": 13, "added": 13, "unchanged": 0, "refused": 0 });
            assert_eq!(done(&report), expected, "{format}");
            assert_eq!(favourites(music, &user, "CHOSEN").await, nina, "{format}");
        }
        let (_, json) = export(music, "demo-nina", "application/json").await;
        let json: Value = serde_json::from_str(&json).expect("one JSON list");
        assert_eq!(json.as_array().map(Vec::len), Some(13));
        let (content_type, nothing) = export(music, "nobody-yet", "application/json").await;
        assert_eq!((content_type.as_str(), nothing.as_str()), ("application/json", "[\n]\n"));
    })
    .await;
}

#[tokio::test]
async fn more_favourites_than_are_read_at_once_all_come_out() {
    on_each_database(async |music| {
        let mut ids = Vec::new();
        let mut after = json!(null);
        loop {
            let page = "query ($after: String) { tracks(first: 100, after: $after) {
                edges { node { id } } pageInfo { endCursor hasNextPage }
            } }";
            let data = music
                .data(As::Nobody, page, json!({ "after": after }))
                .await;
            ids.extend(super::super::support::nodes(&data["tracks"], "/node/id"));
            after = data["tracks"]["pageInfo"]["endCursor"].clone();
            if data["tracks"]["pageInfo"]["hasNextPage"] == json!(false) {
                break;
            }
        }
        assert!(ids.len() > 501, "{}", ids.len());
        let lines: String = ids
            .iter()
            .map(|id| format!("{}\n", id.as_str().unwrap_or_default()))
            .collect();
        let report = import(music, "ann", "text/csv", format!("trackId\n{lines}")).await;
        assert_eq!(done(&report)["added"], json!(ids.len()));
        let (_, file) = export(music, "ann", "text/csv").await;
        let exported: Vec<_> = file
            .lines()
            .skip(1)
            .filter_map(|line| line.split(',').next())
            .collect();
        assert_eq!(
            exported,
            ids.iter().filter_map(Value::as_str).collect::<Vec<_>>()
        );
    })
    .await;
}

#[tokio::test]
async fn no_cell_is_a_formula() {
    on_each_database(async |music| {
        let add = "mutation ($t: ID!, $n: String) { addFavourite(input: { trackId: $t, note: $n }) { added } }";
        for note in ["=HYPERLINK(\"http://evil.example\")", "+1", "-1", "@SUM(A1)", "'=1"] {
            let variables = json!({ "t": "track-darude-sandstorm", "n": note });
            music.data(As::User("ann"), add, variables).await;
            let (_, file) = export(music, "ann", "text/csv").await;
            let row = file.lines().nth(1).expect("a row");
            let cell = row.splitn(6, ',').nth(5).expect("a note").trim_start_matches('"');
            assert!(cell.starts_with('\''), "{cell}");
            // And it is what it was when it comes back.
            import(music, &format!("bob{}", note.len()), "text/csv", file).await;
            let back = favourites(music, &format!("bob{}", note.len()), "CHOSEN").await;
            assert!([json!(note), json!("+1"), json!("-1")].contains(&back[0]["note"]), "{back:?}");
        }
    })
    .await;
}
