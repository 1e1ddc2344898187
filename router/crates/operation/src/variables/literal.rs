//! Default values: literals of a document or a schema, written as JSON of their type.

use schema::{Type, Value};

use super::coerce::Coercion;
use crate::input_types::InputType;

impl Coercion<'_> {
    /// Writes a literal that validation found to fit the type. `depth` bounds defaults that hold
    /// each other in a circle, which a schema can declare.
    pub(super) fn literal(&mut self, ty: &Type, value: &Value, depth: usize) {
        if self.out.len() > self.limits.max_variable_bytes {
            // Too large already, which is told once when the variable is done.
            return;
        }
        if depth > self.limits.max_variable_depth {
            return self.error("its default value holds itself");
        }
        match (ty.nullable(), value) {
            (_, Value::Null) => self.out.extend_from_slice(b"null"),
            (Type::List(item), Value::List(values)) => {
                self.list(values, |it, value| it.literal(item, value, depth + 1));
            }
            (Type::List(item), single) => {
                self.out.push(b'[');
                self.literal(item, single, depth + 1);
                self.out.push(b']');
            }
            (ty, value) => self.named_literal(ty, value, depth),
        }
    }

    fn named_literal(&mut self, ty: &Type, value: &Value, depth: usize) {
        let api = self.api;
        match (api.inputs.get(ty.inner_name()), value) {
            (Some(InputType::Id), Value::Int(digits)) => self.string(digits),
            (Some(InputType::Object(object)), Value::Object(given)) => {
                self.out.push(b'{');
                for (name, field) in &object.fields {
                    let given = given.iter().find(|(key, _)| key == name);
                    let value = given.map(|(_, value)| value).or(field.default.as_ref());
                    if let Some(value) = value {
                        self.field_key(name);
                        self.literal(&field.ty, value, depth + 1);
                    }
                }
                self.out.push(b'}');
            }
            _ => self.untyped(value, depth),
        }
    }

    /// A literal of a custom scalar, or of a scalar whose JSON is its literal.
    fn untyped(&mut self, value: &Value, depth: usize) {
        if depth > self.limits.max_variable_depth {
            return self.error("its default value holds itself");
        }
        match value {
            Value::Null | Value::Variable(_) => self.out.extend_from_slice(b"null"),
            Value::Boolean(true) => self.out.extend_from_slice(b"true"),
            Value::Boolean(false) => self.out.extend_from_slice(b"false"),
            Value::Int(digits) | Value::Float(digits) => {
                self.out.extend_from_slice(digits.as_bytes());
            }
            Value::String(text) => self.string(text),
            Value::Enum(name) => self.string(name),
            Value::List(values) => self.list(values, |it, value| it.untyped(value, depth + 1)),
            Value::Object(fields) => {
                self.out.push(b'{');
                for (name, value) in fields {
                    self.field_key(name);
                    self.untyped(value, depth + 1);
                }
                self.out.push(b'}');
            }
        }
    }

    fn list(&mut self, values: &[Value], mut write: impl FnMut(&mut Self, &Value)) {
        self.out.push(b'[');
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            write(self, value);
        }
        self.out.push(b']');
    }

    fn string(&mut self, text: &str) {
        // Writing a string to a vector cannot fail.
        let _ = serde_json::to_writer(&mut self.out, text);
    }
}
