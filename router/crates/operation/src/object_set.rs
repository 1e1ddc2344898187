//! A set of the API's object types as bits: what normalisation computes with.

/// Object types by their index in the API schema. All sets of one schema have the same width.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ObjectSet(Box<[u64]>);

impl ObjectSet {
    /// The empty set, for a schema with so many object types.
    pub(crate) fn empty(object_types: usize) -> Self {
        Self(vec![0; object_types.div_ceil(64)].into())
    }

    /// Adds the type with this index, which is below the width.
    pub(crate) fn insert(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(crate) fn len(&self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    pub(crate) fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    pub(crate) fn difference(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & !b).collect())
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    /// The indexes in the set, rising.
    pub(crate) fn indexes(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros() as usize;
                rest &= rest - 1;
                Some(at * 64 + bit)
            })
        })
    }
}

#[test]
fn sets_wider_than_a_word_combine() {
    let set = |indexes: &[usize]| {
        let mut set = ObjectSet::empty(130);
        indexes.iter().for_each(|index| set.insert(*index));
        set
    };
    let (left, right) = (set(&[0, 64, 129]), set(&[64, 65]));
    assert_eq!(left.intersection(&right), set(&[64]));
    assert_eq!(left.difference(&right), set(&[0, 129]));
    assert_eq!(left.union(&right).len(), 4);
    assert!(set(&[64]).is_subset(&left) && !right.is_subset(&left));
    assert_eq!(left.indexes().collect::<Vec<_>>(), [0, 64, 129]);
    assert!(set(&[]).is_empty());
}
