//! Input coercion of JSON (GraphQL specification, the "Input Coercion" of sections 3.5 to 3.13).

use std::fmt::Write;

use bytes::Bytes;
use schema::{Name, Type};

use super::json::{Cursor, Kind, unescape};
use crate::error::MAX_ERRORS;
use crate::input_types::{InputObject, InputType};
use crate::{ApiSchema, Limits, VariableDefinition};

/// The values coerced so far, and where in a variable we are.
pub(super) struct Coercion<'a> {
    pub(super) api: &'a ApiSchema,
    pub(super) limits: &'a Limits,
    /// The JSON of all variables, one behind the other.
    pub(super) out: Vec<u8>,
    /// The variable that is being coerced.
    variable: &'a str,
    path: Vec<Step<'a>>,
    /// Messages about this variable.
    errors: Vec<String>,
}

/// One step from a variable into its value.
enum Step<'a> {
    Field(&'a str),
    Item(usize),
}

impl<'a> Coercion<'a> {
    pub(super) fn new(api: &'a ApiSchema, limits: &'a Limits) -> Self {
        Self {
            api,
            limits,
            out: Vec::new(),
            variable: "",
            path: Vec::new(),
            errors: Vec::new(),
        }
    }

    /// Where the next variable's JSON will begin.
    pub(super) fn position(&self) -> usize {
        self.out.len()
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.out.into()
    }

    /// Coerces one variable and gives what is wrong with it. Writes nothing when the variable was
    /// not given and has no default. `decides`: `@skip` or `@include` hangs on it, so null will
    /// not do even where its type allows null.
    pub(super) fn variable(
        &mut self,
        variable: &'a VariableDefinition,
        value: Option<&str>,
        decides: bool,
    ) -> Vec<String> {
        self.variable = &variable.name;
        match (value, &variable.default) {
            (Some(value), _) => {
                let mut cursor = Cursor::new(value);
                if decides && cursor.kind() == Kind::Null {
                    self.error("null cannot decide a `@skip` or `@include`");
                } else {
                    self.value(&variable.ty, &mut cursor);
                }
            }
            (None, Some(default)) => self.literal(&variable.ty, default, 0),
            (None, None) if variable.ty.is_non_null() => {
                let ty = &variable.ty;
                self.error(&format!(
                    "a value of type \"{ty}\" is required, but none was given"
                ));
            }
            (None, None) if decides => {
                self.error("a value is required: a `@skip` or `@include` hangs on it");
            }
            (None, None) => {}
        }
        if self.out.len() > self.limits.max_variable_bytes {
            self.error("the variables are too large");
        }
        std::mem::take(&mut self.errors)
    }

    /// Takes one value from the cursor and writes it as a value of the type. What is written is of
    /// no use once there is an error.
    fn value(&mut self, ty: &'a Type, cursor: &mut Cursor<'_>) {
        if self.errors.len() >= MAX_ERRORS || self.out.len() > self.limits.max_variable_bytes {
            // The answer is an error already; going on would only cost.
            self.discard(cursor);
            return;
        }
        if cursor.kind() == Kind::Null {
            cursor.scalar();
            if ty.is_non_null() {
                self.error(&format!("expected a value of type \"{ty}\", found null"));
            }
            self.out.extend_from_slice(b"null");
            return;
        }
        match ty.nullable() {
            Type::List(item) if cursor.kind() == Kind::Array => {
                self.out.push(b'[');
                cursor.enter();
                let mut index = 0;
                while cursor.has_item(b']') {
                    if index > 0 {
                        self.out.push(b',');
                    }
                    self.path.push(Step::Item(index));
                    self.value(item, cursor);
                    self.path.pop();
                    index += 1;
                }
                self.out.push(b']');
            }
            // One value stands for a list of it.
            Type::List(item) => {
                self.out.push(b'[');
                self.value(item, cursor);
                self.out.push(b']');
            }
            Type::Named(name) => self.named(ty, name, cursor),
            Type::NonNull(_) => self.discard(cursor),
        }
    }

    fn named(&mut self, ty: &'a Type, name: &'a Name, cursor: &mut Cursor<'_>) {
        let api = self.api;
        let kind = cursor.kind();
        match (api.inputs.get(name), kind) {
            (Some(InputType::CustomScalar), _) => match cursor.skip(self.limits.max_variable_depth)
            {
                Some(raw) => self.out.extend_from_slice(raw.as_bytes()),
                None => cursor.skip_any(),
            },
            (Some(InputType::Object(object)), Kind::Object) => self.object(name, object, cursor),
            (Some(InputType::String | InputType::Id), Kind::String) => {
                let raw = cursor.scalar();
                if raw.contains("\\u") && unescape(raw).is_none() {
                    self.error("the string holds half of a surrogate pair");
                }
                self.out.extend_from_slice(raw.as_bytes());
            }
            (Some(InputType::Boolean), Kind::Boolean) => {
                self.out.extend_from_slice(cursor.scalar().as_bytes());
            }
            (Some(InputType::Enum(values)), Kind::String) => {
                let value = unescape(cursor.scalar()).filter(|it| values.contains(&**it));
                match value {
                    Some(value) => {
                        self.out.push(b'"');
                        self.out.extend_from_slice(value.as_bytes());
                        self.out.push(b'"');
                    }
                    None => self.error(&format!("expected a value of type \"{ty}\", found a string that is none of its values")),
                }
            }
            (Some(InputType::Int | InputType::Float | InputType::Id), Kind::Number) => {
                let raw = cursor.scalar();
                self.number(ty, api.inputs.get(name), raw);
            }
            _ => {
                self.discard(cursor);
                self.error(&format!("expected a value of type \"{ty}\", found {kind}"));
            }
        }
    }

    fn number(&mut self, ty: &Type, expected: Option<&InputType>, raw: &str) {
        let whole = !raw.contains(['.', 'e', 'E']);
        match expected {
            Some(InputType::Id) if whole => {
                self.out.push(b'"');
                self.out.extend_from_slice(raw.as_bytes());
                self.out.push(b'"');
            }
            Some(InputType::Int) => match int(raw) {
                Some(_) if whole => self.out.extend_from_slice(raw.as_bytes()),
                Some(value) => self.out.extend_from_slice(value.to_string().as_bytes()),
                None => self.error(&format!(
                    "expected a value of type \"{ty}\", found a number that is no 32-bit integer"
                )),
            },
            Some(InputType::Float) if raw.parse::<f64>().is_ok_and(f64::is_finite) => {
                self.out.extend_from_slice(raw.as_bytes());
            }
            Some(InputType::Float) => self.error(&format!(
                "expected a value of type \"{ty}\", found a number out of its range"
            )),
            _ => self.error(&format!(
                "expected a value of type \"{ty}\", found a number that is no integer"
            )),
        }
    }

    fn object(&mut self, name: &str, object: &'a InputObject, cursor: &mut Cursor<'_>) {
        let mut seen = vec![false; object.fields.len()];
        let (mut given, mut nulls) = (0, 0);
        self.out.push(b'{');
        cursor.enter();
        while cursor.has_item(b'}') {
            given += 1;
            let key = cursor.key().unwrap_or_default();
            let Some((index, field_name, field)) = object.fields.get_full(&*key) else {
                self.discard(cursor);
                let key: String = key.chars().take(100).collect();
                self.error(&format!("the type \"{name}\" has no field {key:?}"));
                continue;
            };
            if std::mem::replace(&mut seen[index], true) {
                self.discard(cursor);
                self.error(&format!("the field \"{field_name}\" is given twice"));
                continue;
            }
            nulls += usize::from(cursor.kind() == Kind::Null);
            self.field_key(field_name);
            self.path.push(Step::Field(field_name));
            self.value(&field.ty, cursor);
            self.path.pop();
        }
        for ((field_name, field), seen) in object.fields.iter().zip(seen) {
            if seen {
                continue;
            }
            if let Some(default) = &field.default {
                self.field_key(field_name);
                self.literal(&field.ty, default, self.path.len());
            } else if field.ty.is_non_null() {
                let ty = &field.ty;
                self.error(&format!(
                    "the field \"{field_name}\" of type \"{ty}\" is required"
                ));
            }
        }
        if object.one_of && (given != 1 || nulls > 0) {
            self.error(&format!(
                "exactly one field of \"{name}\" must be given, and not null"
            ));
        }
        self.out.push(b'}');
    }

    /// Writes the key of a field, with a comma unless it is the object's first.
    pub(super) fn field_key(&mut self, name: &str) {
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    /// Notes what is wrong at the place where we are.
    pub(super) fn error(&mut self, what: &str) {
        if self.errors.len() >= MAX_ERRORS {
            return;
        }
        let mut message = format!("Variable \"${}\"", self.variable);
        if !self.path.is_empty() {
            let _ = write!(message, " at \"${}", self.variable);
            for step in &self.path {
                let _ = match step {
                    Step::Field(name) => write!(message, ".{name}"),
                    Step::Item(index) => write!(message, "[{index}]"),
                };
            }
            message.push('"');
        }
        let _ = write!(message, ": {what}.");
        self.errors.push(message);
    }

    fn discard(&mut self, cursor: &mut Cursor<'_>) {
        if cursor.skip(self.limits.max_variable_depth).is_none() {
            cursor.skip_any();
        }
    }
}

/// A number without a fraction in the range of `Int`, however it is written.
fn int(raw: &str) -> Option<i32> {
    if let Ok(value) = raw.parse() {
        return Some(value);
    }
    let value: f64 = raw.parse().ok()?;
    let in_range =
        value.fract() == 0.0 && value >= f64::from(i32::MIN) && value <= f64::from(i32::MAX);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the value is whole and in range"
    )]
    in_range.then_some(value as i32)
}
