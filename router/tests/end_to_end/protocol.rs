//! GraphQL over HTTP: what is asked well is answered, what is asked badly is told why.

use serde_json::json;

use crate::support::{RunningRouter, Subgraph, code, message, read};

const SDL: &str = "
    type Query { me: User greet(name: String!, times: Int = 1): String }
    type Mutation { rename(name: String!): User }
    type User @key(fields: \"id\") { id: ID! name: String }
";

async fn users() -> Subgraph {
    Subgraph::start("users", SDL, |request| {
        let query = request["query"].as_str().unwrap();
        let data = if query.contains("greet") {
            json!({ "greet": format!("hello {}", request["variables"]["name"].as_str().unwrap_or("?")) })
        } else if query.contains("rename") {
            json!({ "rename": { "name": "new" } })
        } else {
            json!({ "me": { "name": "Ada", "id": "1" } })
        };
        (
            axum::http::StatusCode::OK,
            json!({ "data": data }).to_string(),
        )
    })
    .await
}

async fn router() -> (Subgraph, RunningRouter) {
    let users = users().await;
    let router = RunningRouter::over(&[&users], "supergraph: { introspection: true }").await;
    (users, router)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_answered_by_post_and_get() {
    let (_users, router) = router().await;
    let (status, body) = router.query("{ me { name } }").await;
    assert_eq!(
        (status, body),
        (200, json!({ "data": { "me": { "name": "Ada" } } }))
    );

    let answer = router
        .client
        .get(router.url("/graphql"))
        .query(&[
            ("query", "query G($name: String!) { greet(name: $name) }"),
            ("variables", r#"{"name":"you"}"#),
            ("operationName", "G"),
        ])
        .header("apollo-require-preflight", "1")
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "application/json; charset=utf-8"
    );
    assert!(answer.headers().contains_key("x-request-id"));
    assert_eq!(
        read(answer).await,
        (200, json!({ "data": { "greet": "hello you" } }))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_document_is_planned_elsewhere_and_answered_here() {
    let (_users, router) = router().await;
    let query = format!("# {}\n{{ me {{ name }} }}", "x".repeat(5000));
    for _ in 0..2 {
        let (status, body) = router.query(&query).await;
        assert_eq!(
            (status, body),
            (200, json!({ "data": { "me": { "name": "Ada" } } }))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_is_answered_here() {
    let (users, router) = router().await;
    let (status, body) = router
        .query("{ __schema { queryType { name } } me { __typename name } t: __type(name: \"User\") { kind } }")
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        body["data"],
        json!({
            "__schema": { "queryType": { "name": "Query" } },
            "me": { "__typename": "User", "name": "Ada" },
            "t": { "kind": "OBJECT" },
        })
    );
    assert_eq!(users.requests().len(), 1);
    let guarded = RunningRouter::over(&[&users], "").await;
    let (_, body) = guarded.query("{ __schema { queryType { name } } }").await;
    assert_eq!(code(&body), "INTROSPECTION_DISABLED");
}

/// Sends a raw body; gives status, code and message.
async fn raw(
    router: &RunningRouter,
    content_type: &str,
    body: &'static str,
) -> (u16, String, String) {
    let answer = router
        .client
        .post(router.url("/graphql"))
        .header("content-type", content_type)
        .header("apollo-require-preflight", "1")
        .body(body)
        .send()
        .await
        .unwrap();
    let (status, body) = read(answer).await;
    assert!(body.get("data").is_none());
    (status, code(&body).to_owned(), message(&body).to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_request_are_400() {
    let (users, router) = router().await;
    for (body, expected) in [
        ("", "The request has no body"),
        ("{\"query\":", "The request body is not valid JSON"),
        ("nonsense", "The request body is not valid JSON"),
        ("\"{ me { name } }\"", "must be a JSON object"),
        ("{}", "The request has no `query`"),
        ("{\"query\":7}", "`query` must be a string, not a number"),
        (
            "{\"query\":\"{me{name}}\",\"variables\":[]}",
            "`variables` must be an object, not a list",
        ),
        (
            "{\"query\":\"{me{name}}\",\"operationName\":1}",
            "`operationName` must be a string, not a number",
        ),
    ] {
        let (status, code, message) = raw(&router, "application/json", body).await;
        assert_eq!((status, code.as_str()), (400, "BAD_REQUEST"), "{body}");
        assert!(message.contains(expected), "{body}: {message}");
    }
    let (status, code, _) = raw(&router, "application/json", "[{\"query\":\"{me{name}}\"}]").await;
    assert_eq!((status, code.as_str()), (400, "BATCHING_NOT_SUPPORTED"));
    assert!(users.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_and_variables_that_are_wrong_have_a_status_by_media_type() {
    let (users, router) = router().await;
    for (body, expected_code, expected) in [
        (json!({ "query": "{ me { " }), "GRAPHQL_PARSE_FAILED", ""),
        (
            json!({ "query": "{ me { age } }" }),
            "GRAPHQL_VALIDATION_FAILED",
            "age",
        ),
        (
            json!({ "query": "query A { me { name } }", "operationName": "B" }),
            "GRAPHQL_UNKNOWN_OPERATION_NAME",
            "B",
        ),
        (
            json!({ "query": "query A { me { name } } query B { me { name } }" }),
            "GRAPHQL_UNKNOWN_OPERATION_NAME",
            "",
        ),
        (
            json!({ "query": "query($n: String!) { greet(name: $n) }" }),
            "BAD_USER_INPUT",
            "$n",
        ),
        (
            json!({ "query": "query($n: String!) { greet(name: $n) }", "variables": { "n": 1 } }),
            "BAD_USER_INPUT",
            "$n",
        ),
        (
            json!({ "query": "query($t: Int) { greet(name: \"a\", times: $t) }", "variables": { "t": "x" } }),
            "BAD_USER_INPUT",
            "$t",
        ),
    ] {
        for (accept, expected_status) in [
            ("application/json", 200),
            ("application/graphql-response+json", 400),
        ] {
            let answer = router
                .client
                .post(router.url("/graphql"))
                .header("accept", accept)
                .json(&body)
                .send()
                .await
                .unwrap();
            assert_eq!(
                answer.headers()["content-type"],
                format!("{accept}; charset=utf-8")
            );
            let (status, answer) = read(answer).await;
            assert_eq!(status, expected_status, "{body}");
            assert_eq!(code(&answer), expected_code, "{body}");
            assert!(message(&answer).contains(expected), "{answer}");
            assert!(answer.get("data").is_none(), "{answer}");
        }
    }
    assert!(users.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_the_document_has_its_place() {
    let (_users, router) = router().await;
    let (_, body) = router.query("{\n  me {\n    age\n  }\n}").await;
    assert_eq!(
        body["errors"][0]["locations"][0],
        json!({ "line": 3, "column": 5 })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_413() {
    let users = users().await;
    let router = RunningRouter::over(&[&users], "limits: { http_max_request_bytes: 1000 }").await;
    let body = json!({ "query": format!("{{ me {{ name }} }} #{}", "x".repeat(2000)) }).to_string();
    let answer = router
        .client
        .post(router.url("/graphql"))
        .header("content-type", "application/json")
        .body(body.clone())
        .send()
        .await
        .unwrap();
    let (status, answer) = read(answer).await;
    assert_eq!((status, code(&answer)), (413, "REQUEST_TOO_LARGE"));
    assert!(message(&answer).contains("1000 bytes"));

    // The same without saying beforehand how long it is.
    let answer = chunked(router.address, &body).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

/// Sends a body in chunks over a plain connection; gives the response's head.
async fn chunked(address: std::net::SocketAddr, body: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut request =
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_owned();
    for chunk in body.as_bytes().chunks(100) {
        request.push_str(&format!(
            "{:x}\r\n{}\r\n",
            chunk.len(),
            std::str::from_utf8(chunk).unwrap()
        ));
    }
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 64];
    let read = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn media_types_that_are_not_spoken_are_415_and_406() {
    let (_users, router) = router().await;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
    ] {
        let (status, code, _) = raw(&router, content_type, "{\"query\":\"{me{name}}\"}").await;
        assert_eq!((status, code.as_str()), (415, "UNSUPPORTED_MEDIA_TYPE"));
    }
    let answer = router
        .client
        .post(router.url("/graphql"))
        .header("accept", "text/html")
        .json(&json!({ "query": "{ me { name } }" }))
        .send()
        .await
        .unwrap();
    let (status, body) = read(answer).await;
    assert_eq!((status, code(&body)), (406, "NOT_ACCEPTABLE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn mutations_come_by_post_only() {
    let (users, router) = router().await;
    let mutation = "mutation { rename(name: \"new\") { name } }";
    let answer = router
        .client
        .get(router.url("/graphql"))
        .query(&[("query", mutation)])
        .header("apollo-require-preflight", "1")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["allow"], "POST");
    let (status, body) = read(answer).await;
    assert_eq!((status, code(&body)), (405, "MUTATION_BY_GET"));
    assert!(users.requests().is_empty());
    let (status, body) = router.query(mutation).await;
    assert_eq!(
        (status, body),
        (200, json!({ "data": { "rename": { "name": "new" } } }))
    );
    let answer = router
        .client
        .put(router.url("/graphql"))
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.headers()["allow"], "GET, POST");
    assert_eq!(answer.status(), 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_browser_would_send_for_any_page_is_refused() {
    let (users, router) = router().await;
    let get = |router: &RunningRouter| {
        router
            .client
            .get(router.url("/graphql"))
            .query(&[("query", "{ me { name } }")])
    };
    let (status, body) = read(get(&router).send().await.unwrap()).await;
    assert_eq!((status, code(&body)), (400, "CSRF_PREVENTED"));
    let answer = router
        .client
        .post(router.url("/graphql"))
        .header("content-type", "text/plain")
        .body("{\"query\":\"{me{name}}\"}")
        .send()
        .await
        .unwrap();
    let (status, body) = read(answer).await;
    assert_eq!((status, code(&body)), (400, "CSRF_PREVENTED"));
    let open = RunningRouter::over(&[&users], "csrf: { unsafe_disabled: true }").await;
    assert_eq!(get(&open).send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_origins_may_ask_where_it_is_said() {
    let users = users().await;
    let router = RunningRouter::over(
        &[&users],
        "cors: { policies: [{ origins: [https://app.example], allow_credentials: true }] }",
    )
    .await;
    let preflight = |origin: &'static str| {
        router
            .client
            .request(reqwest::Method::OPTIONS, router.url("/graphql"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type")
    };
    let answer = preflight("https://app.example").send().await.unwrap();
    assert_eq!(answer.status(), 204);
    let headers = answer.headers();
    assert_eq!(
        headers["access-control-allow-origin"],
        "https://app.example"
    );
    assert_eq!(headers["access-control-allow-credentials"], "true");
    assert_eq!(headers["access-control-allow-headers"], "content-type");
    let answer = preflight("https://evil.example").send().await.unwrap();
    assert!(!answer.headers().contains_key("access-control-allow-origin"));
    let answer = router
        .client
        .post(router.url("/graphql"))
        .header("origin", "https://app.example")
        .json(&json!({ "query": "{ nonsense }" }))
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.headers()["access-control-allow-origin"],
        "https://app.example"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_keep_every_digit() {
    let sdl = "type Query { big(x: Long): Long } scalar Long";
    let subgraph = Subgraph::start("numbers", sdl, |_| {
        (
            axum::http::StatusCode::OK,
            "{\"data\":{\"big\":98765432109876543210.5000}}".to_owned(),
        )
    })
    .await;
    let router = RunningRouter::over(&[&subgraph], "").await;
    let answer = router
        .client
        .post(router.url("/graphql"))
        .header("content-type", "application/json")
        .body(r#"{"query":"query($x: Long) { big(x: $x) }","variables":{"x":12345678901234567890123}}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.text().await.unwrap(),
        "{\"data\":{\"big\":98765432109876543210.5000}}"
    );
    let sent = subgraph.last_body();
    assert!(
        sent.contains(r#""variables":{"x":12345678901234567890123}"#),
        "{sent}"
    );
}
