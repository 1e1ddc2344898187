//! Requests: what each sends, what it waits for, when it is left out.

use std::collections::{BTreeSet, HashMap};

use plan::{
    EntityFetch, Fetch, FetchId, LayerId as PlanLayerId, NUMBER, PositionId, Representation,
    RepresentationField, RepresentationValue, Selection,
};
use query_graph::NodeKind;
use schema::{Inclusion, Name, OperationKind, Type, TypeSet, Value};

use super::objects::Unit;
use super::{Emitter, contexts, document};
use crate::layers::{GroupId, LayerId, Origin, Sent, SentValue};
use crate::tree::{PlaceId, ROOT};

impl Emitter<'_, '_> {
    /// The requests, in the order of `order`.
    pub(super) fn fetches(
        &mut self,
        order: &HashMap<GroupId, FetchId>,
        selections: &HashMap<LayerId, Vec<Selection>>,
    ) -> Vec<Fetch> {
        let mut groups: Vec<(FetchId, GroupId)> = order
            .iter()
            .map(|(group, fetch)| (*fetch, *group))
            .collect();
        groups.sort_unstable();
        let mut fetches: Vec<Fetch> = Vec::with_capacity(groups.len());
        // A mutation's step starts when all of those before are done, left out or not.
        let (mut step, mut of_step, mut before) = (0, Vec::new(), Vec::new());
        for (id, group) in groups {
            if self.solution.group(group).step != step {
                step = self.solution.group(group).step;
                before.append(&mut of_step);
            }
            of_step.push(id);
            let fetch = self.fetch(group, order, selections, &before, &fetches);
            fetches.push(fetch);
        }
        fetches
    }

    fn fetch(
        &mut self,
        group: GroupId,
        order: &HashMap<GroupId, FetchId>,
        selections: &HashMap<LayerId, Vec<Selection>>,
        before: &[FetchId],
        earlier: &[Fetch],
    ) -> Fetch {
        let subgraph = self.solution.group(group).subgraph;
        let units: Vec<usize> = (0..self.units.len())
            .filter(|unit| self.solution.layer(self.units[*unit].layers[0]).group == group)
            .collect();
        let names = self.entity_names(&units);
        let mut after: BTreeSet<FetchId> = BTreeSet::new();
        let mut inclusion = Inclusion::never();
        let (mut shown, mut entities, mut root) = (Vec::new(), Vec::new(), None);
        let mut kind = OperationKind::Query;
        let mut own = Vec::with_capacity(units.len());
        for (unit, (response_key, variable)) in units.iter().zip(&names) {
            let when = self.unit_inclusion(&self.units[*unit]);
            inclusion = inclusion.or(&when);
            own.push(self.declared(&self.units[*unit], variable));
            self.unit_dependencies(&self.units[*unit], order, &mut after);
            shown.push(self.entities_selection(
                &self.units[*unit],
                response_key,
                variable,
                selections,
            ));
            let entity_fetch = self.entity_fetch(*unit, response_key, variable, &when);
            entities.push(entity_fetch);
        }
        if units.is_empty()
            && let Some(data) = self.data_layer(group)
        {
            inclusion = self.layer_inclusion(data);
            root = self
                .objects
                .of_layer(data)
                .map(|object| self.objects.read(self.graph, object));
            shown = selections.get(&data).cloned().unwrap_or_default();
            match self.solution.layer(data).place {
                ROOT => kind = self.operation.kind,
                again => after.extend(self.entries_of(again, order)),
            }
        }
        after.extend(before);
        let round = after
            .iter()
            .filter_map(|id| Some(earlier.get(id.index())?.round + 1))
            .max()
            .unwrap_or(0);
        let pieces = self.pieces(&shown, &own, &entities);
        if pieces.is_some() {
            shown.iter_mut().for_each(contexts::number_selection);
            own.iter_mut().flatten().for_each(contexts::number_declared);
            entities.iter_mut().for_each(contexts::number_entities);
        }
        let document = document::print(self.operation, kind, &shown, &own.concat());
        Fetch {
            subgraph,
            subgraph_name: self.graph.subgraph_name(subgraph).clone(),
            kind,
            operation_name: self.operation.name.clone(),
            variables: document.client_variables,
            document: document.text,
            selections: shown,
            after: after.into_iter().collect(),
            round,
            inclusion: self.inclusion_id(&inclusion),
            root,
            entities,
            pieces,
        }
    }

    /// The response key and the variable of each entity fetch of a request.
    fn entity_names(&self, units: &[usize]) -> Vec<(Name, Name)> {
        let prefix = self.free_prefix("representations");
        let has_contexts = |unit: &usize| !self.contexts(&self.units[*unit]).is_empty();
        if units.len() == 1 && !has_contexts(&units[0]) {
            return vec![(Name::from("_entities"), Name::from(prefix))];
        }
        units
            .iter()
            .enumerate()
            .map(|(index, unit)| {
                let group = if has_contexts(unit) {
                    format!("_{NUMBER}")
                } else {
                    String::new()
                };
                (
                    Name::from(format!("_e{index}{group}")),
                    Name::from(format!("{prefix}_{index}{group}")),
                )
            })
            .collect()
    }

    /// `wanted`, with as many underscores before it as it takes for no variable of the client to
    /// begin with it.
    pub(super) fn free_prefix(&self, wanted: &str) -> String {
        let mut prefix = wanted.to_owned();
        let variables = &self.operation.variables;
        while variables.iter().any(|it| it.name.starts_with(&prefix)) {
            prefix.insert(0, '_');
        }
        prefix
    }

    fn data_layer(&self, group: GroupId) -> Option<LayerId> {
        let index = self
            .solution
            .chosen
            .layers
            .iter()
            .position(|layer| layer.group == group && matches!(layer.origin, Origin::Data))?;
        Some(LayerId(u32::try_from(index).unwrap_or(u32::MAX)))
    }

    /// The requests that bring a place by the field above it.
    fn entries_of(&self, place: PlaceId, order: &HashMap<GroupId, FetchId>) -> Vec<FetchId> {
        let layers = self.solution.chosen.layers.iter();
        layers
            .filter(|layer| layer.place == place && matches!(layer.origin, Origin::Field(_)))
            .filter_map(|layer| order.get(&layer.group).copied())
            .collect()
    }

    fn entities_selection(
        &self,
        unit: &Unit,
        response_key: &Name,
        variable: &Name,
        selections: &HashMap<LayerId, Vec<Selection>>,
    ) -> Selection {
        let fragments = unit
            .layers
            .iter()
            .map(|layer| Selection::Fragment {
                type_condition: self
                    .graph
                    .node(self.solution.layer(*layer).node)
                    .type_name
                    .clone(),
                selections: selections.get(layer).cloned().unwrap_or_default(),
            })
            .collect();
        Selection::Field {
            alias: Some(response_key.clone()).filter(|key| *key != "_entities"),
            name: Name::from("_entities"),
            arguments: vec![(
                Name::from("representations"),
                Value::Variable(variable.clone()),
            )],
            inclusion: self.unit_inclusion(unit),
            selections: fragments,
        }
    }

    fn entity_fetch(
        &mut self,
        unit: usize,
        response_key: &Name,
        variable: &Name,
        inclusion: &Inclusion,
    ) -> EntityFetch {
        let inclusion = self.inclusion_id(inclusion);
        let unit = &self.units[unit];
        let representations = unit
            .layers
            .iter()
            .map(|layer| self.representation(*layer))
            .collect();
        EntityFetch {
            response_key: response_key.clone(),
            variable: variable.clone(),
            position: self
                .positions
                .get(&unit.place)
                .copied()
                .unwrap_or(PositionId::ROOT),
            base: self
                .layer_numbers
                .get(&unit.base)
                .copied()
                .unwrap_or(PlanLayerId(0)),
            attach: unit.attach,
            inclusion,
            representations,
            read: self.objects.read(self.graph, unit.object),
            contexts: self.context_variables(unit),
        }
    }

    fn representation(&self, id: LayerId) -> Representation {
        let layer = self.solution.layer(id);
        let node = self.graph.node(layer.node);
        let type_name = &self.solution.tree.place(layer.place).type_name;
        let possible = self
            .graph
            .type_facts(type_name)
            .map(|facts| facts.possible_types.clone());
        let mut on = possible.unwrap_or_else(|| TypeSet::one(type_name.clone()));
        // An object that is only known through an interface object is known by the interface's name.
        if self.graph.is_abstract(type_name) {
            on = on.union(&TypeSet::one(type_name.clone()));
        }
        let fields = match &layer.origin {
            Origin::Entity { sent, .. } => self.sent_fields(sent),
            _ => Vec::new(),
        };
        let stands_in = node.kind == NodeKind::InterfaceObject;
        Representation {
            on,
            type_name: stands_in.then(|| node.type_name.clone()),
            fields,
        }
    }

    pub(super) fn sent_fields(&self, sent: &[Sent]) -> Vec<RepresentationField> {
        sent.iter().filter_map(|one| self.sent_field(one)).collect()
    }

    fn sent_field(&self, one: &Sent) -> Option<RepresentationField> {
        let (ty, value) = match one.value {
            SentValue::TypeName(_) => {
                let name = Type::Named(Name::from("String"));
                (Type::NonNull(Box::new(name)), RepresentationValue::TypeName)
            }
            SentValue::Want(id) => {
                let want = self.solution.tree.want(id);
                let value = match want.target {
                    Some(place) => RepresentationValue::Object {
                        position: self.positions.get(&place).copied()?,
                        fields: self.sent_fields(&one.below),
                    },
                    None => {
                        let (layer, slot) = self.source(id)?;
                        RepresentationValue::Leaf { layer, slot }
                    }
                };
                (want.ty.clone(), value)
            }
        };
        Some(RepresentationField {
            name: one.name.clone(),
            on: one.on.clone(),
            is_key: one.is_key,
            ty,
            value,
        })
    }

    /// The requests whose answers a unit's representations are written from.
    fn unit_dependencies(
        &self,
        unit: &Unit,
        order: &HashMap<GroupId, FetchId>,
        after: &mut BTreeSet<FetchId>,
    ) {
        let mut add = |layer: LayerId| after.extend(order.get(&self.solution.layer(layer).group));
        add(unit.base);
        for layer in &unit.layers {
            if let Origin::Entity {
                sent,
                typed,
                contexts,
            } = &self.solution.layer(*layer).origin
            {
                typed.iter().copied().for_each(&mut add);
                self.for_each_source(sent, &mut add);
                for (_, _, sent) in contexts.iter().flat_map(|it| &it.sources) {
                    self.for_each_source(sent, &mut add);
                }
            }
        }
    }

    fn for_each_source(&self, sent: &[Sent], visit: &mut impl FnMut(LayerId)) {
        for one in sent {
            match one.value {
                SentValue::TypeName(layer) => visit(layer),
                // An object comes with what is sent of it. It may also be asked for elsewhere,
                // and later, for the client.
                SentValue::Want(_) if !one.below.is_empty() => {}
                SentValue::Want(want) => {
                    let sources = self.solution.sources(want).iter().copied();
                    sources.for_each(&mut *visit);
                }
            }
            self.for_each_source(&one.below, visit);
        }
    }

    fn unit_inclusion(&self, unit: &Unit) -> Inclusion {
        unit.layers
            .iter()
            .fold(Inclusion::never(), |formula, layer| {
                formula.or(&self.layer_inclusion(*layer))
            })
    }

    /// When something selected in a layer is part of the answer.
    fn layer_inclusion(&self, id: LayerId) -> Inclusion {
        let layer = self.solution.layer(id);
        let place = self.solution.place_inclusion(layer.place);
        if layer.needed || (layer.selected.is_empty() && layer.narrowed.is_empty()) {
            return place;
        }
        let wants = layer
            .selected
            .iter()
            .fold(Inclusion::never(), |formula, (want, _)| {
                formula.or(&place.and(&self.solution.inclusion(*want)))
            });
        layer.narrowed.iter().fold(wants, |formula, narrowed| {
            formula.or(&self.layer_inclusion(*narrowed))
        })
    }
}
