//! Search: what is found, in which order, and page by page.

use serde_json::{Value, json};

use super::support::{As, Music, nodes, on_each_database};

const SEARCH: &str = "query ($query: String!, $first: Int, $after: String) {
    search(query: $query, first: $first, after: $after) {
        edges { cursor node { __typename ... on Artist { name } ... on Album { title } ... on Track { title } } }
        pageInfo { endCursor hasNextPage }
    }
}";

/// Each hit as `Kind name`.
fn hits(connection: &Value) -> Vec<String> {
    let show = |node: &Value| {
        let name = node
            .get("name")
            .or(node.get("title"))
            .and_then(Value::as_str);
        format!(
            "{} {}",
            node["__typename"].as_str().expect("a type"),
            name.expect("a name")
        )
    };
    nodes(connection, "/node").iter().map(show).collect()
}

async fn search(music: &Music, variables: Value) -> Value {
    music.data(As::Nobody, SEARCH, variables).await["search"].take()
}

#[tokio::test]
async fn the_best_fit_comes_first_and_kinds_are_mixed() {
    on_each_database(async |music| {
        let found = search(music, json!({ "query": "blue" })).await;
        assert_eq!(
            hits(&found),
            [
                "Album Blue",
                "Track Blue",
                "Album Blue Lines",
                "Track Blue in Green",
                "Track Blue Rondo à la Turk",
                "Track Blue Suede Shoes",
                "Album Kind of Blue",
                "Album Pastel Blues",
                "Album The Blue Notebooks",
                "Track All Blues",
                "Track Bullet the Blue Sky",
                "Track Inner City Blues (Make Me Wanna Holler)",
                "Track Tangled Up in Blue",
                "Track The Blue Notebooks",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn case_and_accents_do_not_matter() {
    on_each_database(async |music| {
        for text in ["BJÖRK", "bjork", " Bjo\u{308}rk "] {
            assert_eq!(
                hits(&search(music, json!({ "query": text })).await),
                ["Artist Björk"]
            );
        }
        let found = search(music, json!({ "query": "agaetis" })).await;
        assert_eq!(hits(&found), ["Album Ágætis byrjun"]);
    })
    .await;
}

#[tokio::test]
async fn wildcards_and_quotes_mean_themselves() {
    on_each_database(async |music| {
        for text in ["%", "_", "%%", "b%e", "bl_e", "\\", "\\%", "' OR 1=1 --"] {
            let found = search(music, json!({ "query": text })).await;
            assert_eq!(hits(&found), Vec::<String>::new(), "{text}");
        }
        let found = search(music, json!({ "query": "\"heroes\"" })).await;
        assert_eq!(hits(&found), ["Album \"Heroes\"", "Track \"Heroes\""]);
    })
    .await;
}

#[tokio::test]
async fn pages_walked_are_the_whole_list() {
    on_each_database(async |music| {
        let all = hits(&search(music, json!({ "query": "the", "first": 100 })).await);
        assert!(all.len() > 50);
        let (mut walked, mut after) = (Vec::new(), Value::Null);
        loop {
            let part = search(music, json!({ "query": "the", "first": 7, "after": after })).await;
            walked.extend(hits(&part));
            after = part["pageInfo"]["endCursor"].clone();
            if part["pageInfo"]["hasNextPage"] == json!(false) || walked.len() >= all.len() {
                break;
            }
        }
        assert_eq!(walked[..all.len()], all);
    })
    .await;
}

#[tokio::test]
async fn a_search_costs_a_fixed_number_of_statements() {
    on_each_database(async |music| {
        // One finds, and one for each kind loads what was found.
        for (text, first) in [("the", 100), ("s", 100), ("s", 99)] {
            let (cost, _) = music
                .cost(SEARCH, json!({ "query": text, "first": first }))
                .await;
            assert_eq!(cost, 4, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_search_for_nothing_is_refused() {
    on_each_database(async |music| {
        for (text, expected) in [
            ("", "query: `query` must not be empty"),
            ("  ", "query: `query` must not be empty"),
            ("\u{301}", "query: `query` must not be empty"),
            (
                "nul\u{0}",
                "query: `query` must not contain control characters",
            ),
            (
                &"x".repeat(101),
                "query: `query` must not be longer than 100 characters",
            ),
        ] {
            let refused = music
                .refusal(As::Nobody, SEARCH, json!({ "query": text }))
                .await;
            assert_eq!(refused, format!("BAD_USER_INPUT {expected}"));
        }
        let found = search(music, json!({ "query": "the", "first": 1 })).await;
        let after = &found["pageInfo"]["endCursor"];
        let refused = music
            .refusal(
                As::Nobody,
                SEARCH,
                json!({ "query": "blue", "after": after }),
            )
            .await;
        assert!(
            refused.starts_with("BAD_USER_INPUT after: `after` is a cursor of another list"),
            "{refused}"
        );
    })
    .await;
}
