//! What can be had of one object, given the nodes at which one already sees it.
//!
//! [`Reach::closure`] adds every node one can jump to, as a least fixpoint: a jump opens when
//! its key can be selected from the nodes at hand, and what it opens may be what another key
//! needs. It ends because each step adds one of finitely many nodes. The planner asks the same
//! questions with a price on each move; satisfiability asks only whether there is an answer.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};

use schema::{FieldSet, FieldSetItem, Name};

use crate::graph::{Field, NodeId, NodeKind, QueryGraph};

/// Nodes at which the same object is seen.
pub type Nodes = BTreeSet<NodeId>;

/// The values that objects above have for contexts: each context with the text of what is selected.
pub type Contexts = BTreeSet<(String, String)>;

/// Answers questions of reachability, remembering closures.
#[derive(Debug)]
pub struct Reach<'g> {
    graph: &'g QueryGraph,
    /// Which override labels are taken to be on; a label that is absent is off.
    labels_on: BTreeSet<String>,
    closures: RefCell<HashMap<(Name, Nodes), Nodes>>,
    progress: RefCell<Progress>,
    /// The fields whose requirements are being looked at: one that needs itself cannot be had.
    requiring: RefCell<Vec<(NodeId, Name)>>,
}

/// The closures being computed. Keys may go round in circles (`T` by its `u`, `U` by its `t`); a
/// closure that is asked for while it is computed answers with no jumps at all.
#[derive(Debug, Default)]
struct Progress {
    open: Vec<(Name, Nodes)>,
    /// Whether such a short answer was given: what was computed from it must not be remembered.
    cut_short: bool,
}

impl<'g> Reach<'g> {
    /// Questions about `graph`, with these override labels on and all others off.
    pub fn new(graph: &'g QueryGraph, labels_on: BTreeSet<String>) -> Self {
        Self {
            graph,
            labels_on,
            closures: RefCell::default(),
            progress: RefCell::default(),
            requiring: RefCell::default(),
        }
    }

    /// The move along `name` from `node`, if it is there under the labels at hand.
    pub fn field(&self, node: NodeId, name: &str) -> Option<&'g Field> {
        self.graph
            .node(node)
            .field(name)
            .filter(|field| match &field.label {
                None => true,
                Some(label) => self.labels_on.contains(&label.label) == label.when,
            })
    }

    /// All nodes at which an object of type `type_name` can be seen that is seen at `nodes`.
    pub fn closure(&self, type_name: &Name, nodes: &Nodes) -> Nodes {
        let key = (type_name.clone(), nodes.clone());
        if let Some(known) = self.closures.borrow().get(&key) {
            return known.clone();
        }
        {
            let mut progress = self.progress.borrow_mut();
            if progress.open.contains(&key) {
                progress.cut_short = true;
                return nodes.clone();
            }
            progress.open.push(key.clone());
        }
        let seen = self.closure_of(type_name, nodes);
        let mut progress = self.progress.borrow_mut();
        progress.open.pop();
        if progress.open.is_empty() && self.requiring.borrow().is_empty() {
            progress.cut_short = false;
        }
        if !progress.cut_short {
            self.closures.borrow_mut().insert(key, seen.clone());
        }
        seen
    }

    fn closure_of(&self, type_name: &Name, nodes: &Nodes) -> Nodes {
        let mut seen = nodes.clone();
        // Root types need no key: every subgraph can be asked for its root again.
        if matches!(type_name.as_str(), "Query" | "Mutation" | "Subscription") {
            seen.extend(self.graph.nodes_of(type_name));
        }
        let entries = self.graph.entries(type_name);
        loop {
            let mut opened = false;
            for entry in entries {
                if seen.contains(entry) {
                    continue;
                }
                let keys = &self.graph.node(*entry).keys;
                if keys
                    .iter()
                    .any(|key| self.can_select_in(type_name, &seen, &key.items))
                {
                    seen.insert(*entry);
                    opened = true;
                }
            }
            if !opened {
                return seen;
            }
        }
    }

    /// Whether `items` can be selected on an object of type `type_name` that is seen at `nodes`,
    /// jumps included.
    pub fn can_select(&self, type_name: &Name, nodes: &Nodes, items: &[FieldSetItem]) -> bool {
        let closed = self.closure(type_name, nodes);
        self.can_select_in(type_name, &closed, items)
    }

    fn can_select_in(&self, type_name: &Name, nodes: &Nodes, items: &[FieldSetItem]) -> bool {
        items.iter().all(|item| match item {
            FieldSetItem::Field(field) if field.name == "__typename" => true,
            FieldSetItem::Field(field) => {
                let Some(ty) = self
                    .graph
                    .type_facts(type_name)
                    .and_then(|it| it.field_types.get(&field.name))
                else {
                    return false;
                };
                let found = self.follow(type_name, nodes, &field.name);
                if field.items.is_empty() {
                    return found.resolved;
                }
                found.resolved && self.can_select(ty.inner_name(), &found.targets, &field.items)
            }
            FieldSetItem::Fragment(fragment) => {
                let condition = fragment.type_condition.as_ref().unwrap_or(type_name);
                if condition == type_name {
                    return self.can_select_in(type_name, nodes, &fragment.items);
                }
                self.overlap(type_name, condition).iter().all(|object| {
                    let narrowed = self.narrow(nodes, object);
                    narrowed.is_empty() || self.can_select(object, &narrowed, &fragment.items)
                })
            }
        })
    }

    /// Follows field `name` from every node at which it is a move and its requirement can be had.
    /// On an abstract type, also from each object type it can be, when all of them have it.
    pub fn follow(&self, type_name: &Name, nodes: &Nodes, name: &str) -> Followed {
        self.follow_if(type_name, nodes, name, &|_| true)
    }

    /// The same, where objects above have `contexts`, and no others.
    pub fn follow_below(
        &self,
        type_name: &Name,
        nodes: &Nodes,
        name: &str,
        contexts: &Contexts,
    ) -> Followed {
        self.follow_if(type_name, nodes, name, &|field| {
            field.context.iter().all(|argument| {
                contexts.contains(&(argument.context.clone(), argument.selection.text.clone()))
            })
        })
    }

    fn follow_if(
        &self,
        type_name: &Name,
        nodes: &Nodes,
        name: &str,
        may_be_asked: &dyn Fn(&Field) -> bool,
    ) -> Followed {
        let mut found = Followed::default();
        for node in nodes {
            let Some(field) = self.field(*node, name).filter(|it| may_be_asked(it)) else {
                continue;
            };
            // Arguments from above are sent with a key, as requirements are.
            if !field.context.is_empty() && !self.can_enter_again(type_name, nodes, *node) {
                continue;
            }
            let met = field.requires.as_ref().is_none_or(|requires| {
                self.can_enter_again(type_name, nodes, *node)
                    && self.requirement_is_met(
                        type_name,
                        nodes,
                        (*node, field.name.clone()),
                        requires,
                    )
            });
            if met {
                found.resolved = true;
                found.targets.extend(field.target);
            }
        }
        if !found.resolved && self.graph.is_abstract(type_name) {
            self.follow_by_type(type_name, nodes, name, may_be_asked, &mut found);
        }
        found
    }

    fn requirement_is_met(
        &self,
        type_name: &Name,
        nodes: &Nodes,
        field: (NodeId, Name),
        requires: &FieldSet,
    ) -> bool {
        if self.requiring.borrow().contains(&field) {
            self.progress.borrow_mut().cut_short = true;
            return false;
        }
        self.requiring.borrow_mut().push(field);
        let met = self.can_select_in(type_name, nodes, &requires.items);
        self.requiring.borrow_mut().pop();
        met
    }

    fn follow_by_type(
        &self,
        type_name: &Name,
        nodes: &Nodes,
        name: &str,
        may_be_asked: &dyn Fn(&Field) -> bool,
        found: &mut Followed,
    ) {
        let Some(facts) = self.graph.type_facts(type_name) else {
            return;
        };
        let mut some = false;
        for object in &facts.possible_types {
            let narrowed = self.narrow(nodes, object);
            if narrowed.is_empty() {
                continue;
            }
            some = true;
            let closed = self.closure(object, &narrowed);
            let below = self.follow_if(object, &closed, name, may_be_asked);
            if !below.resolved {
                return;
            }
            found.targets.extend(below.targets);
        }
        found.resolved = some;
    }

    /// Whether `node` can be asked for the object by key, as a field with requirements needs.
    fn can_enter_again(&self, type_name: &Name, nodes: &Nodes, node: NodeId) -> bool {
        let original = self.graph.node(node).copy_of.unwrap_or(node);
        let keys = &self.graph.node(original).keys;
        keys.iter()
            .any(|key| self.can_select_in(type_name, nodes, &key.items))
    }

    /// The nodes at which an object of type `object` is seen, of those at which it is seen as
    /// something more abstract. A node that knows an interface as an object tells no types, but it
    /// still sees the object.
    pub fn narrow(&self, nodes: &Nodes, object: &Name) -> Nodes {
        let knows = nodes
            .iter()
            .any(|id| self.graph.node(*id).casts.contains_key(object));
        if !knows {
            return Nodes::new();
        }
        nodes
            .iter()
            .filter_map(|id| {
                let node = self.graph.node(*id);
                match node.kind {
                    NodeKind::InterfaceObject => node.runtime_types.contains(object).then_some(*id),
                    _ => node.casts.get(object).copied(),
                }
            })
            .collect()
    }

    /// The object types that both types can be.
    fn overlap(&self, left: &str, right: &str) -> schema::TypeSet {
        let of = |name: &str| {
            self.graph
                .type_facts(name)
                .map(|facts| &facts.possible_types)
        };
        match (of(left), of(right)) {
            (Some(left), Some(right)) => left.intersection(right),
            _ => schema::TypeSet::from_iter([]),
        }
    }
}

/// Where a field leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// Whether some subgraph resolves it.
    pub resolved: bool,
    /// The nodes one gets to, for a field with selections.
    pub targets: Nodes,
}
