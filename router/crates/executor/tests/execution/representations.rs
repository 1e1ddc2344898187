//! What is sent of an object: keys, requirements, nested objects; and when nothing can be sent.

use expect_test::expect;
use plan::{LeafKind, Plan, PositionId, RepresentationField, RepresentationValue, TypeSource};

use crate::build::*;
use crate::canned::{Canned, summary};

/// `{ item { price } }`: `users` has `sku maker { name } sizes { cm }`, by which `music` finds the
/// price; `sku` is the key, the rest is required, `sizes` of boxes only.
fn item(price_type: &str) -> Plan {
    let maker = read("Maker", vec![needed(leaf("name", LeafKind::String))]);
    let size = read_abstract(vec![type_name(), needed(leaf("cm", LeafKind::Float))]);
    let item = read(
        "Item",
        vec![
            needed(leaf("sku", LeafKind::Id)),
            needed(object("maker", maker)),
            needed(lists(1, object("sizes", size))),
        ],
    );
    let plan_only = |parent, depth, slot| plan::Position {
        client_key: None,
        ..position(parent, "", depth, vec![below(0, 0, slot)])
    };
    let nested = |name: &str, ty_text: &str, position, fields| RepresentationField {
        name: name.into(),
        on: None,
        is_key: false,
        ty: ty(ty_text),
        value: RepresentationValue::Object {
            position: PositionId(position),
            fields,
        },
    };
    let mut cm = requirement("cm", "Float", 0, 1);
    cm.on = Some(types(&["Box"]));
    let mut said = requirement("__typename", "String!", 0, 0);
    said.value = RepresentationValue::TypeName;
    let fields = vec![
        key("sku", "ID!", 0, 0),
        nested(
            "maker",
            "Maker",
            2,
            vec![requirement("name", "String", 0, 0)],
        ),
        nested("sizes", "[Size!]", 3, vec![said, cm]),
    ];
    let price = read("Item", vec![leaf("price", LeafKind::Int)]);
    plan(
        vec![
            root(0, read("Query", vec![object("item", item)])),
            entity_fetch(
                1,
                &[0],
                vec![entities(
                    (1, 0, 3),
                    vec![representation("Item", fields)],
                    price,
                )],
            ),
        ],
        vec![
            root_position(&[0]),
            plan::Position {
                type_source: TypeSource::Static("Item".into()),
                ..position(0, "item", 0, vec![below(0, 0, 0), attached(1, 0, 3)])
            },
            plan::Position {
                type_source: TypeSource::Static("Maker".into()),
                ..plan_only(1, 0, 1)
            },
            plan_only(1, 1, 2),
        ],
        write(
            0,
            vec![out(
                "item",
                "Query.item",
                "Item",
                inside(write(
                    1,
                    vec![out("price", "Item.price", price_type, from(1, 0))],
                )),
            )],
        ),
    )
}

/// What is sent, and what comes of it.
async fn check(item_json: &str, errors: &str, price: &str, expected: expect_test::Expect) {
    let body = format!(r#"{{"data":{{"item":{item_json}}}{errors}}}"#);
    let subgraphs = Canned::new()
        .gives(0, &body)
        .gives(1, r#"{"data":{"_entities":[{"price":5}]}}"#);
    let answer = subgraphs.run(item(price)).await;
    let asked = subgraphs.asked();
    let sent = asked.get(1).map_or("nothing is sent", |it| it);
    expected.assert_eq(&format!("{sent}\n{}", summary(&answer)));
}

#[tokio::test]
async fn representations_nest() {
    check(
        r#"{"sku":7,"maker":{"name":"A\u0042"},"sizes":[{"__typename":"Box","cm":1.50},{"__typename":"Bag","cm":2}]}"#,
        "",
        "Int!",
        expect![[r#"
            {"query":"{ f }","variables":{"representations":[{"__typename":"Item","sku":"7","maker":{"name":"A\u0042"},"sizes":[{"__typename":"Box","cm":1.50},{"__typename":"Bag"}]}]}}
            {"item":{"price":5}}"#]],
    )
    .await;
}

#[tokio::test]
async fn a_requirement_that_is_null_by_its_own_right_is_sent() {
    check(
        r#"{"sku":"7","maker":null,"sizes":[{"__typename":"Box","cm":null}]}"#,
        "",
        "Int!",
        expect![[r#"
            {"query":"{ f }","variables":{"representations":[{"__typename":"Item","sku":"7","maker":null,"sizes":[{"__typename":"Box","cm":null}]}]}}
            {"item":{"price":5}}"#]],
    )
    .await;
    check(
        r#"{"sku":"7","maker":{"name":null},"sizes":null}"#,
        "",
        "Int!",
        expect![[r#"
            {"query":"{ f }","variables":{"representations":[{"__typename":"Item","sku":"7","maker":{"name":null},"sizes":null}]}}
            {"item":{"price":5}}"#]],
    )
    .await;
}

#[tokio::test]
async fn a_requirement_lost_by_an_error_leaves_the_field_null_unasked() {
    let item = r#"{"sku":"7","maker":{"name":null},"sizes":null}"#;
    let error = |path: &str| format!(r#","errors":[{{"message":"lost"{path}}}]"#);
    let placed = error(r#","path":["item","maker","name"]"#);
    check(
        item,
        &placed,
        "Int",
        expect![[r#"
        nothing is sent
        {"item":{"price":null}}
        SUBGRAPH_ERROR ["item"] lost"#]],
    )
    .await;
    check(
        item,
        &error(""),
        "Int!",
        expect![[r#"
        nothing is sent
        {"item":null}
        SUBGRAPH_ERROR null lost"#]],
    )
    .await;
}

#[tokio::test]
async fn without_its_key_an_object_is_not_looked_up() {
    let item = r#"{"sku":null,"maker":null,"sizes":null}"#;
    check(
        item,
        "",
        "Int",
        expect![[r#"
        nothing is sent
        {"item":{"price":null}}"#]],
    )
    .await;
    check(
        item,
        "",
        "Int!",
        expect![[r#"
        nothing is sent
        {"item":null}
        UNEXPECTED_NULL ["item","price"] Cannot return null for non-nullable field Item.price."#]],
    )
    .await;
}

#[tokio::test]
async fn null_where_the_supergraph_allows_none_is_not_sent() {
    check(
        r#"{"sku":"7","maker":null,"sizes":[null]}"#,
        "",
        "Int",
        expect![[r#"
            nothing is sent
            {"item":{"price":null}}"#]],
    )
    .await;
}

#[tokio::test]
async fn what_a_subgraph_left_out_is_told() {
    check(r#"{"sku":"7","sizes":null}"#, "", "Int", expect![[r#"
        nothing is sent
        {"item":{"price":null}}
        SUBREQUEST_MALFORMED_RESPONSE ["item"] The subgraph "users" left out a field that it was asked for."#]]).await;
    check(r#"{"maker":null,"sizes":null}"#, "", "Int", expect![[r#"
        nothing is sent
        {"item":{"price":null}}
        SUBREQUEST_MALFORMED_RESPONSE ["item"] The subgraph "users" left out a field that it was asked for."#]]).await;
}

#[tokio::test]
async fn an_interface_is_sent_by_its_name_and_any_of_its_types_may_come_back() {
    let mut plan = item("Int");
    let entity = &mut plan.fetches[1].entities[0];
    entity.representations[0].type_name = Some("Goods".into());
    entity.representations[0].fields.truncate(1);
    entity.read = read_abstract(vec![leaf("price", LeafKind::Int), type_name()]);
    let subgraphs = Canned::new()
        .gives(
            0,
            r#"{"data":{"item":{"sku":"7","maker":null,"sizes":null}}}"#,
        )
        .gives(
            1,
            r#"{"data":{"_entities":[{"price":5,"__typename":"Goods"}]}}"#,
        );
    let answer = subgraphs.run(plan).await;
    expect![[r#"
        {"query":"{ f }","variables":{"representations":[{"__typename":"Goods","sku":"7"}]}}
        {"item":{"price":5}}"#]]
    .assert_eq(&format!("{}\n{}", subgraphs.asked()[1], summary(&answer)));
}

/// `{ media { __typename title } }`: `users` knows `Media` as an object, `music` its types.
#[tokio::test]
async fn an_object_known_by_its_interface_is_asked_what_it_is() {
    let media = read("Media", vec![needed(leaf("id", LeafKind::Id))]);
    let entity = read_abstract(vec![type_name(), leaf("title", LeafKind::String)]);
    let sent = representation("Media", vec![key("id", "ID!", 0, 0)]);
    let mut object_shape = write(
        1,
        vec![
            out(
                "t",
                "Media.__typename",
                "String!",
                plan::WriteValue::TypeName,
            ),
            out("title", "Media.title", "String", from(1, 1)),
        ],
    );
    object_shape.possible_types = Some(types(&["Book", "Film"]));
    let plan = plan(
        vec![
            root(0, read("Query", vec![lists(1, object("media", media))])),
            entity_fetch(1, &[0], vec![entities((1, 0, 1), vec![sent], entity)]),
        ],
        vec![
            root_position(&[0]),
            plan::Position {
                type_source: TypeSource::Layer(plan::LayerId(1)),
                ..position(0, "media", 1, vec![below(0, 0, 0), attached(1, 0, 1)])
            },
        ],
        write(
            0,
            vec![out("media", "Query.media", "[Media]", inside(object_shape))],
        ),
    );
    let subgraphs = Canned::new()
        .gives(0, r#"{"data":{"media":[{"id":"1"},{"id":"2"}]}}"#)
        .gives(
            1,
            r#"{"data":{"_entities":[{"__typename":"Film","title":"a"},{"__typename":"Hidden","title":"b"}]}}"#,
        );
    let answer = subgraphs.run(plan).await;
    expect![[r#"
        {"query":"{ f }","variables":{"representations":[{"__typename":"Media","id":"1"},{"__typename":"Media","id":"2"}]}}
        {"media":[{"t":"Film","title":"a"},null]}"#]].assert_eq(&format!("{}\n{}", subgraphs.asked()[1], summary(&answer)));
}
