//! The shape that guides the reading of a body.

use std::ops::Range;

use plan::{LeafKind, ReadField, ReadObject, ReadValue, Slot};
use schema::Name;

use super::as_it_stands::AsItStands;
use super::types::{TypeId, TypeTable};
use crate::short::Expected;

/// How an object is read.
#[derive(Clone, Debug)]
pub(crate) struct ReadShape {
    /// How many slots its objects have.
    pub(crate) slots: usize,
    /// The type its objects have, if that is known beforehand.
    pub(crate) static_type: TypeId,
    /// Whether a field says the type.
    pub(crate) reads_type: bool,
    /// Whether its objects may be given on as they stand.
    pub(crate) as_it_stands: bool,
    /// The fields, in the order they were asked for.
    pub(crate) fields: Vec<FieldShape>,
}

/// How a field is read.
#[derive(Clone, Debug)]
pub(crate) struct FieldShape {
    /// Its key in the subgraph's answer.
    pub(crate) response_key: Name,
    /// `"key":`, which is what follows when the field is next.
    pub(crate) quoted_key_and_colon: Expected,
    /// The client's key for it.
    pub(crate) client_key: Option<Name>,
    /// Where the value goes.
    pub(crate) slot: Slot,
    /// How many lists are around each value.
    pub(crate) list_depth: u8,
    /// What each value is.
    pub(crate) value: ValueShape,
    /// Where null may stand, if the value may be given on as it stands; a leaf only with its object
    /// or its run.
    pub(crate) as_it_stands: Option<Box<[bool]>>,
    /// The run that it belongs to, if any: the indices of its fields.
    pub(crate) run: Option<Range<usize>>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(crate) enum ValueShape {
    /// The name of the object's type.
    TypeName,
    /// A scalar or enum.
    Leaf(LeafShape),
    /// An object.
    Object(ReadShape),
}

/// What a leaf must look like.
#[derive(Clone, Debug)]
pub(crate) enum LeafShape {
    Int,
    Float,
    String,
    Boolean,
    Id,
    /// One of these names, which are sorted.
    Enum(Box<[Name]>),
    Custom,
}

impl LeafShape {
    /// For messages: "… where an Int was due".
    pub(crate) fn due(&self) -> &'static str {
        match self {
            Self::Int => "an Int",
            Self::Float => "a Float",
            Self::String => "a String",
            Self::Boolean => "a Boolean",
            Self::Id => "an ID",
            Self::Enum(_) => "a value of the enum",
            Self::Custom => "a value",
        }
    }
}

impl FieldShape {
    /// The same field under another key, in another slot.
    pub(crate) fn under(&self, response_key: &str, slot: Slot) -> Self {
        Self {
            response_key: Name::from(response_key),
            quoted_key_and_colon: quoted_key_and_colon(response_key),
            slot,
            ..self.clone()
        }
    }
}

impl ReadShape {
    /// The field with this key in the subgraph's answer.
    pub(crate) fn field(&self, response_key: &str) -> Option<&FieldShape> {
        self.fields
            .iter()
            .find(|field| field.response_key == response_key)
    }
}

/// The shape of an object of the plan.
pub(crate) fn compile(
    object: &ReadObject,
    types: &TypeTable,
    as_it_stands: &AsItStands,
) -> ReadShape {
    let mut fields: Vec<FieldShape> = object
        .fields
        .iter()
        .map(|field| compile_field(field, types, as_it_stands))
        .collect();
    for (index, field) in object.fields.iter().enumerate() {
        if let Some(length) = as_it_stands.read_run(field) {
            let run = index..index + length;
            for field in fields.get_mut(run.clone()).unwrap_or_default() {
                field.run = Some(run.clone());
            }
        }
    }
    ReadShape {
        slots: slots(usize::from(object.slots), &fields),
        static_type: object
            .type_name
            .as_ref()
            .and_then(|name| types.id(name))
            .unwrap_or(TypeId::NONE),
        reads_type: fields
            .iter()
            .any(|field| matches!(field.value, ValueShape::TypeName)),
        as_it_stands: as_it_stands.object(object),
        fields,
    }
}

/// The shape of the `data` of an entity fetch: the n-th list of entities in slot n.
pub(crate) fn compile_entities(
    entities: &[plan::EntityFetch],
    types: &TypeTable,
    as_it_stands: &AsItStands,
) -> ReadShape {
    let fields: Vec<FieldShape> = entities
        .iter()
        .zip(0..=u16::MAX)
        .map(|(entities, index)| FieldShape {
            response_key: entities.response_key.clone(),
            quoted_key_and_colon: quoted_key_and_colon(&entities.response_key),
            client_key: None,
            slot: Slot(index),
            list_depth: 1,
            value: ValueShape::Object(compile(&entities.read, types, as_it_stands)),
            as_it_stands: None,
            run: None,
        })
        .collect();
    ReadShape {
        slots: fields.len(),
        static_type: TypeId::NONE,
        reads_type: false,
        as_it_stands: false,
        fields,
    }
}

fn compile_field(field: &ReadField, types: &TypeTable, as_it_stands: &AsItStands) -> FieldShape {
    FieldShape {
        response_key: field.response_key.clone(),
        quoted_key_and_colon: quoted_key_and_colon(&field.response_key),
        client_key: field.client_key.clone(),
        slot: field.slot,
        list_depth: field.list_depth,
        value: match &field.value {
            ReadValue::TypeName => ValueShape::TypeName,
            ReadValue::Leaf(kind) => ValueShape::Leaf(compile_leaf(kind)),
            ReadValue::Object(object) => ValueShape::Object(compile(object, types, as_it_stands)),
        },
        as_it_stands: as_it_stands.field(field).map(Into::into),
        run: None,
    }
}

fn compile_leaf(kind: &LeafKind) -> LeafShape {
    match kind {
        LeafKind::Int => LeafShape::Int,
        LeafKind::Float => LeafShape::Float,
        LeafKind::String => LeafShape::String,
        LeafKind::Boolean => LeafShape::Boolean,
        LeafKind::Id => LeafShape::Id,
        LeafKind::Enum(names) => LeafShape::Enum(sorted(names)),
        LeafKind::Custom => LeafShape::Custom,
    }
}

/// Names in the order a binary search needs.
pub(crate) fn sorted(names: &[Name]) -> Box<[Name]> {
    let mut names = names.to_vec();
    names.sort_unstable();
    names.into()
}

fn quoted_key_and_colon(key: &str) -> Expected {
    Expected::new(format!("\"{key}\":"))
}

/// As many slots as the plan says, and never fewer than its fields need.
fn slots(planned: usize, fields: &[FieldShape]) -> usize {
    fields
        .iter()
        .map(|field| field.slot.index() + 1)
        .fold(planned, usize::max)
}
