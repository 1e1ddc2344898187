//! Where null may stand, and how far it bubbles.

use expect_test::expect;
use plan::{LayerId, LeafKind, Plan, TypeSource, WriteValue};

use crate::build::*;
use crate::canned::{Canned, summary};

/// `{ lists: [[Track]] }` with a title, all of these types.
fn tracks(lists_type: &str, title_type: &str) -> Plan {
    let track = read("Track", vec![leaf("title", LeafKind::String)]);
    plan(
        vec![root(
            0,
            read("Query", vec![lists(2, object("lists", track))]),
        )],
        vec![
            root_position(&[0]),
            plan::Position {
                type_source: TypeSource::Static("Track".into()),
                ..position(0, "lists", 2, vec![below(0, 0, 0)])
            },
        ],
        write(
            0,
            vec![out(
                "lists",
                "Query.lists",
                lists_type,
                inside(write(
                    1,
                    vec![out("title", "Track.title", title_type, from(0, 0))],
                )),
            )],
        ),
    )
}

async fn check(plan: Plan, lists: &str, expected: expect_test::Expect) {
    let body = format!(r#"{{"data":{{"lists":{lists}}}}}"#);
    let answer = Canned::new().gives(0, &body).run(plan).await;
    expected.assert_eq(&summary(&answer));
}

const LISTS: &str = r#"[[{"title":"a"},{"title":null}],[{"title":"b"}]]"#;

#[tokio::test]
async fn a_null_stays_where_it_may_stand() {
    check(
        tracks("[[Track!]!]!", "String"),
        LISTS,
        expect![[r#"{"lists":[[{"title":"a"},{"title":null}],[{"title":"b"}]]}"#]],
    )
    .await;
}

#[tokio::test]
async fn a_null_goes_up_to_the_nearest_place_that_allows_it() {
    check(tracks("[[Track]]", "String!"), LISTS, expect![[r#"
        {"lists":[[{"title":"a"},null],[{"title":"b"}]]}
        UNEXPECTED_NULL ["lists",0,1,"title"] Cannot return null for non-nullable field Track.title."#]]).await;
    check(tracks("[[Track!]]", "String!"), LISTS, expect![[r#"
        {"lists":[null,[{"title":"b"}]]}
        UNEXPECTED_NULL ["lists",0,1,"title"] Cannot return null for non-nullable field Track.title."#]]).await;
    check(tracks("[[Track!]!]", "String!"), LISTS, expect![[r#"
        {"lists":null}
        UNEXPECTED_NULL ["lists",0,1,"title"] Cannot return null for non-nullable field Track.title."#]]).await;
    check(tracks("[[Track!]!]!", "String!"), LISTS, expect![[r#"
        null
        UNEXPECTED_NULL ["lists",0,1,"title"] Cannot return null for non-nullable field Track.title."#]]).await;
}

#[tokio::test]
async fn lists_and_items_may_be_null_themselves() {
    check(
        tracks("[[Track]]", "String"),
        "[null,[null]]",
        expect![[r#"{"lists":[null,[null]]}"#]],
    )
    .await;
    check(
        tracks("[[Track]!]", "String"),
        "[null,[null]]",
        expect![[r#"
            {"lists":null}
            UNEXPECTED_NULL ["lists",0] Cannot return null for non-nullable field Query.lists."#]],
    )
    .await;
    check(
        tracks("[[Track!]]", "String"),
        "[null,[null]]",
        expect![[r#"
            {"lists":[null,null]}
            UNEXPECTED_NULL ["lists",1,0] Cannot return null for non-nullable field Query.lists."#]],
    )
    .await;
}

/// `{ node { __typename ... on Book { pages } ... on Film { minutes } } }`.
fn node(node_type: &str) -> Plan {
    let read = read_abstract(vec![
        type_name(),
        leaf("pages", LeafKind::Int),
        leaf("minutes", LeafKind::Int),
    ]);
    let mut fields = vec![
        out(
            "__typename",
            "Node.__typename",
            "String!",
            WriteValue::TypeName,
        ),
        out("pages", "Book.pages", "Int!", from(0, 1)),
        out("length", "Film.minutes", "Int", from(0, 2)),
    ];
    fields[1].on = Some(types(&["Book"]));
    fields[2].on = Some(types(&["Film"]));
    let mut object = write(1, fields);
    object.possible_types = Some(types(&["Book", "Film", "Song"]));
    plan(
        vec![root(
            0,
            self::read("Query", vec![crate::build::object("node", read)]),
        )],
        vec![
            root_position(&[0]),
            plan::Position {
                type_source: TypeSource::Layer(LayerId(0)),
                ..position(0, "node", 0, vec![below(0, 0, 0)])
            },
        ],
        write(
            0,
            vec![out("node", "Query.node", node_type, inside(object))],
        ),
    )
}

async fn check_node(plan: Plan, node: &str, expected: expect_test::Expect) {
    let body = format!(r#"{{"data":{{"node":{node}}}}}"#);
    let answer = Canned::new().gives(0, &body).run(plan).await;
    expected.assert_eq(&summary(&answer));
}

#[tokio::test]
async fn an_object_has_the_fields_of_its_type() {
    let book = r#"{"__typename":"Book","pages":12}"#;
    check_node(
        node("Node"),
        book,
        expect![[r#"{"node":{"__typename":"Book","pages":12}}"#]],
    )
    .await;
    let film = r#"{"minutes":90,"__typename":"F\u0069lm"}"#;
    check_node(
        node("Node"),
        film,
        expect![[r#"{"node":{"__typename":"Film","length":90}}"#]],
    )
    .await;
    check_node(
        node("Node"),
        r#"{"__typename":"Song"}"#,
        expect![[r#"{"node":{"__typename":"Song"}}"#]],
    )
    .await;
}

#[tokio::test]
async fn an_object_of_a_hidden_type_is_null() {
    let hidden = r#"{"__typename":"Secret","pages":1}"#;
    check_node(node("Node"), hidden, expect![[r#"{"node":null}"#]]).await;
    check_node(
        node("Node!"),
        hidden,
        expect![[r#"
        null
        UNEXPECTED_NULL ["node"] Cannot return null for non-nullable field Query.node."#]],
    )
    .await;
}

#[tokio::test]
async fn an_object_that_hides_its_type_is_an_error() {
    check_node(node("Node"), r#"{"pages":1}"#, expect![[r#"
        {"node":null}
        SUBREQUEST_MALFORMED_RESPONSE ["node"] The subgraph "users" did not say the type of an object."#]]).await;
    check_node(node("Node"), r#"{"__typename":7,"pages":1}"#, expect![[r#"
        {"node":null}
        SUBREQUEST_MALFORMED_RESPONSE ["node"] The subgraph "users" answered with something else where the name of a type was due.
        SUBREQUEST_MALFORMED_RESPONSE ["node"] The subgraph "users" did not say the type of an object."#]]).await;
}

#[tokio::test]
async fn an_object_that_contradicts_its_type_is_an_error() {
    let user = read("User", vec![type_name(), leaf("name", LeafKind::String)]);
    let plan = plan(
        vec![root(0, read("Query", vec![object("node", user)]))],
        vec![
            root_position(&[0]),
            position(0, "node", 0, vec![below(0, 0, 0)]),
        ],
        write(
            0,
            vec![out(
                "node",
                "Query.node",
                "User",
                inside(write(
                    1,
                    vec![out("name", "User.name", "String", from(0, 1))],
                )),
            )],
        ),
    );
    check_node(plan, r#"{"__typename":"Track","name":"x"}"#, expect![[r#"
        {"node":null}
        SUBREQUEST_MALFORMED_RESPONSE ["node"] The subgraph "users" answered with an object of another type where User was due."#]]).await;
}

/// `{ shared { a b } }`, where each of two subgraphs resolves one of the fields.
fn shared() -> Plan {
    let half = |key| {
        lists(
            1,
            object("shared", read("S", vec![leaf(key, LeafKind::Int)])),
        )
    };
    plan(
        vec![
            root(0, read("Query", vec![half("a")])),
            root(1, read("Query", vec![half("b")])),
        ],
        vec![
            root_position(&[0, 1]),
            plan::Position {
                type_source: TypeSource::Static("S".into()),
                ..position(0, "shared", 1, vec![below(0, 0, 0), below(1, 1, 0)])
            },
        ],
        write(
            0,
            vec![out(
                "shared",
                "Query.shared",
                "[S]",
                inside(write(
                    1,
                    vec![
                        out("a", "S.a", "Int", from(0, 0)),
                        out("b", "S.b", "Int", from(1, 0)),
                    ],
                )),
            )],
        ),
    )
}

#[tokio::test]
async fn layers_of_one_position_run_in_step() {
    let check = async |first: &str, second: &str, expected: expect_test::Expect| {
        let body = |shared: &str| format!(r#"{{"data":{{"shared":{shared}}}}}"#);
        let subgraphs = Canned::new().gives(0, &body(first)).gives(1, &body(second));
        expected.assert_eq(&summary(&subgraphs.run(shared()).await));
    };
    check(
        r#"[{"a":1},{"a":2}]"#,
        r#"[{"b":3},{"b":4}]"#,
        expect![[r#"{"shared":[{"a":1,"b":3},{"a":2,"b":4}]}"#]],
    )
    .await;
    check(
        r#"[{"a":1},null]"#,
        r#"[{"b":3},{"b":4},{"b":5}]"#,
        expect![[r#"{"shared":[{"a":1,"b":3},{"a":null,"b":4}]}"#]],
    )
    .await;
    check(
        "null",
        r#"[{"b":3}]"#,
        expect![[r#"{"shared":[{"a":null,"b":3}]}"#]],
    )
    .await;
    check("null", "null", expect![[r#"{"shared":null}"#]]).await;
    check("[]", "5", expect![[r#"
        {"shared":[]}
        SUBREQUEST_MALFORMED_RESPONSE ["shared"] The subgraph "music" answered with something else where a list was due."#]]).await;
}
