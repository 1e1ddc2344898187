//! From the parser's trees to ours: the only place that translates types, values and directives.

use apollo_compiler::ast;

use crate::{
    Directive, FieldSetError, FieldSetField, FieldSetFragment, FieldSetItem, Name, Type, Value,
};

/// What the parser says of a text, in words that people use: it names tokens by what the lexer calls
/// them, and ends some sentences and not others.
pub fn message(said: &impl std::fmt::Display) -> String {
    const TOKENS: [(&str, &str); 9] = [
        ("R_CURLY", "`}`"),
        ("L_CURLY", "`{`"),
        ("R_PAREN", "`)`"),
        ("L_PAREN", "`(`"),
        ("R_BRACK", "`]`"),
        ("L_BRACK", "`[`"),
        ("COLON", "`:`"),
        ("<EOF>", "end of the text"),
        ("EOF", "end of the text"),
    ];
    let mut text = said.to_string();
    for (token, words) in TOKENS {
        text = text.replace(token, words);
    }
    text.trim_end_matches('.').to_owned()
}

/// A name.
pub fn name(name: &apollo_compiler::Name) -> Name {
    Name::new(name.as_str())
}

/// A type reference.
pub fn r#type(ty: &ast::Type) -> Type {
    match ty {
        ast::Type::Named(inner) => Type::Named(name(inner)),
        ast::Type::NonNullNamed(inner) => Type::NonNull(Box::new(Type::Named(name(inner)))),
        ast::Type::List(inner) => Type::List(Box::new(r#type(inner))),
        ast::Type::NonNullList(inner) => {
            Type::NonNull(Box::new(Type::List(Box::new(r#type(inner)))))
        }
    }
}

/// A value, variables included.
pub fn value(value: &ast::Value) -> Value {
    match value {
        ast::Value::Null => Value::Null,
        ast::Value::Boolean(flag) => Value::Boolean(*flag),
        ast::Value::Int(digits) => Value::Int(digits.as_str().to_owned()),
        ast::Value::Float(digits) => Value::Float(digits.as_str().to_owned()),
        ast::Value::String(text) => Value::String(text.clone()),
        ast::Value::Enum(inner) => Value::Enum(name(inner)),
        ast::Value::Variable(inner) => Value::Variable(name(inner)),
        ast::Value::List(items) => {
            Value::List(items.iter().map(|item| self::value(item)).collect())
        }
        ast::Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(key, item)| (name(key), self::value(item)))
                .collect(),
        ),
    }
}

/// Arguments as written, in that order.
pub fn arguments(arguments: &[apollo_compiler::Node<ast::Argument>]) -> Vec<(Name, Value)> {
    arguments
        .iter()
        .map(|argument| (name(&argument.name), value(&argument.value)))
        .collect()
}

/// An applied directive.
pub fn directive(directive: &ast::Directive) -> Directive {
    Directive {
        name: name(&directive.name),
        arguments: arguments(&directive.arguments),
    }
}

/// The selections of a field set.
///
/// # Errors
/// A spread of a named fragment, which no field set can define.
pub(crate) fn field_set_items(
    selections: &[ast::Selection],
) -> Result<Vec<FieldSetItem>, FieldSetError> {
    selections
        .iter()
        .map(|selection| match selection {
            ast::Selection::Field(field) => Ok(FieldSetItem::Field(FieldSetField {
                alias: field.alias.as_ref().map(name),
                name: name(&field.name),
                arguments: arguments(&field.arguments),
                has_directives: !field.directives.is_empty(),
                items: field_set_items(&field.selection_set)?,
            })),
            ast::Selection::InlineFragment(fragment) => {
                Ok(FieldSetItem::Fragment(FieldSetFragment {
                    type_condition: fragment.type_condition.as_ref().map(name),
                    has_directives: !fragment.directives.is_empty(),
                    items: field_set_items(&fragment.selection_set)?,
                }))
            }
            ast::Selection::FragmentSpread(spread) => Err(FieldSetError {
                message: format!(
                    "a field set cannot spread the named fragment `{}`",
                    spread.fragment_name
                ),
                offset: None,
            }),
        })
        .collect()
}

#[test]
fn tokens_are_named_as_people_write_them() {
    assert_eq!(
        message(&"syntax error: expected R_CURLY, got EOF."),
        "syntax error: expected `}`, got end of the text"
    );
}
