//! Fetches with their requests, shapes and order.

use plan::{FetchId, InclusionId, LayerId, Plan, PositionId, Slot};
use schema::{Name, OperationKind, SubgraphId};

use super::as_it_stands::AsItStands;
use super::contexts::{self, ContextualShape};
use super::positions;
use super::read::{self, ReadShape};
use super::representations::{self, RepresentationShape};
use super::request::{self, RequestShape};
use super::types::TypeTable;
use crate::size_hint::SizeHint;

/// A fetch of the plan.
#[derive(Debug)]
pub(crate) struct FetchShape {
    pub(crate) subgraph: SubgraphId,
    pub(crate) subgraph_name: Name,
    pub(crate) kind: OperationKind,
    /// Sent only when this holds.
    pub(crate) inclusion: Option<InclusionId>,
    pub(crate) request: RequestShape,
    /// How long its request's body is likely to be.
    pub(crate) request_size: SizeHint,
    /// How `data` is read.
    pub(crate) data: ReadShape,
    /// How many items of lists are likely to be read before their lists end.
    pub(crate) items_size: SizeHint,
    /// The lists of entities it asks for; the n-th is in slot n of `data`.
    pub(crate) entities: Vec<EntityShape>,
    /// What it is put together from anew for each request, if objects above give values to arguments.
    pub(crate) contextual: Option<ContextualShape>,
    /// How many fetches must have ended before.
    pub(crate) waits_for: usize,
    /// The fetches that wait for this one.
    pub(crate) dependents: Vec<FetchId>,
}

/// One `_entities` field.
#[derive(Clone, Debug)]
pub(crate) struct EntityShape {
    /// The positions from the root to the one whose objects are looked up.
    pub(crate) chain: Vec<PositionId>,
    /// The layer whose objects receive the entities.
    pub(crate) base: LayerId,
    /// The slot that receives them.
    pub(crate) attach: Slot,
    /// Only done when this holds.
    pub(crate) inclusion: Option<InclusionId>,
    /// What is sent, by type of the object.
    pub(crate) representations: Vec<RepresentationShape>,
    /// How many objects there are likely to be.
    pub(crate) places_size: SizeHint,
    /// How many different representations they are likely to have.
    pub(crate) representations_size: SizeHint,
}

impl EntityShape {
    /// Where the objects stand.
    pub(crate) fn position(&self) -> PositionId {
        self.chain.last().copied().unwrap_or(PositionId::ROOT)
    }
}

impl FetchShape {
    /// How the entities of one of its lists are read.
    pub(crate) fn entity_shape(&self, entity: usize) -> Option<&ReadShape> {
        match &self.data.fields.get(entity)?.value {
            read::ValueShape::Object(shape) => Some(shape),
            _ => None,
        }
    }
}

/// The fetches of a plan.
pub(crate) fn compile(
    plan: &Plan,
    types: &TypeTable,
    as_it_stands: &AsItStands,
) -> Vec<FetchShape> {
    plan.fetches
        .iter()
        .zip(0..=u16::MAX)
        .map(|(fetch, index)| FetchShape {
            subgraph: fetch.subgraph,
            subgraph_name: fetch.subgraph_name.clone(),
            kind: fetch.kind,
            inclusion: fetch.inclusion,
            request: request::compile(fetch),
            request_size: SizeHint::default(),
            data: match &fetch.root {
                Some(root) => read::compile(root, types, as_it_stands),
                None => read::compile_entities(&fetch.entities, types, as_it_stands),
            },
            items_size: SizeHint::default(),
            entities: fetch
                .entities
                .iter()
                .map(|it| EntityShape {
                    chain: positions::chain(plan, it.position),
                    base: it.base,
                    attach: it.attach,
                    inclusion: it.inclusion,
                    representations: representations::compile(
                        plan,
                        types,
                        it.position,
                        &it.representations,
                    ),
                    places_size: SizeHint::default(),
                    representations_size: SizeHint::default(),
                })
                .collect(),
            contextual: contexts::compile(plan, types, fetch.pieces.as_ref(), &fetch.entities),
            waits_for: fetch.after.len(),
            dependents: dependents(plan, FetchId(index)),
        })
        .collect()
}

/// The fetches that wait for this one, as often as they name it.
fn dependents(plan: &Plan, fetch: FetchId) -> Vec<FetchId> {
    plan.fetches
        .iter()
        .zip(0..=u16::MAX)
        .flat_map(|(other, index)| {
            let times = other.after.iter().filter(|it| **it == fetch).count();
            std::iter::repeat_n(FetchId(index), times)
        })
        .collect()
}
