//! The plans that most cases use.

use plan::{LeafKind, Plan};

use crate::build::*;

/// `{ me { id name age tags } }` from `users`; nullable but for `id` and the items of `tags`.
pub(crate) fn me() -> Plan {
    let user = read(
        "User",
        vec![
            leaf("id", LeafKind::Id),
            leaf("name", LeafKind::String),
            leaf("age", LeafKind::Int),
            lists(1, leaf("tags", LeafKind::String)),
        ],
    );
    plan(
        vec![root(0, read("Query", vec![object("me", user)]))],
        vec![
            root_position(&[0]),
            position(0, "me", 0, vec![below(0, 0, 0)]),
        ],
        write(
            0,
            vec![out("me", "Query.me", "User", inside(write(1, me_fields())))],
        ),
    )
}

fn me_fields() -> Vec<plan::WriteField> {
    vec![
        out("id", "User.id", "ID!", from(0, 0)),
        out("name", "User.name", "String", from(0, 1)),
        out("age", "User.age", "Int", from(0, 2)),
        out("tags", "User.tags", "[String!]", from(0, 3)),
    ]
}

/// `{ users { name plays: count } }`: users with names from `users`, found in `music` by `id`.
///
/// `users` reads `{ users { __typename id name } }`, `music` reads `{ _entities { count } }`.
pub(crate) fn users_with_counts(users_type: &str, count_type: &str) -> Plan {
    let user = read_abstract(vec![
        type_name(),
        needed(leaf("id", LeafKind::Id)),
        leaf("name", LeafKind::String),
    ]);
    let entity = read_abstract(vec![
        type_name(),
        aliased("plays", leaf("count", LeafKind::Int)),
    ]);
    plan(
        vec![
            root(0, read("Query", vec![lists(1, object("users", user))])),
            entity_fetch(
                1,
                &[0],
                vec![entities(
                    (1, 0, 3),
                    vec![representation("User", vec![key("id", "ID!", 0, 1)])],
                    entity,
                )],
            ),
        ],
        vec![
            root_position(&[0]),
            position(0, "users", 1, vec![below(0, 0, 0), attached(1, 0, 3)]),
        ],
        write(
            0,
            vec![out(
                "users",
                "Query.users",
                users_type,
                inside(write(
                    1,
                    vec![
                        out("name", "User.name", "String", from(0, 2)),
                        out("plays", "User.count", count_type, from(1, 1)),
                    ],
                )),
            )],
        ),
    )
}

/// What `users` answers for users with these ids; the name of `3` is `u3`.
pub(crate) fn users_json(ids: &[u32]) -> String {
    let users: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"__typename":"User","id":"{id}","name":"u{id}"}}"#))
        .collect();
    format!(r#"{{"data":{{"users":[{}]}}}}"#, users.join(","))
}

/// The ids in the representations of a request's body.
pub(crate) fn requested_ids(body: &str) -> Vec<String> {
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    body["variables"]["representations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["id"].as_str().unwrap().to_owned())
        .collect()
}

/// What `music` answers: each user's count is their id times ten.
pub(crate) fn counts(body: &str) -> String {
    let entities: Vec<String> = requested_ids(body)
        .iter()
        .map(|id| format!(r#"{{"__typename":"User","count":{id}0}}"#))
        .collect();
    format!(r#"{{"data":{{"_entities":[{}]}}}}"#, entities.join(","))
}
