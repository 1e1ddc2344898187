//! Writes down the facts and rules that what is wanted can come to need.
//!
//! Facts are numbered when they are first mentioned and their rules written later, from a list, so
//! that nothing here recurses deeper than one field set does.

use std::collections::{HashMap, HashSet, VecDeque};

use query_graph::{NodeId, NodeKind};
use schema::Name;
use smallvec::SmallVec;

use super::{Door, DoorId, Fact, FactId, Lists, MOST_INTERNAL_FIELDS, Move, Rule, WantWays, Ways};
use crate::PlanError;
use crate::tree::{PlaceId, ROOT, Tree, WantId};

/// What a rule needs. Most need one or two facts.
pub(super) type Needs = SmallVec<[FactId; 4]>;

/// Writes [`Ways`].
#[derive(Debug)]
pub(crate) struct Builder<'t, 'g> {
    pub(super) tree: &'t mut Tree<'g>,
    pub(super) ways: Ways,
    /// Facts of the same alternatives are one fact.
    any_of: HashMap<Needs, FactId>,
    pending: VecDeque<Pending>,
    /// Places that are known never to be seen.
    pub(super) vacuous: &'t HashSet<PlaceId>,
}

/// Facts whose rules are still to be written.
#[derive(Clone, Copy, Debug)]
enum Pending {
    Views(PlaceId),
    Entered(WantId, NodeId, FactId),
}

impl<'t, 'g> Builder<'t, 'g> {
    pub(crate) fn new(tree: &'t mut Tree<'g>, vacuous: &'t HashSet<PlaceId>) -> Self {
        Self {
            tree,
            ways: Ways::default(),
            any_of: HashMap::new(),
            pending: VecDeque::new(),
            vacuous,
        }
    }

    /// The fact that a want without selections is had. None: no view of its place resolves it.
    pub(crate) fn want(&mut self, want: WantId) -> Option<FactId> {
        let place = self.tree.want(want).place;
        self.first_view(place);
        let known = self.ways.wants.get(&want).and_then(|known| known.fact);
        known.or_else(|| self.add_want(want, false))
    }

    /// The fact that a place is seen at all, or in a way that tells the type of the object.
    pub(crate) fn seen(&mut self, place: PlaceId, typed: bool) -> Option<FactId> {
        let graph = self.tree.graph;
        let views = self.tree.place(place).views.clone();
        let facts = views
            .iter()
            .filter(|view| !typed || graph.node(**view).kind != NodeKind::InterfaceObject)
            .map(|view| self.view(place, &views, *view))
            .collect();
        self.any_of(place, facts)
    }

    /// Writes the rules of everything that was mentioned.
    pub(crate) fn finish(mut self) -> Result<Ways, PlanError> {
        while let Some(pending) = self.pending.pop_front() {
            let options = self.tree.options;
            options.check()?;
            if self.ways.rules.len() > options.max_ways {
                return Err(PlanError::TooManyWays {
                    limit: options.max_ways,
                });
            }
            match pending {
                Pending::Views(place) => self.add_views(place)?,
                Pending::Entered(want, node, fact) => self.add_entered(want, node, fact)?,
            }
        }
        let mut ways = self.ways;
        let numbered = || (0_u32..).zip(&ways.rules);
        ways.unconditional = numbered()
            .filter(|(_, rule)| rule.needs.0 == rule.needs.1)
            .map(|(index, _)| index)
            .collect();
        ways.giving = Lists::new(
            ways.facts.len(),
            numbered().map(|(index, rule)| (rule.target, index)),
        );
        ways.needing = Lists::new(
            ways.facts.len(),
            numbered()
                .flat_map(|(index, rule)| ways.needs(rule).iter().map(move |need| (*need, index))),
        );
        Ok(ways)
    }

    fn add_fact(&mut self, fact: Fact) -> FactId {
        let id = FactId(u32::try_from(self.ways.facts.len()).unwrap_or(u32::MAX));
        self.ways.facts.push(fact);
        id
    }

    fn add_rule(&mut self, target: FactId, door: Option<DoorId>, moves: Move, mut needs: Needs) {
        needs.sort_unstable();
        needs.dedup();
        let from = u32::try_from(self.ways.needs.len()).unwrap_or(u32::MAX);
        self.ways.needs.extend(needs);
        let to = u32::try_from(self.ways.needs.len()).unwrap_or(u32::MAX);
        self.ways.rules.push(Rule {
            target,
            door,
            moves,
            needs: (from, to),
        });
    }

    fn door(&mut self, door: Door) -> DoorId {
        let known = self.ways.doors.iter().position(|it| *it == door);
        let index = known.unwrap_or_else(|| {
            self.ways.doors.push(door);
            self.ways.doors.len() - 1
        });
        DoorId(u16::try_from(index).unwrap_or(u16::MAX))
    }

    /// The number of a place's first view.
    pub(super) fn first_view(&mut self, place: PlaceId) -> u32 {
        let index = place.0 as usize;
        if self.ways.views.len() <= index {
            self.ways.views.resize(index + 1, None);
        }
        if let Some(known) = self.ways.views[index] {
            return known;
        }
        let first = u32::try_from(self.ways.facts.len()).unwrap_or(u32::MAX);
        let views = self.tree.place(place).views.iter();
        self.ways
            .facts
            .extend(views.map(|view| Fact::View(place, *view)));
        self.ways.views[index] = Some(first);
        self.pending.push_back(Pending::Views(place));
        first
    }

    /// `views` are those of the place, `view` one of them.
    fn view(&mut self, place: PlaceId, views: &[NodeId], view: NodeId) -> FactId {
        let first = self.first_view(place);
        let index = views.binary_search(&view).unwrap_or(0);
        FactId(first + u32::try_from(index).unwrap_or(u32::MAX))
    }

    fn entered(&mut self, want: WantId, node: NodeId) -> FactId {
        if let Some(known) = self.ways.entered.get(&(want, node)) {
            return *known;
        }
        let fact = self.add_fact(Fact::Entered(want, node));
        self.ways.entered.insert((want, node), fact);
        self.pending.push_back(Pending::Entered(want, node, fact));
        fact
    }

    /// What must be had to ask for a want at a view of its place that has the field.
    fn asking(&mut self, want: WantId, place: PlaceId, views: &[NodeId], view: NodeId) -> FactId {
        match self.tree.sent_for(want, view) {
            None => self.view(place, views, view),
            Some(_) => self.entered(want, view),
        }
    }

    /// Any of `facts`, which are about `place`. None when there are none.
    fn any_of(&mut self, place: PlaceId, facts: Needs) -> Option<FactId> {
        if facts.len() <= 1 {
            return facts.first().copied();
        }
        if let Some(known) = self.any_of.get(&facts) {
            return Some(*known);
        }
        let any = self.add_fact(Fact::AnyOf(place));
        for fact in &facts {
            self.add_rule(any, None, Move::Same, Needs::from_slice(&[*fact]));
        }
        self.any_of.insert(facts, any);
        Some(any)
    }

    /// Notes from where a want can be had. One that keys and requirements select is a fact of its
    /// own, since asked for once it costs nothing more.
    fn add_want(&mut self, want: WantId, is_needed: bool) -> Option<FactId> {
        let it = self.tree.want(want);
        let (place, name) = (it.place, it.name.clone());
        let views = self.tree.place(place).views.clone();
        let mut from: Vec<(NodeId, FactId)> = Vec::new();
        for view in &views {
            if self.tree.field(*view, &name).is_none() {
                continue;
            }
            let fact = self.asking(want, place, &views, *view);
            from.push((*view, fact));
        }
        let facts: Needs = from.iter().map(|(_, fact)| *fact).collect();
        let fact = if is_needed && !facts.is_empty() {
            let fact = self.add_fact(Fact::Want(want));
            for need in facts {
                self.add_rule(fact, None, Move::Same, Needs::from_slice(&[need]));
            }
            Some(fact)
        } else {
            self.any_of(place, facts)
        };
        let ways = WantWays {
            fact,
            from,
            is_needed,
        };
        self.ways.wants.insert(want, ways);
        fact
    }

    /// The fact of a want that a key or a requirement selects.
    pub(super) fn needed_want(&mut self, want: WantId) -> Option<FactId> {
        match self.ways.wants.get(&want) {
            Some(known) if known.is_needed => known.fact,
            _ => self.add_want(want, true),
        }
    }

    /// Whether a place is so far inside keys and requirements that nothing more is looked for there.
    fn is_too_deep(&self, place: PlaceId) -> bool {
        let (mut next, mut depth) = (self.tree.place(place).below, 0);
        while let Some(want) = next {
            let it = self.tree.want(want);
            depth += usize::from(it.client_key.is_none());
            next = self.tree.place(it.place).below;
        }
        depth >= MOST_INTERNAL_FIELDS
    }

    /// How a place comes to be seen at each of its views.
    fn add_views(&mut self, place: PlaceId) -> Result<(), PlanError> {
        let it = self.tree.place(place);
        let (below, narrowed_from) = (it.below, it.narrowed_from);
        let (type_name, views) = (it.type_name.clone(), it.views.clone());
        if let Some(whole) = narrowed_from {
            self.add_narrowed_views(place, &views, whole, &type_name);
        } else if let Some(want) = below {
            self.add_views_below(place, &views, want);
            if type_name == "Query" {
                self.add_root_again(place, &views, want);
            }
        } else {
            for view in &views {
                self.add_data_view(ROOT, &views, *view, Needs::new());
            }
        }
        if self.is_too_deep(place) {
            return Ok(());
        }
        let graph = self.tree.graph;
        for entry in graph.entries(&type_name) {
            if views.binary_search(entry).is_err() {
                continue;
            }
            let fact = self.view(place, &views, *entry);
            let door = self.door(Door {
                subgraph: graph.node(*entry).subgraph,
                root_of: None,
            });
            for index in 0..graph.node(*entry).keys.len() {
                if let Some(needs) = self.key(place, *entry, index)? {
                    self.add_rule(fact, Some(door), Move::Key(index), needs);
                }
            }
        }
        Ok(())
    }

    fn add_data_view(&mut self, place: PlaceId, views: &[NodeId], view: NodeId, needs: Needs) {
        let fact = self.view(place, views, view);
        let subgraph = self.tree.graph.node(view).subgraph;
        let door = self.door(Door {
            subgraph,
            root_of: Some(place),
        });
        self.add_rule(fact, Some(door), Move::Data, needs);
    }

    fn add_narrowed_views(
        &mut self,
        place: PlaceId,
        views: &[NodeId],
        whole: PlaceId,
        object: &Name,
    ) {
        let whole_views = self.tree.place(whole).views.clone();
        for view in &whole_views {
            if let Some(narrowed) = self.tree.narrowed_view(*view, object) {
                let need = self.view(whole, &whole_views, *view);
                let fact = self.view(place, views, narrowed);
                let needs = Needs::from_slice(&[need]);
                self.add_rule(fact, None, Move::Narrowed(*view), needs);
            }
        }
    }

    fn add_views_below(&mut self, place: PlaceId, views: &[NodeId], want: WantId) {
        for (target, node, need) in self.moves_along(want) {
            let fact = self.view(place, views, target);
            self.add_rule(fact, None, Move::Field(node), Needs::from_slice(&[need]));
        }
    }

    /// Where a field with selections leads, from where, and what must be had for it.
    fn moves_along(&mut self, want: WantId) -> Vec<(NodeId, NodeId, FactId)> {
        let it = self.tree.want(want);
        let (above, name) = (it.place, it.name.clone());
        let views = self.tree.place(above).views.clone();
        let mut moves = Vec::new();
        for view in &views {
            let Some(field) = self.tree.field(*view, &name) else {
                continue;
            };
            let Some(target) = field.target else { continue };
            let need = self.asking(want, above, &views, *view);
            moves.push((target, *view, need));
        }
        moves
    }

    /// Where a field returns the query root again, every subgraph can be asked for root fields, once
    /// it is known that the field's object is there.
    fn add_root_again(&mut self, place: PlaceId, views: &[NodeId], want: WantId) {
        let there = self.add_fact(Fact::RootAgain(place));
        self.ways.root_again.insert(place, there);
        for (_, node, need) in self.moves_along(want) {
            self.add_rule(there, None, Move::Field(node), Needs::from_slice(&[need]));
        }
        for node in self.tree.graph.nodes_of("Query") {
            self.add_data_view(place, views, *node, Needs::from_slice(&[there]));
        }
    }

    /// A field with requirements is asked for in an entity request that sends a key and all it requires.
    fn add_entered(&mut self, want: WantId, node: NodeId, fact: FactId) -> Result<(), PlanError> {
        let place = self.tree.want(want).place;
        if self.is_too_deep(place) {
            return Ok(());
        }
        let requires = self.tree.sent_for(want, node).unwrap_or_default();
        let graph = self.tree.graph;
        let original = graph.node(node).copy_of.unwrap_or(node);
        let mut keys = Vec::new();
        for index in 0..graph.node(original).keys.len() {
            keys.extend(
                self.key(place, original, index)?
                    .map(|needs| (index, needs)),
            );
        }
        let mut required = Needs::new();
        let can_be_had = self.items(place, requires, false, &mut required)?
            && self.contexts(want, node, &mut required)?;
        if !can_be_had {
            return Ok(());
        }
        let door = self.door(Door {
            subgraph: graph.node(node).subgraph,
            root_of: None,
        });
        for (index, mut needs) in keys {
            needs.extend_from_slice(&required);
            self.add_rule(fact, Some(door), Move::Key(index), needs);
        }
        Ok(())
    }
}
