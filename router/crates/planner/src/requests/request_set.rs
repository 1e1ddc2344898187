//! Sets of possible requests.

use smallvec::SmallVec;

/// A set of small numbers, each of which stands for a possible request. All sets of one search
/// have the same width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestSet(SmallVec<[u64; 2]>);

impl RequestSet {
    /// The empty set of numbers below `width`.
    pub(super) fn empty(width: usize) -> Self {
        Self(SmallVec::from_elem(0, width.div_ceil(64)))
    }

    pub(super) fn insert(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }

    pub(super) fn insert_all(&mut self, numbers: impl IntoIterator<Item = usize>) {
        numbers.into_iter().for_each(|number| self.insert(number));
    }

    pub(super) fn remove(&mut self, number: usize) {
        self.0[number / 64] &= !(1 << (number % 64));
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        self.0[number / 64] & (1 << (number % 64)) != 0
    }

    pub(super) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(super) fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    pub(super) fn without(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & !b).collect())
    }

    /// The numbers in the set, rising.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    at * 64 + bit
                })
            })
        })
    }
}

#[test]
fn sets_wider_than_a_word_combine() {
    let set = |numbers: &[usize]| {
        let mut set = RequestSet::empty(130);
        numbers.iter().for_each(|number| set.insert(*number));
        set
    };
    let mut left = set(&[0, 64, 129]);
    assert!(left.meets(&set(&[1, 64])) && !left.meets(&set(&[1, 65])));
    assert!(set(&[129]).is_subset(&left) && !left.is_subset(&set(&[129])));
    assert_eq!(left.without(&set(&[64])), set(&[0, 129]));
    left.remove(0);
    left.add_all(&set(&[3]));
    assert_eq!(left.iter().collect::<Vec<_>>(), [3, 64, 129]);
    assert!(left.contains(3) && !left.contains(0));
    assert_eq!(left.len(), 3);
}
