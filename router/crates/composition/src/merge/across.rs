//! The same type, seen across all subgraphs: what merging works on.
//!
//! A type is a small list of `(subgraph, definition)`, in the order of the subgraphs; nothing ever
//! loops over all subgraphs for one field.

use std::collections::BTreeMap;

use schema::{Name, SubgraphId};
use subgraph::{Directives as _, FederationDirective, Kind, Subgraph, TypeDefinition};

/// A type across the subgraphs that have it.
#[derive(Debug)]
pub(crate) struct TypeAcross<'s> {
    /// Its name.
    pub(crate) name: &'s Name,
    /// What kind of type it becomes.
    pub(crate) kind: Kind,
    /// The subgraphs that have it, in order.
    pub(crate) sources: Vec<(SubgraphId, &'s TypeDefinition)>,
}

/// The subgraphs, arranged by type.
#[derive(Debug)]
pub(crate) struct Across<'s> {
    /// The subgraphs, by id.
    pub(crate) subgraphs: &'s [Subgraph],
    /// Every type that is merged, by name.
    pub(crate) types: BTreeMap<&'s str, TypeAcross<'s>>,
}

impl<'s> Across<'s> {
    /// Arranges the subgraphs by type.
    pub(crate) fn new(subgraphs: &'s [Subgraph]) -> Self {
        let mut types: BTreeMap<&str, TypeAcross<'_>> = BTreeMap::new();
        for (id, subgraph) in ids(subgraphs) {
            for ty in subgraph.types.values() {
                types
                    .entry(ty.name.as_str())
                    .or_insert_with(|| TypeAcross {
                        name: &ty.name,
                        kind: kind_when_merged(ty),
                        sources: Vec::new(),
                    })
                    .sources
                    .push((id, ty));
            }
        }
        Self { subgraphs, types }
    }

    /// A subgraph by its id.
    pub(crate) fn subgraph(&self, id: SubgraphId) -> &'s Subgraph {
        &self.subgraphs[id.index()]
    }

    /// A type by its name.
    pub(crate) fn type_named(&self, name: &str) -> Option<&TypeAcross<'s>> {
        self.types.get(name)
    }

    /// The subgraph with a name.
    pub(crate) fn id_of(&self, name: &str) -> Option<SubgraphId> {
        let index = self
            .subgraphs
            .binary_search_by(|it| (*it.name).cmp(name))
            .ok()?;
        u16::try_from(index).ok().map(SubgraphId)
    }
}

impl<'s> TypeAcross<'s> {
    /// The type in one subgraph.
    pub(crate) fn in_subgraph(&self, id: SubgraphId) -> Option<&'s TypeDefinition> {
        self.sources
            .binary_search_by_key(&id, |(id, _)| *id)
            .ok()
            .map(|index| self.sources[index].1)
    }

    /// Whether it is known as an object somewhere although it is an interface.
    pub(crate) fn is_interface_object(&self) -> bool {
        self.sources.iter().any(|(_, ty)| ty.is_interface_object())
    }

    /// Whether any subgraph has a key for it.
    pub(crate) fn is_entity(&self) -> bool {
        self.sources.iter().any(|(_, ty)| !ty.keys.is_empty())
    }
}

/// The ids of the subgraphs, with the subgraphs.
pub(crate) fn ids(subgraphs: &[Subgraph]) -> impl Iterator<Item = (SubgraphId, &Subgraph)> {
    (0_u16..).map(SubgraphId).zip(subgraphs)
}

/// The kind a type has in the supergraph: an interface object is an interface there.
pub(crate) fn kind_when_merged(ty: &TypeDefinition) -> Kind {
    if ty.directives.has(FederationDirective::InterfaceObject) {
        Kind::Interface
    } else {
        ty.kind
    }
}
