//! `INVALID_SHAREABLE_USAGE`: `@shareable` is for what objects resolve, and once is enough.

use diagnostics::{Code, Problems};
use subgraph::{AppliedDirective, FederationDirective, Kind, Subgraph};

/// Checks every application.
pub(super) fn check(subgraph: &Subgraph, problems: &mut Problems) {
    for ty in subgraph.types.values() {
        let mut seen: Vec<u16> = Vec::new();
        for applied in marks(&ty.directives) {
            if seen.contains(&applied.block) {
                repeated(&ty.name, applied, problems);
            }
            seen.push(applied.block);
        }
        for field in ty.fields.values() {
            let coordinate = format!("{}.{}", ty.name, field.name);
            let mut applications = marks(&field.directives);
            let Some(first) = applications.next() else {
                continue;
            };
            if ty.kind == Kind::Interface {
                problems
                    .error(
                        Code::InvalidShareableUsage,
                        &*coordinate,
                        format!("`{coordinate}` belongs to an interface, which resolves nothing."),
                    )
                    .point_at(&first.span, "mark the implementations instead");
            }
            if let Some(second) = applications.next() {
                repeated(&coordinate, second, problems);
            }
        }
    }
}

fn marks(directives: &[AppliedDirective]) -> impl Iterator<Item = &AppliedDirective> {
    directives
        .iter()
        .filter(|it| it.meaning == Some(FederationDirective::Shareable))
}

fn repeated(coordinate: &str, applied: &AppliedDirective, problems: &mut Problems) {
    problems
        .error(
            Code::InvalidShareableUsage,
            coordinate,
            format!("`{coordinate}` is marked `@shareable` twice."),
        )
        .point_at(&applied.span, "remove this one");
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn once_is_enough_and_interfaces_resolve_nothing() {
        check(
            [(
                "a",
                "type Query { q: Int @shareable @shareable i: I } interface I { x: Int @shareable } type T implements I @shareable @shareable { x: Int }",
            )],
            &expect![[r#"
                INVALID_SHAREABLE_USAGE I.x: `I.x` belongs to an interface, which resolves nothing.
                  --> a:1:71 mark the implementations instead
                INVALID_SHAREABLE_USAGE Query.q: `Query.q` is marked `@shareable` twice.
                  --> a:1:32 remove this one
                INVALID_SHAREABLE_USAGE T: `T` is marked `@shareable` twice.
                  --> a:1:115 remove this one
            "#]],
        );
    }
}
