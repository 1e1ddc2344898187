//! What is sent of objects so that subgraphs find them.

use plan::{
    FetchId, LayerId, Plan, PositionId, Representation, RepresentationField, RepresentationValue,
    Slot,
};

use super::nullability;
use super::types::{TypeId, TypeMask, TypeTable};
use crate::short::Stamp;

/// What is sent of the objects of some types.
#[derive(Clone, Debug)]
pub(crate) struct RepresentationShape {
    /// Those types.
    pub(crate) on: TypeMask,
    /// The type that is named; none for the object's own.
    pub(crate) sent_type: Option<TypeId>,
    /// What follows `__typename`.
    pub(crate) fields: Vec<RepresentationFieldShape>,
}

/// One field of a representation.
#[derive(Clone, Debug)]
pub(crate) struct RepresentationFieldShape {
    /// `,"name":`
    pub(crate) key: Stamp,
    /// The objects it is for; none for all.
    pub(crate) on: Option<TypeMask>,
    /// Whether it belongs to the key.
    pub(crate) is_key: bool,
    /// Where null may stand, from the outside in.
    pub(crate) nullable: Box<[bool]>,
    /// Where the value stands.
    pub(crate) value: RepresentationValueShape,
}

/// Where a value stands.
#[derive(Clone, Debug)]
pub(crate) enum RepresentationValueShape {
    /// The object's type.
    TypeName,
    /// A slot, in a layer that `fetch` made.
    Leaf {
        layer: LayerId,
        slot: Slot,
        fetch: FetchId,
    },
    /// Objects at a position below.
    Object {
        position: PositionId,
        fields: Vec<RepresentationFieldShape>,
    },
}

/// The representations of the objects at a position.
pub(crate) fn compile(
    plan: &Plan,
    types: &TypeTable,
    position: PositionId,
    representations: &[Representation],
) -> Vec<RepresentationShape> {
    representations
        .iter()
        .map(|it| RepresentationShape {
            on: types.mask(&it.on),
            sent_type: it.type_name.as_ref().and_then(|name| types.id(name)),
            fields: fields(plan, types, position, &it.fields),
        })
        .collect()
}

/// What is sent of an object at a position, field by field.
pub(super) fn fields(
    plan: &Plan,
    types: &TypeTable,
    position: PositionId,
    all: &[RepresentationField],
) -> Vec<RepresentationFieldShape> {
    all.iter()
        .map(|field| RepresentationFieldShape {
            key: Stamp::new(format!(",\"{}\":", field.name)),
            on: field.on.as_ref().map(|set| types.mask(set)),
            is_key: field.is_key,
            nullable: nullability(&field.ty),
            value: match &field.value {
                RepresentationValue::TypeName => RepresentationValueShape::TypeName,
                RepresentationValue::Leaf { layer, slot } => RepresentationValueShape::Leaf {
                    layer: *layer,
                    slot: *slot,
                    fetch: plan.position(position).layers[layer.index()].fetch,
                },
                RepresentationValue::Object {
                    position: below,
                    fields: inner,
                } => RepresentationValueShape::Object {
                    position: *below,
                    fields: fields(plan, types, *below, inner),
                },
            },
        })
        .collect()
}
