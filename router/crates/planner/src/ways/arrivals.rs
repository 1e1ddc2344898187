//! When each fact is had, if certain requests are made.
//!
//! Rounds are gone through one after the other. In each, the requests that are made in it give the
//! facts whose rules have been complete since an earlier round; then every rule without a request
//! that becomes complete gives its fact in the same round, until there are no more.
//!
//! For the example of `ways`, with a request to users in round 0 and one to music in round 2:
//! ```text
//! round 0   root at (users Query), me at (users User), id at me; music's rule is complete
//! round 1   nothing: no request is made
//! round 2   me at (music User), favourites at me
//! ```
//! Each rule becomes complete at most once, so it takes time in proportion to the rules.

use super::{DoorId, FactId, Ways};

/// The round of what is not had.
pub(crate) const NEVER: u16 = u16::MAX;

/// The round of each fact, and the memory needed to find it, to be used again.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    rounds: Vec<u16>,
    /// The needs that each rule still lacks.
    lacking: Vec<u16>,
    /// The complete rules of each door.
    complete: Vec<Vec<u32>>,
    /// Those that became complete in this round.
    completed: Vec<(DoorId, u32)>,
    /// The facts that are new, and whose rules have not been looked at.
    new: Vec<FactId>,
}

impl Arrivals {
    /// The round in which a fact is had.
    pub(crate) fn round(&self, fact: FactId) -> u16 {
        self.rounds[fact.index()]
    }

    /// Finds the rounds if there are so many and a request through a door is made in a round when
    /// `is_made` says so.
    pub(crate) fn find(&mut self, ways: &Ways, rounds: u16, is_made: impl Fn(DoorId, u16) -> bool) {
        self.begin(ways);
        for round in 0..rounds {
            for door in 0..ways.doors.len() {
                let id = DoorId(u16::try_from(door).unwrap_or(u16::MAX));
                if self.complete[door].is_empty() || !is_made(id, round) {
                    continue;
                }
                let mut rules = std::mem::take(&mut self.complete[door]);
                for rule in rules.drain(..) {
                    self.have(ways.rules[rule as usize].target, round);
                }
                self.complete[door] = rules;
            }
            self.follow(ways, round);
            for (door, rule) in self.completed.drain(..) {
                self.complete[door.index()].push(rule);
            }
            if self.complete.iter().all(Vec::is_empty) {
                return;
            }
        }
    }

    fn begin(&mut self, ways: &Ways) {
        self.rounds.clear();
        self.rounds.resize(ways.facts.len(), NEVER);
        self.lacking.clear();
        let counts = ways.rules.iter().map(|rule| rule.needs.1 - rule.needs.0);
        self.lacking
            .extend(counts.map(|count| u16::try_from(count).unwrap_or(u16::MAX)));
        self.complete.iter_mut().for_each(Vec::clear);
        self.complete.resize_with(ways.doors.len(), Vec::new);
        for rule in &ways.unconditional {
            if let Some(door) = ways.rules[*rule as usize].door {
                self.complete[door.index()].push(*rule);
            }
        }
    }

    fn have(&mut self, fact: FactId, round: u16) {
        let known = &mut self.rounds[fact.index()];
        if *known == NEVER {
            *known = round;
            self.new.push(fact);
        }
    }

    fn follow(&mut self, ways: &Ways, round: u16) {
        while let Some(fact) = self.new.pop() {
            for rule in ways.needing.of(fact) {
                let lacking = &mut self.lacking[*rule as usize];
                *lacking -= 1;
                if *lacking > 0 {
                    continue;
                }
                let it = &ways.rules[*rule as usize];
                match it.door {
                    Some(door) => self.completed.push((door, *rule)),
                    None => self.have(it.target, round),
                }
            }
        }
    }
}
