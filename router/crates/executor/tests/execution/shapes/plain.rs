//! The plain executor: parsed JSON in, parsed JSON out, nothing shared with ours.

use plan::LeafKind;
use serde_json::{Map, Value, json};

use super::{Field, Node};

/// Null that must go up.
struct Bubble;

#[derive(Default)]
pub(crate) struct Plain {
    /// The type of all objects but the root, if they do not say it themselves.
    pub(crate) only_type: Option<&'static str>,
    /// Whether a null needed an explanation.
    pub(crate) has_errors: bool,
}

impl Plain {
    /// The answer to a whole query, given what stands under `data`.
    pub(crate) fn data(&mut self, fields: &[Field], data: &Map<String, Value>) -> Value {
        self.object(fields, "Query", data).unwrap_or(Value::Null)
    }

    fn object(
        &mut self,
        fields: &[Field],
        type_name: &str,
        object: &Map<String, Value>,
    ) -> Result<Value, Bubble> {
        let mut out = Map::new();
        for field in fields {
            if type_name == "Query" || field.on.contains(&type_name) {
                let value = match object.get(&field.key) {
                    Some(value) => self.value(field, value, 0)?,
                    None => self.null(field, 0, true)?,
                };
                out.insert(field.client_key.clone(), value);
            }
        }
        Ok(Value::Object(out))
    }

    fn value(&mut self, field: &Field, value: &Value, level: usize) -> Result<Value, Bubble> {
        let result = if value.is_null() {
            return self.null(field, level, false);
        } else if level + 1 < field.non_null.len() {
            let Value::Array(items) = value else {
                return self.null(field, level, true);
            };
            items
                .iter()
                .map(|item| self.value(field, item, level + 1))
                .collect::<Result<Vec<Value>, Bubble>>()
                .map(Value::Array)
        } else {
            match &field.node {
                Node::Leaf(_, kind) => match leaf(kind, value) {
                    Some(value) => Ok(value),
                    None => return self.null(field, level, true),
                },
                Node::Object(inner) => {
                    let Value::Object(object) = value else {
                        return self.null(field, level, true);
                    };
                    let said = object.get("__typename").and_then(Value::as_str);
                    let Some(name) = self.only_type.or(said) else {
                        return self.null(field, level, true);
                    };
                    if !["A", "B"].contains(&name) {
                        return self.null(field, level, false);
                    }
                    self.object(inner, name, object)
                }
            }
        };
        match result {
            Err(Bubble) if !field.non_null[level] => Ok(Value::Null),
            other => other,
        }
    }

    fn null(&mut self, field: &Field, level: usize, is_error: bool) -> Result<Value, Bubble> {
        self.has_errors |= is_error || field.non_null[level];
        if field.non_null[level] {
            Err(Bubble)
        } else {
            Ok(Value::Null)
        }
    }
}

fn leaf(kind: &LeafKind, value: &Value) -> Option<Value> {
    let is_due = match kind {
        LeafKind::Int => value.as_i64().is_some_and(|it| i32::try_from(it).is_ok()),
        LeafKind::Float => value.is_number(),
        LeafKind::String => value.is_string(),
        LeafKind::Boolean => value.is_boolean(),
        LeafKind::Id => match value {
            Value::Number(number) if number.is_f64() => return None,
            Value::Number(number) => return Some(json!(number.to_string())),
            other => other.is_string(),
        },
        LeafKind::Enum(names) => names.iter().any(|it| value == it.as_str()),
        LeafKind::Custom => true,
    };
    is_due.then(|| value.clone())
}
