//! Which fetch may start: each as soon as all those it waits for have ended, not by rounds.

use plan::FetchId;
use smallvec::SmallVec;

use crate::compile::fetches::FetchShape;

/// The fetches of one execution that have not started.
#[derive(Debug)]
pub(crate) struct Schedule {
    /// For each fetch, how many of those it waits for have not ended.
    waits_for: SmallVec<[usize; 16]>,
    /// Those that wait for none, last one first.
    ready: SmallVec<[FetchId; 16]>,
}

impl Schedule {
    /// Nothing has started.
    pub(crate) fn new(fetches: &[FetchShape]) -> Self {
        let waits_for: SmallVec<[usize; 16]> = fetches.iter().map(|it| it.waits_for).collect();
        let mut ready: SmallVec<[FetchId; 16]> = (0..=u16::MAX)
            .zip(&waits_for)
            .filter(|(_, count)| **count == 0)
            .map(|(index, _)| FetchId(index))
            .collect();
        ready.reverse();
        Self { waits_for, ready }
    }

    /// The next fetch that may start.
    pub(crate) fn next(&mut self) -> Option<FetchId> {
        self.ready.pop()
    }

    /// This fetch is started out of turn.
    pub(crate) fn start(&mut self, fetch: FetchId) {
        self.ready.retain(|ready| *ready != fetch);
    }

    /// This fetch has ended, well or badly, or need not be sent.
    pub(crate) fn ended(&mut self, fetches: &[FetchShape], fetch: FetchId) {
        for dependent in fetches[fetch.index()].dependents.iter().rev() {
            let Some(count) = self.waits_for.get_mut(dependent.index()) else {
                continue;
            };
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.ready.push(*dependent);
            }
        }
    }
}
