//! `COST_APPLIED_TO_INTERFACE_FIELD`: what an interface costs depends on its implementations.

use diagnostics::{Code, Problems};
use subgraph::{Directives as _, FederationDirective, Kind, Subgraph};

/// Checks the fields of interfaces.
pub(super) fn check(subgraph: &Subgraph, problems: &mut Problems) {
    let interfaces = subgraph
        .types
        .values()
        .filter(|it| it.kind == Kind::Interface);
    for ty in interfaces {
        for field in ty.fields.values() {
            if let Some(cost) = field.directives.federation(FederationDirective::Cost) {
                let coordinate = format!("{}.{}", ty.name, field.name);
                problems
                    .error(
                        Code::CostAppliedToInterfaceField,
                        &*coordinate,
                        format!("`{coordinate}` belongs to an interface and has no cost itself."),
                    )
                    .point_at(&cost.span, "move it to the implementations");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn interfaces_have_no_cost() {
        check(
            [(
                "a",
                "type Query { i: I } interface I { x: Int @cost(weight: 1) } type T implements I { x: Int }",
            )],
            &expect![[r#"
                COST_APPLIED_TO_INTERFACE_FIELD I.x: `I.x` belongs to an interface and has no cost itself.
                  --> a:1:42 move it to the implementations
            "#]],
        );
    }
}
