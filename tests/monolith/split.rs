//! Divides a whole among subgraphs, so that they should compose again.
//!
//! First it is decided who may declare what; then entities and root fields get owners; then every
//! subgraph declares the types its fields return, until none is missing; then the interfaces, which
//! can only have the fields that all their objects have in that subgraph.

use std::collections::{BTreeMap, BTreeSet};

use super::random::Random;
use super::world::{Declared, DeclaredField, Kind, Select, Source, Subgraph, World};
use super::{context, decorate, settle, whole};

const SUBGRAPH_NAMES: [&str; 5] = ["north", "east", "south", "west", "middle"];

/// What each subgraph may declare.
struct Rights {
    /// By subgraph: the entities it must not declare, since it knows their interface as an object.
    forbidden: Vec<BTreeSet<String>>,
    /// By subgraph: the composite types it can declare.
    declarable: Vec<BTreeSet<String>>,
}

/// A random world, divided.
pub(crate) fn world(seed: u64) -> World {
    let mut random = Random::new(seed);
    loop {
        let mut world = whole::whole(seed, &mut random);
        if split(&mut world, &mut random).is_some() {
            return world;
        }
    }
}

/// None where the choices lead nowhere.
fn split(world: &mut World, random: &mut Random) -> Option<()> {
    let count = random.between(2, 4) + random.below(10) / 9;
    world.subgraphs = SUBGRAPH_NAMES[..count]
        .iter()
        .map(|name| Subgraph {
            name: (*name).to_owned(),
            types: BTreeMap::new(),
        })
        .collect();
    let mut rights = Rights {
        forbidden: vec![BTreeSet::new(); count],
        declarable: Vec::new(),
    };
    let interface_objects = choose_interface_objects(world, random, &mut rights);
    rights.declarable = (0..count)
        .map(|subgraph| {
            declarable(
                world,
                &rights.forbidden[subgraph],
                &interface_objects,
                subgraph,
            )
        })
        .collect();
    place_entities(world, random, &rights)?;
    for (interface, keyed, by_object) in &interface_objects {
        place_interface_object(world, random, &rights, interface, *keyed, *by_object);
    }
    place_root(world, random, &rights, "Query")?;
    place_root(world, random, &rights, "Mutation")?;
    decorate::requirements(world, random, &rights.declarable);
    close(world, random, &rights);
    decorate::provisions(world, random, &rights.declarable);
    close(world, random, &rights);
    settle::interface_fields(world);
    settle::prune(world);
    decorate::marks(world, random);
    if random.chance(15) {
        world.hides_hue = Some(random.below(count));
    }
    context::choose(world, random);
    settle::objects(world)
}

/// For some interfaces of entities: a subgraph that declares it with its key and all its objects,
/// and one that knows it as an object.
fn choose_interface_objects(
    world: &World,
    random: &mut Random,
    rights: &mut Rights,
) -> Vec<(String, usize, usize)> {
    let mut chosen: Vec<(String, usize, usize)> = Vec::new();
    for (name, it) in &world.types {
        let entities = it.kind == Kind::Interface
            && it
                .objects
                .iter()
                .all(|it| world.composite(it).kind == Kind::Entity);
        if !entities || !random.chance(50) {
            continue;
        }
        let count = rights.forbidden.len();
        let by_object = random.below(count);
        let keyed = (by_object + random.between(1, count - 1)) % count;
        let taken = chosen.iter().any(|(_, other_keyed, other)| {
            *other_keyed == by_object || *other == keyed || *other == by_object
        });
        if !taken && rights.forbidden[keyed].is_empty() {
            rights.forbidden[by_object].extend(it.objects.iter().cloned());
            chosen.push((name.clone(), keyed, by_object));
        }
    }
    chosen
}

/// The types that a subgraph can declare with everything their fields return.
fn declarable(
    world: &World,
    forbidden: &BTreeSet<String>,
    interface_objects: &[(String, usize, usize)],
    subgraph: usize,
) -> BTreeSet<String> {
    let mut can: BTreeSet<String> = world
        .types
        .keys()
        .filter(|it| !forbidden.contains(*it))
        .cloned()
        .collect();
    loop {
        let keep: BTreeSet<String> = can
            .iter()
            .filter(|name| {
                let it = world.composite(name);
                let as_object = interface_objects
                    .iter()
                    .any(|(interface, _, by_object)| interface == *name && *by_object == subgraph);
                match it.kind {
                    Kind::Interface if as_object => true,
                    Kind::Interface | Kind::Union => {
                        it.objects.iter().any(|object| can.contains(object))
                    }
                    Kind::Value => it.fields.values().all(|field| {
                        let inner = field.ty.inner_name().as_str();
                        !world.is_composite(inner) || can.contains(inner)
                    }),
                    Kind::Entity | Kind::Root => true,
                }
            })
            .cloned()
            .collect();
        if keep.len() == can.len() {
            return can;
        }
        can = keep;
    }
}

/// The subgraphs, of `among`, that can declare a field of this type.
fn able(world: &World, rights: &Rights, among: &[usize], type_name: &str) -> Vec<usize> {
    among
        .iter()
        .copied()
        .filter(|subgraph| {
            !world.is_composite(type_name) || rights.declarable[*subgraph].contains(type_name)
        })
        .collect()
}

fn place_entities(world: &mut World, random: &mut Random, rights: &Rights) -> Option<()> {
    for name in names_of(world, Kind::Entity) {
        let free: Vec<usize> = (0..world.subgraphs.len())
            .filter(|it| !rights.forbidden[*it].contains(&name))
            .collect();
        let homes = random.some(&free, 60);
        for home in &homes {
            declare_entity(world, random, *home, &name, false);
        }
        let fields: Vec<(String, String)> = world
            .composite(&name)
            .fields
            .iter()
            .filter(|(_, field)| field.source == Source::Data)
            .map(|(field, it)| (field.clone(), it.ty.inner_name().to_string()))
            .collect();
        for (field, inner) in fields {
            let owners = able(world, rights, &homes, &inner);
            let owner = *random.pick(&owners)?;
            share_out(world, random, &name, &field, owner, &owners);
        }
    }
    Some(())
}

/// Gives a field to its owner, and perhaps to others that resolve it too or did once.
fn share_out(
    world: &mut World,
    random: &mut Random,
    type_name: &str,
    field: &str,
    owner: usize,
    able: &[usize],
) {
    let others: Vec<usize> = able.iter().copied().filter(|it| *it != owner).collect();
    let shares = random.chance(25) && !others.is_empty();
    let mut declare = |subgraph: usize, it: DeclaredField| {
        let types = &mut world.subgraphs[subgraph].types;
        types
            .entry(type_name.to_owned())
            .or_default()
            .fields
            .insert(field.to_owned(), it);
    };
    let shared = DeclaredField {
        shareable: shares,
        ..DeclaredField::default()
    };
    declare(owner, shared.clone());
    if shares {
        for other in random.some(&others, 40) {
            declare(other, shared.clone());
        }
    } else if random.chance(14)
        && let Some(other) = random.pick(&others).copied()
    {
        let from = Some(SUBGRAPH_NAMES[other].to_owned());
        let labelled = random.chance(50);
        declare(
            owner,
            DeclaredField {
                overrides: from,
                labelled,
                ..DeclaredField::default()
            },
        );
        declare(
            other,
            DeclaredField {
                overridden: true,
                labelled,
                ..DeclaredField::default()
            },
        );
    }
}

fn place_root(world: &mut World, random: &mut Random, rights: &Rights, root: &str) -> Option<()> {
    let Some(it) = world.types.get(root) else {
        return Some(());
    };
    let fields: Vec<(String, String)> = it
        .fields
        .iter()
        .map(|(name, it)| (name.clone(), it.ty.inner_name().to_string()))
        .collect();
    let all: Vec<usize> = (0..world.subgraphs.len()).collect();
    for (field, inner) in fields {
        let owners = able(world, rights, &all, &inner);
        let owner = *random.pick(&owners)?;
        let sharing = if root == "Query" { &owners[..] } else { &[] };
        share_out(world, random, root, &field, owner, sharing);
    }
    Some(())
}

/// Declares an entity with some of its keys; `is_stub` when the subgraph only refers to it.
fn declare_entity(
    world: &mut World,
    random: &mut Random,
    subgraph: usize,
    name: &str,
    is_stub: bool,
) {
    let entity = world.composite(name);
    let interfaces: Vec<String> = interfaces_of(world, name);
    let mut keys: Vec<Vec<Select>> = match random.chance(60) {
        true => entity.keys.iter().take(1).cloned().collect(),
        false => random.some(&entity.keys, 60),
    };
    if !interfaces.is_empty() && !keys.contains(&entity.keys[0]) {
        keys.insert(0, entity.keys[0].clone());
    }
    let declared = world.subgraphs[subgraph]
        .types
        .entry(name.to_owned())
        .or_default();
    for key in keys {
        for item in &key {
            declared.fields.entry(item.name.clone()).or_default();
        }
        let resolvable = random.chance(if is_stub { 60 } else { 94 });
        declared.keys.push((key, resolvable));
    }
}

fn place_interface_object(
    world: &mut World,
    random: &mut Random,
    rights: &Rights,
    interface: &str,
    keyed: usize,
    by_object: usize,
) {
    let id = vec![Select::leaf("id")];
    let objects = world.objects_of(interface);
    for object in &objects {
        if !world.subgraphs[keyed].types.contains_key(object) {
            declare_entity(world, random, keyed, object, true);
        }
        let declared = world.subgraphs[keyed]
            .types
            .entry(object.clone())
            .or_default();
        declared.interfaces.insert(interface.to_owned());
        // An object of a keyed interface must be found wherever the interface is.
        declared
            .keys
            .iter_mut()
            .filter(|(key, _)| *key == id)
            .for_each(|(_, resolvable)| *resolvable = true);
    }
    let key = |interface_object| Declared {
        keys: vec![(vec![Select::leaf("id")], true)],
        interface_object,
        fields: BTreeMap::from([("id".to_owned(), DeclaredField::default())]),
        ..Declared::default()
    };
    world.subgraphs[keyed]
        .types
        .insert(interface.to_owned(), key(false));
    let mut as_object = key(true);
    let returned: Vec<String> = rights.declarable[by_object]
        .iter()
        .filter(|it| world.composite(it).kind != Kind::Root)
        .cloned()
        .collect();
    for index in 0..random.between(1, 3) {
        let field = whole::random_field(random, &returned, 60);
        let name = format!("{}_{index}", interface.to_lowercase());
        as_object
            .fields
            .insert(name.clone(), DeclaredField::default());
        for ty in objects.iter().map(String::as_str).chain([interface]) {
            let composite = world.types.get_mut(ty).expect("a type");
            composite.fields.insert(name.clone(), field.clone());
        }
    }
    world.subgraphs[by_object]
        .types
        .insert(interface.to_owned(), as_object);
}

/// Declares what declared fields return, until nothing is missing.
fn close(world: &mut World, random: &mut Random, rights: &Rights) {
    for subgraph in 0..world.subgraphs.len() {
        loop {
            let it = &world.subgraphs[subgraph];
            let returned = it.types.iter().flat_map(|(name, declared)| {
                let composite = world.composite(name);
                let fields = declared
                    .fields
                    .keys()
                    .map(|field| composite.fields[field].ty.inner_name().to_string());
                fields
                    .chain(declared.members.iter().cloned())
                    .collect::<Vec<_>>()
            });
            let missing: BTreeSet<String> = returned
                .filter(|name| world.is_composite(name) && !it.types.contains_key(name))
                .collect();
            let Some(name) = missing.first() else { break };
            declare(world, random, rights, subgraph, name);
        }
    }
}

fn declare(world: &mut World, random: &mut Random, rights: &Rights, subgraph: usize, name: &str) {
    let composite = world.composite(name);
    let objects: Vec<String> = composite
        .objects
        .iter()
        .filter(|it| rights.declarable[subgraph].contains(*it))
        .cloned()
        .collect();
    match composite.kind {
        Kind::Entity => declare_entity(world, random, subgraph, name, true),
        Kind::Value | Kind::Root => declare_value(world, random, subgraph, name),
        Kind::Union => {
            let members = random.some(&objects, 80).into_iter().collect();
            let declared = Declared {
                members,
                ..Declared::default()
            };
            world.subgraphs[subgraph]
                .types
                .insert(name.to_owned(), declared);
        }
        Kind::Interface => {
            let declared = Declared {
                fields: BTreeMap::from([("id".to_owned(), DeclaredField::default())]),
                ..Declared::default()
            };
            world.subgraphs[subgraph]
                .types
                .insert(name.to_owned(), declared);
            let known: Vec<String> = objects
                .iter()
                .filter(|it| world.subgraphs[subgraph].types.contains_key(*it))
                .cloned()
                .collect();
            let mut implementing: BTreeSet<String> =
                random.some(&objects, 50).into_iter().collect();
            implementing.extend(known.into_iter().filter(|_| random.chance(90)));
            for object in implementing {
                if !world.subgraphs[subgraph].types.contains_key(&object) {
                    declare(world, random, rights, subgraph, &object);
                }
                let object = world.subgraphs[subgraph]
                    .types
                    .get_mut(&object)
                    .expect("declared");
                object.interfaces.insert(name.to_owned());
            }
        }
    }
}

fn declare_value(world: &mut World, random: &mut Random, subgraph: usize, name: &str) {
    let keeps_all = random.chance(85);
    let fields: Vec<String> = world.composite(name).fields.keys().cloned().collect();
    let kept: Vec<String> = fields
        .iter()
        .filter(|field| {
            keeps_all || ["id", "serial"].contains(&field.as_str()) || random.chance(75)
        })
        .cloned()
        .collect();
    let kept = if kept.is_empty() { fields } else { kept };
    let shareable = DeclaredField {
        shareable: true,
        ..DeclaredField::default()
    };
    let declared = Declared {
        fields: kept
            .into_iter()
            .map(|field| (field, shareable.clone()))
            .collect(),
        ..Declared::default()
    };
    world.subgraphs[subgraph]
        .types
        .insert(name.to_owned(), declared);
}

fn interfaces_of(world: &World, object: &str) -> Vec<String> {
    world
        .types
        .iter()
        .filter(|(_, it)| it.kind == Kind::Interface && it.objects.contains(object))
        .map(|(name, _)| name.clone())
        .collect()
}

pub(crate) fn names_of(world: &World, kind: Kind) -> Vec<String> {
    world
        .types
        .iter()
        .filter(|(_, it)| it.kind == kind)
        .map(|(name, _)| name.clone())
        .collect()
}
