//! `small`: the cost of a request as such. One subgraph, a handful of fields.

use super::Workload;
use crate::universe::{Field, Kind, ObjectType, Universe};

pub(super) const WORKLOAD: Workload = Workload {
    name: "small",
    about: "one subgraph request, an answer of about 219 B",
    universe: &UNIVERSE,
    query: "query Listener($id: ID!) { listener(id: $id) { id name city followers premium about } }",
    connections: 50,
};

static UNIVERSE: Universe = Universe {
    graphs: &["listeners"],
    slow: None,
    types: &[
        ObjectType {
            name: "Query",
            population: 1,
            fields: &[field("listener", Kind::One("Listener"))],
        },
        ObjectType {
            name: "Listener",
            population: 1_000,
            fields: &[
                field("name", Kind::Text(18)),
                field("city", Kind::Text(12)),
                field("followers", Kind::Integer),
                field("premium", Kind::Flag),
                field("about", Kind::Text(72)),
            ],
        },
    ],
};

const fn field(name: &'static str, kind: Kind) -> Field {
    Field {
        name,
        graph: "listeners",
        kind,
    }
}
