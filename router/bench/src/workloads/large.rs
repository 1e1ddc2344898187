//! `large`: the cost of a byte. One subgraph, one long list of strings and numbers.

use super::Workload;
use crate::universe::{Field, Kind, ObjectType, Universe};

pub(super) const WORKLOAD: Workload = Workload {
    name: "large",
    about: "one subgraph request, an answer of about 7.9 MB",
    universe: &UNIVERSE,
    query: "query Session($id: ID!) { session(id: $id) { id title \
            takes { id title channel gain clean levels remark } } }",
    connections: 1,
};

static UNIVERSE: Universe = Universe {
    graphs: &["studio"],
    slow: None,
    types: &[
        ObjectType {
            name: "Query",
            population: 1,
            fields: &[field("session", Kind::One("Session"))],
        },
        SESSION,
        TAKE,
    ],
};

pub(super) const SESSION: ObjectType = ObjectType {
    name: "Session",
    population: 1_000,
    fields: &[
        field("title", Kind::Text(30)),
        field("takes", Kind::Many("Take", 12_300)),
    ],
};

pub(super) const TAKE: ObjectType = ObjectType {
    name: "Take",
    population: 1_000_000,
    fields: &[
        field("title", Kind::Text(40)),
        field("channel", Kind::Integer),
        field("gain", Kind::Float),
        field("clean", Kind::Flag),
        field("levels", Kind::Floats(30)),
        field("remark", Kind::Text(220)),
    ],
};

const fn field(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        graph: "studio",
        kind,
    }
}
