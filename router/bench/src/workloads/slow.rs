//! `slow`: the cost of holding on to bytes. The large answer beside that of a subgraph that takes its time.

use std::time::Duration;

use super::Workload;
use super::large::{SESSION, TAKE};
use crate::universe::{Field, Kind, ObjectType, Universe};

pub(super) const WORKLOAD: Workload = Workload {
    name: "slow",
    about: "the large answer beside a second subgraph that answers after 100 ms",
    universe: &UNIVERSE,
    query: "query Session($id: ID!) { session(id: $id) { id title \
            takes { id title channel gain clean levels remark } } booking(id: $id) { id room } }",
    connections: 10,
};

static UNIVERSE: Universe = Universe {
    graphs: &["studio", "desk"],
    slow: Some(("desk", Duration::from_millis(100))),
    types: &[
        ObjectType {
            name: "Query",
            population: 1,
            fields: &[
                Field {
                    name: "session",
                    graph: "studio",
                    kind: Kind::One("Session"),
                },
                Field {
                    name: "booking",
                    graph: "desk",
                    kind: Kind::One("Booking"),
                },
            ],
        },
        SESSION,
        TAKE,
        ObjectType {
            name: "Booking",
            population: 1_000,
            fields: &[Field {
                name: "room",
                graph: "desk",
                kind: Kind::Text(20),
            }],
        },
    ],
};
