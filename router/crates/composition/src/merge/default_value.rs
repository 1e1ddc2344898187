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
