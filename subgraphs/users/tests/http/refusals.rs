//! What is not a GraphQL request, or too much of one.

use serde_json::json;

use crate::support::Served;

const JSON: &str = "application/json";

#[tokio::test]
async fn bodies_that_are_no_request_are_refused_with_what_is_wrong() {
    let served = Served::on_sqlite().await;
    for (content_type, body, status, message) in [
        (
            JSON,
            "",
            400,
            "The body is empty: send a JSON object with `query`",
        ),
        (
            JSON,
            "{\"query\":",
            400,
            "The body is not valid JSON: EOF while parsing a value at line 1 column 9",
        ),
        (
            JSON,
            "[{\"query\":\"{me{id}}\"}]",
            400,
            "The body is a list: send one request at a time",
        ),
        (
            JSON,
            "{\"query\":\"{me{id}}\",\"variables\":7}",
            400,
            "`variables` must be an object",
        ),
        (
            "text/plain",
            "{}",
            415,
            "The content type must be `application/json`, and is `text/plain`",
        ),
    ] {
        let answer = served.post(content_type, body).await;
        assert_eq!(
            (answer.status, answer.error().2.as_str()),
            (status, message)
        );
    }
    let answer = served.post(JSON, vec![b'x'; 1024 * 1024 + 1]).await;
    assert_eq!(
        (answer.status, answer.error().0.as_str()),
        (413, "PAYLOAD_TOO_LARGE")
    );
    let answer = served.get("/graphql?query={me{id}}").await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["allow"]),
        (405, &"POST".parse().expect("a value"))
    );
}

#[tokio::test]
async fn operations_that_do_not_fit_are_refused_with_a_code() {
    let served = Served::on_sqlite().await;
    for (query, code) in [
        ("{ me { id ", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ me }", "GRAPHQL_VALIDATION_FAILED"),
        (
            "query A { me { id } } query B { me { id } }",
            "OPERATION_RESOLUTION_FAILURE",
        ),
        (
            "{ users(first: \"ten\") { edges { cursor } } }",
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ] {
        assert_eq!(
            served.ask(query, json!({})).await.error().0,
            code,
            "{query}"
        );
    }
    let body = json!({ "query": "query A { me { id } }", "operationName": "B" });
    let answer = served.post(JSON, body.to_string()).await;
    assert_eq!(answer.error().0, "OPERATION_RESOLUTION_FAILURE");
}

#[tokio::test]
async fn too_large_operations_are_refused() {
    let served = Served::on_sqlite().await;
    let wide: String = (0..1_001).map(|n| format!("a{n}: me {{ id }} ")).collect();
    let deep = format!("{{ me {}", "{ ... on User ".repeat(200)) + "{ id }" + &"}".repeat(201);
    for query in [format!("{{ {wide} }}"), deep, "x".repeat(200_000)] {
        let answer = served.ask(&query, json!({})).await;
        assert!(answer.body["data"].is_null() && !answer.body["errors"].is_null());
    }
}
