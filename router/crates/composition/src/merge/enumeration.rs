//! Enums: as output any subgraph's values may come, as input all subgraphs must know a value, and
//! an enum used as both must be the same everywhere.

use diagnostics::Code;
use indexmap::IndexMap;
use schema::{Name, SubgraphId};
use subgraph::{EnumValueDefinition, FederationDirective};
use supergraph::EnumValue;

use super::Merge;
use super::across::TypeAcross;

/// Where an enum is used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// As the type of an argument or input field.
    pub(crate) input: bool,
    /// As the type of a field.
    pub(crate) output: bool,
}

impl<'s> Merge<'s, '_> {
    /// Notes where a type is used, if it is an enum.
    pub(crate) fn use_enum(&mut self, name: &Name, input: bool) {
        let is_enum = self
            .across
            .type_named(name)
            .is_some_and(|ty| ty.kind == subgraph::Kind::Enum);
        if is_enum {
            let usage = self.enum_usages.entry(name.clone()).or_default();
            usage.input |= input;
            usage.output |= !input;
        }
    }

    /// The values of an enum.
    pub(crate) fn enumeration(&mut self, ty: &TypeAcross<'s>) -> Vec<EnumValue> {
        let usage = self.enum_usages.get(ty.name).copied().unwrap_or_else(|| {
            self.hint_unused(ty);
            Usage {
                input: false,
                output: true,
            }
        });
        let mut names: IndexMap<&Name, ()> = IndexMap::new();
        for (_, definition) in &ty.sources {
            names.extend(definition.values.keys().map(|name| (name, ())));
        }
        let values: Vec<EnumValue> = names
            .into_keys()
            .filter_map(|name| self.enum_value(ty, name, usage))
            .collect();
        if values.is_empty() {
            self.problems
                .error(
                    Code::EmptyMergedEnumType,
                    ty.name.to_string(),
                    format!("No value of `{}` is common to all its subgraphs.", ty.name),
                )
                .point_at_all(ty.sources.iter().map(|(_, it)| it.span()), "defined here");
        }
        values
    }

    fn enum_value(&mut self, ty: &TypeAcross<'s>, name: &Name, usage: Usage) -> Option<EnumValue> {
        let sources: Vec<(SubgraphId, &EnumValueDefinition)> = ty
            .sources
            .iter()
            .filter_map(|(id, definition)| Some((*id, definition.values.get(name)?)))
            .collect();
        let coordinate = format!("{}.{name}", ty.name);
        let applied: Vec<_> = sources
            .iter()
            .map(|(id, it)| (*id, &it.directives))
            .collect();
        let value = EnumValue {
            name: name.clone(),
            description: self.description(
                &coordinate,
                sources
                    .iter()
                    .map(|(_, it)| (it.description.as_deref(), &it.span)),
            ),
            directives: self.applied_directives(&coordinate, &applied),
            graphs: sources.iter().map(|(id, _)| *id).collect(),
        };
        // What nobody sees may differ.
        let hidden = self
            .specifications
            .has(&value.directives, FederationDirective::Inaccessible);
        let everywhere = sources.len() == ty.sources.len();
        if everywhere || (hidden && usage.input) {
            return Some(value);
        }
        match (usage.input, usage.output) {
            (true, true) => {
                self.report_missing(ty, &value, Code::EnumValueMismatch);
                Some(value)
            }
            (true, false) => {
                self.report_missing(ty, &value, Code::InconsistentEnumValueForInputEnum);
                None
            }
            _ => {
                self.report_missing(ty, &value, Code::InconsistentEnumValueForOutputEnum);
                Some(value)
            }
        }
    }

    fn report_missing(&mut self, ty: &TypeAcross<'s>, value: &EnumValue, code: Code) {
        let coordinate = format!("{}.{}", ty.name, value.name);
        let problem = match code {
            Code::EnumValueMismatch => self.problems.error(
                code,
                ty.name.to_string(),
                format!(
                    "`{}` is used as input and as output, so all its subgraphs must have `{}`.",
                    ty.name, value.name
                ),
            ),
            Code::InconsistentEnumValueForInputEnum => self.problems.hint(
                code,
                coordinate,
                format!(
                    "`{}` is left out of `{}`, which is used as input, because some of its \
                     subgraphs do not know it.",
                    value.name, ty.name
                ),
            ),
            _ => self.problems.hint(
                code,
                coordinate,
                format!(
                    "`{}` is a value of `{}` in some of its subgraphs only.",
                    value.name, ty.name
                ),
            ),
        };
        for (id, definition) in &ty.sources {
            if !value.graphs.contains(id) {
                problem.point_at(
                    definition.span(),
                    format!("`{}` is missing here", value.name),
                );
            }
        }
        for (_, definition) in &ty.sources {
            if let Some(known) = definition.values.get(&value.name) {
                problem.also_see(&known.span, "defined here");
            }
        }
    }

    fn hint_unused(&mut self, ty: &TypeAcross<'s>) {
        self.problems
            .hint(
                Code::UnusedEnumType,
                ty.name.to_string(),
                format!("The enum `{}` is used nowhere.", ty.name),
            )
            .point_at_all(ty.sources.iter().map(|(_, it)| it.span()), "defined here");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn output_enums_are_united() {
        check_types(
            [
                ("a", "type Query { a: E } enum E { ONE }"),
                ("b", "type Query { b: E } enum E { TWO }"),
            ],
            &expect![[r#"
                enum E
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  ONE @join__enumValue(graph: A)
                  TWO @join__enumValue(graph: B)
                }

                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  a: E @join__field(graph: A)
                  b: E @join__field(graph: B)
                }
            "#]],
        );
    }

    #[test]
    fn input_enums_keep_what_all_know() {
        check(
            [
                ("a", "type Query { a(e: E): Int } enum E { ONE BOTH }"),
                ("b", "type Query { b(e: E): Int } enum E { BOTH }"),
            ],
            &expect![[r#"
                INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM E.ONE: `ONE` is left out of `E`, which is used as input, because some of its subgraphs do not know it.
                  --> b:1:34 `ONE` is missing here
                  see a:1:38 defined here
            "#]],
        );
    }

    #[test]
    fn enums_for_input_and_output_must_be_equal() {
        check(
            [
                ("a", "type Query { a(e: E): E } enum E { ONE BOTH }"),
                ("b", "type Query { b: E } enum E { BOTH }"),
            ],
            &expect![[r#"
                ENUM_VALUE_MISMATCH E: `E` is used as input and as output, so all its subgraphs must have `ONE`.
                  --> b:1:26 `ONE` is missing here
                  see a:1:36 defined here
            "#]],
        );
    }

    #[test]
    fn hidden_values_may_differ() {
        check_types(
            [
                (
                    "a",
                    "type Query { a(e: E): E } enum E { ONE @inaccessible BOTH }",
                ),
                ("b", "type Query { b: E } enum E { BOTH }"),
            ],
            &expect![[r#"
                directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION

                enum E
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  ONE @join__enumValue(graph: A) @inaccessible
                  BOTH @join__enumValue(graph: A) @join__enumValue(graph: B)
                }

                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  a(e: E): E @join__field(graph: A)
                  b: E @join__field(graph: B)
                }
            "#]],
        );
    }

    #[test]
    fn an_input_enum_needs_a_common_value() {
        check(
            [
                ("a", "type Query { a(e: E): Int } enum E { ONE }"),
                ("b", "type Query { b(e: E): Int } enum E { TWO }"),
            ],
            &expect![[r#"
                EMPTY_MERGED_ENUM_TYPE E: No value of `E` is common to all its subgraphs.
                  --> a:1:34 defined here
                  --> b:1:34 defined here
            "#]],
        );
    }

    #[test]
    fn unused_enums_are_mentioned() {
        check(
            [("a", "type Query { q: Int } enum E { ONE }")],
            &expect![[r#"
                UNUSED_ENUM_TYPE E: The enum `E` is used nowhere.
                  --> a:1:28 defined here
            "#]],
        );
    }
}
