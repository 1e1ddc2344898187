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

#[tokio::test]
async fn deeply_nested_and_oversized_input_is_refused_and_the_service_goes_on() {
    let served = Served::on_sqlite().await;
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    let query = "query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }";
    for variables in [
        format!("{{\"r\":{}}}", nested(100_000)),
        format!("{{\"r\":[{}]}}", objects(100_000)),
        format!("{{\"r\":[{}]}}", objects(120)),
    ] {
        let body = format!("{{\"query\":{},\"variables\":{variables}}}", json!(query));
        let answer = served.post(JSON, body).await;
        assert!(!answer.body["errors"].is_null());
    }
    let literal =
        |value: &str| format!("{{ _entities(representations: [{value}]) {{ __typename }} }}");
    let register = |name: &str| {
        format!(
            "mutation {{ register(input: {{ username: {name}, email: \"a@b.org\", password: \"x\" }}) {{ accessToken }} }}"
        )
    };
    for query in [
        literal(&nested(20_000)),
        literal(&format!("{}1{}", "{a:".repeat(20_000), "}".repeat(20_000))),
        register(&nested(20_000)),
        register(&format!("\"{}\"", "x".repeat(100_000))),
        format!("{{ {} }}", "... { ".repeat(5_000)),
        format!("query ({}) {{ me {{ id }} }}", "$a: Int ".repeat(5_000)),
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }".to_owned(),
        format!("{{ me {} }}", "@skip(if: false) ".repeat(5_000)),
        format!("{{ me {{ id }} }} {}", "#".repeat(100_000)),
    ] {
        let answer = served.ask(&query, json!({})).await;
        assert!(answer.status < 500, "{}", &query[..50]);
    }
    // All the keys of a body are read but these, and none is kept.
    let many: String = (0..50_000).map(|n| format!("\"k{n}\":{n},")).collect();
    let answer = served
        .post(JSON, format!("{{{many}\"query\":\"{{ me {{ id }} }}\"}}"))
        .await;
    assert!(answer.status < 500);
    let health = served.get("/health").await;
    assert_eq!(health.status().as_u16(), 200);
    served.close().await;
}
