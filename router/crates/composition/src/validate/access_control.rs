//! `AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE`: interfaces demand what their implementations demand, and
//! cannot demand by themselves. Fields of interface objects can: they are resolved right there.

use diagnostics::{Code, Problems};
use subgraph::{AppliedDirective, FederationDirective, Kind, Subgraph};

/// Checks every type and field.
pub(super) fn check(subgraph: &Subgraph, problems: &mut Problems) {
    for ty in subgraph.types.values() {
        if ty.kind == Kind::Interface || ty.is_interface_object() {
            report(&ty.name, &ty.directives, problems);
        }
        if ty.kind == Kind::Interface {
            for field in ty.fields.values() {
                let coordinate = format!("{}.{}", ty.name, field.name);
                report(&coordinate, &field.directives, problems);
            }
        }
    }
}

fn report(coordinate: &str, directives: &[AppliedDirective], problems: &mut Problems) {
    for applied in directives {
        if applied
            .meaning
            .is_some_and(FederationDirective::is_access_control)
        {
            problems
                .error(
                    Code::AuthRequirementsAppliedOnInterface,
                    coordinate,
                    format!(
                        "`@{}` cannot stand on `{coordinate}`: interfaces demand what their \
                         implementations demand.",
                        applied.directive.name
                    ),
                )
                .point_at(&applied.span, "move it to the implementations");
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn interfaces_cannot_demand_access_themselves() {
        check(
            [(
                "a",
                r#"type Query { i: I } interface I @authenticated { x: Int @policy(policies: [["p"]]) } type T implements I { x: Int }"#,
            )],
            &expect![[r#"
                AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE I: `@authenticated` cannot stand on `I`: interfaces demand what their implementations demand.
                  --> a:1:33 move it to the implementations
                AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE I.x: `@policy` cannot stand on `I.x`: interfaces demand what their implementations demand.
                  --> a:1:57 move it to the implementations
            "#]],
        );
    }
}
