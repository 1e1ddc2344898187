//! `magazine`: the cost of a request to a subgraph. Few values, and many subgraphs that know them.
//!
//! What a tag's top article is, the figures know; its comments and their authors come in the last three of
//! six rounds. So what those subgraphs know of the front article cannot wait to be asked together with it,
//! and most of them are asked twice.

use super::Workload;
use crate::universe::{Field, Kind, ObjectType, Universe};

pub(super) const WORKLOAD: Workload = Workload {
    name: "magazine",
    about: "fourteen subgraph requests over seven subgraphs, 250 leaves, an answer of about 19 kB",
    universe: &UNIVERSE,
    query: "query Front($id: ID!) {
  article(id: $id) {
    id
    title
    lead
    views
    author { name about followers portrait { caption url } home { name country photo { caption url } } }
    cover { caption url taken { name country } }
    tags { label uses topArticle { title lead section { label } author { name followers } comments { text author { portrait { url } } } } }
    comments { text likes author { name followers portrait { url } home { name } } }
    related { title lead views cover { caption url taken { name } } author { name followers } }
  }
  reader(id: $id) { name about home { name country } }
}",
    connections: 50,
};

static UNIVERSE: Universe = Universe {
    graphs: &[
        "articles", "people", "comments", "figures", "pictures", "places", "tags",
    ],
    slow: None,
    types: &[
        ObjectType {
            name: "Query",
            population: 1,
            fields: &[
                field("article", "articles", Kind::One("Article")),
                field("reader", "people", Kind::One("Person")),
            ],
        },
        ObjectType {
            name: "Article",
            population: 1_000,
            fields: &[
                field("title", "articles", Kind::Text(60)),
                field("lead", "articles", Kind::Text(210)),
                field("author", "articles", Kind::One("Person")),
                field("related", "articles", Kind::Many("Article", 5)),
                field("views", "figures", Kind::Integer),
                field("cover", "pictures", Kind::One("Picture")),
                field("tags", "tags", Kind::Many("Tag", 7)),
                field("section", "tags", Kind::One("Tag")),
                field("comments", "comments", Kind::Many("Comment", 7)),
            ],
        },
        ObjectType {
            name: "Person",
            population: 500,
            fields: &[
                field("name", "people", Kind::Text(18)),
                field("about", "people", Kind::Text(160)),
                field("home", "people", Kind::One("Place")),
                field("portrait", "pictures", Kind::One("Picture")),
                field("followers", "figures", Kind::Integer),
            ],
        },
        ObjectType {
            name: "Picture",
            population: 2_000,
            fields: &[
                field("caption", "pictures", Kind::Text(80)),
                field("url", "pictures", Kind::Text(56)),
                field("taken", "pictures", Kind::One("Place")),
            ],
        },
        ObjectType {
            name: "Place",
            population: 300,
            fields: &[
                field("name", "places", Kind::Text(14)),
                field("country", "places", Kind::Text(10)),
                field("photo", "pictures", Kind::One("Picture")),
            ],
        },
        ObjectType {
            name: "Tag",
            population: 100,
            fields: &[
                field("label", "tags", Kind::Text(12)),
                field("topArticle", "figures", Kind::One("Article")),
                field("uses", "figures", Kind::Integer),
            ],
        },
        ObjectType {
            name: "Comment",
            population: 5_000,
            fields: &[
                field("text", "comments", Kind::Text(90)),
                field("author", "comments", Kind::One("Person")),
                field("likes", "figures", Kind::Integer),
            ],
        },
    ],
};

const fn field(name: &'static str, graph: &'static str, kind: Kind) -> Field {
    Field { name, graph, kind }
}
