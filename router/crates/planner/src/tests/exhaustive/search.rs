//! Every combination of ways is tried.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use query_graph::NodeId;
use schema::{FieldSetItem, SubgraphId};

use crate::tree::{PlaceId, ROOT, Tree, WantId};

/// Something that must be had. Views entered with requirements are told apart by the want that
/// has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Obligation {
    Want(WantId),
    /// A place must be seen, at whatever view.
    Seen(PlaceId),
    View(PlaceId, NodeId),
    Entered(WantId, NodeId),
}

/// How an obligation is met: in the request of another one, by a request for root fields, or by
/// an entity request after some others.
#[derive(Clone, Debug)]
enum Way {
    Within(Obligation),
    Root(SubgraphId),
    Entity(SubgraphId, Vec<Obligation>),
}

struct Search<'g> {
    tree: Tree<'g>,
    ways: BTreeMap<Obligation, Way>,
    best: Option<(u16, usize)>,
    steps: Cell<usize>,
}

/// More than this is not small.
const MAX_STEPS: usize = 20_000;

/// The least rounds and requests by which the obligations over `tree` are met; none when the search
/// is too large.
pub(super) fn least_cost(tree: Tree<'_>, obligations: Vec<Obligation>) -> Option<(u16, usize)> {
    let mut search = Search {
        tree,
        ways: BTreeMap::new(),
        best: None,
        steps: Cell::new(0),
    };
    search.meet(obligations);
    (search.steps.get() < MAX_STEPS)
        .then_some(search.best)
        .flatten()
}

impl Search<'_> {
    fn meet(&mut self, mut pending: Vec<Obligation>) {
        if self.is_too_large() {
            return;
        }
        while let Some(next) = pending.pop() {
            if self.ways.contains_key(&next) {
                continue;
            }
            for (way, needs) in self.ways_to(next) {
                self.ways.insert(next, way);
                let mut further = pending.clone();
                further.extend(needs);
                self.meet(further);
                self.ways.remove(&next);
            }
            return;
        }
        if let Some(cost) = self.cost()
            && self.best.is_none_or(|best| cost < best)
        {
            self.best = Some(cost);
        }
    }

    /// Counts a step.
    fn is_too_large(&self) -> bool {
        self.steps.set(self.steps.get() + 1);
        self.steps.get() >= MAX_STEPS
    }

    /// The ways to meet an obligation, each with what it needs.
    fn ways_to(&mut self, obligation: Obligation) -> Vec<(Way, Vec<Obligation>)> {
        match obligation {
            Obligation::Want(want) => self.ways_to_want(want),
            Obligation::Seen(place) => {
                let views = self.tree.place(place).views.iter();
                let views = views.map(|view| Obligation::View(place, *view));
                views.map(|view| (Way::Within(view), vec![view])).collect()
            }
            Obligation::View(place, node) => self.ways_to_view(place, node),
            Obligation::Entered(want, node) => self.ways_to_enter(want, node),
        }
    }

    /// At any view that resolves the field; with requirements, entered with them.
    fn ways_to_want(&mut self, want: WantId) -> Vec<(Way, Vec<Obligation>)> {
        let it = self.tree.want(want);
        let views = self.tree.place(it.place).views.clone();
        let (place, name) = (it.place, it.name.clone());
        let mut ways = Vec::new();
        for view in views {
            let Some(field) = self.tree.field(view, &name) else {
                continue;
            };
            let need = match &field.requires {
                Some(_) => Obligation::Entered(want, view),
                None => Obligation::View(place, view),
            };
            ways.push((Way::Within(need), vec![need]));
        }
        ways
    }

    fn ways_to_view(&mut self, place: PlaceId, node: NodeId) -> Vec<(Way, Vec<Obligation>)> {
        let graph = self.tree.graph;
        let mut ways = Vec::new();
        if place == ROOT {
            return vec![(Way::Root(graph.node(node).subgraph), Vec::new())];
        }
        if let Some(whole) = self.tree.place(place).narrowed_from {
            let object = &self.tree.place(place).type_name;
            for view in &self.tree.place(whole).views {
                if self.tree.narrowed_view(*view, object) == Some(node) {
                    let need = Obligation::View(whole, *view);
                    ways.push((Way::Within(need), vec![need]));
                }
            }
        } else if let Some(want) = self.tree.place(place).below {
            let (above, name) = (
                self.tree.want(want).place,
                self.tree.want(want).name.clone(),
            );
            for view in self.tree.place(above).views.clone() {
                let Some(field) = self.tree.field(view, &name) else {
                    continue;
                };
                if field.target == Some(node) {
                    let need = match &field.requires {
                        Some(_) => Obligation::Entered(want, view),
                        None => Obligation::View(above, view),
                    };
                    ways.push((Way::Within(need), vec![need]));
                }
            }
        }
        for key in &graph.node(node).keys.clone() {
            let needs = self.needs_of(place, &key.items);
            ways.push((Way::Entity(graph.node(node).subgraph, needs.clone()), needs));
        }
        ways
    }

    fn ways_to_enter(&mut self, want: WantId, node: NodeId) -> Vec<(Way, Vec<Obligation>)> {
        let graph = self.tree.graph;
        let (place, name) = (
            self.tree.want(want).place,
            self.tree.want(want).name.clone(),
        );
        let requires = self
            .tree
            .field(node, &name)
            .and_then(|field| field.requires.clone());
        let required = requires
            .map(|set| self.needs_of(place, &set.items))
            .unwrap_or_default();
        let mut ways = Vec::new();
        for key in &graph.node(node).keys.clone() {
            let mut needs = self.needs_of(place, &key.items);
            needs.extend(required.iter().copied());
            ways.push((Way::Entity(graph.node(node).subgraph, needs.clone()), needs));
        }
        ways
    }

    /// The wants that a field set of object types selects.
    fn needs_of(&mut self, place: PlaceId, items: &[FieldSetItem]) -> Vec<Obligation> {
        let mut needs = Vec::new();
        for item in items {
            let FieldSetItem::Field(field) = item else {
                panic!("the schemas here have no fragments")
            };
            let want = self
                .tree
                .internal_want(place, &field.name, &field.arguments);
            let want = want.expect("within the limit").expect("the field is there");
            if field.items.is_empty() {
                needs.push(Obligation::Want(want));
            } else {
                let below = self.tree.place_below(want).expect("within the limit");
                needs.extend(self.needs_of(below, &field.items));
            }
        }
        needs
    }

    /// Rounds and requests of the ways chosen. None: they go round in circles.
    fn cost(&self) -> Option<(u16, usize)> {
        let mut earliest: HashMap<Obligation, u16> = HashMap::new();
        for obligation in self.ways.keys() {
            self.earliest(*obligation, &mut earliest, &mut BTreeSet::new())?;
        }
        let entities: Vec<(Obligation, SubgraphId)> = self
            .ways
            .iter()
            .filter_map(|(obligation, way)| match way {
                Way::Entity(subgraph, _) => Some((*obligation, *subgraph)),
                _ => None,
            })
            .collect();
        let roots: BTreeSet<SubgraphId> = self
            .ways
            .values()
            .filter_map(|way| match way {
                Way::Root(subgraph) => Some(*subgraph),
                _ => None,
            })
            .collect();
        let last = entities
            .iter()
            .filter_map(|(it, _)| earliest.get(it))
            .copied()
            .max()
            .unwrap_or(0);
        let mut least = usize::MAX;
        self.delay(&entities, last, &mut BTreeMap::new(), &mut least);
        (least != usize::MAX).then(|| (last + 1, roots.len() + least))
    }

    fn earliest(
        &self,
        obligation: Obligation,
        known: &mut HashMap<Obligation, u16>,
        open: &mut BTreeSet<Obligation>,
    ) -> Option<u16> {
        if let Some(round) = known.get(&obligation) {
            return Some(*round);
        }
        if !open.insert(obligation) {
            return None;
        }
        let round = match self.ways.get(&obligation)? {
            Way::Root(_) => 0,
            Way::Within(other) => self.earliest(*other, known, open)?,
            Way::Entity(_, needs) => {
                let mut round = 0;
                for need in needs {
                    round = round.max(self.earliest(*need, known, open)? + 1);
                }
                round.max(1)
            }
        };
        open.remove(&obligation);
        known.insert(obligation, round);
        Some(round)
    }

    /// Tries every round for every entity request, and keeps the fewest pairs of subgraph and round.
    fn delay(
        &self,
        entities: &[(Obligation, SubgraphId)],
        last: u16,
        rounds: &mut BTreeMap<Obligation, u16>,
        least: &mut usize,
    ) {
        if self.is_too_large() {
            return;
        }
        if let Some((obligation, _)) = entities.iter().find(|(it, _)| !rounds.contains_key(it)) {
            for round in 1..=last {
                rounds.insert(*obligation, round);
                self.delay(entities, last, rounds, least);
            }
            rounds.remove(obligation);
            return;
        }
        let in_time = entities.iter().all(|(obligation, _)| {
            let Some(Way::Entity(_, needs)) = self.ways.get(obligation) else {
                return true;
            };
            needs
                .iter()
                .all(|need| self.arrives(*need, rounds) < rounds[obligation])
        });
        if in_time {
            let pairs: BTreeSet<(SubgraphId, u16)> = entities
                .iter()
                .map(|(obligation, subgraph)| (*subgraph, rounds[obligation]))
                .collect();
            *least = (*least).min(pairs.len());
        }
    }

    fn arrives(&self, obligation: Obligation, rounds: &BTreeMap<Obligation, u16>) -> u16 {
        match &self.ways[&obligation] {
            Way::Root(_) => 0,
            Way::Within(other) => self.arrives(*other, rounds),
            Way::Entity(..) => rounds[&obligation],
        }
    }
}
