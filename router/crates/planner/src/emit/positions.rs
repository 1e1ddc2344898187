//! Positions and their layers.

use std::collections::HashMap;

use plan::{FetchId, Layer, LayerSource, Position, PositionId, TypeSource};
use query_graph::NodeKind;

use super::objects::list_depth;
use super::{Emitter, number};
use crate::layers::{GroupId, LayerId, Origin};
use crate::tree::PlaceId;

impl Emitter<'_, '_> {
    /// The requests in the order of the plan, by round, and the number each gets.
    pub(super) fn fetch_order(&self) -> HashMap<GroupId, FetchId> {
        let mut groups: Vec<GroupId> = (0..self.solution.chosen.groups.len())
            .map(|index| GroupId(u32::from(number(index))))
            .collect();
        groups.sort_by_key(|group| (self.solution.group(*group).round, *group));
        groups
            .into_iter()
            .enumerate()
            .map(|(index, group)| (group, FetchId(number(index))))
            .collect()
    }

    /// The positions of all whole places that are seen, parents first.
    pub(super) fn positions(&mut self, order: &HashMap<GroupId, FetchId>) -> Vec<Position> {
        let mut positions = Vec::new();
        let layers_of = self.whole_layers();
        for index in 0..self.solution.tree.places.len() {
            let place = PlaceId(u32::try_from(index).unwrap_or(u32::MAX));
            let seen = layers_of
                .get(&place)
                .is_some_and(|layers| !layers.is_empty());
            // The root stands even when nothing but `__typename` is asked of it.
            if !seen && place != crate::tree::ROOT {
                continue;
            }
            let id = PositionId(number(positions.len()));
            self.positions.insert(place, id);
            let layers = layers_of.get(&place).map_or(&[][..], Vec::as_slice);
            positions.push(self.position(place, layers, order));
        }
        positions
    }

    /// The whole layers of each whole place, in the order they were opened.
    fn whole_layers(&self) -> HashMap<PlaceId, Vec<LayerId>> {
        let mut by_place: HashMap<PlaceId, Vec<LayerId>> = HashMap::new();
        for (index, layer) in self.solution.chosen.layers.iter().enumerate() {
            if !matches!(layer.origin, Origin::Narrowed(_)) {
                let id = LayerId(u32::try_from(index).unwrap_or(u32::MAX));
                by_place
                    .entry(self.solution.tree.whole(layer.place))
                    .or_default()
                    .push(id);
            }
        }
        by_place
    }

    fn position(
        &mut self,
        place: PlaceId,
        ids: &[LayerId],
        order: &HashMap<GroupId, FetchId>,
    ) -> Position {
        let mut layers: Vec<Layer> = Vec::new();
        let mut typed = None;
        for id in ids {
            let layer = self.solution.layer(*id);
            let unit = self.units.iter().find(|unit| unit.layers.contains(id));
            // The layers of one entity fetch are one layer of the plan.
            if let Some(first) = unit.map(|unit| unit.layers[0]).filter(|first| first != id) {
                if let Some(known) = self.layer_numbers.get(&first).copied() {
                    self.layer_numbers.insert(*id, known);
                }
                continue;
            }
            let source = match &layer.origin {
                Origin::Field(above) => self.field_source(place, *above),
                Origin::Entity { .. } => unit.and_then(|unit| {
                    let base = self.layer_numbers.get(&unit.base).copied()?;
                    Some(LayerSource::Entity {
                        base,
                        slot: unit.attach,
                    })
                }),
                Origin::Data | Origin::Narrowed(_) => Some(LayerSource::Data),
            };
            let Some(source) = source else { continue };
            let number = plan::LayerId(number(layers.len()));
            self.layer_numbers.insert(*id, number);
            let fetch = order.get(&layer.group).copied().unwrap_or(FetchId(0));
            layers.push(Layer { source, fetch });
            let tells = self.graph.node(layer.node).kind != NodeKind::InterfaceObject;
            // What comes first tells first.
            let round = self.solution.group(layer.group).round;
            if tells && layer.place == place && typed.is_none_or(|(known, _)| round < known) {
                typed = Some((round, number));
            }
        }
        self.finish_position(place, layers, typed.map(|(_, number)| number))
    }

    /// A layer that is found by the want above its place.
    fn field_source(&self, place: PlaceId, above: LayerId) -> Option<LayerSource> {
        let want = self.solution.tree.place(place).below?;
        let parent = self
            .layer_numbers
            .get(&self.solution.whole_layer(above))
            .copied()?;
        Some(LayerSource::Field {
            parent,
            slot: self.objects.slot(above, want)?,
        })
    }

    fn finish_position(
        &self,
        place: PlaceId,
        layers: Vec<Layer>,
        typed: Option<plan::LayerId>,
    ) -> Position {
        let tree = &self.solution.tree;
        let it = tree.place(place);
        let want = it.below.map(|want| tree.want(want));
        let parent = want.and_then(|want| self.positions.get(&tree.whole(want.place)).copied());
        let type_source = match typed {
            Some(layer) if self.graph.is_abstract(&it.type_name) => TypeSource::Layer(layer),
            _ => TypeSource::Static(it.type_name.clone()),
        };
        Position {
            parent,
            client_key: want.and_then(|want| want.client_key.clone()),
            list_depth: want.map_or(0, |want| list_depth(&want.ty)),
            layers,
            type_source,
        }
    }
}
