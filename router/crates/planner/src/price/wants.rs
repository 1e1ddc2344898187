//! The prices of wants, and of what keys and requirements select, from the prices of views.

use query_graph::{NodeId, NodeKind};
use schema::{FieldSet, FieldSetField, FieldSetItem, Name};

use super::{MAX_DEPTH, Price, Prices, View, cheapest, find_entity_layer};
use crate::PlanError;
use crate::layers::Solution;
use crate::tree::{PlaceId, WantId};

impl Prices {
    /// The price of having a key, and of knowing the type of the objects it is for: it is sent too.
    pub(super) fn key(
        &mut self,
        solution: &mut Solution<'_>,
        place: PlaceId,
        key: &FieldSet,
    ) -> Result<Option<Price>, PlanError> {
        let Some(mut price) = self.items(solution, place, &key.items)? else {
            return Ok(None);
        };
        if let Some(whole) = solution.tree.whole_of_unknown_type(place) {
            let Some((_, typed)) = self.best_entry(solution, whole, true)? else {
                return Ok(None);
            };
            price.add(&typed);
        }
        Ok(Some(price))
    }

    /// The price of having all of `items` at `place`. None: it cannot be had.
    pub(crate) fn items(
        &mut self,
        solution: &mut Solution<'_>,
        place: PlaceId,
        items: &[FieldSetItem],
    ) -> Result<Option<Price>, PlanError> {
        let mut total = Price {
            round: solution.first_round,
            ..Price::default()
        };
        for item in items {
            let found = match item {
                FieldSetItem::Field(field) if field.name == "__typename" => {
                    let typed = solution
                        .tree
                        .graph
                        .is_abstract(&solution.tree.place(place).type_name);
                    self.best_entry(solution, place, typed)?
                        .map(|(_, price)| price)
                }
                FieldSetItem::Field(field) => self.item_field(solution, place, field)?,
                FieldSetItem::Fragment(fragment) => {
                    let type_name = solution.tree.place(place).type_name.clone();
                    match &fragment.type_condition {
                        Some(condition) if *condition != type_name => self.on_each_type(
                            solution,
                            place,
                            condition,
                            |it, solution, narrowed| it.items(solution, narrowed, &fragment.items),
                        )?,
                        _ => self.items(solution, place, &fragment.items)?,
                    }
                }
            };
            match found {
                Some(price) => total.add(&price),
                None => return Ok(None),
            }
        }
        Ok(Some(total))
    }

    fn item_field(
        &mut self,
        solution: &mut Solution<'_>,
        place: PlaceId,
        field: &FieldSetField,
    ) -> Result<Option<Price>, PlanError> {
        if solution.tree.resolved_whole(place, &field.name, None) {
            return self.item_field_at(solution, place, field);
        }
        let type_name = solution.tree.place(place).type_name.clone();
        self.on_each_type(solution, place, &type_name, |it, solution, narrowed| {
            it.item_field_at(solution, narrowed, field)
        })
    }

    fn item_field_at(
        &mut self,
        solution: &mut Solution<'_>,
        place: PlaceId,
        field: &FieldSetField,
    ) -> Result<Option<Price>, PlanError> {
        let Some(want) = solution
            .tree
            .internal_want(place, &field.name, &field.arguments)?
        else {
            return Ok(None);
        };
        if field.items.is_empty() {
            return self.leaf(solution, want);
        }
        let below = solution.tree.place_below(want)?;
        let Some(mut price) = self.items(solution, below, &field.items)? else {
            return Ok(None);
        };
        // Where nothing is selected of the object, it still matters whether there is one.
        match self.best_entry(solution, below, false)? {
            Some((_, entry)) if price.size == 0 && price.opens.is_empty() => price.add(&entry),
            Some(_) => {}
            None => return Ok(None),
        }
        Ok(Some(price))
    }

    /// Sums the prices at `place` narrowed to each type that `condition` covers and that can come.
    fn on_each_type(
        &mut self,
        solution: &mut Solution<'_>,
        place: PlaceId,
        condition: &Name,
        mut price: impl FnMut(&mut Self, &mut Solution<'_>, PlaceId) -> Result<Option<Price>, PlanError>,
    ) -> Result<Option<Price>, PlanError> {
        let mut total = Price::default();
        for object in &solution.tree.covered(place, condition) {
            let narrowed = solution.tree.narrow(place, object);
            if self.views(solution, narrowed)?.is_empty() {
                continue;
            }
            match price(self, solution, narrowed)? {
                Some(found) => total.add(&found),
                None => return Ok(None),
            }
        }
        Ok(Some(total))
    }

    /// The price of a want without selections.
    pub(crate) fn leaf(
        &mut self,
        solution: &mut Solution<'_>,
        want: WantId,
    ) -> Result<Option<Price>, PlanError> {
        if let Some(source) = solution.sources(want).first() {
            return Ok(Some(Price {
                round: solution.round(*source),
                ..Price::default()
            }));
        }
        Ok(self.best_view(solution, want)?.map(|(_, price)| price))
    }

    /// The view from which a want is best asked for.
    pub(crate) fn best_view(
        &mut self,
        solution: &mut Solution<'_>,
        want: WantId,
    ) -> Result<Option<(NodeId, Price)>, PlanError> {
        let (place, name) = (
            solution.tree.want(want).place,
            solution.tree.want(want).name.clone(),
        );
        let mut best: Option<(NodeId, Price)> = None;
        for view in self.views(solution, place)?.iter() {
            if solution.tree.field(view.node, &name).is_none() {
                continue;
            }
            let Some(mut price) = self.asking(solution, want, view)? else {
                continue;
            };
            price.size += 1;
            if best
                .as_ref()
                .is_none_or(|(_, known)| price.beats(known, self.aim))
            {
                best = Some((view.node, price));
            }
        }
        Ok(best)
    }

    /// The price of asking for a want at a view that has the field.
    pub(super) fn asking(
        &mut self,
        solution: &mut Solution<'_>,
        want: WantId,
        view: &View,
    ) -> Result<Option<Price>, PlanError> {
        let place = solution.tree.want(want).place;
        match solution.tree.sent_for(want, view.node) {
            None => Ok(Some(view.price.clone())),
            Some(sent) => self.requirement(solution, place, view.node, sent),
        }
    }

    /// The price of asking `node` for a field with requirements: an entity request of its own, or
    /// one that is open and starts late enough.
    fn requirement(
        &mut self,
        solution: &mut Solution<'_>,
        place: PlaceId,
        node: NodeId,
        requires: &[FieldSetItem],
    ) -> Result<Option<Price>, PlanError> {
        if self.depth >= MAX_DEPTH {
            return Ok(None);
        }
        self.depth += 1;
        let required = self.items(solution, place, requires);
        let key = self.best_key(solution, place, node);
        self.depth -= 1;
        let (Some(required), Some((_, mut price))) = (required?, key?) else {
            return Ok(None);
        };
        if let Some(open) = find_entity_layer(solution, place, node, required.round) {
            return Ok(Some(Price {
                round: solution.round(open),
                ..required
            }));
        }
        price.add(&required);
        let subgraph = solution.tree.graph.node(node).subgraph;
        Ok(price.request(solution, subgraph, self.aim))
    }

    /// The cheapest key by which `node` finds an object at `place`.
    pub(crate) fn best_key(
        &mut self,
        solution: &mut Solution<'_>,
        place: PlaceId,
        node: NodeId,
    ) -> Result<Option<(usize, Price)>, PlanError> {
        let graph = solution.tree.graph;
        let original = graph.node(node).copy_of.unwrap_or(node);
        let mut best: Option<(usize, Price)> = None;
        for (index, key) in graph.node(original).keys.iter().enumerate() {
            let Some(price) = self.key(solution, place, key)? else {
                continue;
            };
            if best
                .as_ref()
                .is_none_or(|(_, known)| price.beats(known, self.aim))
            {
                best = Some((index, price));
            }
        }
        Ok(best)
    }

    /// The view through which the object at a place is best seen at all. Where the object's type
    /// must be known, views that cannot tell it do not count.
    pub(crate) fn best_entry(
        &mut self,
        solution: &mut Solution<'_>,
        place: PlaceId,
        typed: bool,
    ) -> Result<Option<(NodeId, Price)>, PlanError> {
        let views = self.views(solution, place)?;
        let graph = solution.tree.graph;
        let tells =
            |view: &&View| !typed || graph.node(view.node).kind != NodeKind::InterfaceObject;
        let best = cheapest(views.iter().filter(tells), self.aim);
        Ok(best.map(|view| (view.node, view.price.clone())))
    }
}
