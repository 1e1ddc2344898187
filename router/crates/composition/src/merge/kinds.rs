//! `TYPE_KIND_MISMATCH`, `EXTENSION_WITH_NO_BASE`, and `INTERFACE_OBJECT_USAGE_ERROR` for an interface
//! object that is an interface nowhere: before anything is merged, all must speak of the same thing.

use diagnostics::{Code, Problems};
use subgraph::Kind;

use super::across::{Across, TypeAcross, kind_when_merged};

/// Checks every type. Gives those of which nothing can be made, for the subgraphs speak of different
/// things.
pub(super) fn check<'s>(across: &Across<'s>, problems: &mut Problems) -> Vec<&'s str> {
    let mut different = Vec::new();
    for (name, ty) in &across.types {
        if kinds_agree(ty, problems) {
            interface_exists(ty, problems);
            base_exists(ty, problems);
        } else {
            different.push(*name);
        }
    }
    different
}

fn kinds_agree(ty: &TypeAcross<'_>, problems: &mut Problems) -> bool {
    if ty
        .sources
        .iter()
        .all(|(_, it)| kind_when_merged(it) == ty.kind)
    {
        return true;
    }
    let problem = problems.error(
        Code::TypeKindMismatch,
        ty.name.to_string(),
        format!("Subgraphs disagree on what `{}` is.", ty.name),
    );
    for (_, definition) in &ty.sources {
        let what = if definition.is_interface_object() {
            "an interface object"
        } else {
            definition.kind.describe()
        };
        problem.point_at(definition.span(), format!("{what} here"));
    }
    false
}

fn interface_exists(ty: &TypeAcross<'_>, problems: &mut Problems) {
    if ty.sources.iter().all(|(_, it)| it.is_interface_object()) {
        let problem = problems.error(
            Code::InterfaceObjectUsageError,
            ty.name.to_string(),
            format!(
                "`{}` is an interface object everywhere and an interface nowhere.",
                ty.name
            ),
        );
        problem.point_at_all(
            ty.sources.iter().map(|(_, it)| it.span()),
            "an interface object here",
        );
        problem.help("define it as an interface in the subgraph that knows its implementations");
    }
}

fn base_exists(ty: &TypeAcross<'_>, problems: &mut Problems) {
    let is_root = ty.kind == Kind::Object && ty.sources.iter().any(|(_, it)| it.is_root());
    if is_root || !ty.sources.iter().all(|(_, it)| it.is_only_extended()) {
        return;
    }
    problems
        .error(
            Code::ExtensionWithNoBase,
            ty.name.to_string(),
            format!("`{}` is extended, but no subgraph defines it.", ty.name),
        )
        .point_at_all(ty.sources.iter().map(|(_, it)| it.span()), "extended here");
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn all_must_speak_of_the_same_kind_of_thing() {
        check(
            [
                ("a", "type Query { t: T } type T { x: Int }"),
                ("b", "interface T { x: Int }"),
            ],
            &expect![[r#"
                TYPE_KIND_MISMATCH T: Subgraphs disagree on what `T` is.
                  --> a:1:26 an object type here
                  --> b:1:11 an interface here
            "#]],
        );
    }

    #[test]
    fn what_is_extended_must_be_defined_somewhere() {
        check(
            [(
                "a",
                r#"type Query { q: Int } extend type T @key(fields: "id") { id: ID }"#,
            )],
            &expect![[r#"
                EXTENSION_WITH_NO_BASE T: `T` is extended, but no subgraph defines it.
                  --> a:1:35 extended here
            "#]],
        );
    }

    #[test]
    fn root_types_need_no_definition() {
        check([("a", "extend type Query { q: Int }")], &expect![[r#""#]]);
    }

    #[test]
    fn an_interface_object_must_be_an_interface_somewhere() {
        check(
            [(
                "a",
                r#"type Query { t: T } type T @key(fields: "id") @interfaceObject { id: ID }"#,
            )],
            &expect![[r#"
                INTERFACE_OBJECT_USAGE_ERROR T: `T` is an interface object everywhere and an interface nowhere.
                  --> a:1:26 an interface object here
                  help: define it as an interface in the subgraph that knows its implementations
            "#]],
        );
    }

    #[test]
    fn other_types_are_merged_all_the_same() {
        check(
            [
                ("a", r#"type Query { t: T x: Int } type T { x: Int }"#),
                ("b", r#"scalar T type Query { x: String }"#),
            ],
            &expect![[r#"
                FIELD_TYPE_MISMATCH Query.x: Subgraphs disagree on the type of `Query.x`.
                  --> a:1:19 `Int` here
                  --> b:1:23 `String` here
                INVALID_FIELD_SHARING Query.x: Several subgraphs resolve `Query.x`, and not all say `@shareable`.
                  --> a:1:19 add `@shareable` here: others resolve this field too
                  --> b:1:23 add `@shareable` here: others resolve this field too
                TYPE_KIND_MISMATCH T: Subgraphs disagree on what `T` is.
                  --> a:1:33 an object type here
                  --> b:1:8 a scalar here
            "#]],
        );
    }
}
