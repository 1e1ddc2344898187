//! Queries that need much of one kind of work and little of the others.

use crate::universe::{Field, Kind, ObjectType, Universe};

/// The query of a rehearsal that is no workload.
pub(super) fn query(name: &str) -> Option<&'static str> {
    let query = match name {
        // Many representations, half of them equal to others, and small answers.
        "entities" => "query Books($id: ID!) { shelf(id: $id) { books { copies } } }",
        "entities-few" => "query Books($id: ID!) { shelf(id: $id) { newBooks { copies } } }",
        // Many values that cannot be given on as they stand: the others of their objects come later.
        "slots" => {
            "query Books($id: ID!) { shelf(id: $id) { books { title pages weight lent copies } } }"
        }
        "slots-few" => {
            "query Books($id: ID!) { shelf(id: $id) { newBooks { title pages weight lent copies } } }"
        }
        // Few values, and each is written at many places.
        "writing" => {
            "query Authors($id: ID!) { shelf(id: $id) { authors { name city born awards } } }"
        }
        "writing-few" => {
            "query Authors($id: ID!) { shelf(id: $id) { newAuthors { name city born awards } } }"
        }
        _ => return None,
    };
    Some(query)
}

pub(super) static UNIVERSE: Universe = Universe {
    graphs: &["library", "registry"],
    slow: None,
    types: &[
        ObjectType {
            name: "Query",
            population: 1,
            fields: &[library("shelf", Kind::One("Shelf"))],
        },
        ObjectType {
            name: "Shelf",
            population: 10,
            fields: &[
                library("books", Kind::Many("Book", 2_000)),
                library("newBooks", Kind::Many("Book", 20)),
                library("authors", Kind::Many("Author", 1_000)),
                library("newAuthors", Kind::Many("Author", 30)),
            ],
        },
        ObjectType {
            name: "Book",
            population: 1_000,
            fields: &[
                library("title", Kind::Text(24)),
                library("pages", Kind::Integer),
                library("weight", Kind::Float),
                library("lent", Kind::Flag),
                registry("copies", Kind::Integer),
            ],
        },
        ObjectType {
            name: "Author",
            population: 20,
            fields: &[
                registry("name", Kind::Text(18)),
                registry("city", Kind::Text(12)),
                registry("born", Kind::Integer),
                registry("awards", Kind::Integer),
            ],
        },
    ],
};

const fn library(name: &'static str, kind: Kind) -> Field {
    let graph = "library";
    Field { name, graph, kind }
}

const fn registry(name: &'static str, kind: Kind) -> Field {
    let graph = "registry";
    Field { name, graph, kind }
}
