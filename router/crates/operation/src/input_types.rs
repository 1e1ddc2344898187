//! The API's input types, in the form that coercing variables reads.

use std::collections::{HashMap, HashSet};

use apollo_compiler::schema::ExtendedType;
use indexmap::IndexMap;
use schema::{Name, Type, Value, from_parser};

/// Every input type of a schema, by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct InputTypes(HashMap<Name, InputType>);

/// A type that a variable, an argument or an input field may have.
#[derive(Clone, Debug)]
pub(crate) enum InputType {
    Int,
    Float,
    String,
    Boolean,
    Id,
    /// Any JSON; what it means is between the client and the subgraph.
    CustomScalar,
    Enum(HashSet<Name>),
    Object(InputObject),
}

/// An input object type.
#[derive(Clone, Debug)]
pub(crate) struct InputObject {
    pub(crate) fields: IndexMap<Name, InputField>,
    /// Whether exactly one field must be given (`@oneOf`).
    pub(crate) one_of: bool,
}

/// A field of an input object type.
#[derive(Clone, Debug)]
pub(crate) struct InputField {
    pub(crate) ty: Type,
    pub(crate) default: Option<Value>,
}

impl InputTypes {
    /// The input types of a schema.
    pub(crate) fn of(schema: &apollo_compiler::Schema) -> Self {
        Self(
            schema
                .types
                .iter()
                .filter_map(|(name, ty)| Some((from_parser::name(name), input_type(name, ty)?)))
                .collect(),
        )
    }

    /// The input type with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&InputType> {
        self.0.get(name)
    }
}

fn input_type(name: &str, ty: &ExtendedType) -> Option<InputType> {
    match ty {
        ExtendedType::Scalar(_) => Some(match name {
            "Int" => InputType::Int,
            "Float" => InputType::Float,
            "String" => InputType::String,
            "Boolean" => InputType::Boolean,
            "ID" => InputType::Id,
            _ => InputType::CustomScalar,
        }),
        ExtendedType::Enum(definition) => Some(InputType::Enum(
            definition.values.keys().map(from_parser::name).collect(),
        )),
        ExtendedType::InputObject(definition) => Some(InputType::Object(InputObject {
            one_of: definition.directives.has("oneOf"),
            fields: definition
                .fields
                .iter()
                .map(|(name, field)| {
                    let field = InputField {
                        ty: from_parser::r#type(&field.ty),
                        default: field.default_value.as_deref().map(from_parser::value),
                    };
                    (from_parser::name(name), field)
                })
                .collect(),
        })),
        ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_) => None,
    }
}
