//! Which requests are made: the fewest by which everything wanted is had, in the fewest rounds.
//!
//! A request is a door in a round. That no sooner than round 1 everything can be had is known when
//! every possible request is made. Of those that keep to that many rounds, a smallest set is looked
//! for, by way of *cuts*: sets of requests of which at least one must be made, whatever else is.
//!
//! ```text
//! a:  type Query { me: User }  type User @key(fields: "id") { id: ID!  next: Post }
//! b, c:  type User @key(fields: "id") { id: ID!  name: String }
//! c, d:  type Post @key(fields: "id") { id: ID!  text: String }
//! query  { me { name next { text } } }
//!
//! nothing is made          the root is not had      cut {a in 0}
//! a in 0                   name is not had          cut {b in 1, c in 1}
//!                          text is not had          cut {c in 1, d in 1}
//! a in 0, c in 1           all is had: a smallest set that meets all cuts is a smallest one
//! ```
//! The smallest set that meets the cuts known so far is no larger than any solution. If everything
//! is had by it, it is the solution; if not, it shows new cuts. So it ends: a cut rules out the set
//! that showed it, and there are finitely many. Each time the set is also completed to a solution,
//! from which what it can do without is left out; when that is no larger than the set was, it is
//! the solution. When the work allowed is used up, the smallest solution found so far stands: it has
//! nothing to spare, though another one may be smaller.

mod cut;
mod hitting;
mod request_set;

use schema::SubgraphId;

use crate::ways::{Arrivals, Door, DoorId, FactId, NEVER, Ways};
use cut::Trail;
use hitting::Found;
use request_set::RequestSet;

/// How many rules and sets one search may look at before it takes the best it has. A small
/// operation needs a few hundred.
const WORK: usize = 300_000;

/// The most rounds of one step.
const MOST_ROUNDS: u16 = 250;

/// How many cuts are taken from one set of requests.
const CUTS_AT_ONCE: usize = 24;

/// What is to be had, and under which conditions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Problem<'p> {
    pub(crate) ways: &'p Ways,
    pub(crate) wanted: &'p [FactId],
    /// The only subgraph whose root fields may be asked for: a mutation field runs in one.
    pub(crate) root_subgraph: Option<SubgraphId>,
    /// Requests that are made anyhow.
    pub(crate) made: &'p [(Door, u16)],
}

/// The requests to make.
#[derive(Clone, Debug, Default)]
pub(crate) struct Requests {
    /// Doors and rounds, in order of rounds.
    pub(crate) all: Vec<(Door, u16)>,
    /// The last round in which something wanted is had.
    pub(crate) last_round: u16,
}

impl Requests {
    /// The first round from `earliest` on in which a request through this door is made.
    pub(crate) fn round(&self, door: Door, earliest: u16) -> Option<u16> {
        let rounds = self.all.iter().filter(|(made, _)| *made == door);
        let rounds = rounds.map(|(_, round)| *round);
        rounds.filter(|round| *round >= earliest).min()
    }
}

/// The requests that may be made at all.
#[derive(Debug)]
struct Possible {
    all: Vec<(DoorId, u16)>,
    /// The number of each request, by round and door.
    numbers: Vec<Option<u16>>,
    doors: usize,
}

/// A search under way.
#[derive(Debug)]
struct Search<'w> {
    ways: &'w Ways,
    wanted: &'w [FactId],
    /// The last round.
    last: u16,
    possible: Possible,
    /// Those that are made anyhow.
    made: RequestSet,
    cuts: Vec<RequestSet>,
    /// In how many cuts each request is.
    weights: Vec<u32>,
    arrivals: Arrivals,
    trail: Trail,
    work: usize,
}

impl Possible {
    /// The first round in which a request through a door can be made.
    fn first_round(door: &Door) -> u16 {
        u16::from(!door.is_for_root())
    }

    fn len(&self) -> usize {
        self.all.len()
    }

    fn number(&self, door: DoorId, round: u16) -> Option<usize> {
        let index = usize::from(round) * self.doors + door.index();
        self.numbers.get(index).copied().flatten().map(usize::from)
    }
}

/// When each fact is had at the earliest, if every possible request is made.
pub(crate) fn earliest(ways: &Ways, root_subgraph: Option<SubgraphId>) -> Arrivals {
    let mut arrivals = Arrivals::default();
    arrivals.find(ways, MOST_ROUNDS, |door, round| {
        is_possible(ways, root_subgraph, door, round)
    });
    arrivals
}

fn is_possible(ways: &Ways, root_subgraph: Option<SubgraphId>, door: DoorId, round: u16) -> bool {
    let it = ways.door(door);
    match Possible::first_round(&it) {
        0 => round == 0 && root_subgraph.is_none_or(|only| only == it.subgraph),
        first => round >= first,
    }
}

/// The requests by which everything wanted is had. What cannot be had whatever is requested is left
/// out.
pub(crate) fn choose(problem: Problem<'_>, earliest: &Arrivals) -> Requests {
    let wanted: Vec<FactId> = {
        let possible = problem.wanted.iter().copied();
        let mut wanted: Vec<FactId> = possible
            .filter(|fact| earliest.round(*fact) != NEVER)
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    };
    let rounds = wanted.iter().map(|fact| earliest.round(*fact));
    let last = rounds.max().unwrap_or(0);
    let mut search = Search::new(problem, &wanted, last, earliest);
    let chosen = search.least();
    let all = &search.possible.all;
    Requests {
        all: chosen
            .iter()
            .map(|number| (problem.ways.door(all[number].0), all[number].1))
            .collect(),
        last_round: last,
    }
}

impl<'w> Search<'w> {
    fn new(problem: Problem<'w>, wanted: &'w [FactId], last: u16, earliest: &Arrivals) -> Self {
        let ways = problem.ways;
        let doors = ways.doors().len();
        // A request can be of use only after something that it needs.
        let useful = useful_from(ways, earliest);
        let (mut all, mut numbers) = (Vec::new(), Vec::new());
        for round in 0..=last {
            for (index, useful) in useful.iter().enumerate() {
                let door = DoorId::new(index);
                let is_useful = useful.is_some_and(|first| round >= first)
                    && is_possible(ways, problem.root_subgraph, door, round);
                numbers.push(is_useful.then(|| u16::try_from(all.len()).unwrap_or(u16::MAX)));
                if is_useful {
                    all.push((door, round));
                }
            }
        }
        let possible = Possible {
            all,
            numbers,
            doors,
        };
        let mut made = RequestSet::empty(possible.len());
        for (number, (door, round)) in possible.all.iter().enumerate() {
            if problem.made.contains(&(ways.door(*door), *round)) {
                made.insert(number);
            }
        }
        Self {
            ways,
            wanted,
            last,
            made,
            cuts: Vec::new(),
            weights: vec![0; possible.len()],
            possible,
            arrivals: Arrivals::default(),
            trail: Trail::default(),
            work: 0,
        }
    }

    fn least(&mut self) -> RequestSet {
        let mut best = self.complete(self.made.clone());
        let mut at_least = 0;
        while self.work < WORK {
            let mut steps = WORK - self.work;
            let before = steps;
            let bound = best.without(&self.made).len();
            let found = hitting::least(&self.cuts, &self.weights, at_least, bound, &mut steps);
            self.work += before - steps;
            let Found::Least(mut chosen) = found else {
                break;
            };
            at_least = chosen.len();
            chosen.add_all(&self.made);
            if self.lacks_nothing(&chosen) {
                return chosen;
            }
            let completed = self.complete(chosen);
            if completed.len() < best.len() {
                best = completed;
            }
        }
        best
    }

    /// Whether everything wanted is had in time by these requests.
    fn lacks_nothing(&mut self, chosen: &RequestSet) -> bool {
        self.find(chosen);
        let mut wanted = self.wanted.iter();
        wanted.all(|fact| self.arrivals.round(*fact) <= self.last)
    }

    fn find(&mut self, chosen: &RequestSet) {
        self.work += self.ways.rules().len();
        let possible = &self.possible;
        self.arrivals.find(self.ways, self.last + 1, |door, round| {
            possible
                .number(door, round)
                .is_some_and(|number| chosen.contains(number))
        });
    }

    /// Adds requests until everything is had, the ones that most cuts have first, and leaves out
    /// those that are not needed then.
    fn complete(&mut self, mut chosen: RequestSet) -> RequestSet {
        while !self.lacks_nothing(&chosen) {
            let known = self.cuts.len();
            self.add_cuts();
            let mut counts = vec![0_u32; self.possible.len()];
            for cut in &self.cuts[known..] {
                cut.iter().for_each(|number| counts[number] += 1);
            }
            let numbers = 0..counts.len();
            let Some(most) = numbers.max_by_key(|number| (counts[*number], self.weights[*number]))
            else {
                break;
            };
            if counts[most] == 0 {
                break;
            }
            chosen.insert(most);
        }
        let candidates: Vec<usize> = chosen.without(&self.made).iter().collect();
        for number in candidates.into_iter().rev() {
            chosen.remove(number);
            if self.work > 2 * WORK || !self.lacks_nothing(&chosen) {
                chosen.insert(number);
            }
        }
        chosen
    }

    /// Remembers cuts that show why things wanted are not had by the requests last tried.
    fn add_cuts(&mut self) {
        let first = self.cuts.len();
        for index in 0..self.wanted.len() {
            let wanted = self.wanted[index];
            if self.arrivals.round(wanted) <= self.last {
                continue;
            }
            let cut = self.cut(wanted);
            if self.cuts[first..].iter().any(|known| known.is_subset(&cut)) {
                continue;
            }
            cut.iter().for_each(|number| self.weights[number] += 1);
            self.cuts.push(cut);
            if self.cuts.len() - first >= CUTS_AT_ONCE {
                return;
            }
        }
    }
}

/// The first round in which each door is of any use. None: in no round.
fn useful_from(ways: &Ways, earliest: &Arrivals) -> Vec<Option<u16>> {
    let mut useful = vec![None; ways.doors().len()];
    for rule in ways.rules() {
        let Some(door) = rule.door else { continue };
        let ready = ways.needs(rule).iter().map(|need| earliest.round(*need));
        let ready = ready.max().unwrap_or(0);
        if ready == NEVER {
            continue;
        }
        let first = match Possible::first_round(&ways.door(door)) {
            0 => 0,
            _ => ready + 1,
        };
        let known: &mut Option<u16> = &mut useful[door.index()];
        *known = Some(known.map_or(first, |known| known.min(first)));
    }
    useful
}
