//! How the objects of a position are found: one value per layer, all layers in step.
//!
//! A *frame* holds, for one place of a position, what each of its layers has there. First that is
//! what stands in the parent's slots, lists and all ([`Frames::push_child`]); then one item of
//! each list ([`Frames::push_items`]), as often as there are lists; at last, where the objects
//! themselves stand, the entities that are attached to them ([`Frames::resolve`]).

use plan::LayerSource;

use crate::arena::{SlotValue, Store};
use crate::compile::positions::{PositionShape, TypeOf};
use crate::compile::types::TypeId;

/// A stack of frames.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    values: Vec<SlotValue>,
}

/// What all layers of a frame say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// Null by its own right.
    Null,
    /// Null because of an error that has been reported.
    Explained,
    /// The object is there, and the subgraph left the field out.
    LeftOut,
}

impl Frames {
    /// Pushes the frame of the root; gives where it begins.
    pub(crate) fn push_root(&mut self, store: &Store, root: &PositionShape) -> usize {
        let base = self.values.len();
        self.values
            .extend(root.layers.iter().map(|layer| store.root_value(layer)));
        base
    }

    /// Pushes the frame of a position below the one whose frame begins at `parent`.
    pub(crate) fn push_child(
        &mut self,
        store: &Store,
        parent: usize,
        child: &PositionShape,
    ) -> usize {
        let base = self.values.len();
        for layer in &child.layers {
            let value = match layer.source {
                LayerSource::Field {
                    parent: above,
                    slot,
                } => store.slot_of(self.get(parent + above.index()), slot),
                LayerSource::Entity { .. } | LayerSource::Data => SlotValue::Null,
            };
            self.values.push(value);
        }
        base
    }

    /// Pushes the frame of one item of the lists in the frame that begins at `lists`.
    pub(crate) fn push_items(
        &mut self,
        store: &Store,
        lists: usize,
        layers: usize,
        index: u32,
    ) -> usize {
        let base = self.values.len();
        for layer in 0..layers {
            let item = match self.get(lists + layer) {
                SlotValue::List { first, len } if index < len => {
                    store.slot_at(first as usize + index as usize)
                }
                SlotValue::Failed => SlotValue::Failed,
                _ => SlotValue::Null,
            };
            self.values.push(item);
        }
        base
    }

    /// Fills in what is found only from the objects of a frame: the entities attached to them, and
    /// the data of further root fetches.
    pub(crate) fn resolve(&mut self, store: &Store, base: usize, position: &PositionShape) {
        if !position.has_late_layers {
            return;
        }
        for (index, layer) in position.layers.iter().enumerate() {
            let value = match layer.source {
                LayerSource::Entity { base: from, slot } => {
                    match store.slot_of(self.get(base + from.index()), slot) {
                        // None was asked for: that is no fault of a subgraph.
                        SlotValue::Unset => SlotValue::Null,
                        value => value,
                    }
                }
                // The query root again, where the field that returns it has an object.
                LayerSource::Data if self.has_object(base, index) => store.root_value(layer),
                LayerSource::Data | LayerSource::Field { .. } => continue,
            };
            self.set(base + index, value);
        }
    }

    /// Drops all that was pushed since.
    pub(crate) fn truncate(&mut self, base: usize) {
        self.values.truncate(base);
    }

    /// What one layer has.
    pub(crate) fn get(&self, index: usize) -> SlotValue {
        self.values.get(index).copied().unwrap_or(SlotValue::Null)
    }

    fn set(&mut self, index: usize, value: SlotValue) {
        if let Some(place) = self.values.get_mut(index) {
            *place = value;
        }
    }

    /// How long the lists of a frame are: as long as the first of them.
    pub(crate) fn list_length(&self, base: usize, layers: usize) -> Option<u32> {
        (base..base + layers).find_map(|index| match self.get(index) {
            SlotValue::List { len, .. } => Some(len),
            _ => None,
        })
    }

    /// Whether any layer has an object.
    pub(crate) fn has_object(&self, base: usize, layers: usize) -> bool {
        (base..base + layers).any(|index| self.get(index).is_object())
    }

    /// The type of the object of a frame.
    pub(crate) fn type_of(&self, base: usize, position: &PositionShape) -> TypeId {
        match position.type_of {
            TypeOf::Static(type_id) => type_id,
            TypeOf::Layer(layer) => match self.get(base + layer.index()) {
                SlotValue::Object { type_id, .. } => type_id,
                _ => TypeId::NONE,
            },
        }
    }

    /// Why a frame has neither list nor object.
    pub(crate) fn absence(&self, store: &Store, base: usize, position: &PositionShape) -> Absence {
        let mut left_out = false;
        let mut null = false;
        for (index, layer) in position.layers.iter().enumerate() {
            let value = self.get(base + index);
            if store.explains_null(value, layer.fetch) {
                return Absence::Explained;
            }
            match (layer.source, value) {
                (LayerSource::Field { .. }, SlotValue::Unset) => left_out = true,
                (LayerSource::Field { .. }, _) => null = true,
                _ => {}
            }
        }
        if left_out && !null {
            Absence::LeftOut
        } else {
            Absence::Null
        }
    }
}
