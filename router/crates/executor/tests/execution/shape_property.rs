//! Random shapes and random data, read and written, against a plain executor over parsed JSON.
//!
//! The fields of each shape are dealt to two subgraphs, so that positions have two layers; the
//! plain executor knows nothing of that and looks at the whole.

use plan::{
    FetchId, Layer, LayerId, LayerSource, LeafKind, Plan, Position, PositionId, ReadField,
    ReadObject, ReadValue, Slot, TypeSource, WriteField, WriteObject, WriteValue,
};
use schema::Type;
use serde_json::{Map, Value, json};

use crate::build::{lists, plan, read, read_abstract, root, root_position, types};
use crate::canned::{Canned, json as parsed};
use crate::hostile::damaged;
use crate::random::{Random, untidy};

const CONCRETE: [&str; 3] = ["A", "B", "C"];

/// A field of a random shape.
struct Field {
    key: String,
    client_key: String,
    /// The types that have it.
    on: Vec<&'static str>,
    /// Non-null, from the outside in; one more than there are lists.
    non_null: Vec<bool>,
    node: Node,
}

enum Node {
    /// Which of the subgraphs has it, and its kind.
    Leaf(usize, LeafKind),
    Object(Vec<Field>),
}

/// Fields whose leaves are dealt to so many subgraphs.
fn random_fields(random: &mut Random, depth: usize, subgraphs: usize) -> Vec<Field> {
    (0..1 + random.below(4))
        .map(|index| {
            let node = if depth == 0 || random.one_in(2) {
                let kind = match random.below(7) {
                    0 => LeafKind::Int,
                    1 => LeafKind::Float,
                    2 => LeafKind::String,
                    3 => LeafKind::Boolean,
                    4 => LeafKind::Id,
                    5 => LeafKind::Enum(vec!["RED".into(), "BLUE".into()]),
                    _ => LeafKind::Custom,
                };
                Node::Leaf(random.below(subgraphs), kind)
            } else {
                Node::Object(random_fields(random, depth - 1, subgraphs))
            };
            let on: Vec<&str> = CONCRETE.into_iter().filter(|_| !random.one_in(3)).collect();
            let depth = *random.pick(&[0, 0, 0, 1, 1, 2]);
            Field {
                key: format!("k{index}"),
                client_key: format!("c{}", index * 7),
                on,
                non_null: (0..=depth).map(|_| random.one_in(3)).collect(),
                node,
            }
        })
        .collect()
}

fn has_leaf_in(node: &Node, subgraph: usize) -> bool {
    match node {
        Node::Leaf(of, _) => *of == subgraph,
        Node::Object(fields) => fields.iter().any(|it| has_leaf_in(&it.node, subgraph)),
    }
}

// The plan of a shape.

/// The shape as one subgraph has it: slot 0 is the type, slot n+1 the n-th field.
fn read_shape(fields: &[Field], subgraph: usize) -> ReadObject {
    let mut typed = crate::build::type_name();
    typed.slot = Slot(0);
    let mut all = vec![typed];
    for (index, field) in fields.iter().enumerate() {
        if !has_leaf_in(&field.node, subgraph) {
            continue;
        }
        let value = match &field.node {
            Node::Leaf(_, kind) => ReadValue::Leaf(kind.clone()),
            Node::Object(inner) => ReadValue::Object(read_shape(inner, subgraph)),
        };
        let read = ReadField {
            response_key: field.key.as_str().into(),
            client_key: Some(field.client_key.as_str().into()),
            slot: Slot(u16::try_from(index + 1).unwrap()),
            list_depth: 0,
            value,
        };
        all.push(lists(u8::try_from(field.non_null.len() - 1).unwrap(), read));
    }
    let mut object = read_abstract(Vec::new());
    object.slots = u16::try_from(fields.len() + 1).unwrap();
    object.fields = all;
    object
}

fn type_of(field: &Field) -> Type {
    let mut ty = Type::Named("T".into());
    for (level, non_null) in field.non_null.iter().rev().enumerate() {
        if level > 0 {
            ty = Type::List(Box::new(ty));
        }
        if *non_null {
            ty = Type::NonNull(Box::new(ty));
        }
    }
    ty
}

/// `layers` are the subgraphs that the position has layers of, in order.
fn write_shape(
    fields: &[Field],
    position: usize,
    layers: &[usize],
    positions: &mut Vec<Position>,
) -> WriteObject {
    let layer_of = |subgraph: usize| {
        let index = layers.iter().position(|it| *it == subgraph).unwrap();
        LayerId(u16::try_from(index).unwrap())
    };
    let mut written = Vec::new();
    for (index, field) in fields.iter().enumerate() {
        let slot = Slot(u16::try_from(index + 1).unwrap());
        let value = match &field.node {
            Node::Leaf(subgraph, _) => WriteValue::Leaf {
                layer: layer_of(*subgraph),
                slot,
                visible_values: None,
            },
            Node::Object(inner) => {
                let both: Vec<usize> = (0..2).filter(|it| has_leaf_in(&field.node, *it)).collect();
                let child = positions.len();
                positions.push(Position {
                    parent: Some(PositionId(u16::try_from(position).unwrap())),
                    client_key: Some(field.client_key.as_str().into()),
                    list_depth: u8::try_from(field.non_null.len() - 1).unwrap(),
                    layers: both
                        .iter()
                        .map(|subgraph| Layer {
                            source: LayerSource::Field {
                                parent: layer_of(*subgraph),
                                slot,
                            },
                            fetch: FetchId(u16::try_from(*subgraph).unwrap()),
                        })
                        .collect(),
                    type_source: TypeSource::Layer(LayerId(0)),
                });
                WriteValue::Object(write_shape(inner, child, &both, positions))
            }
        };
        written.push(WriteField {
            own_types: Vec::new(),
            key: field.client_key.as_str().into(),
            parent_type: "T".into(),
            name: field.key.as_str().into(),
            on: (position > 0).then(|| types(&field.on)),
            inclusion: None,
            ty: type_of(field),
            value,
        });
    }
    WriteObject {
        position: PositionId(u16::try_from(position).unwrap()),
        possible_types: (position > 0).then(|| types(&["A", "B"])),
        fields: written,
    }
}

fn plan_of(fields: &[Field]) -> Plan {
    let mut positions = vec![root_position(&[0, 1])];
    let answer = write_shape(fields, 0, &[0, 1], &mut positions);
    let data = |subgraph| {
        let mut object = read_shape(fields, subgraph);
        object.type_name = read("Query", Vec::new()).type_name;
        object.fields.remove(0);
        object
    };
    plan(vec![root(0, data(0)), root(1, data(1))], positions, answer)
}

// Random data of a shape.

fn random_object(random: &mut Random, fields: &[Field], type_name: &str) -> Value {
    let mut object = Map::new();
    object.insert("__typename".to_owned(), json!(type_name));
    for field in fields {
        if type_name == "Query" || field.on.contains(&type_name) {
            // Now and then a subgraph forgets a field.
            if !matches!(field.node, Node::Leaf(..)) || !random.one_in(60) {
                let value = random_value(random, field, field.non_null.len() - 1);
                object.insert(field.key.clone(), value);
            }
        }
    }
    Value::Object(object)
}

fn random_value(random: &mut Random, field: &Field, lists: usize) -> Value {
    if random.one_in(12) {
        return Value::Null;
    }
    if random.one_in(60) {
        return json!({"odd": 1});
    }
    if lists > 0 {
        let items = (0..random.below(4)).map(|_| random_value(random, field, lists - 1));
        return Value::Array(items.collect());
    }
    match &field.node {
        Node::Object(inner) => {
            let name = *random.pick(&["A", "A", "B", "B", "C", "Unknown"]);
            random_object(random, inner, name)
        }
        Node::Leaf(_, kind) => random_leaf(random, kind),
    }
}

fn random_leaf(random: &mut Random, kind: &LeafKind) -> Value {
    let other = json!(random.pick(&[json!(true), json!("x"), json!(7), json!(3_000_000_000_u64)]));
    if random.one_in(30) {
        return other;
    }
    match kind {
        LeafKind::Int => json!(i64::try_from(random.below(1 << 32)).unwrap() - (1 << 31)),
        LeafKind::Float => json!(random.below(1000) as f64 / 8.0),
        LeafKind::String => json!(format!("s{}\"\\\n🎵", random.below(100))),
        LeafKind::Boolean => json!(random.one_in(2)),
        LeafKind::Id if random.one_in(2) => json!(random.below(1000)),
        LeafKind::Id => json!(format!("id{}", random.below(100))),
        LeafKind::Enum(_) => json!(random.pick(&["RED", "BLUE", "GREEN"])),
        LeafKind::Custom => json!({"any": [random.below(9), {"x": "y"}]}),
    }
}

/// What one subgraph has of it. What is no object of the shape stands in both.
fn part(value: &Value, fields: &[Field], subgraph: usize) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|it| part(it, fields, subgraph)).collect(),
        Value::Object(members) => {
            let is_here = |key: &str| {
                let field = fields.iter().find(|it| it.key == key);
                field.is_none_or(|it| has_leaf_in(&it.node, subgraph))
            };
            let members = members.iter().filter(|(key, _)| is_here(key));
            let members = members.map(|(key, value)| {
                let field = fields.iter().find(|it| it.key == *key);
                let value = match field.map(|it| &it.node) {
                    Some(Node::Object(inner)) => part(value, inner, subgraph),
                    _ => value.clone(),
                };
                (key.clone(), value)
            });
            Value::Object(members.collect())
        }
        leaf => leaf.clone(),
    }
}

// The plain executor.

/// Null that must go up.
struct Bubble;

#[derive(Default)]
struct Plain {
    has_errors: bool,
}

impl Plain {
    fn object(&mut self, fields: &[Field], object: &Map<String, Value>) -> Result<Value, Bubble> {
        let type_name = object["__typename"].as_str().unwrap();
        let mut out = Map::new();
        for field in fields {
            if type_name == "Query" || field.on.contains(&type_name) {
                let value = match object.get(&field.key) {
                    Some(value) => self.value(field, value, 0)?,
                    None => self.null(field, 0, true)?,
                };
                out.insert(field.client_key.clone(), value);
            }
        }
        Ok(Value::Object(out))
    }

    fn value(&mut self, field: &Field, value: &Value, level: usize) -> Result<Value, Bubble> {
        let result = if value.is_null() {
            return self.null(field, level, false);
        } else if level + 1 < field.non_null.len() {
            let Value::Array(items) = value else {
                return self.null(field, level, true);
            };
            items
                .iter()
                .map(|item| self.value(field, item, level + 1))
                .collect::<Result<Vec<Value>, Bubble>>()
                .map(Value::Array)
        } else {
            match &field.node {
                Node::Leaf(_, kind) => match leaf(kind, value) {
                    Some(value) => Ok(value),
                    None => return self.null(field, level, true),
                },
                Node::Object(inner) => {
                    let Value::Object(object) = value else {
                        return self.null(field, level, true);
                    };
                    let Some(name) = object.get("__typename").and_then(Value::as_str) else {
                        return self.null(field, level, true);
                    };
                    if !["A", "B"].contains(&name) {
                        return self.null(field, level, false);
                    }
                    self.object(inner, object)
                }
            }
        };
        match result {
            Err(Bubble) if !field.non_null[level] => Ok(Value::Null),
            other => other,
        }
    }

    fn null(&mut self, field: &Field, level: usize, is_error: bool) -> Result<Value, Bubble> {
        self.has_errors |= is_error || field.non_null[level];
        if field.non_null[level] {
            Err(Bubble)
        } else {
            Ok(Value::Null)
        }
    }
}

fn leaf(kind: &LeafKind, value: &Value) -> Option<Value> {
    let is_due = match kind {
        LeafKind::Int => value.as_i64().is_some_and(|it| i32::try_from(it).is_ok()),
        LeafKind::Float => value.is_number(),
        LeafKind::String => value.is_string(),
        LeafKind::Boolean => value.is_boolean(),
        LeafKind::Id => match value {
            Value::Number(number) if number.is_f64() => return None,
            Value::Number(number) => return Some(json!(number.to_string())),
            other => other.is_string(),
        },
        LeafKind::Enum(names) => names.iter().any(|it| value == it.as_str()),
        LeafKind::Custom => true,
    };
    is_due.then(|| value.clone())
}

#[tokio::test]
async fn what_is_written_is_what_a_plain_executor_gives() {
    for seed in 0..4000 {
        let mut random = Random::new(seed);
        let fields = random_fields(&mut random, 3, 2);
        let data = random_object(&mut random, &fields, "Query");
        let body = |random: &mut Random, subgraph| {
            let mut part = part(&data, &fields, subgraph);
            part.as_object_mut().unwrap().remove("__typename");
            untidy(random, &json!({ "data": part }))
        };
        let subgraphs = Canned::new()
            .gives(0, &body(&mut random, 0))
            .gives(1, &body(&mut random, 1));
        let answer = parsed(&subgraphs.run(plan_of(&fields)).await);
        let mut plain = Plain::default();
        let expected = plain.object(&fields, data.as_object().unwrap());
        let expected = expected.unwrap_or(Value::Null);
        assert_eq!(answer["data"], expected, "seed {seed}");
        // A wrong value below one that went up is an error too, whether or not it is seen.
        if plain.has_errors {
            assert!(answer["errors"].is_array(), "seed {seed}");
        }
        // The client's order is part of the answer, and equality of objects ignores it.
        assert_eq!(
            answer["data"].to_string(),
            expected.to_string(),
            "seed {seed}"
        );
    }
}

/// The same shapes where each object is of one type and all keys are the client's, so that much is
/// given on as it stands.
#[tokio::test]
async fn what_one_subgraph_says_is_given_on_as_a_plain_executor_does() {
    for seed in 0..4000 {
        let mut random = Random::new(seed);
        let mut fields = random_fields(&mut random, 3, 1);
        of_one_type(&mut random, &mut fields);
        let mut data = random_object(&mut random, &fields, "Query");
        rename_types(&fields, &mut data, None);
        let body = match random.below(3) {
            0 => untidy(&mut random, &json!({ "data": data })),
            _ => json!({ "data": data }).to_string(),
        };
        rename_types(&fields, &mut data, Some("A"));
        data["__typename"] = json!("Query");
        let answer = Canned::new()
            .gives(0, &body)
            .run(static_plan(&fields))
            .await;
        let mut plain = Plain::default();
        let expected = plain.object(&fields, data.as_object().unwrap());
        let expected = expected.unwrap_or(Value::Null);
        let answer = parsed(&answer);
        assert_eq!(
            answer["data"].to_string(),
            expected.to_string(),
            "seed {seed}: {body}"
        );
        if plain.has_errors {
            assert!(answer["errors"].is_array(), "seed {seed}");
        }
    }
}

fn of_one_type(random: &mut Random, fields: &mut [Field]) {
    for field in fields {
        field.on = CONCRETE.to_vec();
        if !random.one_in(20) {
            field.client_key.clone_from(&field.key);
        }
        if let Node::Object(inner) = &mut field.node {
            of_one_type(random, inner);
        }
    }
}

/// Gives all objects of the shape this type, or takes their types away.
fn rename_types(fields: &[Field], value: &mut Value, name: Option<&str>) {
    match value {
        Value::Array(items) => {
            items
                .iter_mut()
                .for_each(|it| rename_types(fields, it, name));
        }
        Value::Object(members) => {
            members.shift_remove("__typename");
            if let Some(name) = name {
                members.insert("__typename".to_owned(), json!(name));
            }
            for field in fields {
                if let (Node::Object(inner), Some(value)) =
                    (&field.node, members.get_mut(&field.key))
                {
                    rename_types(inner, value, name);
                }
            }
        }
        _ => {}
    }
}

fn static_plan(fields: &[Field]) -> Plan {
    let mut positions = vec![root_position(&[0])];
    let answer = write_shape(fields, 0, &[0], &mut positions);
    for position in positions.iter_mut().skip(1) {
        position.type_source = TypeSource::Static("A".into());
    }
    let mut data = read_shape(fields, 0);
    make_static(&mut data);
    data.type_name = Some("Query".into());
    plan(vec![root(0, data)], positions, answer)
}

fn make_static(object: &mut ReadObject) {
    object.type_name = Some("A".into());
    object.fields.remove(0);
    for field in &mut object.fields {
        if let ReadValue::Object(inner) = &mut field.value {
            make_static(inner);
        }
    }
}

#[tokio::test]
async fn a_damaged_body_that_is_still_json_is_read_as_a_plain_executor_does() {
    let mut compared = 0;
    for seed in 0..20_000 {
        let mut random = Random::new(seed);
        let fields = random_fields(&mut random, 2, 1);
        let mut data = random_object(&mut random, &fields, "Query");
        data.as_object_mut().unwrap().remove("__typename");
        let body = untidy(&mut random, &json!({ "data": data }));
        let Ok(body) = String::from_utf8(damaged(&mut random, &body)) else {
            continue;
        };
        let subgraphs = Canned::new().gives(0, &body).gives(1, r#"{"data":{}}"#);
        let answer = parsed(&subgraphs.run(plan_of(&fields)).await);
        // The parser of the plain executor takes a zero with a sign for a fraction.
        let Ok(mut parsed) = serde_json::from_str::<Value>(&body) else {
            continue;
        };
        if body.contains("-0") || parsed.get("errors").is_some() {
            continue;
        }
        let Some(data) = parsed.get_mut("data").and_then(Value::as_object_mut) else {
            continue;
        };
        data.insert("__typename".to_owned(), json!("Query"));
        let expected = Plain::default().object(&fields, data);
        let expected = expected.unwrap_or(Value::Null);
        assert_eq!(answer["data"], expected, "seed {seed}: {body}");
        compared += 1;
    }
    // Most damage leaves no JSON.
    assert!(compared > 1000, "{compared}");
}
