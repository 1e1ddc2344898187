//! Lets a field take an argument from whatever object it is reached through.
//!
//! In one subgraph `Query` and some entities set a context, each by a field `mark` of its own, and
//! a field of another entity takes the mark of the nearest object above it. So its value depends on the
//! way to it, and a mark of the wrong object is found out.

use std::collections::BTreeSet;

use schema::Type;

use super::random::Random;
use super::world::{Declared, DeclaredField, Field, Kind, Select, Source, World};

/// The field by which objects set the context.
pub(crate) const MARK: &str = "mark";

/// A field that depends on what it is reached through.
#[derive(Clone, Debug)]
pub(crate) struct FromAbove {
    pub(crate) subgraph: usize,
    pub(crate) type_name: String,
    pub(crate) field: String,
    /// The types that set the context.
    pub(crate) setters: BTreeSet<String>,
}

impl FromAbove {
    pub(crate) fn is(&self, type_name: &str, field: &str) -> bool {
        self.type_name == type_name && self.field == field
    }
}

/// Chooses such a field, where there is one that only `Query` leads to: other roots set no context.
pub(crate) fn choose(world: &mut World, random: &mut Random) {
    if !random.chance(40) {
        return;
    }
    let from_mutations = reachable(world, "Mutation");
    let mut candidates: Vec<(usize, String, String)> = Vec::new();
    for (name, it) in &world.types {
        if it.kind != Kind::Entity || from_mutations.contains(name) {
            continue;
        }
        for field in it.fields.keys() {
            candidates.extend(
                owner(world, name, field).map(|owner| (owner, name.clone(), field.clone())),
            );
        }
    }
    let Some((subgraph, type_name, field)) = random.pick(&candidates).cloned() else {
        return;
    };
    let declared = &world.subgraphs[subgraph].types;
    let entities: Vec<String> = declared
        .iter()
        .filter(|(name, it)| {
            **name != type_name && world.composite(name).kind == Kind::Entity && can_be_asked(it)
        })
        .map(|(name, _)| name.clone())
        .collect();
    let mut setters: BTreeSet<String> =
        entities.into_iter().filter(|_| random.chance(50)).collect();
    setters.insert("Query".to_owned());
    for setter in &setters {
        let mut mark = Field::new(Type::Named("Int".into()), Source::Data);
        mark.can_be_null = random.chance(50);
        let composite = world.types.get_mut(setter).expect("there");
        composite.fields.insert(MARK.to_owned(), mark);
        let declared = world.subgraphs[subgraph].types.entry(setter.clone());
        let fields = &mut declared.or_default().fields;
        fields.insert(MARK.to_owned(), DeclaredField::default());
    }
    world.from_above = Some(FromAbove {
        subgraph,
        type_name,
        field,
        setters,
    });
}

/// The only subgraph that has the field, if it can be asked for it by key and nothing else hangs on it.
fn owner(world: &World, type_name: &str, field: &str) -> Option<usize> {
    let whole = &world.composite(type_name).fields[field];
    let mut declaring = (0..world.subgraphs.len()).filter(|subgraph| {
        let declared = world.subgraphs[*subgraph].types.get(type_name);
        declared.is_some_and(|it| it.fields.contains_key(field))
    });
    let (Some(owner), None) = (declaring.next(), declaring.next()) else {
        return None;
    };
    let declared = &world.subgraphs[owner].types[type_name];
    let it = &declared.fields[field];
    let is_plain = whole.source == Source::Data
        && it.resolved()
        && !it.labelled
        && it.overrides.is_none()
        && whole.requires.is_empty()
        && !declared.interface_object
        && can_be_asked(declared);
    let is_of_interface = world.types.values().any(|it| {
        it.kind == Kind::Interface
            && it.fields.contains_key(field)
            && it.objects.contains(type_name)
    });
    (is_plain && !is_of_interface && !is_selected(world, field)).then_some(owner)
}

fn can_be_asked(declared: &Declared) -> bool {
    declared.keys.iter().any(|(_, resolvable)| *resolvable)
}

/// Whether some requirement or provision selects a field of this name.
fn is_selected(world: &World, field: &str) -> bool {
    fn names(items: &[Select], field: &str) -> bool {
        items
            .iter()
            .any(|it| it.name == field || names(&it.items, field))
    }
    let mut declared = world
        .subgraphs
        .iter()
        .flat_map(|it| it.types.values())
        .flat_map(|it| it.fields.values());
    declared.any(|it| names(&it.requires, field) || names(&it.provides, field))
}

/// The types to which the fields of a type lead.
fn reachable(world: &World, from: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<String> = world
        .types
        .keys()
        .filter(|it| *it == from)
        .cloned()
        .collect();
    while let Some(name) = waiting.pop() {
        if !found.insert(name.clone()) {
            continue;
        }
        for object in world.objects_of(&name) {
            let fields = world.composite(&object).fields.values();
            let inner = fields.map(|field| field.ty.inner_name().to_string());
            waiting.extend(inner.filter(|inner| world.is_composite(inner)));
            waiting.push(object);
        }
    }
    found
}
