//! What the subgraphs know, what clients ask, and what is true of it.

use serde_json::{Value, json};

/// Who the users are: their names, from this subgraph.
pub(crate) const USERS: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
type Query { users(ids: [ID!]!): [User] }
type User @key(fields: "id") { id: ID! name: String! }
"#;

/// What they listen to, from that one.
pub(crate) const MUSIC: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
type User @key(fields: "id") { id: ID! count: Int! favourites: [Track!] }
type Track { title: String! seconds: Int! }
"#;

/// The one query of all clients; what differs are the ids.
pub(crate) const QUERY: &str =
    "query Load($ids: [ID!]!) { users(ids: $ids) { id name count favourites { title seconds } } }";

/// All that both subgraphs say of a user. More than is asked: that is allowed.
pub(crate) fn user(id: &str) -> Value {
    let number: u64 = id.parse().unwrap();
    let favourites: Vec<_> = (0..number % 4)
        .map(|index| json!({ "title": format!("track {id}.{index}"), "seconds": number * 7 + index }))
        .collect();
    json!({
        "__typename": "User",
        "id": id,
        "name": format!("user {id}"),
        "count": number % 1000,
        "favourites": favourites,
    })
}

/// What a client must get for these ids.
pub(crate) fn expected(ids: &[String]) -> Value {
    let users: Vec<_> = ids
        .iter()
        .map(|id| {
            let mut user = user(id);
            user.as_object_mut().unwrap().remove("__typename");
            user
        })
        .collect();
    json!({ "users": users })
}
