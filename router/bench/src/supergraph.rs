//! The supergraph that a universe makes: what a composer would print, in join v0.3.

use std::fmt::Write as _;

use crate::universe::{ObjectType, Universe};

/// The specifications' own definitions, whose shapes <https://specs.apollo.dev/join/v0.3> fixes.
const HEAD: &str = r#"schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
{
  query: Query
}

directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA

scalar join__FieldSet
scalar link__Import

enum link__Purpose {
  SECURITY
  EXECUTION
}

"#;

/// Prints the supergraph. `urls` has one for each of the universe's graphs.
pub(crate) fn sdl(universe: &Universe, urls: &[String]) -> String {
    let mut sdl = String::from(HEAD);
    sdl.push_str("enum join__Graph {\n");
    for (graph, url) in universe.graphs.iter().zip(urls) {
        let value = graph.to_uppercase();
        let _ = writeln!(
            sdl,
            "  {value} @join__graph(name: \"{graph}\", url: \"{url}\")"
        );
    }
    sdl.push_str("}\n");
    for object in universe.types {
        print_type(universe, object, &mut sdl);
    }
    sdl
}

fn print_type(universe: &Universe, object: &ObjectType, sdl: &mut String) {
    let graphs = graphs_of(universe, object);
    let _ = write!(sdl, "\ntype {}", object.name);
    let key = if object.is_root() {
        ""
    } else {
        ", key: \"id\""
    };
    for graph in &graphs {
        let _ = write!(sdl, "\n  @join__type(graph: {}{key})", graph.to_uppercase());
    }
    sdl.push_str("\n{\n");
    if !object.is_root() {
        sdl.push_str("  id: ID!\n");
    }
    for field in object.fields {
        let arguments = if object.is_root() { "(id: ID!)" } else { "" };
        let _ = write!(sdl, "  {}{arguments}: {}", field.name, field.kind.sdl());
        if graphs.len() > 1 {
            let _ = write!(sdl, " @join__field(graph: {})", field.graph.to_uppercase());
        }
        sdl.push('\n');
    }
    sdl.push_str("}\n");
}

/// The subgraphs in which a type is defined: those that resolve one of its fields and those that
/// refer to it. `Query` is everywhere, as composition has it.
fn graphs_of(universe: &Universe, object: &ObjectType) -> Vec<&'static str> {
    let refers = |graph: &str| {
        universe
            .types
            .iter()
            .flat_map(|it| it.fields)
            .any(|field| field.graph == graph && field.kind.object() == Some(object.name))
    };
    universe
        .graphs
        .iter()
        .copied()
        .filter(|graph| {
            object.is_root()
                || object.fields.iter().any(|field| field.graph == *graph)
                || refers(graph)
        })
        .collect()
}

#[test]
fn types_stand_in_the_graphs_that_know_them() {
    use crate::universe::{Field, Kind};

    static TWO: Universe = Universe {
        graphs: &["a", "b"],
        slow: None,
        types: &[
            ObjectType {
                name: "Query",
                population: 1,
                fields: &[Field {
                    name: "song",
                    graph: "a",
                    kind: Kind::One("Song"),
                }],
            },
            ObjectType {
                name: "Song",
                population: 9,
                fields: &[
                    Field {
                        name: "title",
                        graph: "a",
                        kind: Kind::Text(5),
                    },
                    Field {
                        name: "plays",
                        graph: "b",
                        kind: Kind::Many("Play", 2),
                    },
                ],
            },
            ObjectType {
                name: "Play",
                population: 9,
                fields: &[Field {
                    name: "at",
                    graph: "b",
                    kind: Kind::Float,
                }],
            },
        ],
    };
    let sdl = sdl(&TWO, &["http://a".to_owned(), "http://b".to_owned()]);
    let (_, types) = sdl.split_at(HEAD.len());
    expect_test::expect![[r#"
        enum join__Graph {
          A @join__graph(name: "a", url: "http://a")
          B @join__graph(name: "b", url: "http://b")
        }

        type Query
          @join__type(graph: A)
          @join__type(graph: B)
        {
          song(id: ID!): Song! @join__field(graph: A)
        }

        type Song
          @join__type(graph: A, key: "id")
          @join__type(graph: B, key: "id")
        {
          id: ID!
          title: String! @join__field(graph: A)
          plays: [Play!]! @join__field(graph: B)
        }

        type Play
          @join__type(graph: B, key: "id")
        {
          id: ID!
          at: Float!
        }
    "#]]
    .assert_eq(types);
}
