//! Whether a plan keeps the promises of its types, whoever made it and however.
//!
//! Checked are the things the executor relies on without looking: that ids and slots are in
//! bounds, that each slot is written once, that layers are found from layers before them, that
//! everything a request sends has arrived when it starts, that one request opens a subscription's stream, and that every field of the answer is
//! asked for, in the request that its slot is filled by, for each type of object it is written for.
//!
//! Nothing here knows subgraphs: whether one can resolve what it is asked is for it to say.

use std::collections::{BTreeSet, HashSet};

use schema::{Name, OperationKind, TypeSet};

use crate::{
    EntityFetch, Fetch, FetchId, LayerId, LayerSource, Plan, PositionId, ReadField, ReadObject,
    ReadValue, RepresentationField, RepresentationValue, Selection, Slot, TypeSource, WriteField,
    WriteObject, WriteValue,
};

#[cfg(test)]
mod tests;

/// A promise that a plan does not keep.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {fault}")]
pub struct Unsound {
    /// Where: a fetch, or a position.
    pub place: String,
    /// What is wrong there.
    pub fault: &'static str,
}

/// What a layer's request selects of its objects, by the object's type.
type Selected<'p> = Vec<&'p [Selection]>;

struct Verifier<'p, F> {
    plan: &'p Plan,
    possible_types: F,
    /// For each fetch, those that have ended when it starts.
    ended: Vec<BTreeSet<FetchId>>,
    /// For each layer of each position, how its objects are read.
    reads: Vec<Vec<&'p ReadObject>>,
}

/// Checks `plan`; `possible_types` gives the object types of a composite type.
///
/// # Errors
/// The first promise found broken.
pub fn verify(
    plan: &Plan,
    possible_types: impl Fn(&Name) -> Option<TypeSet>,
) -> Result<(), Unsound> {
    let mut verifier = Verifier {
        plan,
        possible_types,
        ended: Vec::new(),
        reads: Vec::new(),
    };
    verifier.order()?;
    verifier.stream()?;
    verifier.layers()?;
    verifier.slots()?;
    verifier.inputs()?;
    verifier.answer()
}

fn require(holds: bool, place: &str, fault: &'static str) -> Result<(), Unsound> {
    if holds {
        return Ok(());
    }
    let place = place.to_string();
    Err(Unsound { place, fault })
}

fn field_in(read: &ReadObject, slot: Slot) -> Option<&ReadField> {
    read.fields.iter().find(|field| field.slot == slot)
}

impl<'p, F: Fn(&Name) -> Option<TypeSet>> Verifier<'p, F> {
    /// Fetches stand after those they wait for, in the round after the last of them.
    fn order(&mut self) -> Result<(), Unsound> {
        for (index, fetch) in self.plan.fetches.iter().enumerate() {
            let place = format!("fetch {index}");
            let mut ended = BTreeSet::new();
            let mut round = 0;
            for id in &fetch.after {
                require(
                    id.index() < index,
                    &place,
                    "waits for one that is not before it",
                )?;
                ended.insert(*id);
                ended.extend(&self.ended[id.index()]);
                round = round.max(self.plan.fetch(*id).round + 1);
            }
            require(fetch.round == round, &place, "is in the wrong round")?;
            require(
                fetch.root.is_some() == fetch.entities.is_empty(),
                &place,
                "asks for both or neither of root fields and entities",
            )?;
            let inclusions = fetch.entities.iter().map(|it| it.inclusion);
            for id in inclusions.chain([fetch.inclusion]).flatten() {
                let known = usize::from(id.0) < self.plan.inclusions.len();
                require(known, &place, "hangs on a formula that is not there")?;
            }
            self.ended.push(ended);
        }
        Ok(())
    }

    /// A subscription's first request opens its stream, and every other waits for an event of it.
    fn stream(&self) -> Result<(), Unsound> {
        for (index, fetch) in self.plan.fetches.iter().enumerate() {
            let opens = self.plan.kind == OperationKind::Subscription && index == 0;
            let place = format!("fetch {index}");
            require(
                opens == (fetch.kind == OperationKind::Subscription),
                &place,
                "is not the one that opens the stream",
            )?;
            require(
                self.plan.kind != OperationKind::Subscription
                    || opens
                    || self.ended[index].contains(&FetchId(0)),
                &place,
                "does not wait for an event",
            )?;
            require(
                !opens || fetch.inclusion.is_none(),
                &place,
                "opens the stream under a condition",
            )?;
        }
        Ok(())
    }

    /// Layers are found from layers before them, where the request that makes them reads objects.
    fn layers(&mut self) -> Result<(), Unsound> {
        let has_root = !self.plan.positions.is_empty();
        require(has_root, "position 0", "is missing")?;
        for (index, position) in self.plan.positions.iter().enumerate() {
            // Not its path: that is only sound once this is.
            let place = format!("position {index}");
            let before = position.parent.map(PositionId::index);
            require(
                before.is_none_or(|parent| parent < index) && before.is_none() == (index == 0),
                &place,
                "does not stand after its parent",
            )?;
            self.reads.push(Vec::new());
            for number in 0..position.layers.len() {
                let read = self.layer(index, number);
                require(
                    read.is_some(),
                    &format!("{place}, layer {number}"),
                    "is found nowhere",
                )?;
                self.reads[index].extend(read);
            }
            if let TypeSource::Layer(layer) = position.type_source {
                let known = layer.index() < position.layers.len();
                require(known, &place, "has its type from a layer that is not there")?;
            }
        }
        Ok(())
    }

    fn layer(&self, position: usize, number: usize) -> Option<&'p ReadObject> {
        let it = &self.plan.positions[position];
        let layer = &it.layers[number];
        let fetch = self.plan.fetches.get(layer.fetch.index())?;
        match layer.source {
            LayerSource::Data => {
                // Where a field returns the query root again, its object must have been seen before.
                let ended = &self.ended[layer.fetch.index()];
                let is_seen = it.layers[..number].iter().any(|before| {
                    matches!(before.source, LayerSource::Field { .. })
                        && ended.contains(&before.fetch)
                });
                fetch.root.as_ref().filter(|_| position == 0 || is_seen)
            }
            LayerSource::Field { parent, slot } => {
                let above = it.parent?.index();
                let same =
                    self.plan.positions[above].layers.get(parent.index())?.fetch == layer.fetch;
                let field = field_in(self.reads[above].get(parent.index())?, slot)?;
                match &field.value {
                    ReadValue::Object(read) if same && field.list_depth == it.list_depth => {
                        Some(read)
                    }
                    _ => None,
                }
            }
            LayerSource::Entity { base, slot } => {
                let makes = |entity: &&EntityFetch| {
                    entity.position.index() == position
                        && entity.base == base
                        && entity.attach == slot
                };
                let read = fetch.entities.iter().find(makes).map(|entity| &entity.read);
                read.filter(|_| base.index() < number)
            }
        }
    }

    /// Each slot and each key is there once, fields and attached entities together.
    fn slots(&self) -> Result<(), Unsound> {
        for (index, fetch) in self.plan.fetches.iter().enumerate() {
            let reads = fetch
                .entities
                .iter()
                .map(|entity| &entity.read)
                .chain(&fetch.root);
            for read in reads {
                slots_once(read, &format!("fetch {index}"))?;
            }
        }
        // Two positions may share an object, under sibling type conditions: told apart by address.
        let mut attached: HashSet<(*const ReadObject, Slot)> = HashSet::new();
        for (index, fetch) in self.plan.fetches.iter().enumerate() {
            for entity in &fetch.entities {
                let place = format!("fetch {index}");
                let base = self
                    .reads
                    .get(entity.position.index())
                    .and_then(|it| it.get(entity.base.index()));
                let Some(base) = base.copied() else {
                    return require(false, &place, "attaches entities to no layer");
                };
                require(
                    entity.attach.0 < base.slots && field_in(base, entity.attach).is_none(),
                    &place,
                    "attaches entities where something else stands",
                )?;
                let first = attached.insert((std::ptr::from_ref(base), entity.attach));
                require(first, &place, "attaches two entities in one slot")?;
                let layers = &self.plan.position(entity.position).layers;
                let seen = layers.iter().any(|layer| {
                    layer.fetch.index() == index
                        && layer.source
                            == LayerSource::Entity {
                                base: entity.base,
                                slot: entity.attach,
                            }
                });
                require(seen, &place, "asks for entities that no layer sees")?;
            }
        }
        Ok(())
    }

    /// What a request sends has arrived when it starts.
    fn inputs(&self) -> Result<(), Unsound> {
        for (index, fetch) in self.plan.fetches.iter().enumerate() {
            for entity in &fetch.entities {
                let place = format!("fetch {index}");
                let base = &self.plan.position(entity.position).layers[entity.base.index()];
                let arrived = self.ended[index].contains(&base.fetch);
                require(
                    arrived,
                    &place,
                    "attaches entities to objects still to come",
                )?;
                let mut types = TypeSet::from_iter([]);
                for representation in &entity.representations {
                    let apart = types.intersection(&representation.on).is_empty();
                    require(apart, &place, "has two representations for one type")?;
                    types = types.union(&representation.on);
                    require(
                        representation.fields.iter().any(|field| field.is_key),
                        &place,
                        "sends no key",
                    )?;
                    self.sent(index, entity.position, &representation.fields)?;
                }
                for source in entity.contexts.iter().flat_map(|it| &it.sources) {
                    let is_above = self.is_above(source.position, entity.position);
                    require(is_above, &place, "takes a context from elsewhere")?;
                    self.sent(index, source.position, &source.fields)?;
                }
            }
        }
        Ok(())
    }

    /// Whether one position is on the way from the root to another one.
    fn is_above(&self, above: PositionId, position: PositionId) -> bool {
        let mut next = self.plan.positions.get(position.index());
        // Parents stand before their children: `layers` has found that.
        while let Some(parent) = next.and_then(|it| it.parent) {
            if parent == above {
                return true;
            }
            next = self.plan.positions.get(parent.index());
        }
        false
    }

    fn sent(
        &self,
        fetch: usize,
        position: PositionId,
        fields: &[RepresentationField],
    ) -> Result<(), Unsound> {
        let place = format!("fetch {fetch}");
        for field in fields {
            match &field.value {
                RepresentationValue::TypeName => {}
                RepresentationValue::Leaf { layer, slot } => {
                    let it = self.plan.position(position).layers.get(layer.index());
                    let arrived = it.is_some_and(|it| self.ended[fetch].contains(&it.fetch));
                    require(arrived, &place, "sends what is still to come")?;
                    let read = field_in(self.reads[position.index()][layer.index()], *slot);
                    let is_leaf = read.is_some_and(|it| matches!(it.value, ReadValue::Leaf(_)));
                    require(is_leaf, &place, "sends what is no value")?;
                }
                RepresentationValue::Object {
                    position: below,
                    fields,
                } => {
                    let it = self.plan.positions.get(below.index());
                    let is_below = it.is_some_and(|it| it.parent == Some(position));
                    require(is_below, &place, "sends an object from elsewhere")?;
                    self.sent(fetch, *below, fields)?;
                }
            }
        }
        Ok(())
    }

    /// Every field of the answer is asked for where it is written from.
    fn answer(&self) -> Result<(), Unsound> {
        let root = self.plan.position(PositionId::ROOT);
        let selected: Vec<Selected<'p>> = root
            .layers
            .iter()
            .map(|layer| vec![&self.plan.fetch(layer.fetch).selections[..]])
            .collect();
        self.object(&self.plan.answer, &selected)
    }

    fn object(&self, write: &WriteObject, selected: &[Selected<'p>]) -> Result<(), Unsound> {
        let place = crate::text::path(self.plan, write.position);
        for (index, field) in write.fields.iter().enumerate() {
            let twice = write.fields[..index].iter().any(|other| {
                let of_other_types = match (&other.on, &field.on) {
                    (Some(left), Some(right)) => left.intersection(right).is_empty(),
                    _ => false,
                };
                // A mutation field has an entry for each turn it may have, and takes one of them.
                let at_another_turn = match (other.inclusion, field.inclusion) {
                    (Some(left), Some(right)) => {
                        let (left, right) = (self.plan.inclusion(left), self.plan.inclusion(right));
                        left.and(right).is_never()
                    }
                    _ => false,
                };
                other.key == field.key && !of_other_types && !at_another_turn
            });
            require(
                !twice,
                &format!("{place}.{}", field.key),
                "is written twice",
            )?;
        }
        for type_name in self.types_at(write) {
            let is_for =
                |field: &&WriteField| field.on.as_ref().is_none_or(|on| on.contains(&type_name));
            for field in write.fields.iter().filter(is_for) {
                self.field(write.position, field, &type_name, selected)?;
            }
        }
        Ok(())
    }

    /// The types that objects of the answer can have at a position.
    fn types_at(&self, write: &WriteObject) -> Vec<Name> {
        match (
            &write.possible_types,
            &self.plan.position(write.position).type_source,
        ) {
            (Some(types), TypeSource::Layer(_)) => types.iter().cloned().collect(),
            (_, TypeSource::Static(name)) => vec![name.clone()],
            (None, TypeSource::Layer(_)) => Vec::new(),
        }
    }

    fn field(
        &self,
        position: PositionId,
        field: &WriteField,
        type_name: &Name,
        selected: &[Selected<'p>],
    ) -> Result<(), Unsound> {
        let place = || format!("{}.{}", crate::text::path(self.plan, position), field.key);
        match &field.value {
            WriteValue::TypeName | WriteValue::Introspection => Ok(()),
            WriteValue::Leaf { layer, slot, .. } => {
                let read = self.reads[position.index()].get(layer.index());
                let Some(read) = read.and_then(|read| field_in(read, *slot)) else {
                    return require(false, &place(), "is written from a slot that is not read");
                };
                let is_leaf = matches!(read.value, ReadValue::Leaf(_));
                require(is_leaf, &place(), "is written from what is no value")?;
                let below = self.below(&selected[layer.index()], type_name, &read.response_key);
                require(!below.is_empty(), &place(), "is not asked for")
            }
            WriteValue::Object(object) => {
                let below = self.plan.positions.get(object.position.index());
                let Some(below) = below.filter(|it| it.parent == Some(position)) else {
                    return require(false, &place(), "is not below its parent");
                };
                let mut inside: Vec<Selected<'p>> = Vec::new();
                for layer in &below.layers {
                    inside.push(match layer.source {
                        LayerSource::Data => vec![&self.plan.fetch(layer.fetch).selections[..]],
                        LayerSource::Entity { base, slot } => {
                            self.entities(object.position, layer.fetch, base, slot)
                        }
                        LayerSource::Field { parent, slot } => {
                            let read = field_in(self.reads[position.index()][parent.index()], slot);
                            let key = read.map(|read| &read.response_key);
                            key.map_or_else(Vec::new, |key| {
                                self.below(&selected[parent.index()], type_name, key)
                            })
                        }
                    });
                }
                let asked = inside.iter().any(|selected| !selected.is_empty());
                require(asked, &place(), "is not asked for")?;
                self.object(object, &inside)
            }
        }
    }

    /// What an entity fetch selects.
    fn entities(
        &self,
        position: PositionId,
        id: FetchId,
        base: LayerId,
        slot: Slot,
    ) -> Selected<'p> {
        let fetch: &'p Fetch = self.plan.fetch(id);
        let index = fetch
            .entities
            .iter()
            .position(|it| it.position == position && it.base == base && it.attach == slot);
        match index.and_then(|index| fetch.selections.get(index)) {
            Some(Selection::Field { selections, .. }) => vec![selections],
            _ => Vec::new(),
        }
    }

    /// The selections below a response key of objects of one type; for a leaf, an empty one each
    /// time it is asked for.
    fn below(&self, selected: &Selected<'p>, type_name: &Name, key: &Name) -> Selected<'p> {
        let mut found = Vec::new();
        for selections in selected {
            for selection in *selections {
                match selection {
                    Selection::Field {
                        alias,
                        name,
                        selections,
                        ..
                    } => {
                        if alias.as_ref().unwrap_or(name) == key {
                            found.push(&selections[..]);
                        }
                    }
                    Selection::Fragment {
                        type_condition,
                        selections,
                    } => {
                        let covers = type_condition == type_name
                            || (self.possible_types)(type_condition)
                                .is_some_and(|types| types.contains(type_name));
                        if covers {
                            found.extend(self.below(&vec![&selections[..]], type_name, key));
                        }
                    }
                }
            }
        }
        found
    }
}

fn slots_once(read: &ReadObject, place: &str) -> Result<(), Unsound> {
    let mut slots = HashSet::new();
    let mut keys = HashSet::new();
    for field in &read.fields {
        require(
            field.slot.0 < read.slots,
            place,
            "reads into a slot that is not there",
        )?;
        require(
            slots.insert(field.slot),
            place,
            "reads two fields into one slot",
        )?;
        require(
            keys.insert(&field.response_key),
            place,
            "reads one key twice",
        )?;
        if let ReadValue::Object(below) = &field.value {
            slots_once(below, place)?;
        }
    }
    Ok(())
}
