//! Same-named types become one.
//!
//! [`across`] arranges the subgraphs by type; [`kinds`] makes sure that they speak of the same kind
//! of thing; [`relations`] knows who implements what; [`specifications`] finds out which directives
//! go into the supergraph, and under which names. Then each type is merged by its kind: [`composite`]
//! with [`field`], [`input_object`], [`union`](mod@union), [`enumeration`]. [`Merge`] is what all of
//! them share.

mod access;
pub(crate) mod across;
mod applied_directives;
mod argument_strategies;
mod arguments;
mod compose_directive;
mod composite;
mod default_value;
mod definitions;
mod description;
mod enumeration;
mod executable_directives;
mod external_field;
mod field;
mod graph_names;
mod input_object;
mod interface_object_fields;
mod join_directive;
mod kinds;
mod override_field;
mod relations;
mod sharing;
mod specifications;
mod type_joins;
mod type_reference;
mod union;

use std::collections::HashMap;

use diagnostics::Problems;
use indexmap::IndexMap;
use schema::Name;
use subgraph::{Kind, Subgraph};
use supergraph::{Model, TypeDefinition, TypeKind};

use across::{Across, TypeAcross};
use enumeration::Usage;
use relations::Relations;
use specifications::Specifications;

/// Merges the subgraphs, which are in canonical order; nothing where they speak of different
/// directives under one name. What else cannot be merged is reported and left out.
pub(crate) fn merge(subgraphs: &[Subgraph], problems: &mut Problems) -> Option<Model> {
    let mut across = Across::new(subgraphs);
    let mut model = Model {
        graphs: graph_names::graphs(subgraphs),
        join_version: specifications::join_version(subgraphs),
        ..Model::default()
    };
    let specifications = specifications::collect(&across, &mut model, problems);
    if problems.has_errors() {
        return None;
    }
    let relations = Relations::new(&across);
    for name in kinds::check(&across, problems) {
        across.types.remove(name);
    }
    let mut merge = Merge {
        across: &across,
        relations: &relations,
        specifications: &specifications,
        enum_usages: HashMap::new(),
        problems,
    };
    definitions::schema_element(&mut merge, &mut model);
    executable_directives::merge(&mut merge, &mut model);
    let (enums, others): (Vec<_>, Vec<_>) =
        across.types.values().partition(|ty| ty.kind == Kind::Enum);
    // Enums come last: how they merge depends on where everything else uses them.
    let mut merged: IndexMap<Name, TypeDefinition> = IndexMap::new();
    for ty in others.into_iter().chain(enums) {
        if let Some(definition) = merge.type_definition(ty) {
            merged.insert(ty.name.clone(), definition);
        }
    }
    interface_object_fields::inject(&mut merge, &mut merged);
    specifications.add_types(&mut merged);
    definitions::define_one_of(&merged, &mut model);
    merged.sort_unstable_keys();
    model.types = merged;
    Some(model)
}

/// What the merging of every element needs.
pub(crate) struct Merge<'s, 'm> {
    /// The subgraphs by type.
    pub(crate) across: &'m Across<'s>,
    /// Who implements what, and who is member of what, in the supergraph.
    pub(crate) relations: &'m Relations<'s>,
    /// The directives that go into the supergraph.
    pub(crate) specifications: &'m Specifications<'s>,
    /// Where enums are used.
    pub(crate) enum_usages: HashMap<Name, Usage>,
    /// Where problems go.
    pub(crate) problems: &'m mut Problems,
}

impl<'s> Merge<'s, '_> {
    /// Merges one type; nothing if no part of it is left.
    fn type_definition(&mut self, ty: &TypeAcross<'s>) -> Option<TypeDefinition> {
        let kind = match ty.kind {
            Kind::Scalar => TypeKind::Scalar,
            Kind::Object => TypeKind::Object(self.composite(ty)?),
            Kind::Interface => TypeKind::Interface(self.composite(ty)?),
            Kind::Union => TypeKind::Union(self.union(ty)),
            Kind::Enum => TypeKind::Enum(self.enumeration(ty)),
            Kind::InputObject => TypeKind::InputObject(self.input_object(ty)),
        };
        let sources: Vec<_> = ty
            .sources
            .iter()
            .map(|(id, definition)| (*id, &definition.directives))
            .collect();
        let elsewhere = self.type_access(ty);
        let mut directives = self.applied_directives_and(ty.name, &sources, &elsewhere);
        directives.extend(self.carried_directives(&sources));
        Some(TypeDefinition {
            name: ty.name.clone(),
            description: self.description(
                ty.name,
                ty.sources
                    .iter()
                    .map(|(_, it)| (it.description.as_deref(), it.span())),
            ),
            directives,
            joins: self.type_joins(ty),
            kind,
        })
    }
}
