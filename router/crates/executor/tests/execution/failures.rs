//! Subgraphs that give no answer cost their fields only.

use std::time::Duration;

use executor::{Executable, SendError};
use expect_test::expect;

use crate::canned::{Canned, summary, text};
use crate::library::{me, users_json, users_with_counts};

fn refused() -> SendError {
    SendError::Connect {
        reason: "127.0.0.1:4002 refused".to_owned(),
    }
}

#[tokio::test]
async fn the_rest_of_the_answer_stands() {
    let subgraphs = Canned::new()
        .gives(0, &users_json(&[1, 2]))
        .fails(1, refused());
    let executable = Executable::compile(users_with_counts("[User]", "Int"));
    let answer = subgraphs.run_with(&executable, &[], false).await;
    expect![[r#"{"data":{"users":[{"name":"u1","plays":null},{"name":"u2","plays":null}]},"errors":[{"message":"The subgraph \"music\" could not be reached.","path":["users",0],"extensions":{"code":"SUBREQUEST_HTTP_ERROR","service":"music"}},{"message":"The subgraph \"music\" could not be reached.","path":["users",1],"extensions":{"code":"SUBREQUEST_HTTP_ERROR","service":"music"}}]}"#]].assert_eq(&text(&answer));
}

#[tokio::test]
async fn every_cause_has_its_code() {
    let check = async |error: SendError, expected: expect_test::Expect| {
        let answer = Canned::new().fails(0, error).run(me()).await;
        expected.assert_eq(&summary(&answer));
    };
    let after = Duration::from_millis(1500);
    check(SendError::Timeout { after }, expect![[r#"
        {"me":null}
        SUBREQUEST_TIMEOUT ["me"] The subgraph "users" did not answer in time: no answer within 1500 ms."#]]).await;
    check(refused(), expect![[r#"
        {"me":null}
        SUBREQUEST_HTTP_ERROR ["me"] The subgraph "users" could not be reached: could not connect: 127.0.0.1:4002 refused."#]]).await;
    let reason = "reset".to_owned();
    check(SendError::Connection { reason }, expect![[r#"
        {"me":null}
        SUBREQUEST_HTTP_ERROR ["me"] The subgraph "users" broke off the connection before its answer was complete: the connection failed: reset."#]]).await;
    check(
        SendError::Status { status: 503 },
        expect![[r#"
        {"me":null}
        SUBREQUEST_HTTP_ERROR ["me"] The subgraph "users" answered with HTTP status 503."#]],
    )
    .await;
    check(SendError::BodyTooLarge { limit: 10 }, expect![[r#"
        {"me":null}
        SUBREQUEST_HTTP_ERROR ["me"] The subgraph "users" answered with more than is allowed: the answer is larger than 10 bytes."#]]).await;
    let found = "text/html".to_owned();
    check(SendError::MediaType { found }, expect![[r#"
        {"me":null}
        SUBREQUEST_MALFORMED_RESPONSE ["me"] The subgraph "users" gave an answer that is no GraphQL response: the answer has media type "text/html"."#]]).await;
}

#[tokio::test]
async fn where_places_are_many_their_position_is_named_once() {
    let subgraphs = Canned::new()
        .gives(0, &users_json(&[1; 9]))
        .fails(1, refused());
    let answer = subgraphs.run(users_with_counts("[User]", "Int!")).await;
    expect![[r#"
        {"users":[null,null,null,null,null,null,null,null,null]}
        SUBREQUEST_HTTP_ERROR ["users"] The subgraph "music" could not be reached: could not connect: 127.0.0.1:4002 refused."#]].assert_eq(&summary(&answer));
}

#[tokio::test]
async fn what_needs_a_failed_fetch_is_not_asked() {
    let subgraphs = Canned::new().fails(0, refused());
    let answer = subgraphs.run(users_with_counts("[User]!", "Int")).await;
    expect![[r#"
        null
        SUBREQUEST_HTTP_ERROR ["users"] The subgraph "users" could not be reached: could not connect: 127.0.0.1:4002 refused."#]].assert_eq(&summary(&answer));
    assert_eq!((answer.fetches, answer.data_is_null), (1, true));
}

#[tokio::test]
async fn a_malformed_answer_to_an_entity_fetch_costs_its_entities() {
    let subgraphs = Canned::new()
        .gives(0, &users_json(&[1]))
        .gives(1, r#"{"data":{"_entities":[{"count":1}"#);
    let answer = subgraphs.run(users_with_counts("[User]", "Int")).await;
    expect![[r#"
        {"users":[{"name":"u1","plays":null}]}
        SUBREQUEST_MALFORMED_RESPONSE ["users",0] The subgraph "music" gave an answer that is no GraphQL response: the answer is malformed: the body ends too early at byte 33."#]].assert_eq(&summary(&answer));
}
