//! Positions with their types as numbers.

use plan::{Layer, LayerId, LayerSource, Plan, PositionId, TypeSource};
use schema::Name;

use super::types::{TypeId, TypeTable};

/// A position of the plan.
#[derive(Debug)]
pub(crate) struct PositionShape {
    /// The client's key for it; none where only the plan needs it.
    pub(crate) client_key: Option<Name>,
    /// How many lists are around each object.
    pub(crate) list_depth: u8,
    /// What it is seen through.
    pub(crate) layers: Vec<Layer>,
    /// Whether any layer is found only once the objects of another one are there.
    pub(crate) has_late_layers: bool,
    /// How the type of an object is known.
    pub(crate) type_of: TypeOf,
}

/// How the type of an object is known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TypeOf {
    /// It is always this one.
    Static(TypeId),
    /// The object in this layer says.
    Layer(LayerId),
}

/// The positions of a plan.
pub(crate) fn compile(plan: &Plan, types: &TypeTable) -> Vec<PositionShape> {
    plan.positions
        .iter()
        .map(|position| PositionShape {
            client_key: position.client_key.clone(),
            list_depth: position.list_depth,
            has_late_layers: position.layers.iter().any(|layer| match layer.source {
                LayerSource::Entity { .. } => true,
                LayerSource::Data => position.parent.is_some(),
                LayerSource::Field { .. } => false,
            }),
            layers: position.layers.clone(),
            type_of: match &position.type_source {
                TypeSource::Static(name) => TypeOf::Static(types.id(name).unwrap_or(TypeId::NONE)),
                TypeSource::Layer(layer) => TypeOf::Layer(*layer),
            },
        })
        .collect()
}

/// The positions from the root to this one.
pub(crate) fn chain(plan: &Plan, position: PositionId) -> Vec<PositionId> {
    let mut chain = vec![position];
    let mut next = plan.position(position).parent;
    while let Some(id) = next {
        chain.push(id);
        // Parents stand before their children, so this ends even for a plan that breaks the rule.
        next = plan.position(id).parent.filter(|above| *above < id);
    }
    chain.reverse();
    chain
}
