//! `FIELD_ARGUMENT_DEFAULT_MISMATCH`, `INPUT_FIELD_DEFAULT_MISMATCH`: defaults must be equal. One that
//! only some subgraphs have is dropped: the others expect to be told a value.

use diagnostics::{Code, Span};
use schema::Value;

use super::Merge;
use super::type_reference::Position;

impl Merge<'_, '_> {
    /// Merges the defaults of one element.
    pub(crate) fn default_value(
        &mut self,
        coordinate: &str,
        position: Position,
        sources: &[(Option<&Value>, &Span)],
    ) -> Option<Value> {
        let (first, _) = sources
            .iter()
            .find_map(|(value, span)| Some(((*value)?, span)))?;
        let different = sources
            .iter()
            .any(|(value, _)| value.is_some_and(|value| !same(value, first)));
        if different {
            let code = if position == Position::Argument {
                Code::FieldArgumentDefaultMismatch
            } else {
                Code::InputFieldDefaultMismatch
            };
            let problem = self.problems.error(
                code,
                coordinate,
                format!("Subgraphs disagree on the default of `{coordinate}`."),
            );
            for (value, span) in sources {
                if let Some(value) = value {
                    problem.point_at(span, format!("`{value}` here"));
                }
            }
            return Some(first.clone());
        }
        if sources.iter().all(|(value, _)| value.is_some()) {
            return Some(first.clone());
        }
        let problem = self.problems.hint(
            Code::InconsistentDefaultValuePresence,
            coordinate,
            format!("The default of `{coordinate}` is dropped: not all its subgraphs have it."),
        );
        for (value, span) in sources {
            match value {
                Some(value) => problem.also_see(span, format!("`{value}` here")),
                None => problem.point_at(span, "no default here"),
            };
        }
        None
    }
}

/// Whether two values are the same, in whatever order objects are written.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, value)| {
                    b.iter()
                        .any(|(other, other_value)| other == name && same(value, other_value))
                })
        }
        (Value::Int(a) | Value::Float(a), Value::Int(b) | Value::Float(b)) => {
            a == b || matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn different_defaults_are_refused() {
        check(
            [
                ("a", "type Query { q(x: Int = 1): Int @shareable }"),
                ("b", "type Query { q(x: Int = 2): Int @shareable }"),
            ],
            &expect![[r#"
                FIELD_ARGUMENT_DEFAULT_MISMATCH Query.q(x:): Subgraphs disagree on the default of `Query.q(x:)`.
                  --> a:1:16 `1` here
                  --> b:1:16 `2` here
            "#]],
        );
    }

    #[test]
    fn a_default_that_some_lack_is_dropped() {
        check(
            [
                ("a", "type Query { q(x: Int = 1): Int @shareable }"),
                ("b", "type Query { q(x: Int): Int @shareable }"),
            ],
            &expect![[r#"
                INCONSISTENT_DEFAULT_VALUE_PRESENCE Query.q(x:): The default of `Query.q(x:)` is dropped: not all its subgraphs have it.
                  see a:1:16 `1` here
                  --> b:1:16 no default here
            "#]],
        );
    }

    #[test]
    fn the_order_inside_objects_does_not_matter() {
        check_types(
            [
                (
                    "a",
                    "type Query { q(i: I = {x: 1, y: 2}): Int @shareable } input I { x: Int y: Int }",
                ),
                (
                    "b",
                    "type Query { q(i: I = {y: 2, x: 1}): Int @shareable } input I { x: Int y: Int }",
                ),
            ],
            &expect![[r#"
                input I
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  x: Int
                  y: Int
                }

                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  q(i: I = {x: 1, y: 2}): Int
                }
            "#]],
        );
    }
}
