//! Random data of a shape, seldom quite right.

use plan::LeafKind;
use serde_json::{Map, Value, json};

use super::{Field, Node, has_leaf_in};
use crate::random::Random;

pub(crate) fn random_object(random: &mut Random, fields: &[Field], type_name: &str) -> Value {
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
pub(crate) fn part(value: &Value, fields: &[Field], subgraph: usize) -> Value {
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

/// Takes the types of all objects of the shape away.
pub(crate) fn without_types(fields: &[Field], value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|it| without_types(fields, it)),
        Value::Object(members) => {
            members.shift_remove("__typename");
            for field in fields {
                if let (Node::Object(inner), Some(value)) =
                    (&field.node, members.get_mut(&field.key))
                {
                    without_types(inner, value);
                }
            }
        }
        _ => {}
    }
}
