//! What the tests of rules share: composing small schemas, and showing the problems.

use expect_test::Expect;
use subgraph::Subgraph;

use crate::{Composition, compose};

/// Links everything there is, so that cases show only what matters.
const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@requires", "@provides", "@external", "@extends", "@tag", "@shareable", "@inaccessible", "@override", "@composeDirective", "@interfaceObject", "@authenticated", "@requiresScopes", "@policy", "@context", "@fromContext", "@cost", "@listSize", "@cacheTag"])"#;

/// Composes subgraphs, given as name and SDL without the federation link. The link is added behind
/// the SDL, so that lines stay what they are.
pub(crate) fn compose_linked<const N: usize>(subgraphs: [(&str, &str); N]) -> Composition {
    let parsed: Vec<Subgraph> = subgraphs
        .iter()
        .map(|(name, sdl)| {
            Subgraph::parse(name, &format!("http://{name}"), &format!("{sdl}\n{LINK}"))
                .unwrap_or_else(|problems| panic!("{problems}"))
        })
        .collect();
    compose(&parsed)
}

/// Composes, and compares the rendered errors; hints where there are no errors.
pub(crate) fn check<const N: usize>(subgraphs: [(&str, &str); N], expected: &Expect) {
    let composition = compose_linked(subgraphs);
    let rendered = if composition.problems.is_empty() {
        String::new()
    } else {
        format!("{}\n", composition.problems)
    };
    expected.assert_eq(&rendered);
}

/// Composes, and compares the types of the supergraph, without those of the specifications.
pub(crate) fn check_types<const N: usize>(subgraphs: [(&str, &str); N], expected: &Expect) {
    let composition = compose_linked(subgraphs);
    let Some(supergraph) = composition.supergraph else {
        panic!("{}", composition.problems);
    };
    let printed = supergraph.model().print();
    let own: Vec<&str> = printed
        .split("\n\n")
        .filter(|part| {
            ![
                "schema",
                "directive @join__",
                "directive @link",
                "enum join__",
                "enum link__",
            ]
            .iter()
            .chain(&[
                "scalar join__",
                "scalar link__",
                "input join__",
                "  \"\"\"Needed",
            ])
            .any(|start| part.starts_with(start))
        })
        .collect();
    expected.assert_eq(&format!("{}\n", own.join("\n\n").trim_end()));
}

/// Composes, and compares the schema element of the supergraph: what it links.
pub(crate) fn check_links<const N: usize>(subgraphs: [(&str, &str); N], expected: &Expect) {
    let composition = compose_linked(subgraphs);
    let Some(supergraph) = composition.supergraph else {
        panic!("{}", composition.problems);
    };
    let printed = supergraph.model().print();
    let schema = printed.split("\n\n").next().unwrap_or("");
    expected.assert_eq(&format!("{schema}\n"));
}
