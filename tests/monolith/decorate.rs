//! Requirements, provisions and marks of a divided whole.

use std::collections::BTreeSet;

use serde_json::{Map, json};

use super::random::Random;
use super::world::{Argument, DeclaredField, Field, Kind, Select, Source, World};

/// The requirements of one field, as they are put together.
struct Needs<'n> {
    /// What the field's subgraph can declare.
    declarable: &'n BTreeSet<String>,
    subgraph: usize,
    /// Fields that other types require: they get no requirements, so that none goes in circles.
    locked: &'n mut BTreeSet<(String, String)>,
}

/// Lets some fields require others of their type that only other subgraphs resolve.
pub(crate) fn requirements(
    world: &mut World,
    random: &mut Random,
    declarable: &[BTreeSet<String>],
) {
    let mut locked = BTreeSet::new();
    let entities: Vec<String> = world
        .types
        .iter()
        .filter(|(_, it)| it.kind == Kind::Entity)
        .map(|(name, _)| name.clone())
        .collect();
    for name in entities {
        let fields: Vec<String> = world.composite(&name).fields.keys().cloned().collect();
        for (index, field) in fields.iter().enumerate() {
            let owners: Vec<usize> = (0..world.subgraphs.len())
                .filter(|it| declares(world, *it, &name, field))
                .collect();
            let [owner] = owners[..] else { continue };
            let source = world.composite(&name).fields[field].source;
            let has_key = world.subgraphs[owner].types[&name]
                .keys
                .iter()
                .any(|(_, resolvable)| *resolvable);
            let resolved = world.subgraphs[owner].types[&name].fields[field].resolved();
            let is_locked = locked.contains(&(name.clone(), field.clone()));
            if source != Source::Data || !has_key || !resolved || is_locked || !random.chance(30) {
                continue;
            }
            // Only fields before it: no requirement ever needs itself.
            let candidates: Vec<String> = fields[..index]
                .iter()
                .filter(|other| can_require(world, &declarable[owner], owner, &name, other))
                .cloned()
                .collect();
            if candidates.is_empty() {
                continue;
            }
            let required = random.some(&candidates, 30);
            let mut needs = Needs {
                declarable: &declarable[owner],
                subgraph: owner,
                locked: &mut locked,
            };
            let items: Vec<Select> = required
                .iter()
                .flat_map(|other| needs.require(world, random, &name, other, 2))
                .collect();
            world
                .types
                .get_mut(&name)
                .expect("there")
                .fields
                .get_mut(field)
                .expect("there")
                .requires = items.clone();
            let declared = world.subgraphs[owner]
                .types
                .get_mut(&name)
                .expect("declared");
            declared.fields.get_mut(field).expect("declared").requires = items;
        }
    }
}

fn declares(world: &World, subgraph: usize, type_name: &str, field: &str) -> bool {
    let declared = world.subgraphs[subgraph].types.get(type_name);
    declared.is_some_and(|it| it.fields.contains_key(field))
}

fn can_require(
    world: &World,
    declarable: &BTreeSet<String>,
    subgraph: usize,
    type_name: &str,
    field: &str,
) -> bool {
    let it = &world.composite(type_name).fields[field];
    let inner = it.ty.inner_name().as_str();
    let known = world.subgraphs[subgraph]
        .types
        .get(type_name)
        .and_then(|it| it.fields.get(field));
    it.source == Source::Data
        && known.is_none_or(|known| known.external)
        && (!world.is_composite(inner) || declarable.contains(inner))
        // A field that only interface objects have stands on no object type.
        && world.subgraphs.iter().any(|it| {
            it.types.get(type_name).and_then(|it| it.fields.get(field)).is_some_and(DeclaredField::resolved)
        })
}

impl Needs<'_> {
    /// Declares `field` external in `subgraph`, and selects of it what can be had.
    fn require(
        &mut self,
        world: &mut World,
        random: &mut Random,
        type_name: &str,
        field: &str,
        depth: usize,
    ) -> Vec<Select> {
        let external = DeclaredField {
            external: true,
            ..DeclaredField::default()
        };
        let declared = world.subgraphs[self.subgraph]
            .types
            .entry(type_name.to_owned())
            .or_default();
        declared.fields.entry(field.to_owned()).or_insert(external);
        let it = world
            .types
            .get_mut(type_name)
            .expect("there")
            .fields
            .get_mut(field)
            .expect("there");
        // One that may not be null would take with it what else the client asks of the object.
        it.can_fail &= !it.ty.to_string().contains('!') && random.chance(60);
        let (inner, arguments) = (it.ty.inner_name().to_string(), some_arguments(random, it));
        let selected = |items: Vec<Select>| Select {
            arguments: arguments.clone(),
            items,
            ..Select::leaf(field)
        };
        if !world.is_composite(&inner) {
            return vec![selected(Vec::new())];
        }
        calm(world, &inner, &mut BTreeSet::new());
        let items = self.require_below(world, random, &inner, depth);
        vec![selected(items)]
    }

    fn require_below(
        &mut self,
        world: &mut World,
        random: &mut Random,
        inner: &str,
        depth: usize,
    ) -> Vec<Select> {
        let mut items = Vec::new();
        match world.composite(inner).kind {
            Kind::Interface => {
                items.push(Select::leaf("id"));
            }
            Kind::Union => items.push(Select::leaf("__typename")),
            Kind::Entity => {
                // The keys of a stub are chosen later; one that is there already is safe to name.
                let declared = world.subgraphs[self.subgraph].types.get(inner);
                let key = declared
                    .and_then(|it| it.keys.first())
                    .map(|(key, _)| key.clone());
                match key {
                    Some(key) => items.extend(key),
                    None => items.push(Select::leaf("__typename")),
                }
                let others: Vec<String> = world
                    .composite(inner)
                    .fields
                    .keys()
                    .filter(|other| {
                        depth > 1
                            && can_require(world, self.declarable, self.subgraph, inner, other)
                    })
                    .cloned()
                    .collect();
                // Its own requirements would have to come before those of the field at hand.
                let free = |it: &&String| {
                    let field = &world.composite(inner).fields[*it];
                    field.requires.is_empty() && !world.is_composite(field.ty.inner_name())
                };
                let leaf = others.iter().find(free).cloned();
                if let (Some(leaf), true) = (leaf, random.chance(40)) {
                    self.locked.insert((inner.to_owned(), leaf.clone()));
                    items.extend(self.require(world, random, inner, &leaf, depth - 1));
                }
            }
            Kind::Value | Kind::Root => {
                let fields = &mut world.types.get_mut(inner).expect("there").fields;
                let leaves: Vec<String> = fields
                    .iter()
                    .filter(|(_, it)| it.arguments.is_empty() && it.objects.is_empty())
                    .map(|(name, _)| name.clone())
                    .collect();
                for name in leaves {
                    let ty = world.composite(inner).fields[&name]
                        .ty
                        .inner_name()
                        .to_string();
                    if !world.is_composite(&ty) && (items.is_empty() || random.chance(40)) {
                        let fields = &mut world.types.get_mut(inner).expect("there").fields;
                        fields.get_mut(&name).expect("there").can_fail = false;
                        items.push(Select::leaf(&name));
                    }
                }
                if items.is_empty() {
                    items.push(Select::leaf("__typename"));
                }
            }
        }
        items
    }
}

/// Lets nothing of a type fail where null may not stand: what a client asks for of a required object,
/// besides what is required, must not take that with it.
fn calm(world: &mut World, type_name: &str, calmed: &mut BTreeSet<String>) {
    if !calmed.insert(type_name.to_owned()) {
        return;
    }
    for object in world.objects_of(type_name) {
        let composite = world.types.get_mut(&object).expect("there");
        let mut below = BTreeSet::new();
        for field in composite.fields.values_mut() {
            if field.ty.is_non_null() || field.ty.to_string().contains('!') {
                field.can_fail = false;
                below.insert(field.ty.inner_name().to_string());
            }
        }
        for inner in below {
            if world.is_composite(&inner) {
                calm(world, &inner, calmed);
            }
        }
    }
}

/// Arguments for a field in a field set, as far as they read the same in JSON and in GraphQL.
fn some_arguments(random: &mut Random, field: &Field) -> Map<String, serde_json::Value> {
    let plain = |it: &&Argument| ["Int", "String"].contains(&it.ty.to_string().as_str());
    let chosen: Vec<&Argument> = field.arguments.iter().filter(plain).collect();
    chosen
        .into_iter()
        .filter(|_| random.chance(60))
        .map(|it| match it.ty.to_string().as_str() {
            "Int" => (it.name.clone(), json!(3)),
            _ => (it.name.clone(), json!("why")),
        })
        .collect()
}

/// Lets some fields provide, of the entities they return, what another subgraph resolves.
pub(crate) fn provisions(world: &mut World, random: &mut Random, declarable: &[BTreeSet<String>]) {
    for (subgraph, can_declare) in declarable.iter().enumerate() {
        let places: Vec<(String, String)> = world.subgraphs[subgraph]
            .types
            .iter()
            .flat_map(|(name, it)| {
                let resolved = it.fields.iter().filter(|(_, field)| field.resolved());
                resolved
                    .map(|(field, _)| (name.clone(), field.clone()))
                    .collect::<Vec<_>>()
            })
            .collect();
        for (type_name, field) in places {
            let inner = world.composite(&type_name).fields[&field]
                .ty
                .inner_name()
                .to_string();
            let is_entity = world
                .types
                .get(&inner)
                .is_some_and(|it| it.kind == Kind::Entity);
            if !is_entity || !random.chance(25) {
                continue;
            }
            let candidates: Vec<String> = world
                .composite(&inner)
                .fields
                .iter()
                .filter(|(name, it)| {
                    can_require(world, can_declare, subgraph, &inner, name)
                        && it.requires.is_empty()
                        && it.arguments.is_empty()
                        && !world.is_composite(it.ty.inner_name())
                })
                .map(|(name, _)| name.clone())
                .collect();
            if let Some(provided) = random.pick(&candidates).cloned() {
                provide(world, subgraph, (&type_name, &field), &inner, &provided);
            }
        }
    }
}

fn provide(world: &mut World, subgraph: usize, by: (&str, &str), inner: &str, provided: &str) {
    for (index, it) in world.subgraphs.iter_mut().enumerate() {
        let Some(declared) = it.types.get_mut(inner) else {
            continue;
        };
        if index == subgraph {
            let field = declared.fields.entry(provided.to_owned()).or_default();
            field.external = true;
        } else if let Some(field) = declared.fields.get_mut(provided).filter(|it| it.resolved()) {
            field.shareable = true;
        }
    }
    let declared = world.subgraphs[subgraph]
        .types
        .get_mut(by.0)
        .expect("declared");
    let field = declared.fields.get_mut(by.1).expect("declared");
    field.provides = vec![Select::leaf(provided)];
}

/// Hides some fields from clients, and declares some non-null in one of several subgraphs.
pub(crate) fn marks(world: &mut World, random: &mut Random) {
    let interface_fields: BTreeSet<String> = world
        .types
        .values()
        .filter(|it| it.kind == Kind::Interface)
        .flat_map(|it| it.fields.keys().cloned())
        .collect();
    let names: Vec<String> = world.types.keys().cloned().collect();
    for name in names {
        let fields: Vec<String> = world.composite(&name).fields.keys().cloned().collect();
        let mut visible = fields.len();
        for field in fields {
            let kind = world.composite(&name).kind;
            let homes: Vec<usize> = (0..world.subgraphs.len())
                .filter(|it| declares(world, *it, &name, &field))
                .collect();
            let resolved: Vec<usize> = homes
                .iter()
                .copied()
                .filter(|it| world.subgraphs[*it].types[&name].fields[&field].resolved())
                .collect();
            let Some(home) = random.pick(&resolved).copied() else {
                continue;
            };
            // Not where something below may fail: a subgraph that forbids itself the null takes
            // more with it than the whole does.
            let ty = &world.composite(&name).fields[&field].ty;
            let can_be_strict = homes.len() > 1
                && homes.len() == resolved.len()
                && kind != Kind::Interface
                && !world.is_composite(ty.inner_name());
            let whole = world
                .types
                .get_mut(&name)
                .expect("there")
                .fields
                .get_mut(&field)
                .expect("there");
            let declared = world.subgraphs[home]
                .types
                .get_mut(&name)
                .expect("declared");
            let declared = declared.fields.get_mut(&field).expect("declared");
            if visible > 1
                && kind == Kind::Entity
                && !interface_fields.contains(&field)
                && random.chance(5)
            {
                declared.hidden = true;
                whole.hidden = true;
                visible -= 1;
            }
            if can_be_strict && random.chance(10) {
                declared.strict = true;
                whole.can_fail = false;
                whole.can_be_null = false;
            }
        }
    }
}
