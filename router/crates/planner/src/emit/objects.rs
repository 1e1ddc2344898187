//! Objects, slots and response keys: how each layer's part of a subgraph's answer is read.
//!
//! Layers that see one JSON object share one [`Object`]: a layer and those narrowed from it, and
//! what is below two fields that have the same response key under sibling type conditions. Such
//! fields may only share the key when their types have the same shape (GraphQL specification,
//! section 5.3.2, `SameResponseShape`); otherwise, and where entities are asked for below them, the
//! later one gets an alias that is only known between the router and the subgraph.

use std::collections::HashMap;

use plan::{LeafKind, ReadField, ReadObject, ReadValue, Selection, Slot};
use query_graph::{LeafType, NodeKind, QueryGraph, TypeFactsKind};
use schema::{Inclusion, Name, Type, Value};

use super::Emitter;
use crate::layers::{LayerId, Origin, SentValue};
use crate::tree::{PlaceId, Want, WantId};

/// Which of [`Objects::all`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ObjectId(usize);

/// The objects of all layers.
#[derive(Debug, Default)]
pub(super) struct Objects {
    all: Vec<Object>,
    by_layer: HashMap<LayerId, ObjectId>,
    slots: HashMap<(LayerId, WantId), Slot>,
}

/// How one JSON object of a subgraph's answer is read.
#[derive(Debug, Default)]
struct Object {
    fields: Vec<ObjectField>,
    slots: u16,
    /// The types of the nodes it is seen at, when none of them is abstract.
    types: Vec<Name>,
    has_type_name: bool,
}

#[derive(Debug)]
struct ObjectField {
    response_key: Name,
    client_key: Option<Name>,
    name: Name,
    arguments: Vec<(Name, Value)>,
    ty: Type,
    slot: Slot,
    below: Option<ObjectId>,
    /// Whether its objects say their type themselves. Those of one type need not, so they must not
    /// stand among those that do.
    says_type: bool,
    /// Whether entities are asked for somewhere below it.
    is_walked: bool,
}

/// One `_entities` field: the layers that are entered with one list of representations.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) layers: Vec<LayerId>,
    /// The whole place of all of them.
    pub(super) place: PlaceId,
    /// The whole layer that the entities are attached to.
    pub(super) base: LayerId,
    pub(super) attach: Slot,
    pub(super) object: ObjectId,
}

impl Objects {
    pub(super) fn slot(&self, layer: LayerId, want: WantId) -> Option<Slot> {
        self.slots.get(&(layer, want)).copied()
    }

    pub(super) fn of_layer(&self, layer: LayerId) -> Option<ObjectId> {
        self.by_layer.get(&layer).copied()
    }

    fn add(&mut self) -> ObjectId {
        self.all.push(Object::default());
        ObjectId(self.all.len() - 1)
    }

    fn add_slot(&mut self, object: ObjectId) -> Slot {
        let object = &mut self.all[object.0];
        object.slots += 1;
        Slot(object.slots - 1)
    }

    /// The read shape of an object.
    pub(super) fn read(&self, graph: &QueryGraph, id: ObjectId) -> ReadObject {
        let object = &self.all[id.0];
        let type_name = match &object.types[..] {
            [only] if !object.has_type_name => Some(only.clone()),
            _ => None,
        };
        let fields = object
            .fields
            .iter()
            .map(|field| ReadField {
                response_key: field.response_key.clone(),
                client_key: field.client_key.clone(),
                slot: field.slot,
                list_depth: list_depth(&field.ty),
                value: match field.below {
                    Some(below) => ReadValue::Object(self.read(graph, below)),
                    None if field.name == "__typename" => ReadValue::TypeName,
                    None => ReadValue::Leaf(leaf_kind(graph, field.ty.inner_name())),
                },
            })
            .collect();
        ReadObject {
            slots: object.slots,
            type_name,
            fields,
        }
    }
}

impl Emitter<'_, '_> {
    /// Gives every layer an object, and returns what is selected in each layer that starts a
    /// request or an entity fetch.
    pub(super) fn add_objects(&mut self) -> HashMap<LayerId, Vec<Selection>> {
        let mut selections = HashMap::new();
        for index in 0..self.solution.chosen.layers.len() {
            let id = LayerId(u32::try_from(index).unwrap_or(u32::MAX));
            let object = match &self.solution.layer(id).origin {
                Origin::Field(_) | Origin::Narrowed(_) => continue,
                Origin::Data => self.objects.add(),
                Origin::Entity { .. } => self.join_unit(id),
            };
            selections.insert(id, self.add_layer(id, object));
        }
        selections
    }

    /// The object of the entity fetch that `layer` is part of. Layers of one request that are
    /// attached to the same layer, for different object types, are one entity fetch.
    fn join_unit(&mut self, layer: LayerId) -> ObjectId {
        let it = self.solution.layer(layer);
        let place = self.solution.tree.whole(it.place);
        let base = self.base_of(layer);
        let joins = |unit: &Unit| {
            let first = self.solution.layer(unit.layers[0]);
            let narrowed = |at: PlaceId| self.solution.tree.place(at).narrowed_from.is_some();
            unit.place == place
                && unit.base == base
                && first.group == it.group
                && unit.layers.iter().all(|other_layer| {
                    let other = self.solution.layer(*other_layer).place;
                    other != it.place
                        && narrowed(other)
                        && narrowed(it.place)
                        && self.fail_alike(*other_layer, layer)
                        && !self.has_contexts(*other_layer)
                        && !self.has_contexts(layer)
                })
        };
        if let Some(unit) = self.units.iter().position(joins) {
            self.units[unit].layers.push(layer);
            return self.units[unit].object;
        }
        let object = self.objects.add();
        // The base was opened first, for what is sent comes from it: it has its object already.
        let attach = self
            .objects
            .of_layer(base)
            .map_or(Slot(0), |base| self.objects.add_slot(base));
        self.units.push(Unit {
            layers: vec![layer],
            place,
            base,
            attach,
            object,
        });
        object
    }

    /// The layer whose objects an entity layer's entities are attached to: the one the first of
    /// what is sent comes from, and of several the one that is there first.
    fn base_of(&self, layer: LayerId) -> LayerId {
        let Origin::Entity { sent, .. } = &self.solution.layer(layer).origin else {
            return layer;
        };
        let wants = sent.iter().filter_map(|one| match one.value {
            SentValue::Want(want) => Some(want),
            SentValue::TypeName(_) => None,
        });
        let sources = wants.take(1).flat_map(|want| self.solution.sources(want));
        let first = sources.min_by_key(|source| self.solution.round(**source));
        first.map_or(layer, |source| self.solution.whole_layer(*source))
    }

    /// Whether an object of either layer may be asked for what the other asks: an interface object
    /// resolves every field for all types, and one that fails where null may not stand fails the
    /// object.
    fn fail_alike(&self, left: LayerId, right: LayerId) -> bool {
        let strict = |layer: LayerId| {
            let it = self.solution.layer(layer);
            let stands_in = self.graph.node(it.node).kind == NodeKind::InterfaceObject;
            let selected = it.selected.iter().filter(move |_| stands_in);
            selected.filter_map(move |(want, _)| {
                let want = self.solution.tree.want(*want);
                let field = self.solution.tree.field(it.node, &want.name)?;
                field.ty.is_non_null().then_some(want)
            })
        };
        let has = |layer: LayerId, want: &Want| {
            strict(layer).any(|other| {
                other.name == want.name
                    && other.arguments == want.arguments
                    && other.inclusion == want.inclusion
            })
        };
        strict(left).all(|want| has(right, want)) && strict(right).all(|want| has(left, want))
    }

    /// Reads `layer` into `object`; returns what is selected.
    fn add_layer(&mut self, layer: LayerId, object: ObjectId) -> Vec<Selection> {
        self.objects.by_layer.insert(layer, object);
        let it = self.solution.layer(layer);
        let node = self.graph.node(it.node);
        let mut selections = Vec::new();
        let nothing = it.selected.is_empty() && it.narrowed.is_empty();
        match node.kind {
            NodeKind::Interface | NodeKind::Union => selections.push(self.add_type_name(object)),
            NodeKind::Object | NodeKind::InterfaceObject => {
                let types = &mut self.objects.all[object.0].types;
                if !types.contains(&node.type_name) {
                    types.push(node.type_name.clone());
                }
                if nothing {
                    selections.push(type_name_selection(None));
                }
            }
        }
        let mut selected = it.selected.clone();
        selected.sort_by_key(|(want, _)| *want);
        for (want, below) in selected {
            let selection = self.add_field(layer, object, want, below);
            // Two wants may be one field here: types seen as the same interface object, say.
            if !selections.contains(&selection) {
                selections.push(selection);
            }
        }
        // As the client asked, not as the layers were opened.
        let mut narrowed_layers = it.narrowed.clone();
        narrowed_layers.sort_by_key(|narrowed| self.solution.layer(*narrowed).place);
        for narrowed in narrowed_layers {
            let inside = self.add_layer(narrowed, object);
            if self.solution.layer(narrowed).node == it.node {
                // An interface object knows no narrower type to ask for.
                selections.extend(
                    inside
                        .into_iter()
                        .filter(|it| !selections.contains(it))
                        .collect::<Vec<_>>(),
                );
            } else {
                let type_condition = self
                    .graph
                    .node(self.solution.layer(narrowed).node)
                    .type_name
                    .clone();
                selections.push(Selection::Fragment {
                    type_condition,
                    selections: inside,
                });
            }
        }
        selections
    }

    fn add_type_name(&mut self, object: ObjectId) -> Selection {
        let fields = &self.objects.all[object.0].fields;
        let known = fields
            .iter()
            .find(|field| field.name == "__typename")
            .map(|it| it.response_key.clone());
        let key = known.unwrap_or_else(|| {
            let ty = Type::NonNull(Box::new(Type::Named(Name::from("String"))));
            let key = self.free_key(object, &Name::from("__typename"));
            let slot = self.objects.add_slot(object);
            self.objects.all[object.0].has_type_name = true;
            self.objects.all[object.0].fields.push(ObjectField {
                response_key: key.clone(),
                client_key: None,
                name: Name::from("__typename"),
                arguments: Vec::new(),
                ty,
                slot,
                below: None,
                says_type: false,
                is_walked: false,
            });
            key
        });
        type_name_selection(Some(key).filter(|key| *key != "__typename"))
    }

    fn add_field(
        &mut self,
        layer: LayerId,
        object: ObjectId,
        want_id: WantId,
        below: Option<LayerId>,
    ) -> Selection {
        let want = self.solution.tree.want(want_id);
        let node = self.solution.layer(layer).node;
        let ty = self
            .solution
            .tree
            .field(node, &want.name)
            .map_or_else(|| want.ty.clone(), |it| it.ty.clone());
        let preferred = want.client_key.clone().unwrap_or_else(|| want.name.clone());
        let arguments = self.arguments(layer, want_id);
        // Entities are looked up for all objects that stand in a slot, so those of one type must not
        // stand among those of another. An interface object has all fields for all types anyhow.
        let is_walked = self.graph.node(node).kind != NodeKind::InterfaceObject
            && want
                .target
                .is_some_and(|target| self.walked.contains(&target));
        let says_type = below.is_some_and(|below| {
            let node = self.graph.node(self.solution.layer(below).node);
            matches!(node.kind, NodeKind::Interface | NodeKind::Union)
        });
        let shared = self.objects.all[object.0].fields.iter().position(|field| {
            field.response_key == preferred
                && field.below.is_some() == below.is_some()
                && field.says_type == says_type
                && field.name == want.name
                && field.arguments == arguments
                && same_shape(&field.ty, &ty, below.is_some())
                && !(is_walked || field.is_walked)
        });
        let index = shared.unwrap_or_else(|| {
            let response_key = self.free_key(object, &preferred);
            let slot = self.objects.add_slot(object);
            let below = below.map(|_| self.objects.add());
            let fields = &mut self.objects.all[object.0].fields;
            fields.push(ObjectField {
                response_key,
                client_key: want.client_key.clone(),
                name: want.name.clone(),
                arguments: arguments.clone(),
                ty,
                slot,
                below,
                says_type,
                is_walked,
            });
            fields.len() - 1
        });
        let field = &mut self.objects.all[object.0].fields[index];
        // A key that stood here first may be the client's field under another fragment.
        if field.client_key.is_none() {
            field.client_key.clone_from(&want.client_key);
        }
        let (slot, target, response_key) = (field.slot, field.below, field.response_key.clone());
        self.objects.slots.insert((layer, want_id), slot);
        let selections = match (below, target) {
            (Some(below), Some(target)) => self.add_layer(below, target),
            _ => Vec::new(),
        };
        Selection::Field {
            alias: Some(response_key).filter(|key| *key != want.name),
            name: want.name.clone(),
            arguments,
            inclusion: self.solution.inclusion(want_id),
            selections,
        }
    }

    /// `preferred`, or the first numbered variant of it that the object does not have yet.
    fn free_key(&self, object: ObjectId, preferred: &Name) -> Name {
        let taken = |key: &str| {
            self.objects.all[object.0]
                .fields
                .iter()
                .any(|it| it.response_key == key)
        };
        if !taken(preferred) {
            return preferred.clone();
        }
        let mut number = 1_usize;
        loop {
            let key = format!("{preferred}_{number}");
            if !taken(&key) {
                return Name::from(key);
            }
            number += 1;
        }
    }
}

fn type_name_selection(alias: Option<Name>) -> Selection {
    Selection::Field {
        alias,
        name: Name::from("__typename"),
        arguments: Vec::new(),
        inclusion: Inclusion::always(),
        selections: Vec::new(),
    }
}

/// Whether two fields may have one response key under sibling type conditions: the same lists and
/// non-null marks, and the same leaf type, or objects both.
fn same_shape(left: &Type, right: &Type, composite: bool) -> bool {
    match (left, right) {
        (Type::NonNull(left), Type::NonNull(right)) | (Type::List(left), Type::List(right)) => {
            same_shape(left, right, composite)
        }
        (Type::Named(left), Type::Named(right)) => composite || left == right,
        _ => false,
    }
}

/// How many lists are around the values of a type.
pub(super) fn list_depth(ty: &Type) -> u8 {
    match ty {
        Type::Named(_) => 0,
        Type::NonNull(of) => list_depth(of),
        Type::List(of) => list_depth(of).saturating_add(1),
    }
}

/// What values of a leaf type must look like.
fn leaf_kind(graph: &QueryGraph, name: &str) -> LeafKind {
    match name {
        "Int" => LeafKind::Int,
        "Float" => LeafKind::Float,
        "String" => LeafKind::String,
        "Boolean" => LeafKind::Boolean,
        "ID" => LeafKind::Id,
        _ => match graph.type_facts(name).map(|facts| &facts.kind) {
            Some(TypeFactsKind::Leaf(LeafType::Enum { values, .. })) => {
                LeafKind::Enum(values.clone())
            }
            _ => LeafKind::Custom,
        },
    }
}
