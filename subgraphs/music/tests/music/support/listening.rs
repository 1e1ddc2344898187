//! A subscription over server-sent events.

use std::time::Duration;

use serde_json::{Value, json};

use super::{As, Music};

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open stream.
pub(crate) struct Listening {
    response: reqwest::Response,
    text: String,
}

impl Music {
    /// Begins to listen, and waits until the service does.
    pub(crate) async fn listen(&self, caller: As<'_>, query: &str, variables: Value) -> Listening {
        let before = self.metric("music_listeners").await;
        let listening = self.open(caller, query, variables).await;
        self.comes_to("music_listeners", before + 1).await;
        listening
    }

    /// Opens a stream, whatever comes of it.
    pub(crate) async fn open(&self, caller: As<'_>, query: &str, variables: Value) -> Listening {
        let response = self
            .post(caller, "/graphql")
            .header("accept", "text/event-stream")
            .json(&json!({ "query": query, "variables": variables }))
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status().as_u16(), 200);
        Listening {
            response,
            text: String::new(),
        }
    }
}

impl Listening {
    /// The next answer; none when the stream is complete.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if event.starts_with("event: complete") {
                    return None;
                }
                if let Some(json) = event.strip_prefix("event: next\ndata: ") {
                    return Some(serde_json::from_str(json).expect("JSON"));
                }
                continue;
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("something is heard in time");
            let chunk = chunk.expect("the stream holds").expect("it is completed");
            self.text
                .push_str(std::str::from_utf8(&chunk).expect("UTF-8"));
        }
    }

    /// The data of the next answer.
    pub(crate) async fn data(&mut self) -> Value {
        let mut answer = self.next().await.expect("the stream goes on");
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"].take()
    }

    /// The code of the error that ends the stream.
    pub(crate) async fn ended_with(&mut self) -> String {
        let answer = self.next().await.expect("a last answer");
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        let code = code.unwrap_or_else(|| panic!("{answer}")).to_owned();
        assert_eq!(self.next().await, None, "it ends");
        code
    }
}
