//! Walks the API from its roots and finds the fields that cannot be had.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

use query_graph::reach::{Contexts, Nodes, Reach};
use query_graph::{NodeId, NodeKind, QueryGraph};
use schema::{FieldSet, Name};
use supergraph::{FieldDefinition, Model, TypeDefinition};

/// A field, or a narrowing, that no subgraph can be brought to resolve on some way to it.
pub(super) struct DeadEnd {
    /// The type of the objects one is stuck at.
    pub(super) type_name: Name,
    /// The field; none where it is the objects' type that cannot be learned.
    pub(super) field: Option<Name>,
    /// Every node at which the object is seen, jumps included.
    pub(super) nodes: Nodes,
    /// The way from the root.
    pub(super) path: Vec<Step>,
    /// The override labels that were taken to be on.
    pub(super) labels_on: BTreeSet<String>,
    /// The contexts that objects on the way have.
    pub(super) contexts: Contexts,
}

/// What tells dead ends apart.
type DeadEndKey = (Name, Option<Name>, Nodes, Contexts);

impl DeadEnd {
    fn key(&self) -> DeadEndKey {
        (
            self.type_name.clone(),
            self.field.clone(),
            self.nodes.clone(),
            self.contexts.clone(),
        )
    }
}

/// A field that several subgraphs resolve, but not with the same object types.
pub(super) struct Mismatch {
    /// The type that has the field.
    pub(super) type_name: Name,
    /// The field.
    pub(super) field: Name,
    /// What the field can be, as each subgraph sees it.
    pub(super) nodes: Nodes,
    /// Whether there is no object type that all of them can return.
    pub(super) nothing_in_common: bool,
    /// The way from the root.
    pub(super) path: Vec<Step>,
}

/// What a walk finds.
#[derive(Default)]
pub(super) struct Findings {
    /// The fields of the API that cannot be had, each with one way to it.
    pub(super) dead_ends: Vec<DeadEnd>,
    /// The shared fields whose subgraphs disagree on what they return.
    pub(super) mismatches: Vec<Mismatch>,
}

/// A step of a way through the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The root type the way starts from.
    Root(Name),
    /// A field of a type.
    Field {
        /// The type that has the field.
        parent: Name,
        /// The field.
        name: Name,
    },
    /// Narrowing to an object type.
    Narrow(Name),
}

/// A type and where an object of it is seen; with the step that led there, for the way back.
struct State {
    type_name: Name,
    nodes: Nodes,
    /// What the objects on the way have for contexts, the nearest of each.
    contexts: Contexts,
    step: Step,
    from: Option<usize>,
}

struct Walk<'m> {
    model: &'m Model,
    graph: &'m QueryGraph,
    reach: Reach<'m>,
    labels_on: BTreeSet<String>,
    inaccessible: Option<Name>,
    states: Vec<State>,
    /// What fields below select of each context, with the context; all there are.
    selections: Vec<(String, FieldSet)>,
    /// For each type the sets of nodes it was seen with, and of contexts, none of them within another.
    seen: HashMap<Name, Vec<(Nodes, Contexts)>>,
    pending: VecDeque<usize>,
    /// What was reported already: one problem for each field and set of nodes it is missed from.
    reported: HashSet<DeadEndKey>,
    findings: Findings,
}

/// Walks the API with every choice of labels.
pub(super) fn walk(model: &Model, graph: &QueryGraph) -> Findings {
    let mut found = Findings::default();
    for labels_on in label_choices(model) {
        let mut walk = Walk {
            model,
            graph,
            reach: Reach::new(graph, labels_on.clone()),
            labels_on,
            inaccessible: model.specification_directive("inaccessible"),
            states: Vec::new(),
            selections: context_selections(model),
            seen: HashMap::new(),
            pending: VecDeque::new(),
            reported: found.dead_ends.iter().map(DeadEnd::key).collect(),
            findings: Findings {
                dead_ends: Vec::new(),
                mismatches: std::mem::take(&mut found.mismatches),
            },
        };
        walk.run();
        found.dead_ends.append(&mut walk.findings.dead_ends);
        found.mismatches = walk.findings.mismatches;
    }
    found
}

/// The sets of override labels to try. A request decides each label for itself, so every mixture
/// can occur: all are tried for a few labels; for many, each alone on and each alone off, for a
/// mixture fails only where one field's side depends on another's.
fn label_choices(model: &Model) -> Vec<BTreeSet<String>> {
    const TRY_ALL_UP_TO: usize = 6;
    let joins = model
        .types
        .values()
        .filter_map(TypeDefinition::fields)
        .flat_map(|fields| fields.values());
    let labels: BTreeSet<String> = joins
        .flat_map(|field| &field.joins)
        .filter_map(|join| join.override_label.clone())
        .collect();
    let labels: Vec<String> = labels.into_iter().collect();
    if labels.len() <= TRY_ALL_UP_TO {
        return (0..1_usize << labels.len())
            .map(|choice| {
                let on = labels
                    .iter()
                    .enumerate()
                    .filter(|(index, _)| choice >> index & 1 == 1);
                on.map(|(_, label)| label.clone()).collect()
            })
            .collect();
    }
    let all: BTreeSet<String> = labels.iter().cloned().collect();
    let mut choices = vec![BTreeSet::new(), all.clone()];
    for label in labels {
        choices.push(BTreeSet::from([label.clone()]));
        choices.push(all.iter().filter(|it| **it != label).cloned().collect());
    }
    choices
}

/// What fields take from contexts, each once.
fn context_selections(model: &Model) -> Vec<(String, FieldSet)> {
    let mut selections: Vec<(String, FieldSet)> = Vec::new();
    let fields = model.types.values().filter_map(TypeDefinition::fields);
    let joins = fields
        .flat_map(|fields| fields.values())
        .flat_map(|field| &field.joins);
    for argument in joins.flat_map(|join| &join.context_arguments) {
        let Ok(selection) = FieldSet::parse(&argument.selection) else {
            continue;
        };
        let selection = (argument.context.clone(), selection);
        if !selections.contains(&selection) {
            selections.push(selection);
        }
    }
    selections
}

/// Whether all that can be asked at `fewer` can be asked at `more` as well. Fewer nodes can do
/// less, but on an abstract type more nodes may also mean more object types to ask about.
fn can_do_no_more(graph: &QueryGraph, fewer: &Nodes, more: &Nodes) -> bool {
    let types = |nodes: &Nodes| -> BTreeSet<Name> {
        let casts = nodes.iter().flat_map(|node| graph.node(*node).casts.keys());
        casts.cloned().collect()
    };
    fewer.is_subset(more) && types(more).is_subset(&types(fewer))
}

impl Walk<'_> {
    fn run(&mut self) {
        for root in ["Query", "Mutation", "Subscription"] {
            let nodes: Nodes = self.graph.nodes_of(root).iter().copied().collect();
            if !nodes.is_empty() {
                let name = Name::from(root);
                let at = (nodes, Contexts::new());
                self.arrive(name.clone(), at, Step::Root(name), None);
            }
        }
        while let Some(index) = self.pending.pop_front() {
            self.leave(index);
        }
    }

    /// Notes a state unless one that can do no more has been seen.
    fn arrive(
        &mut self,
        type_name: Name,
        (nodes, contexts): (Nodes, Contexts),
        step: Step,
        from: Option<usize>,
    ) {
        let graph = self.graph;
        let seen = self.seen.entry(type_name.clone()).or_default();
        if seen.iter().any(|(fewer, known)| {
            known.is_subset(&contexts) && can_do_no_more(graph, fewer, &nodes)
        }) {
            return;
        }
        seen.retain(|(more, known)| {
            !(contexts.is_subset(known) && can_do_no_more(graph, &nodes, more))
        });
        seen.push((nodes.clone(), contexts.clone()));
        self.pending.push_back(self.states.len());
        self.states.push(State {
            type_name,
            nodes,
            contexts,
            step,
            from,
        });
    }

    /// The contexts below an object: those above it, but for those that it sets itself.
    fn contexts_below(&self, index: usize, ty: &TypeDefinition, closed: &Nodes) -> Contexts {
        let mut contexts = self.states[index].contexts.clone();
        for (context, selection) in &self.selections {
            let set_on = self.graph.contexts().get(context);
            let possible = self.graph.type_facts(&ty.name);
            let is_set = set_on.zip(possible).is_some_and(|(set_on, facts)| {
                !facts.possible_types.is_empty() && facts.possible_types.is_subset(set_on)
            });
            if !is_set {
                continue;
            }
            let value = (context.clone(), selection.text.clone());
            if self.reach.can_select(&ty.name, closed, &selection.items) {
                contexts.insert(value);
            } else {
                contexts.remove(&value);
            }
        }
        contexts
    }

    /// Follows everything that can be asked of a state.
    fn leave(&mut self, index: usize) {
        let State {
            type_name, nodes, ..
        } = &self.states[index];
        let (type_name, nodes) = (type_name.clone(), nodes.clone());
        let Some(ty) = self.model.type_named(&type_name) else {
            return;
        };
        let closed = self.reach.closure(&type_name, &nodes);
        let stands_in = |node| self.graph.node(node).kind == NodeKind::InterfaceObject;
        if !ty.is_abstract() {
            self.follow_fields(index, ty, &closed);
            return;
        }
        if closed.iter().any(|node| stands_in(*node)) {
            self.follow_fields(index, ty, &closed);
            if closed.iter().all(|node| stands_in(*node)) {
                self.report(index, &type_name, None, closed);
                return;
            }
        }
        for object in self.model.possible_types(&type_name) {
            let narrowed = self.reach.narrow(&closed, &object);
            let hidden = self
                .model
                .type_named(&object)
                .is_none_or(|it| self.is_hidden(&it.directives));
            if !narrowed.is_empty() && !hidden {
                let at = (narrowed, self.states[index].contexts.clone());
                self.arrive(object.clone(), at, Step::Narrow(object), Some(index));
            }
        }
    }

    fn follow_fields(&mut self, index: usize, ty: &TypeDefinition, closed: &Nodes) {
        let fields = ty.fields().into_iter().flat_map(|fields| fields.values());
        let visible: Vec<&FieldDefinition> = fields
            .filter(|field| !self.is_hidden(&field.directives))
            .collect();
        let above = self.states[index].contexts.clone();
        let contexts = self.contexts_below(index, ty, closed);
        for field in visible {
            let found = self
                .reach
                .follow_below(&ty.name, closed, &field.name, &above);
            if !found.resolved {
                self.report(index, &ty.name, Some(&field.name), closed.clone());
            } else if !found.targets.is_empty() {
                self.compare_types(index, ty, field, &found.targets);
                let step = Step::Field {
                    parent: ty.name.clone(),
                    name: field.name.clone(),
                };
                self.arrive(
                    field.ty.inner_name().clone(),
                    (found.targets, contexts.clone()),
                    step,
                    Some(index),
                );
            }
        }
    }

    /// The steps from the root to a state.
    fn path_to(&self, index: usize) -> Vec<Step> {
        let mut path = Vec::new();
        let mut next = Some(index);
        while let Some(index) = next {
            let state = &self.states[index];
            path.push(state.step.clone());
            next = state.from;
        }
        path.reverse();
        path
    }

    /// Compares what the subgraphs that resolve an abstract field can return. A plan asks one of
    /// them, and the client must not see which.
    fn compare_types(
        &mut self,
        index: usize,
        ty: &TypeDefinition,
        field: &FieldDefinition,
        targets: &Nodes,
    ) {
        let is_abstract = self.graph.is_abstract(field.ty.inner_name());
        let seen = |it: &Mismatch| it.type_name == ty.name && it.field == field.name;
        if !is_abstract || targets.len() < 2 || self.findings.mismatches.iter().any(seen) {
            return;
        }
        // An interface object stands for every type there is, and a subgraph that declares an
        // object type says so itself: the difference of the field's types is reported elsewhere.
        let tells = |node: &&NodeId| self.graph.node(**node).is_abstract();
        let types = |node: &NodeId| self.graph.node(*node).runtime_types.clone();
        let telling: Nodes = targets.iter().filter(tells).copied().collect();
        let mut sets = telling.iter().map(types);
        let Some(first) = sets.next() else { return };
        let (mut common, mut all) = (first.clone(), first);
        for set in sets {
            common = common.intersection(&set);
            all = all.union(&set);
        }
        if common != all {
            self.findings.mismatches.push(Mismatch {
                type_name: ty.name.clone(),
                field: field.name.clone(),
                nodes: telling,
                nothing_in_common: common.is_empty(),
                path: self.path_to(index),
            });
        }
    }

    fn is_hidden(&self, directives: &[schema::Directive]) -> bool {
        directives
            .iter()
            .any(|it| Some(&it.name) == self.inaccessible.as_ref())
    }

    fn report(&mut self, index: usize, type_name: &Name, field: Option<&Name>, nodes: Nodes) {
        let dead_end = DeadEnd {
            type_name: type_name.clone(),
            field: field.cloned(),
            nodes,
            path: self.path_to(index),
            labels_on: self.labels_on.clone(),
            contexts: self.states[index].contexts.clone(),
        };
        if self.reported.insert(dead_end.key()) {
            self.findings.dead_ends.push(dead_end);
        }
    }
}
