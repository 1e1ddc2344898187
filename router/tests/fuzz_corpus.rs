//! What must hold for any text holds for those that the fuzzer begins with, and for the examples of all
//! explanations.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "../fuzz/src/lib.rs"]
mod fuzz;

use std::path::Path;

use diagnostics::Code;
use diagnostics::explain::{Kind, explain};

/// Calls the function with every text of a corpus, and tells which one broke it.
fn each(corpus: &str, check: fn(&str)) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(corpus);
    let mut checked = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        unbroken(&path.display().to_string(), &text, check);
        checked += 1;
    }
    assert!(checked > 0, "{} is empty", folder.display());
}

fn unbroken(name: &str, text: &str, check: fn(&str)) {
    let result = std::panic::catch_unwind(|| check(text));
    assert!(result.is_ok(), "{name} breaks it; the reason is above");
}

#[test]
fn subgraphs_of_the_corpus_compose_or_are_refused() {
    each("compose", fuzz::compose);
}

#[test]
fn supergraphs_of_the_corpus_are_read_or_refused() {
    each("supergraph", fuzz::supergraph);
}

#[test]
fn the_examples_of_explanations_hold_together() {
    for &code in Code::ALL {
        let Some(explanation) = explain(code) else {
            panic!("{code} is not explained");
        };
        let texts: Vec<String> = explanation
            .examples
            .iter()
            .map(|example| match example.kind {
                Kind::FederationOneSubgraph => format!("# 1\n{}", example.sdl),
                Kind::Subgraph | Kind::Supergraph => example.sdl.to_owned(),
            })
            .collect();
        unbroken(code.as_str(), &texts.join("\n---\n"), fuzz::compose);
    }
}
