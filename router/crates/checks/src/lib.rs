//! Two supergraphs become a list of changes, each breaking, dangerous or safe; and operations that
//! are known are tried against both.
//!
//! What clients see is compared as API schemas (`rules`, one file per family), and how the
//! subgraphs make it up as supergraphs (`federation`). Every change has a [`Rule`], and every
//! rule one level, so a level can be argued about by the rule's name.
//!
//! Knows nothing of files, of git or of how a supergraph is composed. Read [`Rule`] (the
//! catalogue), [`compare`], then [`operations`] and [`Report`].

mod change;
mod federation;
mod operations;
mod pair;
#[cfg(test)]
mod property_tests;
pub mod render;
mod report;
mod rule;
mod rules;

pub use change::{Change, Level};
pub use operations::{OperationCheck, OperationDocument, Outcome, operations};
pub use report::{FailOn, Report, Summary};
pub use rule::Rule;

use supergraph::Model;

use change::Changes;
use pair::Pair;

/// The changes from one supergraph to another, the gravest first, then by coordinate.
pub fn compare(old: &Model, new: &Model) -> Vec<Change> {
    let pair = Pair::new(old, new);
    let mut changes = Changes::default();
    rules::types::check(&pair, &mut changes);
    rules::fields::check(&pair, &mut changes);
    rules::arguments::check(&pair, &mut changes);
    rules::input_fields::check(&pair, &mut changes);
    rules::enum_values::check(&pair, &mut changes);
    rules::abstract_types::check(&pair, &mut changes);
    rules::directives::check(&pair, &mut changes);
    federation::subgraphs::check(&pair, &mut changes);
    federation::keys::check(&pair, &mut changes);
    federation::sources::check(&pair, &mut changes);
    federation::access::check(&pair, &mut changes);
    changes.sorted()
}

#[cfg(test)]
pub(crate) mod tests {
    use expect_test::{Expect, expect};
    use supergraph::Supergraph;

    use super::compare;

    /// What every supergraph begins with, for two subgraphs.
    const HEAD: &str = r#"
schema @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY)
  @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY) { query: Query }
directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION
directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
directive @requiresScopes(scopes: [[String!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM
enum join__Graph { A @join__graph(name: "a", url: "http://a") B @join__graph(name: "b", url: "http://b") }
"#;

    pub(crate) fn model(sdl: &str) -> Supergraph {
        let text = if sdl.contains("enum join__Graph") {
            sdl.to_owned()
        } else {
            format!("{HEAD}{sdl}")
        };
        Supergraph::read(&text).unwrap_or_else(|error| panic!("{error:?}"))
    }

    pub(crate) fn changes(old: &str, new: &str) -> String {
        let lines: Vec<String> = compare(model(old).model(), model(new).model())
            .iter()
            .map(|change| {
                format!(
                    "{} {} {}: {}",
                    change.level(),
                    change.rule,
                    change.coordinate,
                    change.message
                )
            })
            .collect();
        lines.join("\n")
    }

    pub(crate) fn check(old: &str, new: &str, expected: &Expect) {
        expected.assert_eq(&changes(old, new));
    }

    #[test]
    fn the_same_graph_has_no_changes() {
        let sdl = "type Query @join__type(graph: A) { a(b: Int = 1): Int @deprecated }";
        check(sdl, sdl, &expect![[""]]);
    }

    #[test]
    fn the_gravest_come_first() {
        check(
            "type Query @join__type(graph: A) { b: Int a: Int }",
            "type Query @join__type(graph: A) { c: Int d(x: Int): Int a(x: Int): Int }",
            &expect![[r#"
                breaking FIELD_REMOVED Query.b: the field was removed
                dangerous OPTIONAL_FIELD_ARGUMENT_ADDED Query.a(x:): an optional argument was added
                safe FIELD_ADDED Query.c: the field was added, of type `Int`
                safe FIELD_ADDED Query.d: the field was added, of type `Int`"#]],
        );
    }
}
