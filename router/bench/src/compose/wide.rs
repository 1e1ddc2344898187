//! Graphs of many subgraphs, as they grow where each team has its own.
//!
//! A subgraph has four entities with lists, filters, mutations' inputs and results, all of its own; it
//! refers to entities of other subgraphs, and adds a field to some. A few value types are in all.
//! With 190 subgraphs it is about 4,000 types and 550 kB.

use std::fmt::Write as _;

use crate::universe::mix;

/// What every subgraph has.
const COMMON: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable", "@tag"])
type PageInfo @shareable { hasNextPage: Boolean! endCursor: String }
type Money @shareable { amount: Int! currency: String! }
scalar DateTime
input Page { first: Int = 20 after: String }
"#;

/// Entities of a subgraph's own.
const ENTITIES: usize = 4;
/// Entities of others to which it adds a field.
const FOREIGN: usize = 2;

/// The subgraphs' names and SDL; the same for the same number.
pub(super) fn subgraphs(number: usize) -> Vec<(String, String)> {
    (0..number)
        .map(|index| (format!("team{index:03}"), sdl(index, number)))
        .collect()
}

fn sdl(index: usize, number: usize) -> String {
    let mut sdl = COMMON.to_owned();
    let own = |entity: usize| format!("T{index}E{entity}");
    // Any number that does not look regular will do.
    let draw = |salt: u64, below: usize| {
        let drawn = mix(index as u64 + 1, salt) % below.max(1) as u64;
        usize::try_from(drawn).unwrap_or_default()
    };
    sdl.push_str("type Query {\n");
    for entity in 0..ENTITIES {
        let name = own(entity);
        let _ = writeln!(
            sdl,
            "  t{index}e{entity}(id: ID!): {name}\n  t{index}e{entity}s(filter: T{index}Filter, page: Page): {name}List!"
        );
    }
    let _ = writeln!(
        sdl,
        "  t{index}search(text: String!, kind: T{index}Kind): [T{index}Result!]!\n}}"
    );
    let _ = writeln!(
        sdl,
        "type Mutation {{\n  t{index}save(input: T{index}Input!): T{index}Saved!\n}}"
    );
    for entity in 0..ENTITIES {
        let name = own(entity);
        let next = own((entity + 1) % ENTITIES);
        let foreign = format!(
            "T{}E{}",
            other(index, number, draw(entity as u64, number)),
            entity
        );
        let _ = writeln!(
            sdl,
            "\"Entity {entity} of team {index}, and what others may know of it.\"\ntype {name} implements T{index}Named @key(fields: \"id\") {{\n  id: ID!\n  \"What people call it.\"\n  name: String!\n  \
             price: Money @tag(name: \"billing\")\n  kind: T{index}Kind!\n  createdAt: DateTime!\n  next: {next}\n  \
             about: {foreign}\n}}\n\
             type {name}List {{ edges: [{name}Edge!]! pageInfo: PageInfo! total: Int! }}\n\
             type {name}Edge {{ node: {name}! cursor: String! }}"
        );
        if foreign.starts_with(&format!("T{index}E")) {
            continue;
        }
        let addition = if entity < FOREIGN {
            format!(" t{index}count{entity}: Int!")
        } else {
            String::new()
        };
        let _ = writeln!(
            sdl,
            "type {foreign} @key(fields: \"id\") {{ id: ID!{addition} }}"
        );
    }
    let _ = writeln!(
        sdl,
        "interface T{index}Named {{ name: String! }}\n\
         union T{index}Result = {} | {}\n\
         enum T{index}Kind {{ PLAIN SPECIAL RETIRED }}\n\
         enum T{index}Order {{ NAME CREATED PRICE }}\n\
         input T{index}Filter {{ kind: T{index}Kind text: String order: T{index}Order = NAME }}\n\
         input T{index}Input {{ id: ID name: String! kind: T{index}Kind! }}\n\
         type T{index}Saved {{ saved: {} problem: T{index}Problem }}\n\
         type T{index}Problem {{ message: String! path: [String!]! }}",
        own(0),
        own(1),
        own(0)
    );
    sdl
}

/// Another subgraph than this one, where there is another.
fn other(index: usize, number: usize, drawn: usize) -> usize {
    if drawn == index {
        (drawn + 1) % number
    } else {
        drawn
    }
}
