//! What is said about codes is true: each example has the problem that it is an example of, and the
//! documentation says what `router explain` says.
//!
//! `UPDATE_DOCS=1 cargo test -p router --test explanations` writes the documentation anew.
#![allow(clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::Path;

use diagnostics::explain::{Explanation, Kind, explain, markdown};
use diagnostics::{Code, Problems};
use subgraph::Subgraph;
use supergraph::{ReadErrorKind, Supergraph};

/// What the examples leave out.
const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@requires", "@provides", "@external", "@extends", "@tag", "@shareable", "@inaccessible", "@override", "@composeDirective", "@interfaceObject", "@authenticated", "@requiresScopes", "@policy", "@context", "@fromContext", "@cost", "@listSize"])"#;

/// Codes that no few lines of schema can have, for a reason that their explanation gives.
const WITHOUT_EXAMPLE: [Code; 4] = [
    Code::UnsupportedFeature,
    Code::MaxValidationSubgraphPathsExceeded,
    Code::InconsistentTypeSystemDirectiveRepeatable,
    Code::InconsistentTypeSystemDirectiveLocations,
];

/// The codes that an explanation's examples have when they are composed, or read.
fn codes(explanation: &Explanation) -> BTreeSet<Code> {
    let mut problems = Problems::default();
    let mut subgraphs = Vec::new();
    for example in &explanation.examples {
        let sdl = match example.kind {
            Kind::Supergraph => return read(example.sdl).into_iter().collect(),
            Kind::Subgraph if !example.sdl.contains("@link(") => {
                format!("{}\n{LINK}", example.sdl)
            }
            Kind::Subgraph | Kind::FederationOneSubgraph => example.sdl.to_owned(),
        };
        match Subgraph::parse(example.name, "http://example.org", &sdl) {
            Ok(subgraph) => subgraphs.push(subgraph),
            Err(found) => problems.append(found),
        }
    }
    if problems.is_empty() {
        problems = composition::compose(&subgraphs).problems;
    }
    problems.iter().map(|problem| problem.code).collect()
}

/// The code of what is wrong with a supergraph.
fn read(sdl: &str) -> Option<Code> {
    let error = Supergraph::read(sdl).err()?;
    Some(match error.kind {
        ReadErrorKind::UnsupportedSpecification(_) => Code::UnsupportedLinkedFeature,
        _ => Code::InvalidFederationSupergraph,
    })
}

#[test]
fn every_example_has_the_problem_it_shows() {
    let mut wrong = Vec::new();
    for &code in Code::ALL {
        let Some(explanation) = explain(code) else {
            panic!("{code} is not explained");
        };
        assert_eq!(
            explanation.examples.is_empty(),
            WITHOUT_EXAMPLE.contains(&code),
            "{code}"
        );
        let found = codes(explanation);
        if !explanation.examples.is_empty() && !found.contains(&code) {
            wrong.push(format!("{code}: the example has {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_error_is_shown_without_others() {
    let mut noisy = Vec::new();
    for &code in Code::ALL {
        let Some(explanation) = explain(code).filter(|it| !it.examples.is_empty()) else {
            continue;
        };
        let others: Vec<_> = codes(explanation)
            .into_iter()
            .filter(|it| it.hint_level() == diagnostics::Level::Error && *it != code)
            .collect();
        if !others.is_empty() {
            noisy.push(format!("{code}: the example also has {others:?}"));
        }
    }
    assert!(noisy.is_empty(), "{}", noisy.join("\n"));
}

#[test]
fn the_documentation_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/errors.md");
    let page = markdown();
    if updates() {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "docs/errors.md is not what the explanations say; \
         run UPDATE_DOCS=1 cargo test -p router --test explanations, and commit it"
    );
}

/// Whether the documentation is to be written.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no command line of its own"
)]
fn updates() -> bool {
    std::env::var("UPDATE_DOCS").is_ok()
}
