//! A value as written in a document: a literal, or a variable.

use std::fmt::{self, Write};

use crate::Name;

/// A GraphQL input value (GraphQL specification, section 2.9).
///
/// Numbers keep the digits that were written: no value loses precision on its way through.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// An integer, in the digits it was written with.
    Int(String),
    /// A float, in the digits it was written with.
    Float(String),
    /// A string, unescaped.
    String(String),
    /// An enum value's name.
    Enum(Name),
    /// A list.
    List(Vec<Value>),
    /// An input object; fields in the order they were written.
    Object(Vec<(Name, Value)>),
    /// `$name`. Never in a schema.
    Variable(Name),
}

impl Value {
    /// The text of a string value.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    /// Calls `visit` with each variable in the value, from left to right.
    pub fn for_each_variable<'v>(&'v self, visit: &mut impl FnMut(&'v Name)) {
        match self {
            Self::Variable(name) => visit(name),
            Self::List(items) => items.iter().for_each(|item| item.for_each_variable(visit)),
            Self::Object(fields) => {
                fields
                    .iter()
                    .for_each(|(_, value)| value.for_each_variable(visit));
            }
            _ => {}
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Int(digits) | Self::Float(digits) => f.write_str(digits),
            Self::String(text) => write_string(f, text),
            Self::Enum(name) => write!(f, "{name}"),
            Self::Variable(name) => write!(f, "${name}"),
            Self::List(items) => {
                f.write_char('[')?;
                for (index, item) in items.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{item}")?;
                }
                f.write_char(']')
            }
            Self::Object(fields) => {
                f.write_char('{')?;
                for (index, (name, value)) in fields.iter().enumerate() {
                    let comma = if index > 0 { ", " } else { "" };
                    write!(f, "{comma}{name}: {value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

/// Writes `text` as a GraphQL string literal, which is also a valid JSON string.
fn write_string(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            control if control < ' ' || control == '\u{7f}' => {
                write!(f, "\\u{:04x}", u32::from(control))?;
            }
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}

#[test]
fn strings_are_escaped_and_numbers_keep_their_digits() {
    let value = Value::Object(vec![
        ("a".into(), Value::String("say \"hi\"\n\u{1}".to_owned())),
        (
            "b".into(),
            Value::List(vec![
                Value::Float("1.500".to_owned()),
                Value::Variable("x".into()),
            ]),
        ),
    ]);
    assert_eq!(
        value.to_string(),
        r#"{a: "say \"hi\"\n\u0001", b: [1.500, $x]}"#
    );
}
