//! `ONLY_INACCESSIBLE_CHILDREN`: a visible type must have something visible in it.

use diagnostics::{Code, Problems};
use supergraph::TypeKind;

use super::View;
use crate::check::places;

/// Checks every visible type.
pub(super) fn check(view: &View<'_>, problems: &mut Problems) {
    for ty in view.visible_types() {
        let (total, visible, what) = match &ty.kind {
            TypeKind::Scalar => continue,
            TypeKind::Object(composite) | TypeKind::Interface(composite) => (
                composite.fields.len(),
                view.visible_fields(ty).count(),
                "fields",
            ),
            TypeKind::InputObject(fields) => (
                fields.len(),
                fields
                    .values()
                    .filter(|it| !view.hides(&it.value.directives))
                    .count(),
                "fields",
            ),
            TypeKind::Enum(values) => (
                values.len(),
                values
                    .iter()
                    .filter(|it| !view.hides(&it.directives))
                    .count(),
                "values",
            ),
            TypeKind::Union(members) => (
                members.len(),
                members
                    .iter()
                    .filter(|it| !view.is_hidden_type(&it.name))
                    .count(),
                "members",
            ),
        };
        if total > 0 && visible == 0 {
            problems
                .error(
                    Code::OnlyInaccessibleChildren,
                    ty.name.to_string(),
                    format!(
                        "`{}` is visible, and all its {what} are inaccessible.",
                        ty.name
                    ),
                )
                .point_at_all(
                    places::of_type(view.subgraphs, &ty.name),
                    "add `@inaccessible` here too",
                );
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn something_in_a_visible_type_is_visible() {
        check(
            [(
                "a",
                "type Query { q: Int t: T @inaccessible } type T { x: Int @inaccessible } enum E { A @inaccessible }",
            )],
            &expect![[r#"
                ONLY_INACCESSIBLE_CHILDREN E: `E` is visible, and all its values are inaccessible.
                  --> a:1:79 add `@inaccessible` here too
                ONLY_INACCESSIBLE_CHILDREN T: `T` is visible, and all its fields are inaccessible.
                  --> a:1:47 add `@inaccessible` here too
            "#]],
        );
    }
}
