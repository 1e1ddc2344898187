//! Streams over HTTP on both sides, in each of their formats.

use serde_json::{Value, json};

use super::{Listening, SUBSCRIPTION, Streaming, answer, catalogue, event};
use crate::support::{RunningRouter, code, read};

async fn subscribe(router: &RunningRouter, accept: &str) -> reqwest::Response {
    let request = router.client.post(router.url("/graphql"));
    let request = request.header("accept", accept).header("x-tenant", "blue");
    let body = json!({ "query": SUBSCRIPTION });
    request.json(&body).send().await.unwrap()
}

fn content_type(response: &reqwest::Response) -> &str {
    response.headers()["content-type"].to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn server_sent_events_are_completed_as_they_come() {
    let music = Streaming::over_http("text/event-stream").await;
    let catalogue = catalogue().await;
    let config = "headers: { all: { request: [ { propagate: { named: x-tenant } } ] } }";
    let router = RunningRouter::over(&[&music.subgraph, &catalogue], config).await;
    let response = subscribe(&router, "text/event-stream").await;
    assert_eq!(response.status(), 200);
    assert_eq!(content_type(&response), "text/event-stream; charset=utf-8");
    let mut listening = Listening::to(response);
    music.opened(1).await;
    {
        let streams = music.streams.lock().unwrap();
        assert_eq!(streams[0].headers["x-tenant"], "blue");
        let document = "subscription{loved:trackLoved(id:7){id}}";
        assert_eq!(streams[0].asked, json!({ "query": document }));
    }
    // In two pieces, and over several lines.
    let (head, tail) = (
        "event: next\ndata: {\"data\":\ndata: {\"lo",
        "ved\":{\"id\":\"7\"}}}\n\n",
    );
    music.feed(head);
    music.feed(tail);
    let expected = format!("event: next\ndata: {}\n\n", answer("So What"));
    listening.until(&expected).await;
    music.feed(format!(
        "event: next\ndata: {}\n\nevent: complete\n\n",
        event("7")
    ));
    let whole = listening.whole().await;
    assert_eq!(
        whole,
        format!("{expected}{expected}event: complete\ndata:\n\n")
    );
    assert_eq!(catalogue.requests().len(), 2);
    music.left().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_are_wrapped_for_clients_that_ask_for_it() {
    let music =
        Streaming::over_http("multipart/mixed; boundary=graphql; subscriptionSpec=1.0").await;
    let catalogue = catalogue().await;
    let router = RunningRouter::over(&[&music.subgraph, &catalogue], "").await;
    let accept = "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0,application/json";
    let response = subscribe(&router, accept).await;
    assert_eq!(
        content_type(&response),
        "multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0"
    );
    let mut listening = Listening::to(response);
    music.opened(1).await;
    let part =
        |object: &str| format!("\r\n--graphql\r\ncontent-type: application/json\r\n\r\n{object}");
    music.feed(part("{}"));
    // The next delimiter is not waited for.
    music.feed(part(&format!("{{\"payload\":{}}}", event("7"))));
    let expected = part(&json!({ "payload": answer("So What") }).to_string()) + "\r\n";
    listening.until(&expected).await;
    music.feed("\r\n--graphql--");
    assert_eq!(
        listening.whole().await,
        format!("{expected}\r\n--graphql--\r\n")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_without_a_wrapping_are_answers() {
    let music = Streaming::over_http("multipart/mixed; boundary=\"-\"").await;
    let catalogue = catalogue().await;
    let router = RunningRouter::over(&[&music.subgraph, &catalogue], "").await;
    let response = subscribe(&router, "multipart/mixed").await;
    let listening = Listening::to(response);
    music.opened(1).await;
    music.feed(format!("---\r\n\r\n{}\r\n-----\r\n", event("7")));
    let expected = format!(
        "\r\n---\r\ncontent-type: application/json; charset=utf-8\r\n\r\n{}\r\n\r\n-----\r\n",
        answer("So What")
    );
    assert_eq!(listening.whole().await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_may_answer_with_no_stream() {
    let music = Streaming::over_http("application/json").await;
    let catalogue = catalogue().await;
    let config = "include_subgraph_errors: { all: true }";
    let router = RunningRouter::over(&[&music.subgraph, &catalogue], config).await;
    let asking = tokio::spawn({
        let request = router.client.post(router.url("/graphql"));
        let body = json!({ "query": SUBSCRIPTION });
        request
            .header("accept", "text/event-stream")
            .json(&body)
            .send()
    });
    music.opened(1).await;
    music.feed("{\"errors\":[{\"message\":\"no such track\"}]}");
    music.end();
    let whole = Listening::to(asking.await.unwrap().unwrap()).whole().await;
    let (events, end) = whole.split_once("event: complete").unwrap();
    assert_eq!(end, "\ndata:\n\n");
    let answer: Value =
        serde_json::from_str(events.strip_prefix("event: next\ndata: ").unwrap()).unwrap();
    assert_eq!(answer["data"], json!({ "loved": null }));
    assert_eq!(answer["errors"][0]["message"], "no such track");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_no_stream_is_told_to() {
    let music = Streaming::over_http("text/event-stream").await;
    let router = RunningRouter::over(&[&music.subgraph, &catalogue().await], "").await;
    let (status, body) = read(subscribe(&router, "application/json").await).await;
    assert_eq!((status, code(&body)), (406, "SUBSCRIPTION_NEEDS_STREAM"));
    // What is wrong with the request comes as an answer where one is taken, and as an event elsewhere.
    let ask = async |accept: &str, query: &str| {
        let request = router.client.post(router.url("/graphql"));
        let request = request
            .header("accept", accept)
            .json(&json!({ "query": query }));
        request.send().await.unwrap()
    };
    let wrong = "subscription { trackLoved { id } }";
    let refused = ask("text/event-stream, application/json", wrong).await;
    assert_eq!(code(&read(refused).await.1), "GRAPHQL_VALIDATION_FAILED");
    let refused = ask("text/event-stream", wrong).await.text().await.unwrap();
    assert!(
        refused.starts_with("event: next\ndata: {\"errors\":["),
        "{refused}"
    );
    assert!(
        refused.ends_with("\n\nevent: complete\ndata:\n\n"),
        "{refused}"
    );
    let query = ask("text/event-stream", "{ top }")
        .await
        .text()
        .await
        .unwrap();
    assert_eq!(
        query,
        "event: next\ndata: {\"data\":{\"top\":1}}\n\nevent: complete\ndata:\n\n"
    );
}
