//! A whole: types, the values of all their fields, and how subgraphs share them out.
//!
//! Nothing is stored. The value of a field is worked out from the object's type and number, the
//! field's name, its arguments, and what it requires. So a subgraph and the server that holds
//! everything agree on each value, and a subgraph that is told a wrong requirement is found out.

use std::collections::{BTreeMap, BTreeSet};

use schema::Type;
use serde_json::{Map, Value as Json, json};

use super::context::FromAbove;
use super::random::hash;

/// How many objects each entity type has.
pub(crate) const ENTITIES: u64 = 4;

/// The whole schema and its division.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) types: BTreeMap<String, Composite>,
    pub(crate) subgraphs: Vec<Subgraph>,
    /// The subgraph that hides a value of the enum from clients.
    pub(crate) hides_hue: Option<usize>,
    /// A field whose value depends on the way to it.
    pub(crate) from_above: Option<FromAbove>,
}

/// The value of the enum `Hue` that a subgraph may hide.
pub(crate) const HIDDEN_HUE: &str = "GREEN";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Entity,
    Value,
    Interface,
    Union,
    Root,
}

/// A type with fields, or a union.
#[derive(Clone, Debug)]
pub(crate) struct Composite {
    pub(crate) kind: Kind,
    pub(crate) fields: BTreeMap<String, Field>,
    /// The object types of an interface or union.
    pub(crate) objects: BTreeSet<String>,
    /// The keys an entity may be asked for by.
    pub(crate) keys: Vec<Vec<Select>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) ty: Type,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) source: Source,
    pub(crate) can_fail: bool,
    pub(crate) can_be_null: bool,
    /// `@inaccessible`.
    pub(crate) hidden: bool,
    pub(crate) requires: Vec<Select>,
    /// The object types it may return: those that every subgraph that resolves it knows there.
    pub(crate) objects: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) default: Option<Json>,
}

/// Where the value of a field comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Unique in the world.
    Id,
    /// Unique for its type.
    Code,
    /// Shared by half the objects of a type.
    Region,
    /// Unique for its type.
    Number,
    /// An object with a serial of its own for each object.
    Tag,
    Data,
}

/// A selection of a key, requirement or provision, perhaps under a type condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Select {
    pub(crate) on: Option<String>,
    pub(crate) name: String,
    pub(crate) arguments: Map<String, Json>,
    pub(crate) items: Vec<Select>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Subgraph {
    pub(crate) name: String,
    pub(crate) types: BTreeMap<String, Declared>,
}

/// A composite type as a subgraph declares it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Declared {
    /// With whether the subgraph resolves it.
    pub(crate) keys: Vec<(Vec<Select>, bool)>,
    pub(crate) interface_object: bool,
    pub(crate) interfaces: BTreeSet<String>,
    pub(crate) members: BTreeSet<String>,
    pub(crate) fields: BTreeMap<String, DeclaredField>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct DeclaredField {
    pub(crate) external: bool,
    pub(crate) shareable: bool,
    pub(crate) overrides: Option<String>,
    /// Another subgraph has taken it over.
    pub(crate) overridden: bool,
    /// In both subgraphs: it is taken over only while the label is on.
    pub(crate) labelled: bool,
    pub(crate) requires: Vec<Select>,
    pub(crate) provides: Vec<Select>,
    pub(crate) hidden: bool,
    /// Declared non-null here, though not everywhere.
    pub(crate) strict: bool,
}

/// An object: its type, and which one of that type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Object {
    pub(crate) type_name: String,
    pub(crate) number: u64,
}

/// The value of a field.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Error,
    Leaf(Json),
    Object(Object),
    List(Vec<Value>),
}

impl Select {
    pub(crate) fn leaf(name: &str) -> Self {
        Self {
            on: None,
            name: name.to_owned(),
            arguments: Map::new(),
            items: Vec::new(),
        }
    }
}

impl DeclaredField {
    /// Whether the subgraph resolves it wherever it finds the object.
    pub(crate) fn resolved(&self) -> bool {
        !self.external && !self.overridden
    }
}

impl Field {
    pub(crate) fn new(ty: Type, source: Source) -> Self {
        Self {
            ty,
            arguments: Vec::new(),
            source,
            can_fail: false,
            can_be_null: false,
            hidden: false,
            requires: Vec::new(),
            objects: Vec::new(),
        }
    }
}

impl World {
    pub(crate) fn composite(&self, name: &str) -> &Composite {
        &self.types[name]
    }

    pub(crate) fn is_composite(&self, name: &str) -> bool {
        self.types.contains_key(name)
    }

    pub(crate) fn is_abstract(&self, name: &str) -> bool {
        self.types
            .get(name)
            .is_some_and(|it| matches!(it.kind, Kind::Interface | Kind::Union))
    }

    /// The object types that a value of this composite type can have.
    pub(crate) fn objects_of(&self, name: &str) -> BTreeSet<String> {
        match self.composite(name).kind {
            Kind::Interface | Kind::Union => self.composite(name).objects.clone(),
            _ => BTreeSet::from([name.to_owned()]),
        }
    }

    /// The value of a field of an object, by arguments as coerced and what it was told.
    pub(crate) fn value(
        &self,
        object: &Object,
        name: &str,
        arguments: &Map<String, Json>,
        told: &Json,
    ) -> Value {
        let field = &self.composite(&object.type_name).fields[name];
        let number = object.number;
        let leaf = |json: Json| Value::Leaf(json);
        match field.source {
            Source::Id => leaf(json!(format!("{}-{number}", object.type_name))),
            Source::Code => leaf(json!(format!("c{number}"))),
            Source::Region => leaf(json!(number % 2)),
            Source::Number => leaf(json!(number % 1_000_000)),
            Source::Tag => Value::Object(Object {
                type_name: "Tag".to_owned(),
                number,
            }),
            Source::Data => {
                // Sorted, so that the order in which arguments are written means nothing.
                let sorted: BTreeMap<&String, &Json> = arguments.iter().collect();
                let seed = hash((
                    self.seed,
                    &object.type_name,
                    number,
                    name,
                    serde_json::to_string(&sorted).expect("JSON"),
                    told.to_string(),
                ));
                if field.can_fail && seed.is_multiple_of(5) {
                    return Value::Error;
                }
                if field.can_be_null && (seed >> 8).is_multiple_of(6) {
                    return leaf(Json::Null);
                }
                self.of_type(field, field.ty.nullable(), seed)
            }
        }
    }

    fn of_type(&self, field: &Field, ty: &Type, seed: u64) -> Value {
        match ty {
            Type::NonNull(of) => self.of_type(field, of, seed),
            Type::List(item) => {
                let items = (0..seed % 4).map(|index| {
                    let seed = hash((seed, index));
                    if field.can_fail && seed.is_multiple_of(12) {
                        Value::Error
                    } else if !item.is_non_null() && (seed >> 8).is_multiple_of(8) {
                        Value::Leaf(Json::Null)
                    } else {
                        self.of_type(field, item, seed)
                    }
                });
                Value::List(items.collect())
            }
            Type::Named(name) if self.is_composite(name) => {
                let index = usize::try_from((seed >> 16) % field.objects.len() as u64);
                let type_name = field.objects[index.expect("small")].clone();
                let number = match self.composite(&type_name).kind {
                    Kind::Entity => (seed >> 24) % ENTITIES,
                    _ => seed >> 24,
                };
                Value::Object(Object { type_name, number })
            }
            Type::Named(name) => Value::Leaf(leaf(name, seed)),
        }
    }

    /// What `items` select of an object. None: some of it fails.
    pub(crate) fn project(&self, object: &Object, items: &[Select]) -> Option<Json> {
        let mut projected = Map::new();
        for item in items {
            if let Some(on) = &item.on
                && !self.objects_of(on).contains(&object.type_name)
            {
                continue;
            }
            if item.name == "__typename" {
                projected.insert(item.name.clone(), json!(object.type_name));
                continue;
            }
            let field = &self.composite(&object.type_name).fields[&item.name];
            let told = self.told(object, field)?;
            let arguments = with_defaults(field, &item.arguments);
            let value = self.value(object, &item.name, &arguments, &told);
            merge(
                &mut projected,
                &item.name,
                self.project_value(&value, &item.items)?,
            );
        }
        Some(Json::Object(projected))
    }

    /// What a field of an object requires, from the data. None: some of it fails.
    pub(crate) fn told(&self, object: &Object, field: &Field) -> Option<Json> {
        if field.requires.is_empty() {
            return Some(Json::Null);
        }
        Some(sorted(&self.project(object, &field.requires)?))
    }

    fn project_value(&self, value: &Value, items: &[Select]) -> Option<Json> {
        match value {
            Value::Error => None,
            Value::Leaf(json) => Some(json.clone()),
            Value::Object(object) => self.project(object, items),
            Value::List(values) => values
                .iter()
                .map(|it| self.project_value(it, items))
                .collect(),
        }
    }
}

/// A value of a scalar or enum type.
fn leaf(type_name: &str, seed: u64) -> Json {
    match type_name {
        "Int" => json!(seed % 1000),
        "Float" => json!((seed % 1000) as f64 + 0.5),
        "Boolean" => json!(seed.is_multiple_of(2)),
        "ID" => json!(format!("i{}", seed % 100)),
        "Hue" => {
            json!(
                ["RED", HIDDEN_HUE, "BLUE"]
                    [usize::from(seed.is_multiple_of(3)) + usize::from(seed.is_multiple_of(7))]
            )
        }
        "Blob" => match seed % 3 {
            0 => json!({ "z": [seed % 10, null], "a": "\"\\" }),
            1 => json!(9_007_199_254_740_993_u64 + seed % 10),
            _ => json!([]),
        },
        _ => json!(format!("s{}\"é", seed % 1000)),
    }
}

/// The arguments as a server sees them: with the defaults of those that were not given.
pub(crate) fn with_defaults(field: &Field, given: &Map<String, Json>) -> Map<String, Json> {
    let mut arguments = given.clone();
    for argument in &field.arguments {
        if let (Some(default), false) = (&argument.default, given.contains_key(&argument.name)) {
            arguments.insert(argument.name.clone(), default.clone());
        }
    }
    arguments
}

/// What `items` select of JSON that a representation brought. Err: it lacks something.
pub(crate) fn project_given(given: &Json, items: &[Select]) -> Result<Json, String> {
    match given {
        Json::Array(values) => values.iter().map(|it| project_given(it, items)).collect(),
        Json::Object(fields) => {
            let mut projected = Map::new();
            for item in items {
                match fields.get(&item.name) {
                    Some(value) if item.items.is_empty() => {
                        projected.insert(item.name.clone(), value.clone());
                    }
                    Some(value) => {
                        merge(
                            &mut projected,
                            &item.name,
                            project_given(value, &item.items)?,
                        );
                    }
                    // Whether the condition holds is for the one who fills representations to know.
                    None if item.on.is_some() => {}
                    None => return Err(format!("`{}` is missing", item.name)),
                }
            }
            Ok(Json::Object(projected))
        }
        other => Ok(other.clone()),
    }
}

/// With the fields of all objects in one order.
pub(crate) fn sorted(json: &Json) -> Json {
    match json {
        Json::Object(fields) => {
            let fields: BTreeMap<&String, Json> =
                fields.iter().map(|(name, it)| (name, sorted(it))).collect();
            json!(fields)
        }
        Json::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

fn merge(into: &mut Map<String, Json>, name: &str, value: Json) {
    match (into.get_mut(name), value) {
        (Some(Json::Object(known)), Json::Object(more)) => {
            for (name, value) in more {
                merge(known, &name, value);
            }
        }
        (Some(Json::Array(known)), Json::Array(more)) => {
            for (known, more) in known.iter_mut().zip(more) {
                let mut both = Map::from_iter([("it".to_owned(), known.take())]);
                merge(&mut both, "it", more);
                *known = both.remove("it").unwrap_or_default();
            }
        }
        (_, value) => {
            into.insert(name.to_owned(), value);
        }
    }
}
