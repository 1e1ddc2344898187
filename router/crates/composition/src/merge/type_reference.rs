//! `FIELD_TYPE_MISMATCH`, `FIELD_ARGUMENT_TYPE_MISMATCH`: the types of the same field or argument must
//! be equal, or each other's subtypes. As output the more general one is promised, as input the
//! stricter one is demanded.

use diagnostics::{Code, Span};
use schema::Type;

use super::Merge;

/// Where a type is referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// The type of a field.
    Field,
    /// The type of an argument.
    Argument,
    /// The type of an input field.
    InputField,
}

/// The merged type, and whether all subgraphs have exactly it.
#[derive(Clone, Debug)]
pub(crate) struct MergedType {
    /// The type.
    pub(crate) ty: Type,
    /// Whether it is the same everywhere.
    pub(crate) all_equal: bool,
}

impl Merge<'_, '_> {
    /// Merges the types of one element; nothing if no subgraph has it.
    pub(crate) fn type_reference(
        &mut self,
        coordinate: &str,
        position: Position,
        sources: &[(&Type, &Span)],
    ) -> Option<MergedType> {
        let (first, _) = *sources.first()?;
        let mut merged = first;
        let mut all_equal = true;
        let mut compatible = true;
        for (ty, _) in &sources[1..] {
            if *ty == merged {
                continue;
            }
            all_equal = false;
            let general = self.relations.is_subtype(merged, ty);
            let strict = self.relations.is_subtype(ty, merged);
            match position {
                Position::Field if general => merged = ty,
                Position::Argument | Position::InputField if strict => merged = ty,
                _ if general || strict => {}
                _ => compatible = false,
            }
        }
        self.use_enum(merged.inner_name(), position != Position::Field);
        if !all_equal {
            self.report_types(coordinate, position, merged, compatible, sources);
        }
        Some(MergedType {
            ty: merged.clone(),
            all_equal,
        })
    }

    fn report_types(
        &mut self,
        coordinate: &str,
        position: Position,
        merged: &Type,
        compatible: bool,
        sources: &[(&Type, &Span)],
    ) {
        let problem = match (compatible, position) {
            (false, Position::Argument) => self.problems.error(
                Code::FieldArgumentTypeMismatch,
                coordinate,
                format!("Subgraphs disagree on the type of `{coordinate}`."),
            ),
            (false, _) => self.problems.error(
                Code::FieldTypeMismatch,
                coordinate,
                format!("Subgraphs disagree on the type of `{coordinate}`."),
            ),
            (true, _) => {
                let code = if position == Position::Argument {
                    Code::InconsistentButCompatibleArgumentType
                } else {
                    Code::InconsistentButCompatibleFieldType
                };
                self.problems.hint(
                    code,
                    coordinate,
                    format!("`{coordinate}` has different, compatible types; `{merged}` is used."),
                )
            }
        };
        for (ty, span) in sources {
            if !compatible || *ty != merged {
                problem.point_at(span, format!("`{ty}` here"));
            }
        }
        for (ty, span) in sources {
            problem.also_see(span, format!("`{ty}` here"));
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn fields_promise_the_more_general_type() {
        check_types(
            [
                ("a", "type Query { q: Int! @shareable }"),
                ("b", "type Query { q: Int @shareable }"),
            ],
            &expect![[r#"
                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  q: Int @join__field(graph: A, type: "Int!") @join__field(graph: B, type: "Int")
                }
            "#]],
        );
    }

    #[test]
    fn different_types_are_refused_with_every_place() {
        check(
            [
                ("a", "type Query { q: Int @shareable }"),
                ("b", "type Query { q: String @shareable }"),
            ],
            &expect![[r#"
                FIELD_TYPE_MISMATCH Query.q: Subgraphs disagree on the type of `Query.q`.
                  --> a:1:14 `Int` here
                  --> b:1:14 `String` here
            "#]],
        );
    }

    #[test]
    fn arguments_demand_the_stricter_type() {
        check_types(
            [
                ("a", "type Query { q(x: Int): Int @shareable }"),
                ("b", "type Query { q(x: Int!): Int @shareable }"),
            ],
            &expect![[r#"
                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  q(x: Int!): Int
                }
            "#]],
        );
    }

    #[test]
    fn lists_are_never_made_of_single_values() {
        check(
            [
                ("a", "type Query { q(x: Int): Int @shareable }"),
                ("b", "type Query { q(x: [Int]): Int @shareable }"),
            ],
            &expect![[r#"
                FIELD_ARGUMENT_TYPE_MISMATCH Query.q(x:): Subgraphs disagree on the type of `Query.q(x:)`.
                  --> a:1:16 `Int` here
                  --> b:1:16 `[Int]` here
            "#]],
        );
    }
}
