//! Fetches some of whose entities are asked for with values from objects above.

use plan::{ContextSource, ContextVariable, EntityFetch, NUMBER, Pieces, Plan, PositionId};

use super::positions;
use super::representations::{self, RepresentationFieldShape};
use super::types::{TypeMask, TypeTable};

/// What such a fetch is put together from once the objects are there.
#[derive(Debug)]
pub(crate) struct ContextualShape {
    pub(crate) pieces: Pieces,
    /// The contexts of each list of entities.
    pub(crate) contexts: Vec<Vec<ContextShape>>,
}

/// A variable with a value from above.
#[derive(Debug)]
pub(crate) struct ContextShape {
    variable: String,
    /// Where its value is read from; the first that is for the object there.
    pub(crate) sources: Vec<ContextSourceShape>,
}

/// Where a context is set.
#[derive(Debug)]
pub(crate) struct ContextSourceShape {
    /// The index of its position in the chain of the entities.
    pub(crate) step: usize,
    /// The objects that set it; none for all.
    pub(crate) on: Option<TypeMask>,
    /// The value, by type of the object.
    pub(crate) fields: Vec<RepresentationFieldShape>,
}

impl ContextShape {
    /// The variable's name for a group.
    pub(crate) fn variable(&self, group: usize) -> String {
        numbered(&self.variable, group)
    }
}

/// The text for a group.
pub(crate) fn numbered(text: &str, group: usize) -> String {
    text.replace(NUMBER, &group.to_string())
}

/// None for a fetch without contexts.
pub(crate) fn compile(
    plan: &Plan,
    types: &TypeTable,
    pieces: Option<&Pieces>,
    entities: &[EntityFetch],
) -> Option<ContextualShape> {
    let pieces = pieces?.clone();
    let of = |entity: &EntityFetch| {
        let chain = positions::chain(plan, entity.position);
        let variables = entity.contexts.iter();
        variables
            .map(|it| variable(plan, types, &chain, it))
            .collect()
    };
    Some(ContextualShape {
        pieces,
        contexts: entities.iter().map(of).collect(),
    })
}

fn variable(
    plan: &Plan,
    types: &TypeTable,
    chain: &[PositionId],
    it: &ContextVariable,
) -> ContextShape {
    let source = |source: &ContextSource| {
        Some(ContextSourceShape {
            step: chain.iter().position(|id| *id == source.position)?,
            on: source.on.as_ref().map(|set| types.mask(set)),
            fields: representations::fields(plan, types, source.position, &source.fields),
        })
    };
    ContextShape {
        variable: it.variable.clone(),
        sources: it.sources.iter().filter_map(source).collect(),
    }
}
