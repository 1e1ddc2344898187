//! Plans as JSON, for tools: the same tree as the text, with the documents that are sent.

use schema::OperationKind;
use serde_json::{Value, json};

use crate::text::{path, rounds};
use crate::{Fetch, Plan};

impl Plan {
    /// The plan as JSON: `{"kind": "QueryPlan", "node": …}`, where a node is a `Sequence` or
    /// `Parallel` of `nodes`, a `Fetch`, or a `Subscription` with its `primary` fetch, which opens
    /// the stream, and the `rest`, which completes each event.
    pub fn to_json(&self) -> Value {
        let mut rounds: Vec<Value> = rounds(self)
            .iter()
            .map(|round| {
                group(
                    "Parallel",
                    round
                        .iter()
                        .map(|fetch| self.fetch_to_json(fetch))
                        .collect(),
                )
            })
            .collect();
        let node = match self.kind {
            OperationKind::Subscription if !rounds.is_empty() => {
                let primary = rounds.remove(0);
                json!({ "kind": "Subscription", "primary": primary, "rest": group("Sequence", rounds) })
            }
            _ => group("Sequence", rounds),
        };
        json!({ "kind": "QueryPlan", "node": node })
    }

    fn fetch_to_json(&self, fetch: &Fetch) -> Value {
        let mut node = json!({
            "kind": "Fetch",
            "serviceName": fetch.subgraph_name.as_str(),
            "operationKind": fetch.kind.keyword(),
            "operation": fetch.document,
            "variableUsages": fetch.variables.iter().map(schema::Name::as_str).collect::<Vec<_>>(),
        });
        if let Some(name) = &fetch.operation_name {
            node["operationName"] = json!(name.as_str());
        }
        if let Some(id) = fetch.inclusion {
            node["if"] = json!(self.inclusion(id).to_string());
        }
        if !fetch.entities.is_empty() {
            let paths: Vec<String> = fetch
                .entities
                .iter()
                .map(|entities| path(self, entities.position))
                .collect();
            node["paths"] = json!(paths);
        }
        node
    }
}

/// A node around several others; one alone stands for itself, none is null.
fn group(kind: &str, mut nodes: Vec<Value>) -> Value {
    match nodes.len() {
        0 => Value::Null,
        1 => nodes.remove(0),
        _ => json!({ "kind": kind, "nodes": nodes }),
    }
}
