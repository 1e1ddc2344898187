//! Fields of input objects, and `@oneOf`.

use supergraph::TypeKind;

use super::input_values::{Rules, both, is_required};
use crate::Rule;
use crate::change::Changes;
use crate::pair::{Pair, difference};

const RULES: Rules = Rules {
    type_changed: Rule::InputFieldTypeChanged,
    type_widened: Rule::InputFieldTypeWidened,
    became_required: Rule::InputFieldBecameRequired,
    default_changed: Rule::InputFieldDefaultChanged,
    description_changed: Some(Rule::InputFieldDescriptionChanged),
};

pub(crate) fn check(pair: &Pair<'_>, changes: &mut Changes) {
    for (old_ty, new_ty) in pair.types() {
        let (TypeKind::InputObject(old), TypeKind::InputObject(new)) = (&old_ty.kind, &new_ty.kind)
        else {
            continue;
        };
        let ty = &old_ty.name;
        let one_of =
            |directives: &[schema::Directive]| directives.iter().any(|it| it.name == "oneOf");
        match (one_of(&old_ty.directives), one_of(&new_ty.directives)) {
            (false, true) => {
                changes.add(
                    Rule::OneOfAdded,
                    &**ty,
                    "exactly one field must be given now",
                );
            }
            (true, false) => {
                changes.add(Rule::OneOfRemoved, &**ty, "several fields may be given now");
            }
            _ => {}
        }
        let coordinate = |field: &str| format!("{ty}.{field}");
        let fields = difference(old.values(), new.values(), |it| &it.value.name);
        for field in fields.removed {
            changes.add(
                Rule::InputFieldRemoved,
                coordinate(&field.value.name),
                "the input field was removed",
            );
        }
        for field in fields.added {
            let (rule, message) = if is_required(&field.value) {
                (
                    Rule::RequiredInputFieldAdded,
                    "an input field was added that must be given",
                )
            } else if field.value.default.is_some() {
                (
                    Rule::InputFieldWithDefaultAdded,
                    "an input field with a default was added",
                )
            } else {
                (
                    Rule::OptionalInputFieldAdded,
                    "an optional input field was added",
                )
            };
            changes.add(rule, coordinate(&field.value.name), message);
        }
        for (old, new) in fields.both {
            let (old, new) = (&old.value, &new.value);
            both(
                "input field",
                &coordinate(&old.name),
                old,
                new,
                &RULES,
                changes,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    fn check(old: &str, new: &str, expected: &Expect) {
        let sdl = |input: &str| {
            format!(
                "type Query @join__type(graph: A) {{ a(in: In): Int }} input In @join__type(graph: A) {input}"
            )
        };
        crate::tests::check(&sdl(old), &sdl(new), expected);
    }

    #[test]
    fn input_fields_come_and_go() {
        check(
            "{ x: Int y: Int }",
            "{ y: Int z: Int w: Int! v: Int! = 1 }",
            &expect![[r#"
                breaking REQUIRED_INPUT_FIELD_ADDED In.w: an input field was added that must be given
                breaking INPUT_FIELD_REMOVED In.x: the input field was removed
                dangerous INPUT_FIELD_WITH_DEFAULT_ADDED In.v: an input field with a default was added
                safe OPTIONAL_INPUT_FIELD_ADDED In.z: an optional input field was added"#]],
        );
    }

    #[test]
    fn types_and_defaults() {
        check(
            "{ x: Int! y: Int z: Int! = 1 w: Int = 1 }",
            "{ x: Int y: Int! z: Int! w: Int = 2 }",
            &expect![[r#"
                breaking INPUT_FIELD_TYPE_CHANGED In.y: the input field's type changed from `Int` to `Int!`
                breaking INPUT_FIELD_BECAME_REQUIRED In.z: the input field has no default any more and must be given
                dangerous INPUT_FIELD_DEFAULT_CHANGED In.w: the input field's default changed from `1` to `2`
                safe INPUT_FIELD_TYPE_WIDENED In.x: the input field's type changed from `Int!` to `Int`"#]],
        );
    }

    #[test]
    fn one_of() {
        check(
            "{ x: Int y: Int }",
            "@oneOf { x: Int y: Int }",
            &expect!["breaking ONE_OF_ADDED In: exactly one field must be given now"],
        );
        check(
            "@oneOf { x: Int y: Int }",
            "{ x: Int y: Int }",
            &expect!["safe ONE_OF_REMOVED In: several fields may be given now"],
        );
    }
}
