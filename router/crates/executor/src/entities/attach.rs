//! Hands the entities of an answer to the objects they were asked for, by index.

use super::ask::Asked;
use crate::arena::{SlotValue, Store};
use crate::compile::types::TypeId;

/// Why a list of entities cannot be used, or some of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Mismatch {
    /// There is no list.
    NoList,
    /// There are more or fewer than were asked for. Which entity belongs to which object cannot
    /// be known then: one may have been left out in the middle.
    Length {
        /// How many were asked for.
        asked: usize,
        /// How many came.
        came: usize,
    },
    /// These entities are of another type than the objects they were asked for.
    Types {
        /// Their indices.
        representations: Vec<u32>,
    },
}

/// Attaches the entities in `list`. What does not match is attached as failed, and returned, so
/// that it can be reported.
pub(crate) fn attach(store: &mut Store, asked: &Asked, list: SlotValue) -> Option<Mismatch> {
    let (first, len) = match list {
        SlotValue::List { first, len } => (first as usize, len as usize),
        SlotValue::Failed => {
            attach_failed(store, asked);
            return None;
        }
        _ => {
            attach_failed(store, asked);
            return Some(Mismatch::NoList);
        }
    };
    if len != asked.expected.len() {
        attach_failed(store, asked);
        return Some(Mismatch::Length {
            asked: asked.expected.len(),
            came: len,
        });
    }
    let mut wrong: Vec<u32> = Vec::new();
    for (index, expected) in (0..).zip(&asked.expected) {
        let place = first + index as usize;
        if is_other_type(store.slot_at(place), *expected)
            && let Some(slot) = store.arena.get_mut(place)
        {
            *slot = SlotValue::Failed;
            wrong.push(index);
        }
    }
    for (address, index) in &asked.places {
        let entity = match store.slot_at(first + *index as usize) {
            SlotValue::Unset => SlotValue::Null,
            value => value,
        };
        if let Some(slot) = store.arena.get_mut(*address as usize) {
            *slot = entity;
        }
    }
    (!wrong.is_empty()).then_some(Mismatch::Types {
        representations: wrong,
    })
}

/// Attaches to every place that nothing could be had.
pub(crate) fn attach_failed(store: &mut Store, asked: &Asked) {
    for (address, _) in &asked.places {
        if let Some(slot) = store.arena.get_mut(*address as usize) {
            *slot = SlotValue::Failed;
        }
    }
}

fn is_other_type(entity: SlotValue, expected: TypeId) -> bool {
    match entity {
        SlotValue::Object { type_id, .. } => {
            expected != TypeId::NONE && type_id != TypeId::NONE && type_id != expected
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Asked, Mismatch, attach};
    use crate::arena::{SlotValue, Store};
    use crate::compile::types::TypeId;
    use crate::limits::Limits;

    /// Two slots wait for entity 0 and one for entity 1; the list stands behind them.
    fn store(entities: &[SlotValue]) -> (Store, Asked, SlotValue) {
        let mut store = Store::new(0, 0, Limits::default());
        store.arena = vec![SlotValue::Pending; 3];
        store.arena.extend_from_slice(entities);
        let asked = Asked {
            places: vec![(0, 0), (1, 1), (2, 0)],
            expected: vec![TypeId(0), TypeId(1)],
            left_out: Vec::new(),
        };
        let len = u32::try_from(entities.len()).unwrap();
        (store, asked, SlotValue::List { first: 3, len })
    }

    fn object(type_id: u32) -> SlotValue {
        SlotValue::Object {
            first: 0,
            type_id: TypeId(type_id),
        }
    }

    #[test]
    fn entities_fan_out_by_index() {
        let (mut store, asked, list) = store(&[object(0), SlotValue::Null]);
        assert_eq!(attach(&mut store, &asked, list), None);
        assert_eq!(store.arena[..3], [object(0), SlotValue::Null, object(0)]);
    }

    #[test]
    fn a_list_of_another_length_is_not_trusted_at_all() {
        for entities in [&[object(0)][..], &[object(0), object(1), object(0)]] {
            let (mut store, asked, list) = store(entities);
            assert_eq!(
                attach(&mut store, &asked, list),
                Some(Mismatch::Length {
                    asked: 2,
                    came: entities.len()
                })
            );
            assert_eq!(store.arena[..3], [SlotValue::Failed; 3]);
        }
    }

    #[test]
    fn an_entity_of_another_type_costs_only_its_places() {
        let (mut store, asked, list) = store(&[object(1), object(1)]);
        assert_eq!(
            attach(&mut store, &asked, list),
            Some(Mismatch::Types {
                representations: vec![0]
            })
        );
        let failed = SlotValue::Failed;
        assert_eq!(store.arena[..3], [failed, object(1), failed]);
    }

    #[test]
    fn what_is_no_list_fails_every_place() {
        let (mut store, asked, _) = store(&[]);
        assert_eq!(
            attach(&mut store, &asked, SlotValue::Null),
            Some(Mismatch::NoList)
        );
        assert_eq!(store.arena, [SlotValue::Failed; 3]);
    }
}
