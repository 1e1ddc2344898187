//! What subgraphs may answer, in every way JSON allows.

use executor::Executable;
use expect_test::expect;
use plan::{InclusionId, LeafKind, WriteValue};
use schema::{Condition, Inclusion};

use crate::build::*;
use crate::canned::{Canned, summary, text, variable};
use crate::library::me;

async fn check(body: &str, expected: expect_test::Expect) {
    let answer = Canned::new().gives(0, body).run(me()).await;
    expected.assert_eq(&summary(&answer));
}

#[tokio::test]
async fn an_answer_is_written_as_it_was_read() {
    let body = r#"{"data":{"me":{"id":"1","name":"Ann","age":41,"tags":["a","b"]}}}"#;
    let subgraphs = Canned::new().gives(0, body);
    let answer = subgraphs.run(me()).await;
    assert_eq!(answer.body.into_bytes(), body);
    assert_eq!(answer.fetches, 1);
    assert_eq!(subgraphs.asked(), [r#"{"query":"{ f }"}"#]);
}

#[tokio::test]
async fn order_spaces_escapes_and_extra_keys_do_not_matter() {
    check(
        " {\"extensions\" : {\"x\":[1,{}]} , \"data\": { \"more\":{\"me\":[]}, \"me\" :\n{ \"tags\":[ \"a\" ],
          \"age\" :\t7 , \"x\" : {\"id\":\"9\"}, \"n\\u0061me\":\"A\\nB\", \"\\u0069d\":\"1\"} } } ",
        expect![[r#"{"me":{"id":"1","name":"A\nB","age":7,"tags":["a"]}}"#]],
    )
    .await;
}

#[tokio::test]
async fn of_equal_keys_the_last_counts() {
    check(
        r#"{"data":{"me":{"id":"1","name":"x"}},"data":{"me":{"id":"1","name":"a","name":"b","age":true,"age":1,"tags":null}}}"#,
        expect![[r#"{"me":{"id":"1","name":"b","age":1,"tags":null}}
SUBREQUEST_MALFORMED_RESPONSE ["me","age"] The subgraph "users" answered with something else where an Int was due."#]],
    )
    .await;
}

#[tokio::test]
async fn a_number_for_an_id_becomes_a_string_with_all_its_digits() {
    check(
        r#"{"data":{"me":{"id":123456789012345678901234567890,"name":null,"age":null,"tags":[]}}}"#,
        expect![[
            r#"{"me":{"id":"123456789012345678901234567890","name":null,"age":null,"tags":[]}}"#
        ]],
    )
    .await;
}

#[tokio::test]
async fn a_value_of_another_kind_is_null_with_an_error() {
    check(
        r#"{"data":{"me":{"id":"1","name":{"a":[1]},"age":2147483648,"tags":"a"}}}"#,
        expect![[r#"
            {"me":{"id":"1","name":null,"age":null,"tags":null}}
            SUBREQUEST_MALFORMED_RESPONSE ["me","name"] The subgraph "users" answered with something else where a String was due.
            SUBREQUEST_MALFORMED_RESPONSE ["me","age"] The subgraph "users" answered with something else where an Int was due.
            SUBREQUEST_MALFORMED_RESPONSE ["me","tags"] The subgraph "users" answered with something else where a list was due."#]],
    )
    .await;
    check(
        r#"{"data":{"me":{"id":1.5,"name":"a","age":1,"tags":[]}}}"#,
        expect![[r#"
            {"me":null}
            SUBREQUEST_MALFORMED_RESPONSE ["me","id"] The subgraph "users" answered with something else where an ID was due."#]],
    )
    .await;
    check(
        r#"{"data":{"me":{"id":"1","name":"a","age":1.0,"tags":["a",2]}}}"#,
        expect![[r#"
            {"me":{"id":"1","name":"a","age":null,"tags":null}}
            SUBREQUEST_MALFORMED_RESPONSE ["me","age"] The subgraph "users" answered with something else where an Int was due.
            SUBREQUEST_MALFORMED_RESPONSE ["me","tags",1] The subgraph "users" answered with something else where a String was due."#]],
    )
    .await;
    check(r#"{"data":{"me":[{"id":"1"}]}}"#, expect![[r#"
        {"me":null}
        SUBREQUEST_MALFORMED_RESPONSE ["me"] The subgraph "users" answered with something else where an object was due."#]]).await;
}

#[tokio::test]
async fn a_field_that_was_left_out_is_null_with_an_error() {
    check(
        r#"{"data":{"me":{"id":"1","name":"a","age":1}}}"#,
        expect![[r#"
            {"me":{"id":"1","name":"a","age":1,"tags":null}}
            SUBREQUEST_MALFORMED_RESPONSE ["me","tags"] The subgraph "users" left out User.tags."#]],
    )
    .await;
    check(
        r#"{"data":{}}"#,
        expect![[r#"
        {"me":null}
        SUBREQUEST_MALFORMED_RESPONSE ["me"] The subgraph "users" left out Query.me."#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_no_graphql_response_costs_its_fields() {
    for body in [
        "",
        "null",
        "1",
        "[]",
        "\"data\"",
        "{}",
        "<html>",
        r#"{"data":null}"#,
        r#"{"data":5}"#,
        r#"{"data":{"me":null},"errors":[}"#,
        r#"{"data":{"me":null}} x"#,
        r#"{"data":{"me":null}"#,
        r#"{"data":{"me":null,}}"#,
        r#"{"errors":[]}"#,
        "{\"data\":{\"me\":{\"id\":\"\u{1}\"}}}",
    ] {
        let answer = Canned::new().gives(0, body).run(me()).await;
        let text = text(&answer);
        assert!(
            text.starts_with(r#"{"data":{"me":null},"errors":[{"message":"The subgraph \"users\" gave an answer that is no GraphQL response"#)
                && text.contains(r#""path":["me"],"extensions":{"code":"SUBREQUEST_MALFORMED_RESPONSE","service":"users"}"#),
            "{body}: {text}"
        );
    }
}

/// One leaf field `v` of this kind and type.
fn one_leaf(kind: LeafKind, list_depth: u8, ty: &str, visible: Option<&[&str]>) -> plan::Plan {
    let value = WriteValue::Leaf {
        layer: plan::LayerId(0),
        slot: plan::Slot(0),
        visible_values: visible.map(|names| names.iter().map(|it| (*it).into()).collect()),
    };
    plan(
        vec![root(
            0,
            read("Query", vec![lists(list_depth, leaf("v", kind))]),
        )],
        vec![root_position(&[0])],
        write(0, vec![out("v", "Query.v", ty, value)]),
    )
}

async fn check_leaf(plan: plan::Plan, value: &str, expected: expect_test::Expect) {
    let body = format!(r#"{{"data":{{"v":{value}}}}}"#);
    let answer = Canned::new().gives(0, &body).run(plan).await;
    // As text: a parser would round the numbers.
    expected.assert_eq(&text(&answer));
}

#[tokio::test]
async fn numbers_and_custom_scalars_keep_every_digit() {
    check_leaf(
        one_leaf(LeafKind::Custom, 0, "JSON", None),
        r#"{"a": [1.10, 123456789012345678901234567890e-5], "\u0062": null}"#,
        expect![[
            r#"{"data":{"v":{"a": [1.10, 123456789012345678901234567890e-5], "\u0062": null}}}"#
        ]],
    )
    .await;
    check_leaf(
        one_leaf(LeafKind::Float, 1, "[Float!]!", None),
        "[0.10, -1E+40, 3]",
        expect![[r#"{"data":{"v":[0.10, -1E+40, 3]}}"#]],
    )
    .await;
    check_leaf(
        one_leaf(LeafKind::Float, 2, "[[Float]!]!", None),
        "[[0.1], [null, 2], []]",
        expect![[r#"{"data":{"v":[[0.1], [null, 2], []]}}"#]],
    )
    .await;
}

#[tokio::test]
async fn enum_values_are_checked_and_hidden_ones_are_null() {
    let kind = || LeafKind::Enum(vec!["ROCK".into(), "JAZZ".into(), "INTERNAL".into()]);
    let visible: Option<&[&str]> = Some(&["ROCK", "JAZZ"]);
    check_leaf(
        one_leaf(kind(), 1, "[Genre]", visible),
        r#"["JAZZ", "R\u004fCK", "INTERNAL", "POLKA", 1]"#,
        expect![[r#"{"data":{"v":["JAZZ","R\u004fCK",null,null,null]},"errors":[{"message":"The subgraph \"users\" answered with something else where a value of the enum was due.","path":["v",3],"extensions":{"code":"SUBREQUEST_MALFORMED_RESPONSE","service":"users"}},{"message":"The subgraph \"users\" answered with something else where a value of the enum was due.","path":["v",4],"extensions":{"code":"SUBREQUEST_MALFORMED_RESPONSE","service":"users"}}]}"#]],
    )
    .await;
    check_leaf(
        one_leaf(kind(), 0, "Genre!", visible),
        r#""INTERNAL""#,
        expect![[r#"{"data":null,"errors":[{"message":"Cannot return null for non-nullable field Query.v.","path":["v"],"extensions":{"code":"UNEXPECTED_NULL"}}]}"#]],
    )
    .await;
}

#[tokio::test]
async fn variables_are_sent_as_they_are_and_decide_what_takes_part() {
    let mut plan = me();
    plan.fetches[0].variables = vec!["id".into(), "unset".into(), "with".into()];
    plan.fetches[0].operation_name = Some("Mine".into());
    plan.inclusions = vec![Inclusion::when(Condition {
        variable: "with".into(),
        expected: true,
    })];
    let plan::WriteValue::Object(me) = &mut plan.answer.fields[0].value else {
        unreachable!()
    };
    me.fields[1].inclusion = Some(InclusionId(0));
    let executable = Executable::compile(plan);
    let subgraphs = Canned::new().gives(
        0,
        r#"{"data":{"me":{"id":"1","name":"a","age":1,"tags":null}}}"#,
    );
    for with in ["true", "false"] {
        let variables = [variable("id", "1.50"), variable("with", with)];
        let answer = subgraphs.run_with(&executable, &variables, true).await;
        assert_eq!(text(&answer).contains("name"), with == "true");
    }
    expect![[r#"{"query":"{ f }","operationName":"Mine","variables":{"id":1.50,"with":true}}"#]]
        .assert_eq(&subgraphs.asked()[0]);
}

#[tokio::test]
async fn a_fetch_that_is_left_out_is_not_sent() {
    let mut plan = me();
    plan.inclusions = vec![Inclusion::when(Condition {
        variable: "with".into(),
        expected: true,
    })];
    plan.fetches[0].inclusion = Some(InclusionId(0));
    plan.answer.fields[0].inclusion = Some(InclusionId(0));
    let subgraphs = Canned::new();
    let answer = subgraphs.run(plan).await;
    assert_eq!((&*text(&answer), answer.fetches), (r#"{"data":{}}"#, 0));
}

#[tokio::test]
async fn introspection_and_type_names_are_mixed_with_data_in_the_clients_order() {
    let mut plan = me();
    let root_type = out(
        "__typename",
        "Query.__typename",
        "String!",
        WriteValue::TypeName,
    );
    let schema = out(
        "s",
        "Query.__schema",
        "__Schema!",
        WriteValue::Introspection,
    );
    plan.answer.fields.insert(0, schema);
    plan.answer.fields.push(root_type);
    let plan::WriteValue::Object(user) = &mut plan.answer.fields[1].value else {
        unreachable!()
    };
    // The type is known beforehand: of two entries with one key, one stands.
    user.fields.truncate(1);
    user.fields[0].on = Some(types(&["User"]));
    let mut other = out("id", "Bot.id", "ID!", from(0, 1));
    other.on = Some(types(&["Bot"]));
    user.fields.push(other);
    plan.positions[1].type_source = plan::TypeSource::Static("User".into());
    let executable = Executable::compile(plan);
    let request = executor::Request {
        variables: &[],
        introspection: &[variable("s", r#"{"types":[]}"#)],
        expose_errors: &|_| false,
    };
    let subgraphs = Canned::new().gives(0, r#"{"data":{"me":{"id":"1"}}}"#);
    let answer = executor::execute(&executable, request, &subgraphs).await;
    expect![[r#"{"data":{"s":{"types":[]},"me":{"id":"1"},"__typename":"Query"}}"#]]
        .assert_eq(&text(&answer));
}

#[tokio::test]
async fn deep_operations_fit_the_stack() {
    let depth: u16 = 200;
    let mut object_read = read("N", vec![leaf("v", LeafKind::Int)]);
    let mut positions = vec![root_position(&[0])];
    let mut object_write = write(depth, vec![out("v", "N.v", "Int", from(0, 0))]);
    let mut value = r#"{"v":1}"#.to_owned();
    for level in 1..depth {
        object_read = read("N", vec![object("n", object_read)]);
        value = format!("{{\"n\":{value}}}");
        let field = out("n", "N.n", "N", inside(object_write));
        object_write = write(depth - level, vec![field]);
    }
    for level in 1..=depth {
        positions.push(plan::Position {
            type_source: plan::TypeSource::Static("N".into()),
            ..position(level - 1, "n", 0, vec![below(0, 0, 0)])
        });
    }
    let plan = plan(
        vec![root(0, read("Query", vec![object("n", object_read)]))],
        positions,
        write(0, vec![out("n", "Query.n", "N", inside(object_write))]),
    );
    let body = format!("{{\"data\":{{\"n\":{value}}}}}");
    let answer = Canned::new().gives(0, &body).run(plan).await;
    // Deeper than a parser with a limit would read.
    assert_eq!(answer.body.into_bytes(), body);
}
