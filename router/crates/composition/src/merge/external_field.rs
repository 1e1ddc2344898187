//! Fields that some subgraph only mentions must be what another one defines.
//!
//! `EXTERNAL_MISSING_ON_BASE`, `EXTERNAL_TYPE_MISMATCH`, `EXTERNAL_ARGUMENT_MISSING`,
//! `EXTERNAL_ARGUMENT_TYPE_MISMATCH`, `EXTERNAL_ARGUMENT_DEFAULT_MISMATCH`,
//! `MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL`.

use diagnostics::Code;
use schema::Type;

use super::Merge;
use super::default_value::same;
use super::field::{FieldAcross, FieldSource};

impl<'s> Merge<'s, '_> {
    /// Whether any subgraph defines the field; reports if none does.
    pub(crate) fn is_defined_somewhere(&mut self, across: &FieldAcross<'s, '_>) -> bool {
        let abstracted = self.abstracted_sources(across.parent, across.name);
        let defined = across.defining().next().is_some()
            || abstracted.iter().any(|it| !it.field.marks.external);
        if !defined {
            self.problems
                .error(
                    Code::ExternalMissingOnBase,
                    &*across.coordinate,
                    format!(
                        "`{}` is external wherever it stands, and defined nowhere.",
                        across.coordinate
                    ),
                )
                .point_at_all(
                    across.sources.iter().map(|it| &it.field.span),
                    "external here",
                );
        }
        defined
    }

    /// What would be merged must not stand on a field that is not merged.
    pub(crate) fn check_directives_on_external(&mut self, across: &FieldAcross<'s, '_>) {
        for source in across.sources.iter().filter(|it| it.field.marks.external) {
            for applied in &source.field.directives {
                if self
                    .specifications
                    .merged_name(source.id, applied)
                    .is_none()
                {
                    continue;
                }
                self.problems
                    .error(
                        Code::MergedDirectiveApplicationOnExternal,
                        &*across.coordinate,
                        format!(
                            "`@{}` has no effect on `{}`, which is external here.",
                            applied.directive.name, across.coordinate
                        ),
                    )
                    .point_at(&applied.span, "move it to where the field is defined");
            }
        }
    }

    /// Compares the mentions with the merged definition. What only interface objects define is
    /// mentioned on their word.
    pub(crate) fn check_external(
        &mut self,
        across: &FieldAcross<'s, '_>,
        merged: &supergraph::FieldDefinition,
        all_equal: bool,
    ) {
        if across.defining().next().is_none() {
            return;
        }
        let mentions: Vec<&FieldSource<'s>> = across
            .sources
            .iter()
            .filter(|it| it.field.marks.external)
            .collect();
        // Where the definitions differ, a mention may repeat one that is stricter than the merged
        // type. Elsewhere it must say the very same: it speaks of a value that comes from there.
        let fits = |mentioned: &Type| {
            *mentioned == merged.ty
                || (!all_equal && self.relations.is_subtype(mentioned, &merged.ty))
        };
        let wrong: Vec<_> = mentions.iter().filter(|it| !fits(&it.field.ty)).collect();
        if let Some(first) = wrong.first() {
            let message = format!(
                "`{}` is of type `{}`, but mentioned as `{}`.",
                across.coordinate, merged.ty, first.field.ty
            );
            self.problems
                .error(Code::ExternalTypeMismatch, &*across.coordinate, message)
                .point_at_all(
                    wrong.iter().map(|it| &it.field.span),
                    &format!("write `{}` here", merged.ty),
                );
        }
        for argument in &merged.arguments {
            self.check_external_argument(across, argument, &mentions);
        }
    }

    fn check_external_argument(
        &mut self,
        across: &FieldAcross<'s, '_>,
        argument: &supergraph::InputValueDefinition,
        mentions: &[&FieldSource<'s>],
    ) {
        let coordinate = format!("{}({}:)", across.coordinate, argument.name);
        let mut lacking = Vec::new();
        let mut other_type = Vec::new();
        let mut other_default = Vec::new();
        for source in mentions {
            let Some(mentioned) = source.field.arguments.get(&argument.name) else {
                lacking.push(&source.field.span);
                continue;
            };
            if !self.relations.is_subtype(&argument.ty, &mentioned.ty) {
                other_type.push((&mentioned.span, &mentioned.ty));
            }
            let defaults_agree = match (&argument.default, &mentioned.default) {
                (Some(a), Some(b)) => same(a, b),
                (a, b) => a.is_none() && b.is_none(),
            };
            if !defaults_agree {
                other_default.push(&mentioned.span);
            }
        }
        if !lacking.is_empty() {
            let message = format!(
                "The external `{}` lacks `{}`.",
                across.coordinate, argument.name
            );
            self.problems
                .error(Code::ExternalArgumentMissing, &*coordinate, message)
                .point_at_all(
                    lacking,
                    &format!("add `{}: {}` here", argument.name, argument.ty),
                );
        }
        if let Some((_, mentioned)) = other_type.first() {
            let message = format!(
                "`{coordinate}` is of type `{}`, but mentioned as `{mentioned}`.",
                argument.ty
            );
            self.problems
                .error(Code::ExternalArgumentTypeMismatch, &*coordinate, message)
                .point_at_all(
                    other_type.into_iter().map(|(span, _)| span),
                    &format!("write `{}` here", argument.ty),
                );
        }
        if !other_default.is_empty() {
            let message = format!("`{coordinate}` is mentioned with another default.");
            self.problems
                .error(Code::ExternalArgumentDefaultMismatch, &*coordinate, message)
                .point_at_all(other_default, "write the same default here");
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn somebody_must_define_the_field() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T @provides(fields: "x") } type T @key(fields: "id") { id: ID! x: Int @external }"#,
                ),
                ("b", r#"type T @key(fields: "id") { id: ID! }"#),
            ],
            &expect![[r#"
                EXTERNAL_MISSING_ON_BASE T.x: `T.x` is external wherever it stands, and defined nowhere.
                  --> a:1:80 external here
            "#]],
        );
    }

    #[test]
    fn mentions_must_fit_the_definition() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T @provides(fields: "x y") } type T @key(fields: "id") { id: ID! x: String @external y: Int @external }"#,
                ),
                (
                    "b",
                    r#"type T @key(fields: "id") { id: ID! x: Int @shareable y(n: Int): Int @shareable }"#,
                ),
            ],
            &expect![[r#"
                EXTERNAL_TYPE_MISMATCH T.x: `T.x` is of type `Int`, but mentioned as `String`.
                  --> a:1:82 write `Int` here
                EXTERNAL_ARGUMENT_MISSING T.y(n:): The external `T.y` lacks `n`.
                  --> a:1:102 add `n: Int` here
            "#]],
        );
    }

    #[test]
    fn what_would_be_merged_stands_on_the_definition() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T @provides(fields: "x") } type T @key(fields: "id") { id: ID! x: Int @external @tag(name: "t") }"#,
                ),
                (
                    "b",
                    r#"type T @key(fields: "id") { id: ID! x: Int @shareable }"#,
                ),
            ],
            &expect![[r#"
                MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL T.x: `@tag` has no effect on `T.x`, which is external here.
                  --> a:1:97 move it to where the field is defined
            "#]],
        );
    }

    #[test]
    fn a_mention_says_the_same_type() {
        check(
            [
                (
                    "a",
                    r#"type Query { e: E } type E @key(fields: "id") { id: ID! x: String! y: I z: Int } interface I { f: Int } type T implements I { f: Int @shareable }"#,
                ),
                (
                    "b",
                    r#"type E @key(fields: "id") { id: ID! x: String @external y: T @external z: Int @external r: Int @requires(fields: "x y { f } z") } interface I { f: Int } type T implements I { f: Int @shareable }"#,
                ),
            ],
            &expect![[r#"
                EXTERNAL_TYPE_MISMATCH E.x: `E.x` is of type `String!`, but mentioned as `String`.
                  --> b:1:37 write `String!` here
                EXTERNAL_TYPE_MISMATCH E.y: `E.y` is of type `I`, but mentioned as `T`.
                  --> b:1:57 write `I` here
            "#]],
        );
    }

    #[test]
    fn where_definitions_differ_a_mention_may_repeat_one() {
        check(
            [
                (
                    "a",
                    r#"type Query { e: E } type E @key(fields: "id") { id: ID! x: String! @shareable }"#,
                ),
                (
                    "b",
                    r#"type E @key(fields: "id") { id: ID! x: String @shareable }"#,
                ),
                (
                    "c",
                    r#"type E @key(fields: "id") { id: ID! x: String! @external r: Int @requires(fields: "x") }"#,
                ),
            ],
            &expect![[r#"
                INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE E.x: `E.x` has different, compatible types; `String` is used.
                  --> a:1:57 `String!` here
                  see b:1:37 `String` here
            "#]],
        );
    }

    #[test]
    fn several_mentions_are_one_problem() {
        check(
            [
                (
                    "a",
                    r#"type Query { e: E } type E @key(fields: "id") { id: ID! x(n: Int): Int }"#,
                ),
                (
                    "b",
                    r#"type E @key(fields: "id") { id: ID! x: Int! @external r: Int @requires(fields: "x") }"#,
                ),
                (
                    "c",
                    r#"type E @key(fields: "id") { id: ID! x: Int! @external s: Int @requires(fields: "x") }"#,
                ),
            ],
            &expect![[r#"
                EXTERNAL_TYPE_MISMATCH E.x: `E.x` is of type `Int`, but mentioned as `Int!`.
                  --> b:1:37 write `Int` here
                  --> c:1:37 write `Int` here
                EXTERNAL_ARGUMENT_MISSING E.x(n:): The external `E.x` lacks `n`.
                  --> b:1:37 add `n: Int` here
                  --> c:1:37 add `n: Int` here
            "#]],
        );
    }

    #[test]
    fn what_interface_objects_define_is_mentioned_on_their_word() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T } interface I @key(fields: "id") { id: ID! x: Int! } type T implements I @key(fields: "id") { id: ID! x: Int! @external r: Int @requires(fields: "x") }"#,
                ),
                (
                    "b",
                    r#"type I @interfaceObject @key(fields: "id") { id: ID! x: Int }"#,
                ),
            ],
            &expect![[r#"
                INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE I.x: `I.x` has different, compatible types; `Int` is used.
                  --> a:1:62 `Int!` here
                  see b:1:54 `Int` here
            "#]],
        );
    }
}
