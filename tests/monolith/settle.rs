//! What follows from a division: the fields interfaces can have, what is left of the whole, and
//! which objects each field may return.

use std::collections::{BTreeMap, BTreeSet};

use super::split::names_of;
use super::world::{Composite, Declared, DeclaredField, Kind, Subgraph, World};

/// An interface has, in a subgraph, the fields that all its objects resolve there.
pub(crate) fn interface_fields(world: &mut World) {
    for name in names_of(world, Kind::Interface) {
        let fields: Vec<String> = world.composite(&name).fields.keys().cloned().collect();
        for subgraph in &mut world.subgraphs {
            let Some(declared) = subgraph.types.get(&name) else {
                continue;
            };
            if declared.interface_object {
                continue;
            }
            let common: Vec<String> = fields
                .iter()
                .filter(|field| {
                    let mut objects = subgraph
                        .types
                        .values()
                        .filter(|it| it.interfaces.contains(&name));
                    objects.all(|it| it.fields.get(*field).is_some_and(DeclaredField::resolved))
                })
                .cloned()
                .collect();
            let declared = subgraph.types.get_mut(&name).expect("declared");
            for field in common {
                declared.fields.entry(field).or_default();
            }
        }
    }
}

/// Takes out of the whole what no subgraph declares.
pub(crate) fn prune(world: &mut World) {
    let World {
        types, subgraphs, ..
    } = world;
    types.retain(|name, _| subgraphs.iter().any(|it| it.types.contains_key(name)));
    let names: Vec<String> = types.keys().cloned().collect();
    for name in names {
        let declared: Vec<&Declared> = subgraphs
            .iter()
            .filter_map(|it| it.types.get(&name))
            .collect();
        let objects: BTreeSet<String> = match types[&name].kind {
            Kind::Interface => subgraphs
                .iter()
                .flat_map(|it| &it.types)
                .filter(|(_, it)| it.interfaces.contains(&name))
                .map(|(object, _)| object.clone())
                .collect(),
            _ => declared.iter().flat_map(|it| it.members.clone()).collect(),
        };
        let through = interface_object_fields(subgraphs, types, &name);
        let composite = types.get_mut(&name).expect("there");
        composite.objects = objects;
        composite.fields.retain(|field, _| {
            through.contains(field)
                || declared
                    .iter()
                    .any(|it| it.fields.get(field).is_some_and(DeclaredField::resolved))
        });
    }
}

/// The fields that an object type has through interface objects.
fn interface_object_fields(
    subgraphs: &[Subgraph],
    types: &BTreeMap<String, Composite>,
    object: &str,
) -> BTreeSet<String> {
    subgraphs
        .iter()
        .flat_map(|it| &it.types)
        .filter(|(name, it)| {
            it.interface_object
                && types
                    .get(*name)
                    .is_some_and(|it| it.objects.contains(object))
        })
        .flat_map(|(_, it)| it.fields.keys().cloned())
        .collect()
}

/// Works out which object types each field may return. None: a field may return none.
pub(crate) fn objects(world: &mut World) -> Option<()> {
    let mut found: Vec<(String, String, Vec<String>)> = Vec::new();
    for (name, it) in &world.types {
        for (field_name, field) in &it.fields {
            let inner = field.ty.inner_name().as_str();
            if !world.is_composite(inner) || world.is_abstract(name) {
                continue;
            }
            let mut objects = world.objects_of(inner);
            for subgraph in &world.subgraphs {
                let declares = subgraph.types.iter().any(|(type_name, declared)| {
                    let is_it = type_name == name
                        || (declared.interface_object
                            && world.composite(type_name).objects.contains(name));
                    is_it && declared.fields.contains_key(field_name)
                });
                if declares {
                    objects.retain(|object| returns(world, subgraph, inner, object));
                }
            }
            if objects.is_empty() {
                return None;
            }
            found.push((
                name.clone(),
                field_name.clone(),
                objects.into_iter().collect(),
            ));
        }
    }
    for (name, field, objects) in found {
        let composite = world.types.get_mut(&name)?;
        composite.fields.get_mut(&field)?.objects = objects;
    }
    Some(())
}

/// Whether a subgraph can return `object` where it declares `declared`.
fn returns(world: &World, subgraph: &Subgraph, declared: &str, object: &str) -> bool {
    let it = &subgraph.types[declared];
    match world.composite(declared).kind {
        Kind::Union => it.members.contains(object),
        Kind::Interface if !it.interface_object => subgraph
            .types
            .get(object)
            .is_some_and(|it| it.interfaces.contains(declared)),
        _ => true,
    }
}
