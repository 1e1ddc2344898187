//! Why something is not had: requests of which at least one is missing.
//!
//! From the fact that is not had in time one goes back along all rules that give it. A rule without
//! a request lacks one of its needs, and it is enough to follow one. A rule with a request whose
//! needs are there lacks the request, in any of the rounds between its needs and the time; or its
//! needs come too late for an earlier request that is made.
//!
//! ```text
//! favourites at me          is not had: follow its need
//! me at (music User)        its rule is complete in round 0: a request to music in round 1 is missing
//! ```
//! Whatever requests one makes that contain those of now, none of the facts that were gone through
//! can be had earlier unless one of the collected requests is made. It ends since a fact is gone
//! through again only for a later round than before.

use super::request_set::RequestSet;
use super::{Possible, Search};
use crate::ways::{FactId, NEVER};

/// Memory for going back, to be used again.
#[derive(Debug, Default)]
pub(super) struct Trail {
    /// For each fact the number of the walk that last went through it, and for which round.
    walked: Vec<(u32, u16)>,
    walk: u32,
    pending: Vec<(FactId, u16)>,
}

impl Search<'_> {
    /// Requests of which one must be made so that `wanted` is had by the last round.
    pub(super) fn cut(&mut self, wanted: FactId) -> RequestSet {
        let mut cut = RequestSet::empty(self.possible.len());
        self.trail.walk += 1;
        self.trail.walked.resize(self.ways.fact_count(), (0, 0));
        self.trail.pending.push((wanted, self.last));
        while let Some((fact, by)) = self.trail.pending.pop() {
            let walked = &mut self.trail.walked[fact.index()];
            if walked.0 == self.trail.walk && walked.1 >= by {
                continue;
            }
            *walked = (self.trail.walk, by);
            self.step_back(fact, by, &mut cut);
        }
        cut
    }

    fn step_back(&mut self, fact: FactId, by: u16, cut: &mut RequestSet) {
        let (ways, arrivals) = (self.ways, &self.arrivals);
        for rule in ways.rules_of(fact) {
            self.work += 1;
            let needs = ways.needs(rule);
            let late = |by: u16| {
                let mut late = needs.iter().copied();
                late.find(|need| arrivals.round(*need) > by)
            };
            let Some(door) = rule.door else {
                self.trail.pending.extend(late(by).map(|need| (need, by)));
                continue;
            };
            let first = Possible::first_round(&ways.door(door));
            let Some(before) = by.checked_sub(first) else {
                continue;
            };
            // A request for root fields of the root waits for nothing.
            if first == 0 {
                cut.insert_all(self.possible.number(door, 0));
                continue;
            }
            if let Some(need) = late(before) {
                self.trail.pending.push((need, before));
                continue;
            }
            let latest = needs.iter().max_by_key(|need| arrivals.round(**need));
            let ready = latest.map_or(0, |need| arrivals.round(*need));
            debug_assert_ne!(ready, NEVER, "no need is late");
            for round in ready + 1..=by {
                cut.insert_all(self.possible.number(door, round));
            }
            if let (Some(need), Some(earlier)) = (latest, ready.checked_sub(1)) {
                self.trail.pending.push((*need, earlier));
            }
        }
    }
}
