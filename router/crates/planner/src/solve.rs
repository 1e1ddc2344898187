//! The order in which wants are connected: the ones with fewest sources first.
//!
//! A want with one source leaves no choice, and what it opens is free for those that have one.
//! The least number of rounds is known before anything is opened, since every want alone can
//! be had in its own least round. Within that bound each want goes for fewest requests. Among wants
//! with equally many sources the latest go first: a request that must wait can be joined by those
//! that need not, but not the other way round.
//!
//! What comes out is good and not always best, so it is improved while that is cheap: each request
//! in turn is forbidden, and everything solved again without it. Where the number of requests is
//! that of the subgraphs that must be asked at all, there is nothing to gain.
//!
//! A mutation is solved in steps, one after the other: top-level fields that follow each other in
//! one subgraph make one step as long as nothing hangs below them that needs another request.

use std::cmp::Reverse;

use query_graph::{NodeKind, QueryGraph};
use schema::{OperationKind, SubgraphId};

use crate::PlanError;
use crate::layers::{Chosen, Group, Solution};
use crate::open;
use crate::price::{Aim, Price, Prices};
use crate::tree::{AnswerValue, Path, PlaceId, ROOT, Tree, WantId};

/// Why a tree has no solution.
#[derive(Debug)]
pub(crate) struct Stuck {
    pub(crate) error: PlanError,
    /// For each want that cannot be had, the fields above it that are wanted of an abstract place as
    /// a whole, nearest first: wanted type by type, they may lead there.
    pub(crate) wanted_whole: Vec<Vec<Path>>,
}

impl From<PlanError> for Stuck {
    fn from(error: PlanError) -> Self {
        Self {
            error,
            wanted_whole: Vec::new(),
        }
    }
}

/// Something to connect to the root.
#[derive(Clone, Copy, Debug)]
enum Terminal {
    /// A want without selections.
    Leaf(WantId),
    /// A place that must be seen for itself: to learn the type of the objects there, or whether
    /// there are any. With whether the type matters.
    Place { place: PlaceId, typed: bool },
}

/// Chooses the sources of everything in `tree`.
pub(crate) fn solve<'g>(
    graph: &'g QueryGraph,
    tree: Tree<'g>,
    kind: OperationKind,
) -> Result<Solution<'g>, Stuck> {
    let mut solution = Solution::new(tree);
    if kind != OperationKind::Mutation {
        let terminals = terminals(graph, &solution.tree, None);
        solve_step(&mut solution, terminals)?;
        return Ok(solution);
    }
    for want in solution.tree.place(ROOT).wants.clone() {
        begin_step(&mut solution, want);
        let terminals = terminals(graph, &solution.tree, Some(want));
        if solution.root_subgraph.is_none() {
            solution.root_subgraph = choose_root(&mut solution, want, &terminals)?;
        }
        solve_step(&mut solution, terminals)?;
    }
    Ok(solution)
}

/// Starts a new step of a mutation unless the field can join the request of the one before.
fn begin_step(solution: &mut Solution<'_>, want: WantId) {
    let of_step = |solution: &Solution<'_>| {
        solution
            .chosen
            .groups
            .iter()
            .filter(|group| group.step == solution.step)
            .count()
    };
    let joins = solution.root_subgraph.is_some_and(|subgraph| {
        let name = &solution.tree.want(want).name;
        let views = &solution.tree.place(ROOT).views;
        views.iter().any(|view| {
            solution.tree.graph.node(*view).subgraph == subgraph
                && solution.tree.field(*view, name).is_some()
        })
    });
    if of_step(solution) == 0 || (joins && of_step(solution) == 1) {
        return;
    }
    solution.step += 1;
    solution.first_round = solution
        .chosen
        .groups
        .iter()
        .map(|group| group.round + 1)
        .max()
        .unwrap_or(0);
    solution.root_subgraph = None;
}

/// The one subgraph that runs a mutation field: of those that can, the one from which everything
/// below the field is cheapest.
fn choose_root(
    solution: &mut Solution<'_>,
    want: WantId,
    terminals: &[Terminal],
) -> Result<Option<SubgraphId>, PlanError> {
    let name = solution.tree.want(want).name.clone();
    let views = &solution.tree.place(ROOT).views;
    let mut best: Option<(SubgraphId, (usize, u16, usize))> = None;
    let able: Vec<SubgraphId> = views
        .iter()
        .filter(|view| solution.tree.field(**view, &name).is_some())
        .map(|view| solution.tree.graph.node(*view).subgraph)
        .collect();
    for subgraph in able {
        solution.root_subgraph = Some(subgraph);
        let mut prices = Prices::new(Aim::Rounds);
        let (mut missing, mut round, mut opens) = (0, 0, 0);
        for terminal in terminals {
            match price(solution, &mut prices, *terminal)? {
                Some(price) => {
                    round = price.round.max(round);
                    opens += price.opens.len();
                }
                None => missing += 1,
            }
        }
        if best.is_none_or(|(_, known)| (missing, round, opens) < known) {
            best = Some((subgraph, (missing, round, opens)));
        }
    }
    solution.root_subgraph = None;
    Ok(best.map(|(subgraph, _)| subgraph))
}

/// What is to be connected, below one root want or below all; as the client asked.
fn terminals(graph: &QueryGraph, tree: &Tree<'_>, only: Option<WantId>) -> Vec<Terminal> {
    let (mut leaves, mut places) = (Vec::new(), Vec::new());
    let mut pending = vec![ROOT];
    while let Some(id) = pending.pop() {
        let place = tree.place(id);
        for want in &place.wants {
            if id == ROOT && only.is_some_and(|only| only != *want) {
                continue;
            }
            match tree.want(*want).target {
                Some(below) => pending.push(below),
                None => leaves.push(*want),
            }
        }
        pending.extend(place.narrowed.iter().map(|(_, narrowed)| *narrowed));
        if id != ROOT && place.narrowed_from.is_none() {
            let is_abstract = graph.is_abstract(&place.type_name);
            if is_abstract || (place.wants.is_empty() && place.narrowed.is_empty()) {
                let typed = is_abstract && type_matters(graph, tree, id);
                places.push((id, typed));
            }
        }
    }
    // Whatever the order of the walk.
    leaves.sort_unstable();
    places.sort_unstable();
    let leaves = leaves.into_iter().map(Terminal::Leaf);
    leaves
        .chain(
            places
                .into_iter()
                .map(|(place, typed)| Terminal::Place { place, typed }),
        )
        .collect()
}

/// Whether the type of the objects at an abstract place must be known. It need not be where a
/// subgraph knows the interface as an object and the client asks for nothing type by type.
fn type_matters(graph: &QueryGraph, tree: &Tree<'_>, place: PlaceId) -> bool {
    let it = tree.place(place);
    let stands_in =
        |view: &query_graph::NodeId| graph.node(*view).kind == NodeKind::InterfaceObject;
    !it.views.iter().any(stands_in)
        || !it.narrowed.is_empty()
        || it
            .answers
            .iter()
            .any(|answer| matches!(answer.value, AnswerValue::TypeName))
}

/// How much is tried to improve on the first solution: terminals connected again, all attempts
/// together. Small operations, where a saved request matters most, are searched well; large ones are
/// not made to wait for what may be nothing.
const IMPROVEMENT_BUDGET: usize = 200;

/// Connects the terminals of a step, and improves on it.
fn solve_step(solution: &mut Solution<'_>, terminals: Vec<Terminal>) -> Result<(), Stuck> {
    let mut terminals = order(solution, terminals)?;
    let before = solution.chosen.clone();
    connect(solution, &terminals)?;
    let least = before.groups.len() + needed_requests(solution, &terminals);
    let mut budget = IMPROVEMENT_BUDGET;
    improve(solution, &before, &terminals, least, &mut budget);
    // Another start may end elsewhere: the latest wants first, however many sources they have.
    if solution.chosen.groups.len() > least && budget > terminals.len() {
        budget -= terminals.len();
        let best = std::mem::replace(&mut solution.chosen, before.clone());
        terminals.reverse();
        if connect(solution, &terminals).is_ok() {
            improve(solution, &before, &terminals, least, &mut budget);
        }
        if best.cost() <= solution.chosen.cost() {
            solution.chosen = best;
        }
    }
    Ok(())
}

/// Forbids each request in turn and connects everything again, as long as that finds something
/// better and the budget lasts.
fn improve(
    solution: &mut Solution<'_>,
    before: &Chosen,
    terminals: &[Terminal],
    least: usize,
    budget: &mut usize,
) {
    let mut tried: Vec<Group> = Vec::new();
    while solution.chosen.groups.len() > least {
        let untried = solution.chosen.groups[before.groups.len()..].iter();
        let Some(forbidden) = untried.copied().find(|group| !tried.contains(group)) else {
            return;
        };
        let Some(left) = budget.checked_sub(terminals.len()) else {
            return;
        };
        *budget = left;
        tried.push(forbidden);
        let best = std::mem::replace(&mut solution.chosen, before.clone());
        solution.forbidden = Some(forbidden);
        // What cannot be had without that request is no better.
        let found = connect(solution, terminals).is_ok() && solution.chosen.cost() < best.cost();
        solution.forbidden = None;
        if found {
            tried.clear();
        } else {
            solution.chosen = best;
        }
    }
}

/// The terminals that can be had, in the order in which they are connected. Notes the last round
/// that any of them needs.
fn order(solution: &mut Solution<'_>, terminals: Vec<Terminal>) -> Result<Vec<Terminal>, Stuck> {
    let mut prices = Prices::new(Aim::Rounds);
    let mut stuck: Option<Stuck> = None;
    let mut rounds: Vec<(usize, Reverse<u16>, Terminal)> = Vec::with_capacity(terminals.len());
    for terminal in terminals {
        match price(solution, &mut prices, terminal)? {
            Some(price) => {
                let sources = match terminal {
                    Terminal::Leaf(want) => sources(&solution.tree, want).count(),
                    Terminal::Place { .. } => usize::MAX,
                };
                rounds.push((sources, Reverse(price.round), terminal));
            }
            None => {
                if let Some((place, error)) = refused(solution, &mut prices, terminal)? {
                    let whole = solution.tree.wanted_whole_above(place);
                    stuck
                        .get_or_insert_with(|| error.into())
                        .wanted_whole
                        .push(whole);
                }
            }
        }
    }
    if let Some(stuck) = stuck {
        return Err(stuck);
    }
    let last = rounds.iter().map(|(_, Reverse(round), _)| *round).max();
    solution.last_round = last.unwrap_or(solution.first_round);
    // Stable: what is equal stays in the client's order.
    rounds.sort_by_key(|(sources, round, _)| (*sources, *round));
    Ok(rounds
        .into_iter()
        .map(|(_, _, terminal)| terminal)
        .collect())
}

/// The subgraphs that can resolve a want at its place, each at least once.
fn sources<'t>(tree: &'t Tree<'_>, want: WantId) -> impl Iterator<Item = SubgraphId> + 't {
    let it = tree.want(want);
    let views = tree.place(it.place).views.iter();
    views
        .filter(move |view| tree.field(**view, &it.name).is_some())
        .map(|view| tree.graph.node(*view).subgraph)
}

/// No solution has fewer requests than there are subgraphs that alone resolve something.
fn needed_requests(solution: &Solution<'_>, terminals: &[Terminal]) -> usize {
    let mut needed: Vec<SubgraphId> = Vec::new();
    for terminal in terminals {
        let Terminal::Leaf(want) = terminal else {
            continue;
        };
        let mut able = sources(&solution.tree, *want);
        let Some(first) = able.next() else { continue };
        if able.all(|other| other == first) && !needed.contains(&first) {
            needed.push(first);
        }
    }
    needed.len()
}

/// Connects the terminals, in order.
fn connect(solution: &mut Solution<'_>, terminals: &[Terminal]) -> Result<(), PlanError> {
    let mut by_rounds = Prices::new(Aim::Rounds);
    let mut by_requests = Prices::new(Aim::Requests);
    for terminal in terminals {
        let fits = price(solution, &mut by_requests, *terminal)?
            .is_some_and(|price| price.round <= solution.last_round);
        let layers = solution.chosen.layers.len();
        open(
            solution,
            if fits {
                &mut by_requests
            } else {
                &mut by_rounds
            },
            *terminal,
        )?;
        if solution.chosen.layers.len() != layers {
            by_rounds.forget();
            by_requests.forget();
        }
    }
    Ok(())
}

fn price(
    solution: &mut Solution<'_>,
    prices: &mut Prices,
    terminal: Terminal,
) -> Result<Option<Price>, PlanError> {
    match terminal {
        Terminal::Leaf(want) => prices.leaf(solution, want),
        Terminal::Place { place, typed } => Ok(prices
            .best_entry(solution, place, typed)?
            .map(|(_, price)| price)),
    }
}

fn open(
    solution: &mut Solution<'_>,
    prices: &mut Prices,
    terminal: Terminal,
) -> Result<(), PlanError> {
    match terminal {
        Terminal::Leaf(want) => open::leaf(solution, prices, want),
        Terminal::Place { place, typed } => open::seen(solution, prices, place, typed).map(|_| ()),
    }
}

/// What is wrong with a terminal that cannot be had, and at which place. None: nothing is. A place
/// narrowed to a type that no subgraph returns there holds nothing, so what is wanted there is no error.
fn refused(
    solution: &mut Solution<'_>,
    prices: &mut Prices,
    terminal: Terminal,
) -> Result<Option<(PlaceId, PlanError)>, PlanError> {
    let (place, error) = match terminal {
        Terminal::Leaf(want) => (
            solution.tree.want(want).place,
            open::unreachable(solution, want),
        ),
        Terminal::Place { place, .. } => (place, open::unreachable_place(solution, place)),
    };
    let never_seen = prices.views(solution, place)?.is_empty();
    let vacuous = never_seen && below_narrowed(&solution.tree, place);
    Ok((!vacuous).then_some((place, error)))
}

/// Whether a place, or one above it, is narrowed to a type.
fn below_narrowed(tree: &Tree<'_>, place: PlaceId) -> bool {
    let mut next = Some(place);
    while let Some(id) = next {
        if tree.place(id).narrowed_from.is_some() {
            return true;
        }
        next = tree.place(id).below.map(|want| tree.want(want).place);
    }
    false
}
