//! `EXTERNAL_UNUSED`, `EXTERNAL_ON_INTERFACE`: a mention of another subgraph's field must serve something.

use diagnostics::{Code, Problems};
use subgraph::{Directives as _, FederationDirective, Kind, Subgraph};

/// Checks every external field.
pub(super) fn check(subgraph: &Subgraph, problems: &mut Problems) {
    for ty in subgraph.types.values() {
        for field in ty.fields.values() {
            let coordinate = format!("{}.{}", ty.name, field.name);
            if ty.kind == Kind::Interface {
                if let Some(external) = field.directives.federation(FederationDirective::External) {
                    problems
                        .error(
                            Code::ExternalOnInterface,
                            &*coordinate,
                            format!(
                                "`{coordinate}` belongs to an interface and cannot be external."
                            ),
                        )
                        .point_at(&external.span, "mark the implementations instead");
                }
            } else if field.marks.external && !field.marks.used {
                problems
                    .error(
                        Code::ExternalUnused,
                        &*coordinate,
                        format!("`{coordinate}` is external here, and nothing uses it."),
                    )
                    .point_at(
                        &field.span,
                        "remove it, or select it in a `@requires`, `@provides` or `@key`",
                    );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn a_mention_must_serve_something() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID x: Int @external }"#,
                ),
                ("b", r#"type T @key(fields: "id") { id: ID x: Int }"#),
            ],
            &expect![[r#"
                EXTERNAL_UNUSED T.x: `T.x` is external here, and nothing uses it.
                  --> a:1:56 remove it, or select it in a `@requires`, `@provides` or `@key`
            "#]],
        );
    }

    #[test]
    fn interfaces_cannot_be_external() {
        check(
            [(
                "a",
                "type Query { i: I } interface I { x: Int @external } type T implements I { x: Int }",
            )],
            &expect![[r#"
                EXTERNAL_ON_INTERFACE I.x: `I.x` belongs to an interface and cannot be external.
                  --> a:1:42 mark the implementations instead
            "#]],
        );
    }
}
