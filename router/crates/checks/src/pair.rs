//! The two supergraphs, their API schemas, and what is in both.

use std::hash::Hash;

use indexmap::IndexMap;
use schema::Name;
use supergraph::{Composite, Model, TypeDefinition, TypeKind};

/// What is compared.
pub(crate) struct Pair<'m> {
    /// The supergraphs themselves: how subgraphs make up the API, and what is hidden.
    pub(crate) old: &'m Model,
    pub(crate) new: &'m Model,
    /// What clients see of them.
    pub(crate) old_api: Model,
    pub(crate) new_api: Model,
}

impl<'m> Pair<'m> {
    pub(crate) fn new(old: &'m Model, new: &'m Model) -> Self {
        Self {
            old,
            new,
            old_api: old.api(),
            new_api: new.api(),
        }
    }

    /// The types that clients see before and after, of the same kind.
    pub(crate) fn types(&self) -> impl Iterator<Item = (&TypeDefinition, &TypeDefinition)> {
        same_kind(&self.old_api, &self.new_api)
    }

    /// The types that are in both supergraphs, of the same kind, hidden ones too.
    pub(crate) fn joined_types(&self) -> impl Iterator<Item = (&TypeDefinition, &TypeDefinition)> {
        same_kind(self.old, self.new)
    }

    /// The object types and interfaces that clients see before and after.
    pub(crate) fn composites(&self) -> impl Iterator<Item = (&Name, &Composite, &Composite)> {
        self.types()
            .filter_map(|(old, new)| Some((&old.name, old.composite()?, new.composite()?)))
    }
}

fn same_kind<'m>(
    old: &'m Model,
    new: &'m Model,
) -> impl Iterator<Item = (&'m TypeDefinition, &'m TypeDefinition)> {
    old.types
        .values()
        .filter_map(|ty| Some((ty, new.type_named(&ty.name)?)))
        .filter(|(old, new)| kind(old) == kind(new))
}

/// The kind of a type, in words.
pub(crate) fn kind(ty: &TypeDefinition) -> &'static str {
    match ty.kind {
        TypeKind::Scalar => "a scalar",
        TypeKind::Object(_) => "an object type",
        TypeKind::Interface(_) => "an interface",
        TypeKind::Union(_) => "a union",
        TypeKind::Enum(_) => "an enum",
        TypeKind::InputObject(_) => "an input object type",
    }
}

/// What two lists of named things have and have not in common, in the order of the lists.
pub(crate) struct Difference<'t, T> {
    pub(crate) removed: Vec<&'t T>,
    pub(crate) added: Vec<&'t T>,
    pub(crate) both: Vec<(&'t T, &'t T)>,
}

/// Compares two lists whose items are known by a key.
pub(crate) fn difference<'t, T, K: Hash + Eq>(
    old: impl IntoIterator<Item = &'t T>,
    new: impl IntoIterator<Item = &'t T>,
    key: impl Fn(&'t T) -> K,
) -> Difference<'t, T> {
    let old: IndexMap<K, &T> = old.into_iter().map(|it| (key(it), it)).collect();
    let new: IndexMap<K, &T> = new.into_iter().map(|it| (key(it), it)).collect();
    Difference {
        removed: old
            .iter()
            .filter(|(key, _)| !new.contains_key(*key))
            .map(|(_, it)| *it)
            .collect(),
        added: new
            .iter()
            .filter(|(key, _)| !old.contains_key(*key))
            .map(|(_, it)| *it)
            .collect(),
        both: old
            .iter()
            .filter_map(|(key, it)| Some((*it, *new.get(key)?)))
            .collect(),
    }
}
