//! Short words for the types of a plan.

use plan::{
    EntityFetch, Fetch, FetchId, Layer, LayerId, LayerSource, LeafKind, Plan, Position, PositionId,
    ReadField, ReadObject, ReadValue, Representation, RepresentationField, RepresentationValue,
    Slot, TypeSource, WriteField, WriteObject, WriteValue,
};
use schema::{Name, OperationKind, SubgraphId, Type, TypeSet};

/// Parses such as `[Track!]!`.
pub(crate) fn ty(text: &str) -> Type {
    if let Some(inner) = text.strip_suffix('!') {
        return Type::NonNull(Box::new(ty(inner)));
    }
    match text.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        Some(item) => Type::List(Box::new(ty(item))),
        None => Type::Named(text.into()),
    }
}

pub(crate) fn types(names: &[&str]) -> TypeSet {
    names.iter().map(|name| Name::from(*name)).collect()
}

// Reading.

fn field(key: &str, value: ReadValue) -> ReadField {
    ReadField {
        response_key: key.into(),
        client_key: Some(key.into()),
        slot: Slot(0),
        list_depth: 0,
        value,
    }
}

pub(crate) fn leaf(key: &str, kind: LeafKind) -> ReadField {
    field(key, ReadValue::Leaf(kind))
}

pub(crate) fn object(key: &str, object: ReadObject) -> ReadField {
    field(key, ReadValue::Object(object))
}

pub(crate) fn type_name() -> ReadField {
    needed(field("__typename", ReadValue::TypeName))
}

/// In so many lists.
pub(crate) fn lists(depth: u8, field: ReadField) -> ReadField {
    ReadField {
        list_depth: depth,
        ..field
    }
}

/// Under another key for the client.
pub(crate) fn aliased(client_key: &str, field: ReadField) -> ReadField {
    ReadField {
        client_key: Some(client_key.into()),
        ..field
    }
}

/// Only the plan needs it.
pub(crate) fn needed(field: ReadField) -> ReadField {
    ReadField {
        client_key: None,
        ..field
    }
}

/// An object of one type; the n-th field is read into slot n.
pub(crate) fn read(type_name: &str, fields: Vec<ReadField>) -> ReadObject {
    ReadObject {
        type_name: Some(type_name.into()),
        ..read_abstract(fields)
    }
}

/// An object that says its type.
pub(crate) fn read_abstract(fields: Vec<ReadField>) -> ReadObject {
    let fields: Vec<ReadField> = fields
        .into_iter()
        .zip(0..)
        .map(|(field, slot)| ReadField {
            slot: Slot(slot),
            ..field
        })
        .collect();
    ReadObject {
        // Room for two entities behind the fields.
        slots: u16::try_from(fields.len()).unwrap() + 2,
        type_name: None,
        fields,
    }
}

// Fetches.

pub(crate) fn fetch(subgraph: u16, after: &[u16]) -> Fetch {
    let round = u16::try_from(after.len()).unwrap();
    Fetch {
        pieces: None,
        subgraph: SubgraphId(subgraph),
        subgraph_name: ["users", "music", "other"][usize::from(subgraph)].into(),
        kind: OperationKind::Query,
        operation_name: None,
        document: "{ f }".to_owned(),
        selections: Vec::new(),
        variables: Vec::new(),
        after: after.iter().copied().map(FetchId).collect(),
        round,
        inclusion: None,
        root: None,
        entities: Vec::new(),
    }
}

pub(crate) fn root(subgraph: u16, root: ReadObject) -> Fetch {
    Fetch {
        root: Some(root),
        ..fetch(subgraph, &[])
    }
}

pub(crate) fn entity_fetch(subgraph: u16, after: &[u16], entities: Vec<EntityFetch>) -> Fetch {
    Fetch {
        entities,
        ..fetch(subgraph, after)
    }
}

/// Entities for the objects in layer `base` of a position, attached in slot `attach`.
pub(crate) fn entities(
    (position, base, attach): (u16, u16, u16),
    representations: Vec<Representation>,
    read: ReadObject,
) -> EntityFetch {
    EntityFetch {
        contexts: Vec::new(),
        response_key: "_entities".into(),
        variable: "representations".into(),
        position: PositionId(position),
        base: LayerId(base),
        attach: Slot(attach),
        inclusion: None,
        representations,
        read,
    }
}

pub(crate) fn representation(on: &str, fields: Vec<RepresentationField>) -> Representation {
    Representation {
        on: types(&[on]),
        type_name: None,
        fields,
    }
}

/// A field of the key, which stands in a slot of a layer.
pub(crate) fn key(name: &str, ty_text: &str, layer: u16, slot: u16) -> RepresentationField {
    RepresentationField {
        is_key: true,
        ..requirement(name, ty_text, layer, slot)
    }
}

pub(crate) fn requirement(name: &str, ty_text: &str, layer: u16, slot: u16) -> RepresentationField {
    RepresentationField {
        name: name.into(),
        on: None,
        is_key: false,
        ty: ty(ty_text),
        value: RepresentationValue::Leaf {
            layer: LayerId(layer),
            slot: Slot(slot),
        },
    }
}

// Positions.

/// Layers made by these fetches, at the root.
pub(crate) fn root_position(fetches: &[u16]) -> Position {
    Position {
        parent: None,
        client_key: None,
        list_depth: 0,
        layers: fetches
            .iter()
            .map(|fetch| Layer {
                source: LayerSource::Data,
                fetch: FetchId(*fetch),
            })
            .collect(),
        type_source: TypeSource::Static("Query".into()),
    }
}

pub(crate) fn position(parent: u16, key: &str, list_depth: u8, layers: Vec<Layer>) -> Position {
    Position {
        parent: Some(PositionId(parent)),
        client_key: Some(key.into()),
        list_depth,
        layers,
        type_source: TypeSource::Layer(LayerId(0)),
    }
}

/// Found in a slot of the parent's layer.
pub(crate) fn below(fetch: u16, parent: u16, slot: u16) -> Layer {
    Layer {
        source: LayerSource::Field {
            parent: LayerId(parent),
            slot: Slot(slot),
        },
        fetch: FetchId(fetch),
    }
}

/// Found attached to the objects of another layer.
pub(crate) fn attached(fetch: u16, base: u16, slot: u16) -> Layer {
    Layer {
        source: LayerSource::Entity {
            base: LayerId(base),
            slot: Slot(slot),
        },
        fetch: FetchId(fetch),
    }
}

// Writing.

pub(crate) fn write(position: u16, fields: Vec<WriteField>) -> WriteObject {
    WriteObject {
        position: PositionId(position),
        possible_types: None,
        fields,
    }
}

/// `coordinate` is such as `User.name`.
pub(crate) fn out(key: &str, coordinate: &str, ty_text: &str, value: WriteValue) -> WriteField {
    let (parent_type, name) = coordinate.split_once('.').unwrap();
    WriteField {
        own_types: Vec::new(),
        key: key.into(),
        parent_type: parent_type.into(),
        name: name.into(),
        on: None,
        inclusion: None,
        ty: ty(ty_text),
        value,
    }
}

pub(crate) fn from(layer: u16, slot: u16) -> WriteValue {
    WriteValue::Leaf {
        layer: LayerId(layer),
        slot: Slot(slot),
        visible_values: None,
    }
}

pub(crate) fn inside(object: WriteObject) -> WriteValue {
    WriteValue::Object(object)
}

pub(crate) fn plan(fetches: Vec<Fetch>, positions: Vec<Position>, answer: WriteObject) -> Plan {
    Plan {
        kind: OperationKind::Query,
        fetches,
        positions,
        inclusions: Vec::new(),
        answer,
    }
}
