//! A random whole schema, before it is divided.

use std::collections::{BTreeMap, BTreeSet};

use schema::{Name, Type};
use serde_json::json;

use super::random::Random;
use super::world::{Argument, Composite, Field, Kind, Select, Source, World};

const ENTITY_NAMES: [&str; 4] = ["Ant", "Bee", "Cat", "Dog"];
const VALUE_NAMES: [&str; 2] = ["Van", "Vat"];
const INTERFACE_NAMES: [&str; 3] = ["Ink", "Ivy", "Ire"];
const UNION_NAMES: [&str; 2] = ["Urn", "Use"];
const FIELD_NAMES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];
const LEAVES: [&str; 7] = ["Int", "Float", "String", "Boolean", "ID", "Hue", "Blob"];

/// The types of a world that no subgraph shares yet.
pub(crate) fn whole(seed: u64, random: &mut Random) -> World {
    let mut world = World {
        seed,
        types: BTreeMap::new(),
        subgraphs: Vec::new(),
        hides_hue: None,
        from_above: None,
    };
    let entities = &ENTITY_NAMES[..random.between(1, ENTITY_NAMES.len())];
    let values = &VALUE_NAMES[..random.between(0, VALUE_NAMES.len())];
    let interfaces = &INTERFACE_NAMES[..random.between(0, INTERFACE_NAMES.len())];
    let unions = &UNION_NAMES[..random.between(0, UNION_NAMES.len())];
    for (names, kind) in [
        (entities, Kind::Entity),
        (values, Kind::Value),
        (interfaces, Kind::Interface),
        (unions, Kind::Union),
    ] {
        for name in names {
            world.types.insert((*name).to_owned(), empty(kind));
        }
    }
    let composites: Vec<String> = world.types.keys().cloned().collect();
    let objects: Vec<String> = [entities, values]
        .concat()
        .iter()
        .map(|it| (*it).to_owned())
        .collect();
    add_keys(&mut world, random);
    for name in interfaces {
        add_interface(&mut world, random, name, &composites);
    }
    for name in unions {
        let members = random.some(&objects, 50);
        world.types.get_mut(*name).expect("added").objects = members.into_iter().collect();
    }
    for name in &objects {
        for _ in 0..random.between(1, 5) {
            let field = random_field(random, &composites, 55);
            let key = (*random.pick(&FIELD_NAMES).expect("some")).to_owned();
            world
                .types
                .get_mut(name)
                .expect("added")
                .fields
                .entry(key)
                .or_insert(field);
        }
    }
    add_root(&mut world, random, "Query", "q", &composites);
    if random.chance(40) {
        add_root(&mut world, random, "Mutation", "m", &composites);
    }
    world
}

fn empty(kind: Kind) -> Composite {
    Composite {
        kind,
        fields: BTreeMap::new(),
        objects: BTreeSet::new(),
        keys: Vec::new(),
    }
}

fn add_root(
    world: &mut World,
    random: &mut Random,
    name: &str,
    prefix: &str,
    composites: &[String],
) {
    let mut root = empty(Kind::Root);
    for index in 0..random.between(2, 5) {
        let field = random_field(random, composites, 15);
        root.fields.insert(format!("{prefix}{index}"), field);
    }
    world.types.insert(name.to_owned(), root);
}

/// Gives every entity the fields of its keys.
fn add_keys(world: &mut World, random: &mut Random) {
    let named = |name: &str| Type::NonNull(Box::new(Type::Named(Name::from(name))));
    let mut has_tags = false;
    for entity in world
        .types
        .values_mut()
        .filter(|it| it.kind == Kind::Entity)
    {
        let mut key = |fields: Vec<(&str, Type, Source)>, select: Vec<Select>| {
            for (name, ty, source) in fields {
                entity
                    .fields
                    .insert(name.to_owned(), Field::new(ty, source));
            }
            entity.keys.push(select);
        };
        key(
            vec![("id", named("ID"), Source::Id)],
            vec![Select::leaf("id")],
        );
        if random.chance(40) {
            key(
                vec![("code", named("String"), Source::Code)],
                vec![Select::leaf("code")],
            );
        }
        if random.chance(30) {
            key(
                vec![
                    ("region", named("Int"), Source::Region),
                    ("number", named("Int"), Source::Number),
                ],
                vec![Select::leaf("region"), Select::leaf("number")],
            );
        }
        if random.chance(25) {
            let tag = Select {
                items: vec![Select::leaf("serial")],
                ..Select::leaf("tag")
            };
            key(vec![("tag", named("Tag"), Source::Tag)], vec![tag]);
            has_tags = true;
        }
    }
    if has_tags {
        let mut tag = empty(Kind::Value);
        tag.fields.insert(
            "serial".to_owned(),
            Field::new(named("String"), Source::Code),
        );
        tag.fields.insert(
            "note".to_owned(),
            Field::new(Type::Named(Name::from("String")), Source::Data),
        );
        world.types.insert("Tag".to_owned(), tag);
    }
}

/// Fills an interface and gives its fields to the objects that implement it.
fn add_interface(world: &mut World, random: &mut Random, name: &str, composites: &[String]) {
    let entities_only = random.chance(70);
    let candidates: Vec<String> = world
        .types
        .iter()
        .filter(|(_, it)| it.kind == Kind::Entity || (it.kind == Kind::Value && !entities_only))
        .map(|(name, _)| name.clone())
        .filter(|name| name != "Tag")
        .collect();
    let objects = random.some(&candidates, 60);
    let id = Field::new(
        Type::NonNull(Box::new(Type::Named(Name::from("ID")))),
        Source::Id,
    );
    let mut fields = BTreeMap::from([("id".to_owned(), id)]);
    for index in 0..random.between(0, 2) {
        let field = random_field(random, composites, 60);
        fields.insert(format!("{}{index}", name.to_lowercase()), field);
    }
    for object in &objects {
        let object = world.types.get_mut(object).expect("an object");
        for (name, field) in &fields {
            let mut field = field.clone();
            // The server that holds everything lets what is null below a field bubble as the interface
            // declares it, if the field was asked for there; so only single leaves may be stricter, and
            // no enum, of which a value may be hidden.
            let is_leaf = LEAVES
                .iter()
                .any(|leaf| *leaf != "Hue" && field.ty == Type::Named(Name::from(*leaf)));
            if is_leaf && random.chance(25) {
                field.ty = Type::NonNull(Box::new(field.ty));
                field.can_be_null = false;
            }
            object.fields.insert(name.clone(), field);
        }
    }
    let interface = world.types.get_mut(name).expect("added");
    interface.fields = fields;
    interface.objects = objects.into_iter().collect();
}

pub(crate) fn random_field(random: &mut Random, composites: &[String], leaves: usize) -> Field {
    let inner = if random.chance(leaves) {
        (*random.pick(&LEAVES).expect("some")).to_owned()
    } else {
        random.pick(composites).expect("some").clone()
    };
    let mut ty = Type::Named(Name::from(inner));
    for _ in 0..random.below(100) / 70 + random.below(100) / 95 {
        if random.chance(40) {
            ty = Type::NonNull(Box::new(ty));
        }
        ty = Type::List(Box::new(ty));
    }
    if random.chance(30) {
        ty = Type::NonNull(Box::new(ty));
    }
    let mut field = Field::new(ty, Source::Data);
    field.can_be_null = !field.ty.is_non_null();
    field.can_fail = random.chance(8);
    if random.chance(20) {
        add_arguments(random, &mut field);
    }
    field
}

fn add_arguments(random: &mut Random, field: &mut Field) {
    let types = [
        "Int", "String", "Hue", "[Int!]", "Pin", "Blob", "ID", "Float",
    ];
    for index in 0..random.between(1, 2) {
        let (name, is_list) = match *random.pick(&types).expect("some") {
            "[Int!]" => ("Int", true),
            name => (name, false),
        };
        let mut ty = Type::Named(Name::from(name));
        if is_list {
            ty = Type::List(Box::new(Type::NonNull(Box::new(ty))));
        }
        let default = match name {
            "Int" if !is_list && random.chance(30) => Some(json!(7)),
            "String" if random.chance(30) => Some(json!("given")),
            _ => None,
        };
        field.arguments.push(Argument {
            name: format!("x{index}"),
            ty,
            default,
        });
    }
}
