//! The README's query, copied as it stands, answers what the README says.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]

use serde_json::Value;

use support::federation::Federation;
use support::http::graphql;

mod support;

const README: &str = include_str!("../README.md");

/// The first fenced block in this language.
fn block(language: &str) -> &'static str {
    let (_, rest) = README
        .split_once(&format!("```{language}\n"))
        .unwrap_or_else(|| panic!("the README has a {language} block"));
    rest.split_once("```").expect("the block ends").0
}

#[test]
fn the_query_is_one_that_schema_changes_are_checked_against() {
    assert_eq!(
        block("graphql"),
        include_str!("../schema/operations/user_with_favourites.graphql")
    );
}

#[tokio::test]
async fn the_query_answers_what_it_says() {
    let federation = Federation::start().await;
    let promised: Value = serde_json::from_str(block("json")).expect("the answer is JSON");
    let answer = graphql(&federation.endpoint(), block("graphql")).await;
    assert_eq!(answer, promised, "{answer:#}");
}
