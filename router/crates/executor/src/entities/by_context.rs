//! Entities that are asked for with arguments from objects above (`@fromContext`).
//!
//! A variable has one value for a whole request, so entities with different values are asked for
//! apart: one group for each combination of values, one `_entities` field for each group.

use std::collections::HashMap;

use super::ask::{Asked, Asking, Batch};
use super::context_value;
use super::dedup::Representations;
use crate::arena::Store;
use crate::compile::contexts::ContextShape;
use crate::compile::fetches::EntityShape;
use crate::executable::Executable;
use crate::walk::each_object;

/// The most groups of one list: every group makes the request's document longer.
const MOST_GROUPS: usize = 4096;

/// Entities with the same contexts.
#[derive(Debug)]
pub(crate) struct Group {
    /// The value of each context as JSON; none where no object above has it.
    pub(crate) values: Vec<Option<Vec<u8>>>,
    /// Their representations, as a JSON list.
    pub(crate) representations: Vec<u8>,
    pub(crate) asked: Asked,
    seen: Representations,
}

impl Group {
    /// Entities that are asked for alike.
    pub(crate) fn new(seed: u64, values: Vec<Option<Vec<u8>>>) -> Self {
        Self {
            values,
            representations: b"[".to_vec(),
            asked: Asked::default(),
            seen: Representations::new(seed, 0),
        }
    }

    /// Whether it asks for anything.
    pub(crate) fn asks(&self) -> bool {
        !self.asked.expected.is_empty()
    }
}

/// The objects at the position, in groups of equal contexts; without contexts all are one group.
/// Objects that cannot be looked up get their null at once; what is returned besides says which of them
/// a subgraph left incomplete.
pub(crate) fn ask_by_context(
    executable: &Executable,
    store: &mut Store,
    entity: &EntityShape,
    contexts: &[ContextShape],
) -> (Vec<Group>, Asked) {
    let asking = Asking { executable, entity };
    let mut groups: Vec<Group> = Vec::new();
    let mut known: HashMap<Vec<Option<Vec<u8>>>, usize> = HashMap::new();
    let mut incomplete = Asked::default();
    let mut is_too_much = false;
    each_object(store, asking.route(), |mut visited| {
        if !asking.waits(&visited) {
            return;
        }
        let mut values = Vec::with_capacity(contexts.len());
        for context in contexts {
            match context_value::read(executable, &mut visited, context, &entity.chain) {
                Ok(value) => values.push(value),
                Err(unavailable) => {
                    let state = incomplete.without(unavailable, visited.indices);
                    let address = asking.address(&visited);
                    if let Some(slot) = visited.store.arena.get_mut(address) {
                        *slot = state;
                    }
                    return;
                }
            }
        }
        let index = known.get(&values).copied().unwrap_or_else(|| {
            known.insert(values.clone(), groups.len());
            groups.push(Group::new(executable.hash_seed, values));
            groups.len() - 1
        });
        is_too_much |= groups.len() > MOST_GROUPS;
        if let Some(group) = groups.get_mut(index).filter(|_| !is_too_much) {
            let batch = Batch {
                body: &mut group.representations,
                seen: &mut group.seen,
                asked: &mut group.asked,
            };
            asking.object(&mut visited, batch);
        }
    });
    if is_too_much {
        store.is_too_large = true;
        groups.clear();
    }
    for group in &mut groups {
        group.representations.push(b']');
        incomplete.left_out.append(&mut group.asked.left_out);
    }
    (groups, incomplete)
}
