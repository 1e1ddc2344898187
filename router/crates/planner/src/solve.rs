//! Connects everything that is wanted to the root, by as few requests as can be.
//!
//! A step is solved in four parts. What is to be had: the *terminals*. By which rules it can be had:
//! [`crate::ways`]. Which requests are made: [`crate::requests`]. Then each terminal is connected by the
//! smallest way these requests leave it, those with the fewest sources first: a want with one source
//! leaves no choice, and what it opens is there for those that have several.
//!
//! ```text
//! users:  type Query { me: User }  type User @key(fields: "id") { id: ID!  name: String }
//! music:  type User @key(fields: "id") { id: ID!  favourites: Int }
//! query   { me { name favourites } }
//!
//! terminals   name, favourites
//! requests    users in round 0, music in round 1
//! name        me at (users User), by `me` from (users Query): opens both, selects `name`
//! favourites  me at (music User), by the key `id`: selects `id` where `name` is, opens an entity
//!             layer, and selects `favourites` there
//! ```
//! A mutation is solved in steps, one after the other: top-level fields that follow each other in
//! one subgraph make one step as long as nothing hangs below them that needs another request. It
//! ends, since each terminal is connected once and the ways back are finite (see `price`).

use std::cmp::Reverse;
use std::collections::HashSet;

use query_graph::{NodeKind, QueryGraph};
use schema::{OperationKind, SubgraphId};

use crate::PlanError;
use crate::layers::Solution;
use crate::open;
use crate::price::Prices;
use crate::requests::{self, Problem, Requests};
use crate::tree::{AnswerValue, Path, PlaceId, ROOT, Tree, WantId};
use crate::ways::{Arrivals, Builder, Door, FactId, NEVER, Ways};

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

/// The terminals of a step, each with its fact, and all that can lead to them.
struct Step {
    terminals: Vec<(Terminal, Option<FactId>)>,
    ways: Ways,
    /// When each fact is had if every possible request is made, from any subgraph's root.
    earliest: Arrivals,
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
        let step = Step::new(&mut solution.tree, &terminals)?;
        solve_step(&mut solution, step)?;
        return Ok(solution);
    }
    for want in solution.tree.place(ROOT).wants.clone() {
        begin_step(&mut solution, want);
        let terminals = terminals(graph, &solution.tree, Some(want));
        let step = Step::new(&mut solution.tree, &terminals)?;
        if solution.root_subgraph.is_none() {
            solution.root_subgraph = choose_root(&solution, want, &step);
        }
        solve_step(&mut solution, step)?;
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
fn choose_root(solution: &Solution<'_>, want: WantId, step: &Step) -> Option<SubgraphId> {
    let name = &solution.tree.want(want).name;
    let views = solution.tree.place(ROOT).views.iter();
    let able: Vec<SubgraphId> = views
        .filter(|view| solution.tree.field(**view, name).is_some())
        .map(|view| solution.tree.graph.node(*view).subgraph)
        .collect();
    if able.len() <= 1 {
        return able.first().copied();
    }
    able.into_iter().min_by_key(|subgraph| {
        let earliest = requests::earliest(&step.ways, Some(*subgraph));
        let facts = step.terminals.iter().map(|(_, fact)| *fact);
        let missing = facts.filter(|fact| fact.is_none_or(|it| earliest.round(it) == NEVER));
        let chosen = step.choose(&earliest, Some(*subgraph), &[]);
        (missing.count(), chosen.last_round, chosen.all.len())
    })
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

impl Step {
    fn new(tree: &mut Tree<'_>, terminals: &[Terminal]) -> Result<Self, PlanError> {
        let mut vacuous = HashSet::new();
        loop {
            let mut builder = Builder::new(tree, &vacuous);
            let facts: Vec<(Terminal, Option<FactId>)> = terminals
                .iter()
                .map(|terminal| match *terminal {
                    Terminal::Leaf(want) => (*terminal, builder.want(want)),
                    Terminal::Place { place, typed } => (*terminal, builder.seen(place, typed)),
                })
                .collect();
            let ways = builder.finish()?;
            let earliest = requests::earliest(&ways, None);
            let known = vacuous.len();
            vacuous.extend(ways.vacuous(tree, &earliest));
            // Places that turn out never to be seen ask for nothing, so more can be had without them.
            if vacuous.len() == known {
                return Ok(Self {
                    terminals: facts,
                    ways,
                    earliest,
                });
            }
        }
    }

    fn choose(
        &self,
        earliest: &Arrivals,
        root_subgraph: Option<SubgraphId>,
        made: &[(Door, u16)],
    ) -> Requests {
        let wanted: Vec<FactId> = self
            .terminals
            .iter()
            .filter_map(|(_, fact)| *fact)
            .collect();
        let problem = Problem {
            ways: &self.ways,
            wanted: &wanted,
            root_subgraph,
            made,
        };
        requests::choose(problem, earliest)
    }
}

/// Chooses the requests of a step and connects its terminals by them.
fn solve_step(solution: &mut Solution<'_>, mut step: Step) -> Result<(), Stuck> {
    if solution.root_subgraph.is_some() {
        step.earliest = requests::earliest(&step.ways, solution.root_subgraph);
    }
    let terminals = order(solution, &step)?;
    let chosen = step.choose(&step.earliest, solution.root_subgraph, &made(solution));
    solution.last_round = solution.first_round + chosen.last_round;
    let mut arrivals = Arrivals::default();
    arrivals.find(&step.ways, chosen.last_round + 1, |door, round| {
        chosen.all.contains(&(step.ways.door(door), round))
    });
    let mut prices = Prices::new(&step.ways, Some(&chosen), &arrivals, solution.first_round);
    for terminal in terminals {
        solution.tree.options.check()?;
        open(solution, &mut prices, terminal)?;
    }
    Ok(())
}

/// The requests that the step has already, by the round within it.
fn made(solution: &Solution<'_>) -> Vec<(Door, u16)> {
    let groups = solution.chosen.groups.iter();
    groups
        .filter(|group| group.step == solution.step)
        .map(|group| {
            let door = Door {
                subgraph: group.subgraph,
                root_of: group.root_of,
            };
            (door, group.round - solution.first_round)
        })
        .collect()
}

/// The terminals that can be had, in the order in which they are connected: those with the fewest
/// sources first, and of these the ones that are had latest.
fn order(solution: &Solution<'_>, step: &Step) -> Result<Vec<Terminal>, Stuck> {
    let mut stuck: Option<Stuck> = None;
    let mut ordered: Vec<(usize, Reverse<u16>, Terminal)> =
        Vec::with_capacity(step.terminals.len());
    for (terminal, fact) in &step.terminals {
        let round = fact.map_or(NEVER, |fact| step.earliest.round(fact));
        if round == NEVER {
            if let Some((place, error)) = refused(solution, step, *terminal) {
                let whole = solution.tree.wanted_whole_above(place);
                stuck
                    .get_or_insert_with(|| error.into())
                    .wanted_whole
                    .push(whole);
            }
            continue;
        }
        let sources = match terminal {
            Terminal::Leaf(want) => step.ways.want(*want).map_or(0, |ways| ways.from.len()),
            Terminal::Place { .. } => usize::MAX,
        };
        ordered.push((sources, Reverse(round), *terminal));
    }
    if let Some(stuck) = stuck {
        return Err(stuck);
    }
    // Stable: what is equal stays in the client's order.
    ordered.sort_by_key(|(sources, round, _)| (*sources, *round));
    Ok(ordered
        .into_iter()
        .map(|(_, _, terminal)| terminal)
        .collect())
}

fn open(
    solution: &mut Solution<'_>,
    prices: &mut Prices<'_>,
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
    solution: &Solution<'_>,
    step: &Step,
    terminal: Terminal,
) -> Option<(PlaceId, PlanError)> {
    let (place, error) = match terminal {
        Terminal::Leaf(want) => (
            solution.tree.want(want).place,
            open::unreachable(solution, want),
        ),
        Terminal::Place { place, .. } => (place, open::unreachable_place(solution, place)),
    };
    let is_seen = step
        .ways
        .is_ever_seen(&solution.tree, &step.earliest, place);
    let vacuous = !is_seen && below_narrowed(&solution.tree, place);
    (!vacuous).then_some((place, error))
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
