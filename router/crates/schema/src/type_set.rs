//! A set of object type names.

use std::fmt;
use std::sync::Arc;

use crate::Name;

/// Object types that may stand at a position at run time. Sorted; cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeSet(Arc<[Name]>);

impl TypeSet {
    /// The set with just this type.
    pub fn one(name: Name) -> Self {
        Self(Arc::from([name]))
    }

    /// The types of the set, sorted.
    pub fn iter(&self) -> std::slice::Iter<'_, Name> {
        self.0.iter()
    }

    /// How many types it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it has this type.
    pub fn contains(&self, name: &str) -> bool {
        self.0.binary_search_by(|it| it.as_str().cmp(name)).is_ok()
    }

    /// Whether every type of `self` is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|name| other.contains(name))
    }

    /// The types in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        if self.is_subset(other) {
            return self.clone();
        }
        self.iter()
            .filter(|name| other.contains(name))
            .cloned()
            .collect()
    }

    /// The types of `self` that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.iter()
            .filter(|name| !other.contains(name))
            .cloned()
            .collect()
    }

    /// The types in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_subset(other) {
            return other.clone();
        }
        self.iter().chain(other.iter()).cloned().collect()
    }
}

impl FromIterator<Name> for TypeSet {
    fn from_iter<I: IntoIterator<Item = Name>>(names: I) -> Self {
        let mut names: Vec<Name> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        Self(names.into())
    }
}

impl<'s> IntoIterator for &'s TypeSet {
    type Item = &'s Name;
    type IntoIter = std::slice::Iter<'s, Name>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Debug for TypeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[test]
fn sets_combine() {
    let set = |names: &[&str]| -> TypeSet { names.iter().map(|name| Name::from(*name)).collect() };
    let (ab, bc) = (set(&["B", "A"]), set(&["C", "B"]));
    assert_eq!(ab.intersection(&bc), set(&["B"]));
    assert_eq!(ab.difference(&bc), set(&["A"]));
    assert_eq!(ab.union(&bc), set(&["A", "B", "C"]));
    assert!(ab.contains("A") && !ab.contains("C"));
}
