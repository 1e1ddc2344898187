//! Of several ways to have something in time, the one that asks for the fewest fields.
//!
//! When the requests are chosen, it is settled in which round each fact is had. What is left to
//! choose is between rules that give a fact in its round: the size of a fact is the number of
//! selections that would have to be added for it, given what is open already.
//!
//! ```text
//! query { me { name age } }      name: in a and b      age: in b      requests: a and b, both in round 0
//!
//! age    me at (b User): 1 for the root's field `me`, 1 for the field itself. Opened first: no choice
//! name   me at (b User) is open: 1        me at (a User): 2
//! ```
//! Finding sizes ends, since a rule counts only if it gives its fact in the fact's own round: what a
//! request needs is had in an earlier round, and without a request one goes from a place to the
//! place above, from a narrowed place to the whole one, or from a want to its place.
//!
//! Sizes are remembered until something is opened at the place they are about or above. What is
//! opened elsewhere may make them too large; they only ever decide between ways that are all right.

use query_graph::NodeId;
use schema::SubgraphId;

use crate::layers::{LayerId, Origin, Solution};
use crate::requests::Requests;
use crate::tree::{PlaceId, Tree, WantId};
use crate::ways::{Arrivals, Door, Fact, FactId, Move, NEVER, Rule, WantWays, Ways};

/// How to get to a view of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It is open.
    Open(LayerId),
    /// By a move from something that is to be opened first.
    By(Move),
}

/// Finds the smallest ways, for one choice of requests.
#[derive(Debug)]
pub(crate) struct Prices<'w> {
    ways: &'w Ways,
    /// The requests that are made; none where any may be made.
    requests: Option<&'w Requests>,
    /// When each fact is had by them.
    arrivals: &'w Arrivals,
    /// The round of the plan in which the step begins. Rounds of ways begin with 0.
    first_round: u16,
    /// The size of each fact, and the time it was found.
    sizes: Vec<(u32, u32)>,
    /// When something was last opened at each place.
    changed: Vec<u32>,
    now: u32,
}

impl<'w> Prices<'w> {
    pub(crate) fn new(
        ways: &'w Ways,
        requests: Option<&'w Requests>,
        arrivals: &'w Arrivals,
        first_round: u16,
    ) -> Self {
        Self {
            ways,
            requests,
            arrivals,
            first_round,
            sizes: vec![(0, 0); ways.fact_count()],
            changed: Vec::new(),
            now: 1,
        }
    }

    /// To be called when something was opened at a place.
    pub(crate) fn opened(&mut self, tree: &Tree<'_>, place: PlaceId) {
        self.now += 1;
        let mut next = Some(place);
        while let Some(place) = next {
            let index = tree.whole(place).0 as usize;
            if self.changed.len() <= index {
                self.changed.resize(index + 1, 0);
            }
            self.changed[index] = self.now;
            // What is opened for a key may make everything cheaper where the key is sent from.
            let below = tree.place(place).below.map(|want| tree.want(want));
            next = below
                .filter(|want| want.client_key.is_none())
                .map(|want| want.place);
        }
    }

    /// The first round from `earliest` on in which a request is made.
    pub(crate) fn round_of_request(
        &self,
        subgraph: SubgraphId,
        root_of: Option<PlaceId>,
        earliest: u16,
    ) -> Option<u16> {
        let Some(requests) = self.requests else {
            return Some(earliest);
        };
        let earliest = earliest.checked_sub(self.first_round)?;
        let round = requests.round(Door { subgraph, root_of }, earliest)?;
        Some(round + self.first_round)
    }

    /// How to see a place at a node. None: it cannot be.
    pub(crate) fn way(
        &mut self,
        solution: &Solution<'_>,
        place: PlaceId,
        node: NodeId,
    ) -> Option<Way> {
        let views = &solution.tree.place(place).views;
        let fact = self.ways.view(views, place, node)?;
        if let Some(layer) = self.open_view(solution, fact, place, node) {
            return Some(Way::Open(layer));
        }
        self.best_rule(solution, fact)
            .map(|rule| Way::By(rule.moves))
    }

    /// The node from which a want is best asked for. One that keys or requirements select is asked
    /// for where it is had first.
    pub(crate) fn best_view(&mut self, solution: &Solution<'_>, want: WantId) -> Option<NodeId> {
        let WantWays {
            from, is_needed, ..
        } = self.ways.want(want)?;
        let mut best: Option<((u32, u32), NodeId)> = None;
        for (node, fact) in from {
            let round = self.arrivals.round(*fact);
            if round == NEVER {
                continue;
            }
            let (round, size) = (u32::from(round), self.size(solution, *fact));
            let price = match is_needed {
                true => (round, size),
                false => (size, round),
            };
            if best.is_none_or(|(known, _)| price < known) {
                best = Some((price, *node));
            }
        }
        best.map(|(_, node)| node)
    }

    /// Whether a key or a requirement may select a want.
    pub(crate) fn is_needed(&self, want: WantId) -> bool {
        self.ways.want(want).is_none_or(|ways| ways.is_needed)
    }

    /// The key with which a node is best entered for a field with requirements, and the round.
    pub(crate) fn best_key(
        &mut self,
        solution: &Solution<'_>,
        want: WantId,
        node: NodeId,
    ) -> Option<(usize, u16)> {
        let fact = self.ways.entered(want, node)?;
        let round = self.arrivals.round(fact);
        match self.best_rule(solution, fact)?.moves {
            Move::Key(index) => Some((index, round + self.first_round)),
            _ => None,
        }
    }

    /// The view through which an object at a place is seen first. Where the object's type must be
    /// known, views that cannot tell it do not count.
    pub(crate) fn best_entry(
        &mut self,
        solution: &Solution<'_>,
        place: PlaceId,
        typed: bool,
    ) -> Option<NodeId> {
        let graph = solution.tree.graph;
        let views = &solution.tree.place(place).views;
        let mut best: Option<((u16, u32), NodeId)> = None;
        for view in views {
            if typed && graph.node(*view).kind == query_graph::NodeKind::InterfaceObject {
                continue;
            }
            let fact = self.ways.view(views, place, *view)?;
            let round = self.arrivals.round(fact);
            if round == NEVER {
                continue;
            }
            let price = (round, self.size(solution, fact));
            if best.is_none_or(|(known, _)| price < known) {
                best = Some((price, *view));
            }
        }
        best.map(|(_, view)| view)
    }

    /// The view above by whose field it is first known whether a query root stands at a place.
    pub(crate) fn entry_of_root_again(
        &mut self,
        solution: &Solution<'_>,
        place: PlaceId,
    ) -> Option<NodeId> {
        let fact = self.ways.root_again(place)?;
        match self.best_rule(solution, fact)?.moves {
            Move::Field(above) => Some(above),
            _ => None,
        }
    }

    /// Whether anything can be had of a place.
    pub(crate) fn is_seen(&self, solution: &Solution<'_>, place: PlaceId) -> bool {
        self.ways.is_ever_seen(&solution.tree, self.arrivals, place)
    }

    /// An open layer that sees the place at the node in time.
    fn open_view(
        &self,
        solution: &Solution<'_>,
        fact: FactId,
        place: PlaceId,
        node: NodeId,
    ) -> Option<LayerId> {
        let by = self.arrivals.round(fact).checked_add(self.first_round)?;
        solution.open_layers(place).find(|layer| {
            solution.layer(*layer).node == node
                && solution.round(*layer) <= by
                && !solution.needs_more_than_a_key(*layer)
        })
    }

    /// Of the rules that give a fact in its round the smallest, and of equals the first.
    fn best_rule(&mut self, solution: &Solution<'_>, fact: FactId) -> Option<&'w Rule> {
        let round = self.arrivals.round(fact);
        if round == NEVER {
            return None;
        }
        let ways = self.ways;
        let mut best: Option<(u32, &Rule)> = None;
        for rule in ways.rules_of(fact) {
            if self.round_of_rule(rule) != Some(round) {
                continue;
            }
            let size = self.size_by(solution, rule);
            if best.is_none_or(|(known, _)| size < known) {
                best = Some((size, rule));
            }
        }
        best.map(|(_, rule)| rule)
    }

    /// The round in which a rule gives its fact.
    fn round_of_rule(&self, rule: &Rule) -> Option<u16> {
        let needs = self.ways.needs(rule).iter();
        let ready = needs
            .map(|need| self.arrivals.round(*need))
            .max()
            .unwrap_or(0);
        if ready == NEVER {
            return None;
        }
        let Some(door) = rule.door else {
            return Some(ready);
        };
        let door = self.ways.door(door);
        let earliest = if door.is_for_root() { 0 } else { ready + 1 };
        match self.requests {
            Some(requests) => requests.round(door, earliest),
            None => Some(earliest),
        }
    }

    fn size_by(&mut self, solution: &Solution<'_>, rule: &Rule) -> u32 {
        let own = match rule.moves {
            Move::Field(_) => 1,
            Move::Key(_) => 2,
            Move::Data | Move::Narrowed(_) | Move::Same => 0,
        };
        let mut size = own;
        for need in self.ways.needs(rule) {
            size += self.size(solution, *need);
        }
        size
    }

    /// The selections that would be added to have a fact.
    fn size(&mut self, solution: &Solution<'_>, fact: FactId) -> u32 {
        let place = self.place_of(solution, fact);
        let (found_at, known) = self.sizes[fact.index()];
        if found_at != 0 && found_at >= self.last_change(&solution.tree, place) {
            return known;
        }
        let size = if self.is_there(solution, fact) {
            0
        } else {
            let own = u32::from(matches!(self.ways.fact(fact), Fact::Want(_)));
            let rule = self.best_rule(solution, fact);
            rule.map_or(0, |rule| own + self.size_by(solution, rule))
        };
        self.sizes[fact.index()] = (self.now, size);
        size
    }

    fn place_of(&self, solution: &Solution<'_>, fact: FactId) -> PlaceId {
        match self.ways.fact(fact) {
            Fact::View(place, _) | Fact::AnyOf(place) | Fact::RootAgain(place) => place,
            Fact::Entered(want, _) | Fact::Want(want) => solution.tree.want(want).place,
        }
    }

    /// When something was last opened at a place or above.
    fn last_change(&self, tree: &Tree<'_>, place: PlaceId) -> u32 {
        let mut last = 0;
        let mut next = Some(place);
        while let Some(place) = next {
            let changed = self.changed.get(tree.whole(place).0 as usize);
            last = last.max(changed.copied().unwrap_or(0));
            next = tree.place(place).below.map(|want| tree.want(want).place);
        }
        last
    }

    fn is_there(&self, solution: &Solution<'_>, fact: FactId) -> bool {
        let round = self.arrivals.round(fact).saturating_add(self.first_round);
        match self.ways.fact(fact) {
            Fact::View(place, node) => self.open_view(solution, fact, place, node).is_some(),
            Fact::Want(want) => {
                let mut sources = solution.sources(want).iter();
                sources.any(|layer| solution.round(*layer) <= round)
            }
            Fact::Entered(want, node) => {
                let place = solution.tree.want(want).place;
                let original = solution.tree.graph.node(node).copy_of.unwrap_or(node);
                solution.open_layers(place).any(|layer| {
                    let it = solution.layer(layer);
                    it.node == original
                        && matches!(it.origin, Origin::Entity { .. })
                        && solution.round(layer) == round
                })
            }
            Fact::AnyOf(_) | Fact::RootAgain(_) => false,
        }
    }
}

/// The open entity layers at `node` that start after `round` and no later than `last`.
pub(crate) fn entity_layers<'s>(
    solution: &'s Solution<'_>,
    place: PlaceId,
    node: NodeId,
    round: u16,
    last: u16,
) -> impl Iterator<Item = LayerId> + 's {
    let original = solution.tree.graph.node(node).copy_of.unwrap_or(node);
    solution.open_layers(place).filter(move |layer| {
        let it = solution.layer(*layer);
        it.node == original
            && matches!(it.origin, Origin::Entity { .. })
            && (round + 1..=last).contains(&solution.round(*layer))
    })
}
