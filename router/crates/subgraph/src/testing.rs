//! What the tests of rules share: reading one small schema, and showing what is wrong with it.

use expect_test::Expect;

use crate::Subgraph;

/// Reads a subgraph with the federation link behind its SDL, so that lines stay what they are.
pub(crate) fn linked(sdl: &str) -> Subgraph {
    let sdl = format!(
        "{sdl}\nextend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: \
         [\"@key\", \"@requires\", \"@provides\", \"@external\", \"@extends\", \"@shareable\", \
         \"@interfaceObject\"])"
    );
    Subgraph::parse("s", "http://s", &sdl).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Reads a subgraph and compares the rendered problems; nothing where there are none.
pub(crate) fn check(sdl: &str, expected: &Expect) {
    let problems = match Subgraph::parse("s", "http://s", sdl) {
        Ok(_) => String::new(),
        Err(problems) => format!("{problems}\n"),
    };
    expected.assert_eq(&problems);
}
