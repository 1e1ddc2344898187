//! When fetches start: as soon as those they need have ended, and never before.

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;
use executor::{Executable, Request, SendError, SubgraphClient, SubgraphRequest, execute};
use plan::{Fetch, LeafKind, Plan};
use tokio::sync::oneshot;

use crate::build::*;

/// Answers each request, told apart by its document, when the test says so.
struct Gated {
    started: tokio::sync::mpsc::UnboundedSender<String>,
    gates: Mutex<HashMap<String, oneshot::Receiver<()>>>,
}

impl SubgraphClient for Gated {
    async fn send(&self, request: SubgraphRequest) -> Result<Bytes, SendError> {
        let body: serde_json::Value = serde_json::from_slice(&request.body).unwrap();
        let name = body["query"].as_str().unwrap().to_owned();
        self.started.send(name.clone()).unwrap();
        let gate = self.gates.lock().unwrap().remove(&name);
        if let Some(gate) = gate {
            gate.await.unwrap();
        }
        Ok(Bytes::from(format!("{{\"data\":{{\"{name}\":1}}}}")))
    }
}

/// Root fetches, each with its document and what it waits for; the answer has a field for each.
fn fetches(all: &[(&str, &[u16])]) -> Plan {
    let fetches: Vec<Fetch> = all
        .iter()
        .map(|(name, after)| Fetch {
            pieces: None,
            document: (*name).to_owned(),
            root: Some(read("Query", vec![leaf(name, LeafKind::Int)])),
            ..fetch(0, after)
        })
        .collect();
    let layers: Vec<u16> = (0..).take(all.len()).collect();
    let fields = all
        .iter()
        .zip(0..)
        .map(|((name, _), layer)| out(name, "Query.x", "Int", from(layer, 0)))
        .collect();
    plan(fetches, vec![root_position(&layers)], write(0, fields))
}

/// Opens the gates in this order; after each, notes what has started since.
async fn run(plan: Plan, open: &[&str]) -> (Vec<String>, String) {
    let (started, mut news) = tokio::sync::mpsc::unbounded_channel();
    let mut keys = HashMap::new();
    let mut gates = HashMap::new();
    for fetch in &plan.fetches {
        let (key, gate) = oneshot::channel();
        keys.insert(fetch.document.clone(), key);
        gates.insert(fetch.document.clone(), gate);
    }
    let client = Gated {
        started,
        gates: Mutex::new(gates),
    };
    let executable = Executable::compile(plan);
    let request = Request {
        variables: &[],
        introspection: &[],
        expose_errors: &|_| false,
    };
    let mut execution = Box::pin(execute(&executable, request, &client));
    let mut steps = Vec::new();
    let mut since = |news: &mut tokio::sync::mpsc::UnboundedReceiver<String>| {
        let mut names = Vec::new();
        while let Ok(name) = news.try_recv() {
            names.push(name);
        }
        steps.push(names.join(" "));
    };
    assert!(futures_util::poll!(&mut execution).is_pending());
    since(&mut news);
    let mut answer = None;
    for name in open {
        keys.remove(*name).unwrap().send(()).unwrap();
        if let std::task::Poll::Ready(ready) = futures_util::poll!(&mut execution) {
            answer = Some(ready);
        }
        since(&mut news);
    }
    let answer = answer.unwrap();
    (steps, crate::canned::text(&answer))
}

#[tokio::test]
async fn independent_fetches_start_together_and_the_answer_has_the_clients_order() {
    let plan = fetches(&[("a", &[]), ("b", &[]), ("c", &[])]);
    let (steps, answer) = run(plan, &["c", "a", "b"]).await;
    assert_eq!(steps, ["a b c", "", "", ""]);
    assert_eq!(answer, r#"{"data":{"a":1,"b":1,"c":1}}"#);
}

#[tokio::test]
async fn a_fetch_does_not_wait_for_its_round() {
    // `d` needs `b` only, though `c` of the same round needs the slow `a`.
    let plan = fetches(&[
        ("a", &[]),
        ("b", &[]),
        ("c", &[0]),
        ("d", &[1]),
        ("e", &[2, 3]),
    ]);
    let (steps, _) = run(plan, &["b", "d", "a", "c", "e"]).await;
    assert_eq!(steps, ["a b", "d", "", "c", "e", ""]);
}

#[tokio::test]
async fn mutations_run_one_after_the_other() {
    let plan = fetches(&[("first", &[]), ("below", &[0]), ("second", &[0, 1])]);
    let (steps, answer) = run(plan, &["first", "below", "second"]).await;
    assert_eq!(steps, ["first", "below", "second", ""]);
    assert_eq!(answer, r#"{"data":{"first":1,"below":1,"second":1}}"#);
}

#[tokio::test]
async fn a_fetch_that_need_not_be_sent_holds_up_nothing() {
    let mut plan = fetches(&[("a", &[]), ("skipped", &[0]), ("c", &[1])]);
    plan.inclusions = vec![schema::Inclusion::never()];
    plan.fetches[1].inclusion = Some(plan::InclusionId(0));
    plan.answer.fields[1].inclusion = Some(plan::InclusionId(0));
    let (steps, answer) = run(plan, &["a", "c"]).await;
    assert_eq!(steps, ["a", "c", ""]);
    assert_eq!(answer, r#"{"data":{"a":1,"c":1}}"#);
}

#[tokio::test]
async fn a_fetch_that_is_named_twice_is_waited_for_once() {
    let plan = fetches(&[("a", &[]), ("b", &[0, 0])]);
    let (steps, _) = run(plan, &["a", "b"]).await;
    assert_eq!(steps, ["a", "b", ""]);
}

#[test]
fn an_execution_may_move_between_threads() {
    fn is_send(_: &impl Send) {}
    let executable = Executable::compile(fetches(&[]));
    let client = crate::canned::Canned::new();
    let request = Request {
        variables: &[],
        introspection: &[],
        expose_errors: &|_| false,
    };
    is_send(&execute(&executable, request, &client));
}
