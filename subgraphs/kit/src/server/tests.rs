//! The server over a real socket: refusals, statuses, health, metrics and the end.

use std::sync::Arc;

use async_graphql::{EmptyMutation, Object};
use expect_test::{Expect, expect};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;
use tokio::sync::oneshot;

use super::*;
use crate::auth::{JwkSet, KeySource};
use crate::{Failure, Result, graphql};

struct Query;

#[Object]
impl Query {
    async fn hello(&self, times: Option<i32>) -> String {
        "hello "
            .repeat(usize::try_from(times.unwrap_or(1)).unwrap_or(0))
            .trim()
            .to_owned()
    }

    async fn select(&self, ctx: &async_graphql::Context<'_>) -> Result<bool> {
        let statement = Statement::from_string(DbBackend::Sqlite, "SELECT 1");
        Ok(ctx
            .data::<Database>()?
            .connection()
            .query_one_raw(statement)
            .await?
            .is_some())
    }

    async fn broken(&self) -> Result<Option<bool>> {
        Err(Failure::internal("the password is hunter2"))
    }

    async fn slow(&self) -> bool {
        tokio::time::sleep(Duration::from_millis(300)).await;
        true
    }
}

struct Served {
    url: String,
    database: Database,
    client: reqwest::Client,
    stop: oneshot::Sender<()>,
    ended: tokio::task::JoinHandle<io::Result<()>>,
    _folder: tempfile::TempDir,
}

async fn serve_it() -> Served {
    serve_with(&RequestArgs::default()).await
}

async fn serve_with(requests: &RequestArgs) -> Served {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("kit.sqlite").display());
    let database = Database::connect(&url).await.expect("opens");
    let schema = graphql::build(Query, EmptyMutation, requests)
        .data(database.clone())
        .finish();
    let nobody = KeySource::Fixed(Arc::new(JwkSet { keys: Vec::new() }));
    let verifier = TokenVerifier::new(nobody, "iss", "aud");
    let app = App::new("kit", schema, verifier, database.clone()).with_requests(requests);
    let listener = bind("127.0.0.1:0").await.expect("binds");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let (stop, stopped) = oneshot::channel();
    let shutdown = async { drop(stopped.await) };
    let ended = tokio::spawn(serve(listener, shutdown, app));
    let _ = rustls::crypto::ring::default_provider().install_default();
    Served {
        url,
        database,
        client: reqwest::Client::new(),
        stop,
        ended,
        _folder: folder,
    }
}

impl Served {
    async fn post(&self, body: impl Into<reqwest::Body>, headers: &[(&str, &str)]) -> String {
        let mut request = self.client.post(format!("{}/graphql", self.url)).body(body);
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        format!("{status} {}", response.text().await.expect("a body"))
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let response = self
            .client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .expect("an answer");
        (
            response.status().as_u16(),
            response.text().await.expect("a body"),
        )
    }

    async fn check(&self, query: &str, headers: &[(&str, &str)], expected: Expect) {
        let body = json!({ "query": query }).to_string();
        expected.assert_eq(&self.post(body, headers).await);
    }
}

#[tokio::test]
async fn statuses_follow_the_media_type() {
    let served = serve_it().await;
    let strict = [("accept", "application/graphql-response+json")];
    served
        .check(
            "{ hello }",
            &[],
            expect![[r#"200 {"data":{"hello":"hello"}}"#]],
        )
        .await;
    served
        .check(
            "{ hello }",
            &strict,
            expect![[r#"200 {"data":{"hello":"hello"}}"#]],
        )
        .await;
    served
        .check("{ nothing }", &[], expect![[r#"200 {"errors":[{"message":"Unknown field \"nothing\" on type \"Query\".","locations":[{"line":1,"column":3}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}"#]])
        .await;
    served
        .check("{ nothing }", &strict, expect![[r#"400 {"errors":[{"message":"Unknown field \"nothing\" on type \"Query\".","locations":[{"line":1,"column":3}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}"#]])
        .await;
    served
        .check("query A { hello } query B { hello }", &strict, expect![[r#"400 {"errors":[{"message":"Operation name required in request.","extensions":{"code":"OPERATION_RESOLUTION_FAILURE"}}]}"#]])
        .await;
}

#[tokio::test]
async fn what_is_no_graphql_request_is_refused_before_graphql() {
    let served = serve_it().await;
    let refused = |code: &str, message: &str| {
        json!({"errors": [{"message": message, "extensions": {"code": code}}]}).to_string()
    };
    let body = r#"{"query":"{ hello }"}"#;
    assert_eq!(
        served.post("", &[]).await,
        format!(
            "400 {}",
            refused(
                "BAD_REQUEST",
                "The body is empty: send a JSON object with `query`"
            )
        )
    );
    assert_eq!(
        served.post(body, &[("content-type", "text/plain")]).await,
        format!(
            "415 {}",
            refused(
                "BAD_REQUEST",
                "The content type must be `application/json`, and is `text/plain`"
            )
        )
    );
    assert_eq!(
        served
            .post(vec![b' '; RequestArgs::default().max_body_bytes + 1], &[])
            .await,
        format!(
            "413 {}",
            refused("PAYLOAD_TOO_LARGE", "The body is larger than 1048576 bytes")
        )
    );
    assert_eq!(
        served
            .post(body, &[("accept", "text/html")])
            .await
            .split(' ')
            .next(),
        Some("406")
    );
    for authorization in ["Bearer not-a-token", "Bearer", "Basic YTpi"] {
        let answer = served.post(body, &[("authorization", authorization)]).await;
        assert!(
            answer.starts_with("401 ") && answer.contains("UNAUTHENTICATED"),
            "{answer}"
        );
    }
    assert_eq!(served.get("/graphql?query={hello}").await.0, 405);
    assert_eq!(served.get("/nowhere").await.0, 404);
}

#[tokio::test]
async fn a_fault_of_ours_is_masked() {
    let served = serve_it().await;
    served
        .check("{ broken }", &[], expect![[r#"200 {"data":{"broken":null},"errors":[{"message":"Internal server error","locations":[{"line":1,"column":3}],"path":["broken"],"extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}"#]])
        .await;
}

#[tokio::test]
async fn operations_beyond_the_limits_are_refused() {
    let served = serve_it().await;
    let mut many = "{".to_owned();
    for index in 0..=RequestArgs::default().max_fields {
        many.push_str(&format!("a{index}:hello "));
    }
    many.push('}');
    let answer = served.post(json!({ "query": many }).to_string(), &[]).await;
    assert!(answer.contains("GRAPHQL_VALIDATION_FAILED"), "{answer}");
    let deep = format!(
        "{}hello{}",
        "{ __typename ... on Query ".repeat(100),
        "}".repeat(100)
    );
    let answer = served.post(json!({ "query": deep }).to_string(), &[]).await;
    assert!(
        answer.contains("errors") && !answer.contains("data"),
        "{answer}"
    );
}

#[tokio::test]
async fn health_and_metrics_tell_what_happened() {
    let served = serve_it().await;
    for path in ["/health", "/health?live", "/health?ready"] {
        assert_eq!(
            served.get(path).await,
            (200, r#"{"status":"UP"}"#.to_owned()),
            "{path}"
        );
    }
    served
        .check(
            "{ select }",
            &[],
            expect![[r#"200 {"data":{"select":true}}"#]],
        )
        .await;
    let (_, metrics) = served.get("/metrics").await;
    for line in [
        "sql_statements_total{service=\"kit\"} 1",
        "http_requests_total{service=\"kit\",status=\"200\"} 1",
    ] {
        assert!(
            metrics.lines().any(|it| it == line),
            "{line} is not in:\n{metrics}"
        );
    }
}

#[tokio::test]
async fn without_its_database_a_service_is_live_and_not_ready() {
    let served = serve_it().await;
    served.database.clone().close().await;
    let down = (503, r#"{"status":"DOWN"}"#.to_owned());
    assert_eq!(served.get("/health?ready").await, down);
    assert_eq!(served.get("/health").await, down);
    assert_eq!(served.get("/health?live").await.0, 200);
    let answer = served
        .post(json!({ "query": "{ hello select }" }).to_string(), &[])
        .await;
    assert!(
        answer.contains("INTERNAL_SERVER_ERROR") && !answer.to_lowercase().contains("pool"),
        "{answer}"
    );
}

#[tokio::test]
async fn requests_in_flight_are_finished_before_the_end() {
    let served = serve_it().await;
    let body = json!({ "query": "{ slow }" }).to_string();
    let request = served
        .client
        .post(format!("{}/graphql", served.url))
        .header("content-type", "application/json")
        .body(body);
    let in_flight = tokio::spawn(request.send());
    tokio::time::sleep(Duration::from_millis(100)).await;
    served.stop.send(()).expect("it is serving");
    let answer = in_flight.await.expect("no panic").expect("an answer");
    assert_eq!(
        answer.text().await.expect("a body"),
        r#"{"data":{"slow":true}}"#
    );
    served.ended.await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = bind("127.0.0.1:0").await.expect("binds");
    let address = taken.local_addr().expect("bound").to_string();
    let problem = bind(&address).await.expect_err("it is taken");
    let line = crate::errors::chain(problem.as_ref());
    assert!(
        line.starts_with(&format!("cannot listen on {address}: ")),
        "{line}"
    );
}

#[tokio::test]
async fn limits_and_what_is_shown_are_as_configured() {
    let served = serve_with(&RequestArgs {
        max_depth: 3,
        max_fields: 4,
        max_body_bytes: 200,
        max_operation_bytes: 150,
        introspection: false,
        playground: true,
        ..RequestArgs::default()
    })
    .await;
    let body = |query: &str| json!({ "query": query }).to_string();
    let fields = served.post(
        body("{ a: hello b: hello c: hello d: hello e: hello }"),
        &[],
    );
    let fields = fields.await;
    assert!(fields.contains("GRAPHQL_VALIDATION_FAILED"), "{fields}");
    let large = served.post(" ".repeat(201), &[]).await;
    assert!(large.contains("larger than 200 bytes"), "{large}");
    let long = served.post(body(&"#".repeat(151)), &[]).await;
    assert!(long.contains("longer than 150 bytes"), "{long}");
    let schema = served.post(body("{ __schema { description } }"), &[]).await;
    assert!(!schema.contains("\"__schema\":{"), "{schema}");
    let sdl = served.post(body("{ _service { sdl } }"), &[]).await;
    assert!(sdl.contains("type Query"), "{sdl}");
    let page = served
        .client
        .get(format!("{}/graphql", served.url))
        .send()
        .await;
    let page = page.expect("an answer").text().await.expect("text");
    assert!(page.contains("GraphiQL"), "{page}");
    served.stop.send(()).expect("it runs");
    served.ended.await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn without_being_asked_there_is_no_playground_and_the_schema_may_be_read() {
    let served = serve_it().await;
    let page = served
        .client
        .get(format!("{}/graphql", served.url))
        .send()
        .await;
    assert_eq!(page.expect("an answer").status().as_u16(), 405);
    let body = json!({ "query": "{ __schema { queryType { name } } }" }).to_string();
    let schema = served.post(body, &[]).await;
    assert!(schema.contains("\"queryType\""), "{schema}");
    served.stop.send(()).expect("it runs");
    served.ended.await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn a_request_that_takes_longer_than_configured_is_given_up() {
    let served = serve_with(&RequestArgs {
        request_timeout: 0,
        ..RequestArgs::default()
    })
    .await;
    let body = json!({ "query": "{ slow }" }).to_string();
    let slow = served.post(body, &[]).await;
    assert!(slow.contains("REQUEST_TIMEOUT"), "{slow}");
    served.stop.send(()).expect("it runs");
    served.ended.await.expect("no panic").expect("a clean end");
}
