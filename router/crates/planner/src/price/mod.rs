//! What it would cost to see a place at a node, given what is open already.
//!
//! Prices of all views of one place are found together. A view's price starts from the ways that
//! do not jump: an open layer, the field above, the whole place it is narrowed from. Then key
//! jumps are priced from the views at hand until nothing gets cheaper. A jump costs a round more
//! than its dearest key field, so it is never the cheapest way to its own key, and following the
//! cheapest ways back always ends.

mod wants;

use std::collections::HashMap;
use std::rc::Rc;

use query_graph::NodeId;
use schema::SubgraphId;
use smallvec::SmallVec;

use crate::PlanError;
use crate::layers::{Group, LayerId, Origin, Solution};
use crate::tree::{PlaceId, ROOT, WantId};

/// What is to be kept small first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Aim {
    /// Rounds, then requests.
    Rounds,
    /// Requests, then rounds.
    Requests,
}

/// The price of something that is not open yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Price {
    /// The round in which it arrives.
    pub(crate) round: u16,
    /// The requests it would add.
    pub(crate) opens: SmallVec<[NewRequest; 2]>,
    /// The selections it would add, roughly.
    pub(crate) size: u32,
}

/// A request that is not there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NewRequest {
    subgraph: SubgraphId,
    round: u16,
    root_of: Option<PlaceId>,
}

/// The cheapest way to a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// It is open.
    Open(LayerId),
    /// A request for root fields.
    Data,
    /// The field above, from this view of the place above.
    Field(NodeId),
    /// The whole place, at this view.
    Narrowed(NodeId),
    /// The node's key with this index.
    Key(usize),
}

/// A view of a place with its price.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) node: NodeId,
    pub(crate) price: Price,
    pub(crate) way: Way,
}

/// Finds prices under one aim, remembering them until something is opened.
#[derive(Debug)]
pub(crate) struct Prices {
    aim: Aim,
    known: HashMap<PlaceId, Rc<Vec<View>>>,
    /// The places whose views are being priced, with what was found so far.
    pending: Vec<(PlaceId, Rc<Vec<View>>)>,
    depth: u32,
}

/// Keys within keys, requirements of requirements: no sane schema comes near this.
const MAX_DEPTH: u32 = 24;

impl Price {
    fn key(&self, aim: Aim) -> (usize, usize, u32) {
        let (round, opens) = (usize::from(self.round), self.opens.len());
        match aim {
            Aim::Rounds => (round, opens, self.size),
            Aim::Requests => (opens, round, self.size),
        }
    }

    /// Whether it is the better price.
    pub(crate) fn beats(&self, other: &Self, aim: Aim) -> bool {
        self.key(aim) < other.key(aim)
    }

    /// Both are needed.
    fn add(&mut self, other: &Self) {
        self.round = self.round.max(other.round);
        for open in &other.opens {
            if !self.opens.contains(open) {
                self.opens.push(*open);
            }
        }
        self.size += other.size;
    }

    /// One more request that needs all this, in the round after; or, where requests are to be few,
    /// a later one that is there anyhow. None where the request may not be made.
    fn request(mut self, solution: &Solution<'_>, subgraph: SubgraphId, aim: Aim) -> Option<Self> {
        self.round = round_of_request(solution, subgraph, self.round + 1, aim);
        self.size += 2;
        self.open(
            solution,
            NewRequest {
                subgraph,
                round: self.round,
                root_of: None,
            },
        )
        .then_some(self)
    }

    /// Adds a request unless it is there. False: it may not be made.
    fn open(&mut self, solution: &Solution<'_>, new: NewRequest) -> bool {
        let there = solution
            .find_group(new.subgraph, new.round, new.root_of)
            .is_some();
        if !there && !self.opens.contains(&new) {
            self.opens.push(new);
        }
        there
            || !solution
                .forbidden
                .is_some_and(|forbidden| new.is(&forbidden))
    }
}

impl NewRequest {
    fn is(&self, group: &Group) -> bool {
        self.subgraph == group.subgraph
            && self.round == group.round
            && self.root_of == group.root_of
    }
}

/// The round in which a request to this subgraph is made that can be made from `earliest` on.
pub(crate) fn round_of_request(
    solution: &Solution<'_>,
    subgraph: SubgraphId,
    earliest: u16,
    aim: Aim,
) -> u16 {
    match aim {
        Aim::Rounds => earliest,
        Aim::Requests => solution
            .round_to_join(subgraph, earliest)
            .unwrap_or(earliest),
    }
}

impl Prices {
    pub(crate) fn aim(&self) -> Aim {
        self.aim
    }

    pub(crate) fn new(aim: Aim) -> Self {
        Self {
            aim,
            known: HashMap::new(),
            pending: Vec::new(),
            depth: 0,
        }
    }

    /// To be called when something was opened: everything may have become cheaper.
    pub(crate) fn forget(&mut self) {
        self.known.clear();
    }

    /// The views of a place that can be had, with their prices.
    pub(crate) fn views(
        &mut self,
        solution: &mut Solution<'_>,
        place: PlaceId,
    ) -> Result<Rc<Vec<View>>, PlanError> {
        if let Some(known) = self.known.get(&place) {
            return Ok(known.clone());
        }
        if let Some((_, so_far)) = self.pending.iter().find(|(pending, _)| *pending == place) {
            return Ok(so_far.clone());
        }
        let mut views = self.views_without_jumps(solution, place)?;
        if self.depth < MAX_DEPTH {
            self.depth += 1;
            views = self.add_jumps(solution, place, views)?;
            self.depth -= 1;
        }
        let views = Rc::new(views);
        // Found from unfinished prices, it is not to be kept.
        if self.pending.is_empty() {
            self.known.insert(place, views.clone());
        }
        Ok(views)
    }

    fn views_without_jumps(
        &mut self,
        solution: &mut Solution<'_>,
        place: PlaceId,
    ) -> Result<Vec<View>, PlanError> {
        let mut views = Vec::new();
        for layer in solution.open_layers(place) {
            let price = Price {
                round: solution.round(layer),
                ..Price::default()
            };
            self.offer(
                &mut views,
                solution.layer(layer).node,
                price,
                Way::Open(layer),
            );
        }
        let it = solution.tree.place(place);
        if let Some(whole) = it.narrowed_from {
            let object = it.type_name.clone();
            for view in self.views(solution, whole)?.iter() {
                if let Some(narrowed) = solution.tree.narrowed_view(view.node, &object) {
                    self.offer(
                        &mut views,
                        narrowed,
                        view.price.clone(),
                        Way::Narrowed(view.node),
                    );
                }
            }
        } else if let Some(want) = it.below {
            self.offer_from_above(solution, want, &mut views)?;
            self.offer_root_again(solution, place, &mut views);
        } else {
            self.offer_root(solution, &mut views);
        }
        Ok(views)
    }

    fn offer_root(&self, solution: &Solution<'_>, views: &mut Vec<View>) {
        for node in &solution.tree.place(ROOT).views {
            let subgraph = solution.tree.graph.node(*node).subgraph;
            if solution.root_subgraph.is_some_and(|only| only != subgraph) {
                continue;
            }
            let mut price = Price {
                round: solution.first_round,
                ..Price::default()
            };
            let request = NewRequest {
                subgraph,
                round: solution.first_round,
                root_of: Some(ROOT),
            };
            if price.open(solution, request) {
                self.offer(views, *node, price, Way::Data);
            }
        }
    }

    fn offer_from_above(
        &mut self,
        solution: &mut Solution<'_>,
        want: WantId,
        views: &mut Vec<View>,
    ) -> Result<(), PlanError> {
        let (above, name) = (
            solution.tree.want(want).place,
            solution.tree.want(want).name.clone(),
        );
        for view in self.views(solution, above)?.iter() {
            let Some(field) = solution.tree.field(view.node, &name) else {
                continue;
            };
            let Some(target) = field.target else { continue };
            if let Some(mut price) = self.asking(solution, want, view)? {
                price.size += 1;
                self.offer(views, target, price, Way::Field(view.node));
            }
        }
        Ok(())
    }

    /// Where a field returns the query root again, every subgraph can be asked for root fields, once
    /// it is known that the field's object is there.
    fn offer_root_again(&self, solution: &Solution<'_>, place: PlaceId, views: &mut Vec<View>) {
        let graph = solution.tree.graph;
        if solution.tree.place(place).type_name != "Query" {
            return;
        }
        let Some(entry) = cheapest(views.iter(), self.aim).cloned() else {
            return;
        };
        for node in graph.nodes_of("Query") {
            let mut price = entry.price.clone();
            price.round += 1;
            price.size += 2;
            let request = NewRequest {
                subgraph: graph.node(*node).subgraph,
                round: price.round,
                root_of: Some(place),
            };
            if price.open(solution, request) {
                self.offer(views, *node, price, Way::Data);
            }
        }
    }

    /// Adds views by key until none gets cheaper.
    fn add_jumps(
        &mut self,
        solution: &mut Solution<'_>,
        place: PlaceId,
        mut views: Vec<View>,
    ) -> Result<Vec<View>, PlanError> {
        if views.is_empty() {
            return Ok(views);
        }
        let graph = solution.tree.graph;
        let entries = graph.entries(&solution.tree.place(place).type_name);
        loop {
            let mut cheaper = false;
            self.pending.push((place, Rc::new(views.clone())));
            for entry in entries {
                // What is open cannot get cheaper.
                let is_open = |view: &View| view.node == *entry && matches!(view.way, Way::Open(_));
                if views.iter().any(is_open) {
                    continue;
                }
                for (index, key) in graph.node(*entry).keys.iter().enumerate() {
                    let Some(price) = self.key(solution, place, key)? else {
                        continue;
                    };
                    let subgraph = graph.node(*entry).subgraph;
                    if let Some(price) = price.request(solution, subgraph, self.aim) {
                        cheaper |= self.offer(&mut views, *entry, price, Way::Key(index));
                    }
                }
            }
            self.pending.pop();
            if !cheaper {
                return Ok(views);
            }
        }
    }

    /// Takes the offer if it beats what is there; tells whether it did.
    fn offer(&self, views: &mut Vec<View>, node: NodeId, price: Price, way: Way) -> bool {
        match views.iter_mut().find(|view| view.node == node) {
            Some(view) if price.beats(&view.price, self.aim) => {
                *view = View { node, price, way };
                true
            }
            Some(_) => false,
            None => {
                views.push(View { node, price, way });
                true
            }
        }
    }
}

/// The cheapest of some views; of equals the first.
pub(crate) fn cheapest<'v>(views: impl Iterator<Item = &'v View>, aim: Aim) -> Option<&'v View> {
    let mut best: Option<&View> = None;
    for view in views {
        if best.is_none_or(|known| view.price.beats(&known.price, aim)) {
            best = Some(view);
        }
    }
    best
}

/// An open entity layer at `node` that starts after `round`, so that more can be sent with it.
pub(crate) fn find_entity_layer(
    solution: &Solution<'_>,
    place: PlaceId,
    node: NodeId,
    round: u16,
) -> Option<LayerId> {
    let original = solution.tree.graph.node(node).copy_of.unwrap_or(node);
    solution.open_layers(place).find(|layer| {
        let it = solution.layer(*layer);
        it.node == original
            && matches!(it.origin, Origin::Entity { .. })
            && solution.round(*layer) > round
    })
}
