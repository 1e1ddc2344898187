//! The literate cases of `tests/cases`: subgraphs and rows in, plan and answer out.
//!
//! Each file explains one behaviour in prose and then shows it, in fenced blocks:
//!
//! - `graphql subgraph NAME`: the schema of a subgraph (the federation `@link` is added if absent);
//! - `json rows NAME`: what that subgraph holds, see `pipeline::rows`;
//! - `graphql query` and `json variables`: what the client asks;
//! - `text labels`: the labels of progressive overrides that are on, one on a line;
//! - `text errors hidden`, where clients may not see what subgraphs say in their errors;
//! - `text plan` and `json answer`, or `text problems` where the schemas must not compose, or `json
//!   answer` alone where the query is refused; `json answers`, one for each event, where it is a
//!   subscription; `text requests` where it matters what is sent.
//!
//! A case about HTTP has a real router between a client and subgraphs that listen on ports, and shows messages:
//!
//! - `http request`, or `http request twice` where two clients ask the same at the same time, and the `http response` to it;
//! - `http subgraph requests`: what subgraphs were sent because of them;
//! - `yaml router`: the router's configuration.
//!
//! The expected blocks are rewritten by `UPDATE_EXPECT=1 cargo test --test cases`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod pipeline;
mod support;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use pipeline::case::Case;

#[tokio::test]
async fn every_case_behaves_as_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let files = case_files(&folder);
    assert!(files.len() > 10, "the cases are found");
    let mut failures = String::new();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("a readable case");
        let name = file
            .strip_prefix(&folder)
            .expect("below the folder")
            .display();
        if let Err(failure) = run(file, &text).await {
            let _ = writeln!(failures, "== {name}\n{failure}\n");
        }
    }
    assert!(
        failures.is_empty(),
        "{failures}UPDATE_EXPECT=1 rewrites what is expected."
    );
}

async fn run(file: &Path, text: &str) -> Result<(), String> {
    let case = Case::parse(text)?;
    let shown = pipeline::run(&case).await?;
    let updated = case.with_expected(text, &shown)?;
    if updated == text {
        return Ok(());
    }
    if pipeline::updates_expectations() {
        return std::fs::write(file, updated).map_err(|error| error.to_string());
    }
    Err(format!(
        "it shows something else:\n{}",
        pipeline::difference(text, &updated)
    ))
}

/// All `.md` files below `folder`, in order.
fn case_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
