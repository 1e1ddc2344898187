//! The plan of a request in its answer, for those who ask and where the configuration allows it.
//!
//! `Apollo-Expose-Query-Plan: true` adds it as `extensions.queryPlan`; `dry-run` gives it alone and
//! sends nothing to subgraphs. A plan names subgraphs and what they know, so this is off by default
//! and on with `--dev`.

use bytes::Bytes;
use executor::Answer;
use http::HeaderMap;
use plan::Plan;
use query_graph::QueryGraph;
use serde_json::json;

use super::explain::Explanation;

/// The header that asks for it.
const HEADER: &str = "apollo-expose-query-plan";

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exposure {
    /// The answer and the plan.
    WithAnswer,
    /// The plan, with nothing carried out.
    Alone,
}

impl Exposure {
    /// What these headers ask for; values that mean nothing ask for nothing.
    pub(super) fn asked(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(HEADER)?.as_bytes();
        if value.eq_ignore_ascii_case(b"true") {
            Some(Self::WithAnswer)
        } else if value.eq_ignore_ascii_case(b"dry-run") {
            Some(Self::Alone)
        } else {
            None
        }
    }
}

/// The answer to a request that is only planned.
pub(super) fn alone(graph: &QueryGraph, plan: &Plan) -> Answer {
    let mut answer = Answer {
        body: Bytes::from_static(b"{\"data\":null}").into(),
        errors: 0,
        data_is_null: true,
        fetches: 0,
    };
    add(&mut answer, graph, plan);
    answer
}

/// Adds the plan to an answer, which is a JSON object without `extensions`.
pub(super) fn add(answer: &mut Answer, graph: &QueryGraph, plan: &Plan) {
    let explanation = Explanation::new(graph, plan);
    let exposed = json!({
        "queryPlan": {
            "text": plan.to_string(),
            "object": plan.to_json(),
            "explanation": { "text": explanation.to_string(), "object": explanation.to_json() },
        }
    });
    let mut body = Vec::from(std::mem::take(&mut answer.body).into_bytes());
    if body.pop() == Some(b'}') {
        body.extend_from_slice(b",\"extensions\":");
        body.extend_from_slice(exposed.to_string().as_bytes());
        body.push(b'}');
    }
    answer.body = body.into();
}

#[test]
fn two_values_of_the_header_mean_something() {
    let asked = |value: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, http::HeaderValue::from_static(value));
        Exposure::asked(&headers)
    };
    assert_eq!(asked("true"), Some(Exposure::WithAnswer));
    assert_eq!(asked("Dry-Run"), Some(Exposure::Alone));
    assert_eq!(asked("false"), None);
    assert_eq!(asked(""), None);
    assert_eq!(Exposure::asked(&HeaderMap::new()), None);
}
