//! From the merged model to nodes and moves.
//!
//! First a node for each composite type in each subgraph, then their casts and fields, last the
//! copies that `@provides` asks for, since a copy starts from a finished node.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use schema::{FieldSet, FieldSetItem, Name, SubgraphId, TypeSet};
use supergraph::{FieldDefinition, FieldJoin, Model, TypeDefinition, TypeKind};

use crate::graph::{Field, Node, NodeId, NodeKind, OverrideLabel, QueryGraph};
use crate::{context, types};

/// A field whose target is still to be copied: the node it stands on, its name, what is provided.
struct PendingCopy {
    node: usize,
    field: Name,
    provided: FieldSet,
}

struct Builder<'m> {
    model: &'m Model,
    graph: QueryGraph,
    ids: HashMap<(SubgraphId, Name), NodeId>,
    copies: Vec<PendingCopy>,
}

impl QueryGraph {
    /// The moves that `model` allows.
    pub fn build(model: &Model) -> Self {
        let mut builder = Builder {
            model,
            graph: Self {
                subgraph_names: model
                    .graphs
                    .iter()
                    .map(|graph| Name::new(graph.name.as_str()))
                    .collect(),
                types: types::facts(model),
                ..Self::default()
            },
            ids: HashMap::new(),
            copies: Vec::new(),
        };
        builder.graph.contexts = context::set_on(model, &builder.graph.types);
        builder.add_nodes();
        builder.add_casts();
        builder.add_object_fields();
        builder.add_interface_fields();
        builder.add_entries();
        builder.add_copies();
        builder.graph
    }
}

impl<'m> Builder<'m> {
    fn add_nodes(&mut self) {
        for ty in self.model.types.values().filter(|ty| ty.is_composite()) {
            for subgraph in ty.graphs() {
                let id = NodeId(u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX));
                let kind = match &ty.kind {
                    _ if ty.is_interface_object_in(subgraph) => NodeKind::InterfaceObject,
                    TypeKind::Interface(_) => NodeKind::Interface,
                    TypeKind::Union(_) => NodeKind::Union,
                    _ => NodeKind::Object,
                };
                let keys = ty
                    .joins
                    .iter()
                    .filter(|join| join.graph == subgraph && join.resolvable)
                    .filter_map(|join| join.key.clone())
                    .map(Arc::new)
                    .collect();
                self.graph.nodes.push(Node {
                    subgraph,
                    type_name: ty.name.clone(),
                    kind,
                    fields: HashMap::new(),
                    runtime_types: self.runtime_types(ty, kind, subgraph),
                    casts: HashMap::new(),
                    keys,
                    copy_of: None,
                });
                self.graph
                    .by_type
                    .entry(ty.name.clone())
                    .or_default()
                    .push(id);
                self.ids.insert((subgraph, ty.name.clone()), id);
            }
        }
    }

    /// The object types that an object of this type can have when this subgraph returns it.
    fn runtime_types(&self, ty: &TypeDefinition, kind: NodeKind, subgraph: SubgraphId) -> TypeSet {
        let possible = || {
            self.graph
                .types
                .get(&ty.name)
                .map(|facts| facts.possible_types.clone())
        };
        match (&ty.kind, kind) {
            (TypeKind::Interface(_), NodeKind::Interface) => possible()
                .iter()
                .flat_map(TypeSet::iter)
                .filter(|name| self.implements_in(name, &ty.name, subgraph))
                .cloned()
                .collect(),
            (TypeKind::Union(members), _) => members
                .iter()
                .filter(|member| member.graphs.contains(&subgraph))
                .map(|member| member.name.clone())
                .collect(),
            // An interface object stands for any implementation, known here or not.
            _ => possible().unwrap_or_else(|| TypeSet::one(ty.name.clone())),
        }
    }

    fn implements_in(&self, object: &Name, interface: &Name, subgraph: SubgraphId) -> bool {
        self.model
            .type_named(object)
            .and_then(TypeDefinition::composite)
            .is_some_and(|object| {
                object
                    .implements
                    .iter()
                    .any(|it| it.interface == *interface && it.graphs.contains(&subgraph))
            })
    }

    fn add_casts(&mut self) {
        for index in 0..self.graph.nodes.len() {
            let node = &self.graph.nodes[index];
            if node.kind == NodeKind::InterfaceObject {
                continue;
            }
            let casts = node
                .runtime_types
                .iter()
                .filter_map(|name| {
                    let id = self.ids.get(&(node.subgraph, name.clone()))?;
                    Some((name.clone(), *id))
                })
                .collect();
            self.graph.nodes[index].casts = casts;
        }
    }

    fn add_object_fields(&mut self) {
        for index in self.nodes_where(|kind| kind != NodeKind::Interface) {
            self.add_fields(index, |_, _| true);
        }
    }

    /// An interface's field is a move only where every object it can be has it unconditionally:
    /// else each object type must be asked for it in its own way.
    fn add_interface_fields(&mut self) {
        for index in self.nodes_where(|kind| kind == NodeKind::Interface) {
            self.add_fields(index, |graph, field| {
                graph.nodes[index].casts.values().all(|object| {
                    graph
                        .node(*object)
                        .field(&field.name)
                        .is_some_and(|field| field.requires.is_none() && field.label.is_none())
                })
            });
        }
    }

    fn nodes_where(&self, wanted: impl Fn(NodeKind) -> bool) -> Vec<usize> {
        (0..self.graph.nodes.len())
            .filter(|index| wanted(self.graph.nodes[*index].kind))
            .collect()
    }

    fn add_fields(&mut self, index: usize, wanted: impl Fn(&QueryGraph, &FieldDefinition) -> bool) {
        let model: &'m Model = self.model;
        let subgraph = self.graph.nodes[index].subgraph;
        let Some(ty) = model.types.get(&self.graph.nodes[index].type_name) else {
            return;
        };
        for field in ty.fields().into_iter().flat_map(|fields| fields.values()) {
            if let Some(join) = field.resolved_by(ty, subgraph)
                && wanted(&self.graph, field)
            {
                self.add_field(index, field, join);
            }
        }
    }

    fn add_field(&mut self, index: usize, field: &FieldDefinition, join: Option<&FieldJoin>) {
        let subgraph = self.graph.nodes[index].subgraph;
        let ty = join
            .and_then(|join| join.ty.clone())
            .unwrap_or_else(|| field.ty.clone());
        let target = self.ids.get(&(subgraph, ty.inner_name().clone())).copied();
        if let (Some(provided), Some(_)) = (join.and_then(|join| join.provides.clone()), target) {
            self.copies.push(PendingCopy {
                node: index,
                field: field.name.clone(),
                provided,
            });
        }
        let label = join.and_then(|join| {
            let label = join.override_label.clone()?;
            Some(OverrideLabel {
                label,
                when: join.override_from.is_some(),
            })
        });
        let requires = join.and_then(|join| join.requires.clone()).map(Arc::new);
        let edge = Field {
            name: field.name.clone(),
            ty,
            target,
            requires,
            label,
            context: join.map_or_else(Vec::new, |join| {
                let arguments = join.context_arguments.iter();
                arguments
                    .map(|it| context::argument(&self.graph.contexts, it))
                    .collect()
            }),
        };
        self.graph.nodes[index]
            .fields
            .insert(field.name.clone(), edge);
    }

    /// Where an object can be asked for by key: at its own type, and, for an object type, at the
    /// interfaces that a subgraph knows as objects.
    fn add_entries(&mut self) {
        for ty in self.model.types.values().filter(|ty| ty.is_composite()) {
            let mut entries: Vec<NodeId> = self.graph.nodes_of(&ty.name).to_vec();
            if let TypeKind::Object(object) = &ty.kind {
                let interfaces: HashSet<&Name> =
                    object.implements.iter().map(|it| &it.interface).collect();
                for interface in interfaces {
                    let nodes = self.graph.nodes_of(interface).iter();
                    entries.extend(
                        nodes.filter(|id| self.graph.node(**id).kind == NodeKind::InterfaceObject),
                    );
                }
            }
            entries.retain(|id| !self.graph.node(*id).keys.is_empty());
            entries.sort_unstable_by_key(|id| (self.graph.node(*id).subgraph, *id));
            self.graph.entries.insert(ty.name.clone(), entries);
        }
    }

    fn add_copies(&mut self) {
        for copy in std::mem::take(&mut self.copies) {
            let Some(target) = self.graph.nodes[copy.node]
                .fields
                .get(&copy.field)
                .and_then(|it| it.target)
            else {
                continue;
            };
            let target = self.copy_with(target, &copy.provided.items);
            if let Some(field) = self.graph.nodes[copy.node].fields.get_mut(&copy.field) {
                field.target = Some(target);
            }
        }
    }

    /// A copy of `node` on which the provided fields are moves too.
    fn copy_with(&mut self, node: NodeId, provided: &[FieldSetItem]) -> NodeId {
        let mut copy = self.graph.node(node).clone();
        copy.copy_of = Some(copy.copy_of.unwrap_or(node));
        for item in provided {
            match item {
                FieldSetItem::Field(field) => {
                    let Some(edge) = self.provided_field(&copy, field) else {
                        continue;
                    };
                    copy.fields.insert(field.name.clone(), edge);
                }
                FieldSetItem::Fragment(fragment) => {
                    self.provide_on_types(
                        &mut copy,
                        fragment.type_condition.as_ref(),
                        &fragment.items,
                    );
                }
            }
        }
        // Provided on the interface itself: each object type seen through it has the fields too.
        if copy.kind == NodeKind::Interface {
            let fields: Vec<FieldSetItem> = provided
                .iter()
                .filter(|item| matches!(item, FieldSetItem::Field(_)))
                .cloned()
                .collect();
            if !fields.is_empty() {
                self.provide_on_types(&mut copy, None, &fields);
            }
        }
        let id = NodeId(u32::try_from(self.graph.nodes.len()).unwrap_or(u32::MAX));
        if copy.kind == NodeKind::Object {
            copy.casts = HashMap::from([(copy.type_name.clone(), id)]);
        }
        self.graph.nodes.push(copy);
        id
    }

    /// The move that a provided field makes, with a copied target where more is provided below it.
    fn provided_field(&mut self, parent: &Node, field: &schema::FieldSetField) -> Option<Field> {
        let existing = parent.fields.get(&field.name).cloned();
        let mut edge = match existing {
            Some(edge) => edge,
            None => {
                let definition = self
                    .model
                    .type_named(&parent.type_name)?
                    .fields()?
                    .get(&field.name)?;
                let join = definition
                    .joins
                    .iter()
                    .find(|join| join.graph == Some(parent.subgraph));
                let ty = join
                    .and_then(|join| join.ty.clone())
                    .unwrap_or_else(|| definition.ty.clone());
                let target = self
                    .ids
                    .get(&(parent.subgraph, ty.inner_name().clone()))
                    .copied();
                Field {
                    name: field.name.clone(),
                    ty,
                    target,
                    requires: None,
                    label: None,
                    context: Vec::new(),
                }
            }
        };
        if let (Some(target), false) = (edge.target, field.items.is_empty()) {
            edge.target = Some(self.copy_with(target, &field.items));
        }
        Some(edge)
    }

    /// Replaces the casts to the types that `condition` covers by copies with the provided fields.
    fn provide_on_types(
        &mut self,
        copy: &mut Node,
        condition: Option<&Name>,
        items: &[FieldSetItem],
    ) {
        let covered = match condition {
            Some(name) => self
                .graph
                .types
                .get(name)
                .map(|facts| facts.possible_types.clone()),
            None => Some(copy.runtime_types.clone()),
        };
        let Some(covered) = covered else { return };
        let types: Vec<Name> = copy
            .casts
            .keys()
            .filter(|name| covered.contains(name))
            .cloned()
            .collect();
        for name in types {
            if let Some(cast) = copy.casts.get(&name).copied() {
                let cast = self.copy_with(cast, items);
                copy.casts.insert(name, cast);
            }
        }
    }
}
