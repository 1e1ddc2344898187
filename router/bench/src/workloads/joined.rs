//! `joined`: the cost of joining. Four subgraphs, six to eight requests in four rounds, many entities.
//!
//! The plan that the query asks for, where `|` runs in parallel:
//! `catalogue playlist | listeners newest`, then `listeners owner | charts tracks | notes tracks`,
//! then `listeners authors | charts authors' favourites`, then `catalogue favourites`. Our planner
//! saves two of the eight: the owner waits for the authors, and the charts of the tracks for those
//! of the favourites, for nobody gets an answer before the last round.

use super::Workload;
use crate::universe::{Field, Kind, ObjectType, Universe};

pub(super) const WORKLOAD: Workload = Workload {
    name: "joined",
    about: "six to eight subgraph requests over four subgraphs, an answer of about 88 kB",
    universe: &UNIVERSE,
    query: "query Evening($id: ID!) {
  playlist(id: $id) {
    id
    title
    owner { id name city }
    tracks {
      id
      title
      seconds
      artist { name country }
      plays
      rank
      trend
      notes {
        text
        stars
        author { name city about favourites { title artist { name } } }
      }
    }
  }
  newest(id: $id) { id name }
}",
    connections: 50,
};

static UNIVERSE: Universe = Universe {
    graphs: &["catalogue", "charts", "listeners", "notes"],
    slow: None,
    types: &[
        ObjectType {
            name: "Query",
            population: 1,
            fields: &[
                field("playlist", "catalogue", Kind::One("Playlist")),
                field("newest", "listeners", Kind::Many("Listener", 10)),
            ],
        },
        ObjectType {
            name: "Playlist",
            population: 1_000,
            fields: &[
                field("title", "catalogue", Kind::Text(30)),
                field("owner", "catalogue", Kind::One("Listener")),
                field("tracks", "catalogue", Kind::Many("Track", 20)),
            ],
        },
        ObjectType {
            name: "Track",
            population: 400,
            fields: &[
                field("title", "catalogue", Kind::Text(24)),
                field("seconds", "catalogue", Kind::Integer),
                field("artist", "catalogue", Kind::One("Artist")),
                field("plays", "charts", Kind::Integer),
                field("rank", "charts", Kind::Integer),
                field("trend", "charts", Kind::Floats(6)),
                field("notes", "notes", Kind::Many("Note", 8)),
            ],
        },
        ObjectType {
            name: "Artist",
            population: 80,
            fields: &[
                field("name", "catalogue", Kind::Text(18)),
                field("country", "catalogue", Kind::Text(10)),
            ],
        },
        ObjectType {
            name: "Note",
            population: 5_000,
            fields: &[
                field("text", "notes", Kind::Text(107)),
                field("stars", "notes", Kind::Integer),
                field("author", "notes", Kind::One("Listener")),
            ],
        },
        ObjectType {
            name: "Listener",
            population: 200,
            fields: &[
                field("name", "listeners", Kind::Text(16)),
                field("city", "listeners", Kind::Text(12)),
                field("about", "listeners", Kind::Text(60)),
                field("favourites", "charts", Kind::Many("Track", 3)),
            ],
        },
    ],
};

const fn field(name: &'static str, graph: &'static str, kind: Kind) -> Field {
    Field { name, graph, kind }
}
