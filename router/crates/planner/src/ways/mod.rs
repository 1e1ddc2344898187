//! What can be had by what: the choices of one step, as facts and rules.
//!
//! A *fact* is something one may come to have: a place seen at a node, or the value of a want. A
//! *rule* gives a fact once all its *needs* are had: for nothing, or by a request through a *door*,
//! which is a subgraph with the kind of request it takes.
//!
//! ```text
//! users:  type Query { me: User }  type User @key(fields: "id") { id: ID!  name: String }
//! music:  type User @key(fields: "id") { id: ID!  favourites: Int }
//! query   { me { favourites } }
//!
//! root at (users Query)   by a request for root fields of users
//! me at (users User)      if root at (users Query), along the field `me`
//! id at me                if me at (users User)
//! id at me                if me at (music User)
//! me at (music User)      if id at me, by a request for entities of music
//! favourites at me        if me at (music User)
//! ```
//!
//! Rules say what is possible, not what is chosen, and hold nothing of cost. [`Arrivals`] says when
//! each fact is had if certain requests are made; `requests` looks for the fewest requests by which
//! everything wanted is had; `price` and `open` then follow the rules back from what is wanted.
//!
//! Writing the rules down ends, since each fact is written down once and there are finitely many:
//! the only places that are made on the way are those below the fields of keys and requirements,
//! and no keys are looked for where [`MOST_INTERNAL_FIELDS`] of these are one inside the other.
//!
//! Whoever adds something that must be had before something else adds it in `build` or `field_sets`,
//! where it is weighed, and in `open`, where it is asked for.

mod arrivals;
mod build;
mod field_sets;

use std::collections::{HashMap, HashSet};

use query_graph::NodeId;
use schema::SubgraphId;

use crate::tree::{PlaceId, ROOT, Tree, WantId};

pub(crate) use arrivals::{Arrivals, NEVER};
pub(crate) use build::Builder;

/// Which of the facts of [`Ways`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct FactId(u32);

/// Which of the doors of [`Ways`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DoorId(u16);

/// Fields of keys and requirements inside one another: a key whose fields are had by a key, and so
/// on. No sane schema comes near this.
const MOST_INTERNAL_FIELDS: usize = 8;

/// A subgraph, and what a request asks it for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Door {
    pub(crate) subgraph: SubgraphId,
    /// The place whose root fields are asked for: the root, or a field that returns the query root
    /// again. None for entities, of any places.
    pub(crate) root_of: Option<PlaceId>,
}

/// What a fact says one has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    /// The place, seen at the node.
    View(PlaceId, NodeId),
    /// The node, entered with what a want's field requires there.
    Entered(WantId, NodeId),
    /// A want that keys or requirements select.
    Want(WantId),
    /// Any of some facts about one place.
    AnyOf(PlaceId),
    /// A place that is the query root again, by the field above it.
    RootAgain(PlaceId),
}

/// How a rule gets to its fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    /// A request for root fields.
    Data,
    /// The field above, from this view of the place above.
    Field(NodeId),
    /// The whole place, at this view.
    Narrowed(NodeId),
    /// The node's key with this index.
    Key(usize),
    /// The need itself is enough.
    Same,
}

/// A way to have a fact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) target: FactId,
    pub(crate) door: Option<DoorId>,
    pub(crate) moves: Move,
    /// The range of its needs in [`Ways::needs`].
    needs: (u32, u32),
}

/// The facts and rules of one step.
#[derive(Debug, Default)]
pub(crate) struct Ways {
    facts: Vec<Fact>,
    rules: Vec<Rule>,
    needs: Vec<FactId>,
    doors: Vec<Door>,
    /// The rules that need nothing.
    unconditional: Vec<u32>,
    /// The rules that give each fact.
    giving: Lists,
    /// The rules that need each fact.
    needing: Lists,
    /// Where the views of each place begin among the facts, in the order of the place's views.
    views: Vec<Option<u32>>,
    entered: HashMap<(WantId, NodeId), FactId>,
    root_again: HashMap<PlaceId, FactId>,
    /// The fact of each want, and from which nodes the want can be asked for.
    wants: HashMap<WantId, WantWays>,
    /// The narrowed places on which something hangs only if they are ever seen.
    guarded: HashSet<PlaceId>,
}

/// The ways to a want.
#[derive(Clone, Debug)]
pub(crate) struct WantWays {
    /// That it is had; none where no view of its place resolves it.
    pub(crate) fact: Option<FactId>,
    /// From where: a view, or a node entered with requirements.
    pub(crate) from: Vec<(NodeId, FactId)>,
    /// Whether a key or a requirement selects it, so that it must be had early.
    pub(crate) is_needed: bool,
}

/// Lists of rules, one for each fact, in one allocation.
#[derive(Debug, Default)]
struct Lists {
    starts: Vec<u32>,
    rules: Vec<u32>,
}

impl Door {
    /// Whether it is for root fields of the operation's root, which wait for nothing.
    pub(crate) fn is_for_root(&self) -> bool {
        self.root_of == Some(ROOT)
    }
}

impl FactId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

impl DoorId {
    pub(crate) fn new(index: usize) -> Self {
        Self(u16::try_from(index).unwrap_or(u16::MAX))
    }

    pub(crate) fn index(self) -> usize {
        usize::from(self.0)
    }
}

impl Lists {
    /// `entries` are pairs of a fact and a rule; the order of one fact's rules is kept.
    fn new(facts: usize, entries: impl Iterator<Item = (FactId, u32)> + Clone) -> Self {
        let mut starts = vec![0_u32; facts + 1];
        for (fact, _) in entries.clone() {
            starts[fact.index() + 1] += 1;
        }
        for index in 1..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut next = starts.clone();
        let mut rules = vec![0_u32; starts.last().map_or(0, |all| *all as usize)];
        for (fact, rule) in entries {
            let slot = &mut next[fact.index()];
            rules[*slot as usize] = rule;
            *slot += 1;
        }
        Self { starts, rules }
    }

    fn of(&self, fact: FactId) -> &[u32] {
        let index = fact.index();
        &self.rules[self.starts[index] as usize..self.starts[index + 1] as usize]
    }
}

impl Ways {
    pub(crate) fn fact(&self, id: FactId) -> Fact {
        self.facts[id.index()]
    }

    pub(crate) fn doors(&self) -> &[Door] {
        &self.doors
    }

    pub(crate) fn door(&self, id: DoorId) -> Door {
        self.doors[id.index()]
    }

    pub(crate) fn fact_count(&self) -> usize {
        self.facts.len()
    }

    pub(crate) fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules that give a fact.
    pub(crate) fn rules_of(&self, fact: FactId) -> impl Iterator<Item = &Rule> {
        self.giving
            .of(fact)
            .iter()
            .map(|rule| &self.rules[*rule as usize])
    }

    pub(crate) fn needs(&self, rule: &Rule) -> &[FactId] {
        &self.needs[rule.needs.0 as usize..rule.needs.1 as usize]
    }

    /// The fact that a place, with these views, is seen at a node. None: nobody asked for the place.
    pub(crate) fn view(&self, views: &[NodeId], place: PlaceId, node: NodeId) -> Option<FactId> {
        let first = (*self.views.get(place.0 as usize)?)?;
        let index = views.binary_search(&node).ok()?;
        Some(FactId(first + u32::try_from(index).ok()?))
    }

    pub(crate) fn entered(&self, want: WantId, node: NodeId) -> Option<FactId> {
        self.entered.get(&(want, node)).copied()
    }

    pub(crate) fn root_again(&self, place: PlaceId) -> Option<FactId> {
        self.root_again.get(&place).copied()
    }

    pub(crate) fn want(&self, want: WantId) -> Option<&WantWays> {
        self.wants.get(&want)
    }

    /// The places on which something hangs only if they are ever seen, and that never are.
    pub(crate) fn vacuous<'w>(
        &'w self,
        tree: &'w Tree<'_>,
        earliest: &'w Arrivals,
    ) -> impl Iterator<Item = PlaceId> + 'w {
        let places = self.guarded.iter().copied();
        places.filter(|place| !self.is_ever_seen(tree, earliest, *place))
    }

    /// Whether a place can be seen at all.
    pub(crate) fn is_ever_seen(
        &self,
        tree: &Tree<'_>,
        earliest: &Arrivals,
        place: PlaceId,
    ) -> bool {
        let views = &tree.place(place).views;
        let mut facts = views
            .iter()
            .filter_map(|view| self.view(views, place, *view));
        facts.any(|fact| earliest.round(fact) != NEVER)
    }
}
