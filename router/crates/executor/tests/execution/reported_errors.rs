//! Errors that subgraphs report, in the client's terms.

use executor::Executable;
use expect_test::expect;

use crate::build::*;
use crate::canned::{Canned, json, summary, text};
use crate::library::{me, users_json, users_with_counts};

#[tokio::test]
async fn an_error_keeps_its_text_and_loses_its_place_in_the_query() {
    let body = r#"{"errors":[{"message":"gone \"now\"","locations":[{"line":1,"column":3}],"path":["me","name"],
        "extensions":{"code":"GONE","at":1.50,"service":"x"},"severity":3}],"data":{"me":{"id":"1","name":null,"age":1,"tags":[]}}}"#;
    let subgraphs = Canned::new().gives(0, body);
    expect![[r#"{"data":{"me":{"id":"1","name":null,"age":1,"tags":[]}},"errors":[{"message":"gone \"now\"","path":["me","name"],"extensions":{"code":"GONE","service":"users","at":1.50}}]}"#]].assert_eq(&text(&subgraphs.run(me()).await));
}

#[tokio::test]
async fn what_a_subgraph_says_is_masked_unless_it_may_be_shown() {
    let body = r#"{"errors":[{"message":"password is hunter2","extensions":{"code":"GONE","sql":"select"}}],"data":null}"#;
    let executable = Executable::compile(me());
    let subgraphs = Canned::new().gives(0, body);
    let answer = subgraphs.run_with(&executable, &[], false).await;
    expect![[r#"{"data":{"me":null},"errors":[{"message":"The subgraph \"users\" reported an error.","extensions":{"code":"GONE","service":"users"}}]}"#]].assert_eq(&text(&answer));
}

#[tokio::test]
async fn a_null_that_an_error_explains_gets_no_second_one() {
    let check = async |body: &str, expected: expect_test::Expect| {
        let answer = Canned::new().gives(0, body).run(me()).await;
        expected.assert_eq(&summary(&answer));
    };
    let id = |path: &str| {
        format!(
            r#"{{"data":{{"me":{{"id":null,"name":null,"age":1,"tags":null}}}},"errors":[{{"message":"no"{path}}}]}}"#
        )
    };
    check(
        &id(r#","path":["me","id"]"#),
        expect![[r#"
        {"me":null}
        SUBGRAPH_ERROR ["me","id"] no"#]],
    )
    .await;
    // It may be about anything.
    check(
        &id(""),
        expect![[r#"
        {"me":null}
        SUBGRAPH_ERROR null no"#]],
    )
    .await;
    check(
        &id(r#","path":["you",3]"#),
        expect![[r#"
        {"me":null}
        SUBGRAPH_ERROR null no"#]],
    )
    .await;
    // It is about something else, so that the null of `id` is not explained.
    check(
        &id(r#","path":["me","name"]"#),
        expect![[r#"
        {"me":null}
        SUBGRAPH_ERROR ["me","name"] no
        UNEXPECTED_NULL ["me","id"] Cannot return null for non-nullable field User.id."#]],
    )
    .await;
    // The null has gone up in the subgraph.
    check(
        r#"{"data":{"me":null},"errors":[{"message":"no","path":["me","id"]}]}"#,
        expect![[r#"
            {"me":null}
            SUBGRAPH_ERROR ["me","id"] no"#]],
    )
    .await;
}

#[tokio::test]
async fn errors_that_are_none_still_say_that_something_is_wrong() {
    for errors in [
        "[null]",
        "[7]",
        "\"x\"",
        "{}",
        "[[]]",
        r#"[{"message":7,"path":{}}]"#,
    ] {
        let body = format!(r#"{{"errors":{errors},"data":null}}"#);
        let answer = Canned::new().gives(0, &body).run(me()).await;
        assert_eq!(
            summary(&answer),
            "{\"me\":null}\nSUBGRAPH_ERROR null The subgraph \"users\" reported an error.",
            "{errors}"
        );
    }
    for errors in ["null", "[]", "[ ]"] {
        let body = format!(r#"{{"errors":{errors},"data":{{"me":null}}}}"#);
        let answer = Canned::new().gives(0, &body).run(me()).await;
        assert_eq!(summary(&answer), "{\"me\":null}", "{errors}");
    }
}

#[tokio::test]
async fn an_error_of_an_entity_is_told_where_the_entity_stands() {
    let check = async |path: &str, expected: expect_test::Expect| {
        let entities =
            r#"{"_entities":[{"__typename":"User","count":null},{"__typename":"User","count":2}]}"#;
        let music = format!(r#"{{"data":{entities},"errors":[{{"message":"no","path":{path}}}]}}"#);
        let subgraphs = Canned::new()
            .gives(0, &users_json(&[1, 2, 1]))
            .gives(1, &music);
        let answer = subgraphs.run(users_with_counts("[User]!", "Int!")).await;
        expected.assert_eq(&summary(&answer));
    };
    check(
        r#"["_entities",0,"count"]"#,
        expect![[r#"
        {"users":[null,{"name":"u2","plays":2},null]}
        SUBGRAPH_ERROR ["users",0,"plays"] no
        SUBGRAPH_ERROR ["users",2,"plays"] no"#]],
    )
    .await;
    check(
        r#"["_entities",0,"other"]"#,
        expect![[r#"
        {"users":[null,{"name":"u2","plays":2},null]}
        SUBGRAPH_ERROR ["users",0] no
        SUBGRAPH_ERROR ["users",2] no"#]],
    )
    .await;
    check(r#"["_entities",1]"#, expect![[r#"
        {"users":[null,{"name":"u2","plays":2},null]}
        SUBGRAPH_ERROR ["users",1] no
        UNEXPECTED_NULL ["users",0,"plays"] Cannot return null for non-nullable field User.count.
        UNEXPECTED_NULL ["users",2,"plays"] Cannot return null for non-nullable field User.count."#]]).await;
    check(
        r#"["_entities"]"#,
        expect![[r#"
        {"users":[null,{"name":"u2","plays":2},null]}
        SUBGRAPH_ERROR ["users"] no"#]],
    )
    .await;
    check(
        r#"["_entities",99,"count"]"#,
        expect![[r#"
        {"users":[null,{"name":"u2","plays":2},null]}
        SUBGRAPH_ERROR ["users"] no"#]],
    )
    .await;
    check(
        r#"["elsewhere"]"#,
        expect![[r#"
            {"users":[null,{"name":"u2","plays":2},null]}
            SUBGRAPH_ERROR ["users"] no"#]],
    )
    .await;
}

#[tokio::test]
async fn a_failed_list_of_entities_is_explained_by_its_error() {
    let subgraphs = Canned::new().gives(0, &users_json(&[1])).gives(
        1,
        r#"{"data":null,"errors":[{"message":"all failed","path":["_entities"]}]}"#,
    );
    let answer = subgraphs.run(users_with_counts("[User]", "Int!")).await;
    expect![[r#"
        {"users":[null]}
        SUBGRAPH_ERROR ["users"] all failed"#]]
    .assert_eq(&summary(&answer));
}

#[tokio::test]
async fn one_error_is_told_for_a_hundred_places_at_most() {
    let subgraphs = Canned::new().gives(0, &users_json(&[1; 5000])).gives(
        1,
        r#"{"data":{"_entities":[null]},"errors":[{"message":"no","path":["_entities",0]}]}"#,
    );
    let answer = subgraphs.run(users_with_counts("[User]", "Int!")).await;
    assert_eq!(answer.errors, 100);
    assert_eq!(
        json(&answer)["data"]["users"][4999],
        serde_json::Value::Null
    );
}

#[tokio::test]
async fn an_answer_has_a_thousand_errors_at_most() {
    let users = vec![r#"{"__typename":"User","id":"1","name":7}"#; 3000].join(",");
    let subgraphs = Canned::new()
        .gives(0, &format!(r#"{{"data":{{"users":[{users}]}}}}"#))
        .gives(1, r#"{"data":{"_entities":[{"__typename":"User"}]}}"#);
    let answer = subgraphs.run(users_with_counts("[User]", "Int")).await;
    assert_eq!(answer.errors, 1001);
    let json = json(&answer);
    let last = json["errors"].as_array().unwrap().last().unwrap();
    assert_eq!(last["extensions"]["code"], "TOO_MANY_ERRORS");
    assert_eq!(json["data"]["users"].as_array().unwrap().len(), 3000);
}

#[tokio::test]
async fn a_path_ends_before_what_only_the_plan_needs() {
    let mut plan = me();
    let plan::ReadValue::Object(user) = &mut plan.fetches[0].root.as_mut().unwrap().fields[0].value
    else {
        unreachable!()
    };
    user.fields[1] = plan::ReadField {
        slot: plan::Slot(1),
        ..needed(user.fields[1].clone())
    };
    let body = r#"{"data":{"me":{"id":"1","name":null,"age":1,"tags":[]}},"errors":[{"message":"no","path":["me","name"]}]}"#;
    let answer = Canned::new().gives(0, body).run(plan).await;
    assert_eq!(
        json(&answer)["errors"][0]["path"],
        serde_json::json!(["me"])
    );
}
