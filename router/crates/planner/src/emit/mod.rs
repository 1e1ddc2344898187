//! From chosen layers to the plan: documents, slots, positions, representations, the answer.
//!
//! The order matters. First [`objects`]: every layer gets an object with slots, since positions,
//! representations and the answer all speak of slots. Then positions with their layers, then what
//! is sent and written.

mod answer;
mod contexts;
mod document;
mod fetches;
mod objects;
mod positions;

use std::collections::{HashMap, HashSet};

use operation::Operation;
use plan::{InclusionId, Plan, PositionId};
use query_graph::QueryGraph;
use schema::Inclusion;

use crate::layers::{LayerId, Origin, Solution};
use crate::tree::{PlaceId, WantId};
use objects::{Objects, Unit};

/// What is known while the plan is put together.
struct Emitter<'s, 'g> {
    graph: &'g QueryGraph,
    operation: &'s Operation,
    solution: &'s Solution<'g>,
    objects: Objects,
    /// The entity fetches, in the order their first layer was opened.
    units: Vec<Unit>,
    /// The position of each whole place that is seen.
    positions: HashMap<PlaceId, PositionId>,
    /// The number of each whole layer within its position.
    layer_numbers: HashMap<LayerId, plan::LayerId>,
    inclusions: Vec<Inclusion>,
    /// The places with entities to be asked for, at or below them.
    walked: HashSet<PlaceId>,
}

/// The plan that carries out `solution`.
pub(crate) fn emit(graph: &QueryGraph, operation: &Operation, solution: &Solution<'_>) -> Plan {
    let mut emitter = Emitter {
        graph,
        operation,
        solution,
        objects: Objects::default(),
        units: Vec::new(),
        positions: HashMap::new(),
        layer_numbers: HashMap::new(),
        inclusions: Vec::new(),
        walked: walked(solution),
    };
    let selections = emitter.add_objects();
    let order = emitter.fetch_order();
    let positions = emitter.positions(&order);
    let fetches = emitter.fetches(&order, &selections);
    let answer = emitter.answer(crate::tree::ROOT);
    Plan {
        kind: operation.kind,
        fetches,
        positions,
        inclusions: emitter.inclusions,
        answer,
    }
}

/// The places on the way to those at which entities are asked for.
fn walked(solution: &Solution<'_>) -> HashSet<PlaceId> {
    let mut walked = HashSet::new();
    for layer in &solution.chosen.layers {
        let mut next = matches!(layer.origin, Origin::Entity { .. }).then_some(layer.place);
        while let Some(place) = next {
            let place = solution.tree.whole(place);
            if !walked.insert(place) {
                break;
            }
            let below = solution.tree.place(place).below;
            next = below.map(|want| solution.tree.want(want).place);
        }
    }
    walked
}

impl Emitter<'_, '_> {
    /// The id of a formula; none for one that always holds.
    fn inclusion_id(&mut self, inclusion: &Inclusion) -> Option<InclusionId> {
        if inclusion.is_always() {
            return None;
        }
        let known = self.inclusions.iter().position(|it| it == inclusion);
        let index = known.unwrap_or_else(|| {
            self.inclusions.push(inclusion.clone());
            self.inclusions.len() - 1
        });
        Some(InclusionId(number(index)))
    }

    /// The layer a want is taken from, as the plan numbers it, and the slot there.
    fn source(&self, want: WantId) -> Option<(plan::LayerId, plan::Slot)> {
        let layer = *self.solution.sources(want).first()?;
        let slot = self.objects.slot(layer, want)?;
        let number = self.layer_numbers.get(&self.solution.whole_layer(layer))?;
        Some((*number, slot))
    }
}

/// An index as the plan stores it. The limit on wants keeps all of them far below 2^16.
fn number(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}
