//! Random shapes of answers, with the plans that read and write them, data that fits or nearly does, and
//! a plain executor that says what is right.
//!
//! The fields of a shape are dealt to one or two subgraphs, so that positions have two layers; the plain
//! executor knows nothing of that and looks at the whole.

pub(crate) mod data;
pub(crate) mod plain;
pub(crate) mod plans;

use plan::LeafKind;

use crate::random::Random;

const CONCRETE: [&str; 3] = ["A", "B", "C"];

/// A field of a random shape.
pub(crate) struct Field {
    pub(crate) key: String,
    pub(crate) client_key: String,
    /// The types that have it.
    pub(crate) on: Vec<&'static str>,
    /// Non-null, from the outside in; one more than there are lists.
    pub(crate) non_null: Vec<bool>,
    pub(crate) node: Node,
}

pub(crate) enum Node {
    /// Which of the subgraphs has it, and its kind.
    Leaf(usize, LeafKind),
    Object(Vec<Field>),
}

/// Fields whose leaves are dealt to so many subgraphs.
pub(crate) fn random_fields(random: &mut Random, depth: usize, subgraphs: usize) -> Vec<Field> {
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

pub(crate) fn has_leaf_in(node: &Node, subgraph: usize) -> bool {
    match node {
        Node::Leaf(of, _) => *of == subgraph,
        Node::Object(fields) => fields.iter().any(|it| has_leaf_in(&it.node, subgraph)),
    }
}

/// Makes each field one of all types, most under the key that the subgraph has.
pub(crate) fn of_one_type(random: &mut Random, fields: &mut [Field]) {
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
