//! What keys and requirements need.

use query_graph::NodeId;
use schema::{FieldSetField, FieldSetItem, Name};

use super::build::{Builder, Needs};
use crate::PlanError;
use crate::tree::{ContextPlace, PlaceId, WantId};

impl Builder<'_, '_> {
    /// What must be had to send a key of `node`: its fields, and the type of the objects.
    pub(super) fn key(
        &mut self,
        place: PlaceId,
        node: NodeId,
        index: usize,
    ) -> Result<Option<Needs>, PlanError> {
        let key = self.tree.graph.node(node).keys[index].clone();
        let mut needs = Needs::new();
        if !self.items(place, &key.items, true, &mut needs)? {
            return Ok(None);
        }
        if let Some(whole) = self.tree.whole_of_unknown_type(place) {
            let Some(typed) = self.seen(whole, true) else {
                return Ok(None);
            };
            needs.push(typed);
        }
        // Where no type that has the key ever comes, nothing is entered by it for nothing.
        if needs.is_empty() {
            let Some(seen) = self.seen(place, false) else {
                return Ok(None);
            };
            needs.push(seen);
        }
        Ok(Some(needs))
    }

    /// Adds what a field set at `place` needs. False: it cannot be had.
    pub(super) fn items(
        &mut self,
        place: PlaceId,
        items: &[FieldSetItem],
        is_key: bool,
        needs: &mut Needs,
    ) -> Result<bool, PlanError> {
        for item in items {
            let can_be_had = match item {
                FieldSetItem::Field(field) if field.name == "__typename" => {
                    let type_name = &self.tree.place(place).type_name;
                    let typed = self.tree.graph.is_abstract(type_name);
                    let seen = self.seen(place, typed);
                    needs.extend(seen);
                    seen.is_some()
                }
                FieldSetItem::Field(field) => self.item_field(place, field, is_key, needs)?,
                FieldSetItem::Fragment(fragment) => {
                    let type_name = self.tree.place(place).type_name.clone();
                    match &fragment.type_condition {
                        Some(condition) if *condition != type_name => {
                            self.on_each_type(place, condition, |it, narrowed| {
                                it.items(narrowed, &fragment.items, is_key, needs)
                            })?
                        }
                        _ => self.items(place, &fragment.items, is_key, needs)?,
                    }
                }
            };
            if !can_be_had {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Adds what the arguments of a want need that are taken from contexts. False: they cannot be had.
    pub(super) fn contexts(
        &mut self,
        want: WantId,
        node: NodeId,
        needs: &mut Needs,
    ) -> Result<bool, PlanError> {
        let it = self.tree.want(want);
        let (place, name) = (it.place, it.name.clone());
        let arguments = self.tree.field(node, &name).map(|field| &field.context);
        for argument in arguments.into_iter().flatten() {
            let places = self.tree.context_places(place, &argument.set_on);
            if places.is_empty() {
                return Ok(false);
            }
            let items = &argument.selection.items;
            for ContextPlace { place, on } in places {
                let can_be_had = match on {
                    None => self.items(place, items, false, needs)?,
                    Some(object) => self.on_each_type(place, &object, |it, narrowed| {
                        it.items(narrowed, items, false, needs)
                    })?,
                };
                if !can_be_had {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn item_field(
        &mut self,
        place: PlaceId,
        field: &FieldSetField,
        is_key: bool,
        needs: &mut Needs,
    ) -> Result<bool, PlanError> {
        if self.tree.resolved_whole(place, &field.name, None) {
            return self.item_field_at(place, field, is_key, needs);
        }
        let type_name = self.tree.place(place).type_name.clone();
        self.on_each_type(place, &type_name, |it, narrowed| {
            it.item_field_at(narrowed, field, is_key, needs)
        })
    }

    fn item_field_at(
        &mut self,
        place: PlaceId,
        field: &FieldSetField,
        is_key: bool,
        needs: &mut Needs,
    ) -> Result<bool, PlanError> {
        let want = self
            .tree
            .internal_want(place, &field.name, &field.arguments)?;
        let Some(want) = want else { return Ok(false) };
        if field.items.is_empty() {
            let fact = self.needed_want(want);
            needs.extend(fact);
            return Ok(fact.is_some());
        }
        let below = self.tree.place_below(want)?;
        let before = needs.len();
        if !self.items(below, &field.items, is_key, needs)? {
            return Ok(false);
        }
        // What is sent of an object tells that there is one; of an abstract type, which.
        let named = field
            .items
            .iter()
            .any(|item| matches!(item, FieldSetItem::Field(it) if it.name == "__typename"));
        let type_name = &self.tree.place(below).type_name;
        let typed = self.tree.graph.is_abstract(type_name);
        if needs.len() == before || (typed && !is_key && !named) {
            let seen = self.seen(below, typed);
            needs.extend(seen);
            return Ok(seen.is_some());
        }
        Ok(true)
    }

    /// Adds what is needed at `place` narrowed to each type that `condition` covers and that can come.
    fn on_each_type(
        &mut self,
        place: PlaceId,
        condition: &Name,
        mut add: impl FnMut(&mut Self, PlaceId) -> Result<bool, PlanError>,
    ) -> Result<bool, PlanError> {
        for object in &self.tree.covered(place, condition) {
            let narrowed = self.tree.narrow(place, object);
            if self.tree.place(narrowed).views.is_empty() || self.vacuous.contains(&narrowed) {
                continue;
            }
            if narrowed != place {
                self.first_view(narrowed);
                self.ways.guarded.insert(narrowed);
            }
            if !add(self, narrowed)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
