//! The plan of a shape.

use plan::{
    FetchId, Layer, LayerId, LayerSource, Plan, Position, PositionId, ReadField, ReadObject,
    ReadValue, Slot, TypeSource, WriteField, WriteObject, WriteValue,
};
use schema::Type;

use super::{Field, Node, has_leaf_in};
use crate::build::{lists, plan, read, read_abstract, root, root_position, types};

/// The shape as one subgraph has it: slot 0 is the type, slot n+1 the n-th field.
fn read_shape(fields: &[Field], subgraph: usize) -> ReadObject {
    let mut typed = crate::build::type_name();
    typed.slot = Slot(0);
    let mut all = vec![typed];
    for (index, field) in fields.iter().enumerate() {
        if !has_leaf_in(&field.node, subgraph) {
            continue;
        }
        let value = match &field.node {
            Node::Leaf(_, kind) => ReadValue::Leaf(kind.clone()),
            Node::Object(inner) => ReadValue::Object(read_shape(inner, subgraph)),
        };
        let read = ReadField {
            response_key: field.key.as_str().into(),
            client_key: Some(field.client_key.as_str().into()),
            slot: Slot(u16::try_from(index + 1).unwrap()),
            list_depth: 0,
            value,
        };
        all.push(lists(u8::try_from(field.non_null.len() - 1).unwrap(), read));
    }
    let mut object = read_abstract(Vec::new());
    object.slots = u16::try_from(fields.len() + 1).unwrap();
    object.fields = all;
    object
}

fn type_of(field: &Field) -> Type {
    let mut ty = Type::Named("T".into());
    for (level, non_null) in field.non_null.iter().rev().enumerate() {
        if level > 0 {
            ty = Type::List(Box::new(ty));
        }
        if *non_null {
            ty = Type::NonNull(Box::new(ty));
        }
    }
    ty
}

/// `layers` are the subgraphs that the position has layers of, in order.
fn write_shape(
    fields: &[Field],
    position: usize,
    layers: &[usize],
    positions: &mut Vec<Position>,
) -> WriteObject {
    let layer_of = |subgraph: usize| {
        let index = layers.iter().position(|it| *it == subgraph).unwrap();
        LayerId(u16::try_from(index).unwrap())
    };
    let mut written = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let slot = Slot(u16::try_from(index + 1).unwrap());
        let value = match &field.node {
            Node::Leaf(subgraph, _) => WriteValue::Leaf {
                layer: layer_of(*subgraph),
                slot,
                visible_values: None,
            },
            Node::Object(inner) => {
                let both: Vec<usize> = (0..2).filter(|it| has_leaf_in(&field.node, *it)).collect();
                let child = positions.len();
                positions.push(Position {
                    parent: Some(PositionId(u16::try_from(position).unwrap())),
                    client_key: Some(field.client_key.as_str().into()),
                    list_depth: u8::try_from(field.non_null.len() - 1).unwrap(),
                    layers: both
                        .iter()
                        .map(|subgraph| Layer {
                            source: LayerSource::Field {
                                parent: layer_of(*subgraph),
                                slot,
                            },
                            fetch: FetchId(u16::try_from(*subgraph).unwrap()),
                        })
                        .collect(),
                    type_source: TypeSource::Layer(LayerId(0)),
                });
                WriteValue::Object(write_shape(inner, child, &both, positions))
            }
        };
        written.push(WriteField {
            own_types: Vec::new(),
            key: field.client_key.as_str().into(),
            parent_type: "T".into(),
            name: field.key.as_str().into(),
            on: (position > 0).then(|| types(&field.on)),
            inclusion: None,
            ty: type_of(field),
            value,
        });
    }
    WriteObject {
        position: PositionId(u16::try_from(position).unwrap()),
        possible_types: (position > 0).then(|| types(&["A", "B"])),
        fields: written,
    }
}

/// Every object says its type; two subgraphs are asked.
pub(crate) fn plan_of(fields: &[Field]) -> Plan {
    let mut positions = vec![root_position(&[0, 1])];
    let answer = write_shape(fields, 0, &[0, 1], &mut positions);
    let data = |subgraph| {
        let mut object = read_shape(fields, subgraph);
        object.type_name = read("Query", Vec::new()).type_name;
        object.fields.remove(0);
        object
    };
    plan(vec![root(0, data(0)), root(1, data(1))], positions, answer)
}

/// Every object is of type `A`; so many subgraphs are asked.
pub(crate) fn static_plan(fields: &[Field], subgraphs: u16) -> Plan {
    let fetches: Vec<u16> = (0..subgraphs).collect();
    let layers: Vec<usize> = fetches.iter().copied().map(usize::from).collect();
    let mut positions = vec![root_position(&fetches)];
    let answer = write_shape(fields, 0, &layers, &mut positions);
    for position in positions.iter_mut().skip(1) {
        position.type_source = TypeSource::Static("A".into());
    }
    let data = |subgraph: &u16| {
        let mut data = read_shape(fields, usize::from(*subgraph));
        make_static(&mut data);
        data.type_name = Some("Query".into());
        root(*subgraph, data)
    };
    plan(fetches.iter().map(data).collect(), positions, answer)
}

fn make_static(object: &mut ReadObject) {
    object.type_name = Some("A".into());
    object.fields.remove(0);
    for field in &mut object.fields {
        if let ReadValue::Object(inner) = &mut field.value {
            make_static(inner);
        }
    }
}
