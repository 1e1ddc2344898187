//! Subgraphs that answer from memory, and remember what they were asked.

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;
use executor::{Answer, Executable, Request, SendError, SubgraphClient, SubgraphRequest, execute};
use plan::Plan;
use schema::Name;

type Respond = dyn Fn(&str) -> Result<String, SendError> + Send + Sync;

#[derive(Default)]
pub(crate) struct Canned {
    subgraphs: HashMap<u16, Box<Respond>>,
    asked: Mutex<Vec<String>>,
}

impl Canned {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The subgraph gives this body, whatever it is asked.
    pub(crate) fn gives(self, subgraph: u16, body: &str) -> Self {
        let body = body.to_owned();
        self.responds(subgraph, move |_| Ok(body.clone()))
    }

    pub(crate) fn fails(self, subgraph: u16, error: SendError) -> Self {
        self.responds(subgraph, move |_| Err(error.clone()))
    }

    pub(crate) fn responds(
        mut self,
        subgraph: u16,
        respond: impl Fn(&str) -> Result<String, SendError> + Send + Sync + 'static,
    ) -> Self {
        self.subgraphs.insert(subgraph, Box::new(respond));
        self
    }

    /// The bodies of all requests so far, in the order they were sent.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) async fn run(&self, plan: Plan) -> Answer {
        self.run_with(&Executable::compile(plan), &[], true).await
    }

    pub(crate) async fn run_with(
        &self,
        executable: &Executable,
        variables: &[(Name, Bytes)],
        expose: bool,
    ) -> Answer {
        let request = Request {
            variables,
            introspection: &[],
            expose_errors: &|_| expose,
        };
        execute(executable, request, self).await
    }
}

impl SubgraphClient for Canned {
    async fn send(&self, request: SubgraphRequest) -> Result<Bytes, SendError> {
        let body = String::from_utf8(request.body.to_vec()).unwrap();
        serde_json::from_str::<serde_json::Value>(&body).unwrap();
        self.asked.lock().unwrap().push(body.clone());
        let respond = &self.subgraphs[&request.subgraph.0];
        respond(&body).map(Bytes::from)
    }
}

/// The answer's text, which must be JSON.
pub(crate) fn text(answer: &Answer) -> String {
    let text = String::from_utf8(answer.body.clone().into_bytes().into()).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let errors = json["errors"].as_array().map_or(0, Vec::len);
    assert_eq!(errors, answer.errors, "{text}");
    assert_eq!(json["data"].is_null(), answer.data_is_null, "{text}");
    text
}

pub(crate) fn json(answer: &Answer) -> serde_json::Value {
    serde_json::from_str(&text(answer)).unwrap()
}

/// `data` on the first line, then one line for each error: code, path, message.
pub(crate) fn summary(answer: &Answer) -> String {
    let json = json(answer);
    let mut lines = vec![json["data"].to_string()];
    for error in json["errors"].as_array().into_iter().flatten() {
        let extensions = &error["extensions"];
        lines.push(format!(
            "{} {} {}",
            extensions["code"].as_str().unwrap(),
            error["path"],
            error["message"].as_str().unwrap(),
        ));
    }
    lines.join("\n")
}

pub(crate) fn variable(name: &str, json: &str) -> (Name, Bytes) {
    (name.into(), Bytes::copy_from_slice(json.as_bytes()))
}
