//! The smallest set that has something in common with each of some sets.
//!
//! ```text
//! {a b}  {b c}  {d}      {b d}
//! ```
//! Sets that have nothing in common need a number each, so counting some of those that are not yet
//! met bounds the search from below. Tried is always the smallest set that is not met, one of its
//! numbers after the other. It ends since each step adds a number and the size is bounded, and
//! early when it runs out of steps.

use super::request_set::RequestSet;

/// What came of a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No set of fewer numbers meets them all.
    Least(RequestSet),
    /// Every set that meets them all has at least the bound's size.
    None,
    /// There were not enough steps to tell.
    Unknown,
}

/// Looks for the smallest set of fewer than `bound` numbers that meets all of `sets` and has `least`
/// numbers or more. `weights` says which numbers to try first. Takes steps from `steps`.
pub(super) fn least(
    sets: &[RequestSet],
    weights: &[u32],
    least: usize,
    bound: usize,
    steps: &mut usize,
) -> Found {
    let mut search = Search {
        sets,
        weights,
        steps,
    };
    for size in least..bound {
        let mut chosen = RequestSet::empty(weights.len());
        match search.meet(&mut chosen, &RequestSet::empty(weights.len()), size) {
            Some(true) => return Found::Least(chosen),
            Some(false) => {}
            None => return Found::Unknown,
        }
    }
    Found::None
}

/// What to do next.
enum Next {
    /// The chosen numbers meet all sets.
    AllAreMet,
    /// What is left of the smallest set that they do not meet.
    Smallest(RequestSet),
    /// So few numbers more cannot meet the others.
    Hopeless,
}

struct Search<'s> {
    sets: &'s [RequestSet],
    weights: &'s [u32],
    steps: &'s mut usize,
}

impl Search<'_> {
    /// Whether `left` numbers more than `chosen` meet all sets, none of them in `excluded`. None:
    /// out of steps.
    fn meet(
        &mut self,
        chosen: &mut RequestSet,
        excluded: &RequestSet,
        left: usize,
    ) -> Option<bool> {
        *self.steps = self.steps.checked_sub(self.sets.len() + 1)?;
        let smallest = match self.next(chosen, excluded, left) {
            Next::Hopeless => return Some(false),
            Next::AllAreMet => return Some(true),
            Next::Smallest(set) => set,
        };
        let mut numbers: Vec<usize> = smallest.iter().collect();
        numbers.sort_by_key(|number| std::cmp::Reverse(self.weights[*number]));
        let mut excluded = excluded.clone();
        for number in numbers {
            chosen.insert(number);
            if self.meet(chosen, &excluded, left - 1)? {
                return Some(true);
            }
            chosen.remove(number);
            // Whatever has this number has been tried.
            excluded.insert(number);
        }
        Some(false)
    }

    fn next(&self, chosen: &RequestSet, excluded: &RequestSet, left: usize) -> Next {
        let mut unmet: Vec<RequestSet> = self
            .sets
            .iter()
            .filter(|set| !set.meets(chosen))
            .map(|set| set.without(excluded))
            .collect();
        unmet.sort_by_key(RequestSet::len);
        let mut apart = RequestSet::empty(self.weights.len());
        let mut count = 0;
        for set in &unmet {
            if !set.meets(&apart) {
                apart.add_all(set);
                count += 1;
            }
        }
        match unmet.into_iter().next() {
            None => Next::AllAreMet,
            Some(smallest) if count <= left && smallest.len() > 0 => Next::Smallest(smallest),
            Some(_) => Next::Hopeless,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(numbers: &[usize]) -> RequestSet {
        let mut set = RequestSet::empty(8);
        numbers.iter().for_each(|number| set.insert(*number));
        set
    }

    fn found(sets: &[&[usize]], bound: usize, mut steps: usize) -> Found {
        let sets: Vec<RequestSet> = sets.iter().map(|numbers| set(numbers)).collect();
        least(&sets, &[0; 8], 0, bound, &mut steps)
    }

    #[test]
    fn the_smallest_set_meets_them_all() {
        let sets: &[&[usize]] = &[&[0, 1], &[1, 2], &[3]];
        assert_eq!(found(sets, 8, 1_000), Found::Least(set(&[1, 3])));
        assert_eq!(found(&[], 8, 1_000), Found::Least(set(&[])));
    }

    #[test]
    fn there_may_be_none_below_the_bound_and_no_time_to_tell() {
        let sets: &[&[usize]] = &[&[0, 1], &[1, 2], &[3]];
        assert_eq!(found(sets, 2, 1_000), Found::None);
        assert_eq!(found(sets, 8, 3), Found::Unknown);
    }
}
