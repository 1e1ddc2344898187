//! Join v0.1, of Federation 1 composers: types without `@join__type` are in every subgraph, and
//! fields of entities without `@join__field` belong to the type's owner, which is the first subgraph
//! that the type names. A subgraph with a key of the type has the key's fields, said or not.

use schema::{Name, SubgraphId};

use crate::{FieldJoin, Model, TypeDefinition, TypeJoin, TypeKind};

/// Fills in what v0.1 leaves unsaid.
pub(super) fn complete(model: &mut Model) {
    let all: Vec<SubgraphId> = (0..model.graphs.len())
        .filter_map(|index| u16::try_from(index).ok().map(SubgraphId))
        .collect();
    for ty in model.types.values_mut() {
        if ty.joins.is_empty() {
            everywhere(ty, &all);
        } else {
            entity(ty);
        }
    }
}

fn everywhere(ty: &mut TypeDefinition, all: &[SubgraphId]) {
    ty.joins = all
        .iter()
        .map(|graph| TypeJoin {
            graph: *graph,
            key: None,
            extension: false,
            resolvable: true,
            is_interface_object: false,
        })
        .collect();
    match &mut ty.kind {
        TypeKind::Object(composite) | TypeKind::Interface(composite) => {
            for implements in &mut composite.implements {
                implements.graphs = all.to_vec();
            }
        }
        TypeKind::Union(members) => {
            for member in members {
                member.graphs = all.to_vec();
            }
        }
        TypeKind::Enum(values) => {
            for value in values {
                value.graphs = all.to_vec();
            }
        }
        TypeKind::Scalar | TypeKind::InputObject(_) => {}
    }
}

fn entity(ty: &mut TypeDefinition) {
    let Some(owner) = ty.joins.first().map(|join| join.graph) else {
        return;
    };
    let keys: Vec<(SubgraphId, Vec<Name>)> = ty
        .joins
        .iter()
        .filter_map(|join| {
            let fields = join.key.as_ref()?.leaf_paths();
            let first = fields.iter().filter_map(|path| path.first());
            Some((join.graph, first.map(|name| (*name).clone()).collect()))
        })
        .collect();
    // Subgraphs stay in order, so that looking them up one by one finds each once.
    ty.joins.sort_by_key(|join| join.graph);
    let (TypeKind::Object(composite) | TypeKind::Interface(composite)) = &mut ty.kind else {
        return;
    };
    for field in composite.fields.values_mut() {
        let unsaid = field.joins.is_empty().then_some(owner);
        let keyed = keys
            .iter()
            .filter(|(_, fields)| fields.contains(&field.name))
            .map(|(graph, _)| *graph);
        let missing: Vec<SubgraphId> = keyed
            .chain(unsaid)
            .filter(|graph| field.joins.iter().all(|join| join.graph != Some(*graph)))
            .collect();
        field
            .joins
            .extend(missing.into_iter().map(|graph| FieldJoin {
                graph: Some(graph),
                ..FieldJoin::default()
            }));
        field.joins.sort_by_key(|join| join.graph);
        field.joins.dedup_by_key(|join| join.graph);
    }
}
