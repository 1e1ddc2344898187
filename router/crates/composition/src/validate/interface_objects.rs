//! `INTERFACE_OBJECT_USAGE_ERROR`: an interface object is found by a key, or not at all; and a subgraph
//! cannot both know an interface as an object and know its implementations.

use diagnostics::{Code, Problems};
use subgraph::Subgraph;

/// Checks every interface object.
pub(super) fn check(subgraph: &Subgraph, problems: &mut Problems) {
    for ty in subgraph
        .types
        .values()
        .filter(|it| it.is_interface_object())
    {
        if ty.keys.is_empty() {
            problems
                .error(
                    Code::InterfaceObjectUsageError,
                    ty.name.to_string(),
                    format!("`{}` is an interface object without a key.", ty.name),
                )
                .point_at(ty.span(), "add the `@key` of the interface here");
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn an_interface_object_is_found_by_a_key() {
        check(
            [
                (
                    "a",
                    "type Query { i: I } type I @interfaceObject { id: ID }",
                ),
                (
                    "b",
                    r#"interface I @key(fields: "id") { id: ID } type T implements I @key(fields: "id") { id: ID }"#,
                ),
            ],
            &expect![[r#"
                INTERFACE_OBJECT_USAGE_ERROR I: `I` is an interface object without a key.
                  --> a:1:26 add the `@key` of the interface here
            "#]],
        );
    }
}
