//! A query without a network: its plan, and the subgraphs' answers ready in memory.
//!
//! What is left is what the executor costs: reading, looking up entities, writing. The micro-benchmarks,
//! the counts of allocations and those of instructions are all taken of this.

mod pieces;

use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use bytes::Bytes;
use executor::{Answer, AnswerBody, Executable, SendError, SubgraphClient, SubgraphRequest};
use futures_util::FutureExt as _;
use operation::{ApiSchema, Limits};
use query_graph::QueryGraph;
use schema::Name;
use supergraph::Supergraph;

use crate::mock;
use crate::universe::{Universe, id_text};
use crate::workloads::{self, Exchange};

/// The names of all rehearsals: those of workloads, then those of single pieces of work. Each of the latter
/// is there once more as `…-few`, with a small part of the values.
pub const NAMES: [&str; 7] = [
    "small", "magazine", "joined", "large", "entities", "slots", "writing",
];

/// What every query asks for.
const ID: u64 = 1;

/// A query with all that it needs.
#[derive(Debug)]
pub struct Rehearsal {
    executable: Executable,
    variables: Vec<(Name, Bytes)>,
    subgraphs: Prompter,
    /// How many values the answer has.
    values: usize,
}

impl Rehearsal {
    /// Plans a query, performs it once, and keeps what the subgraphs said.
    ///
    /// # Errors
    /// When there is none with this name, or its answer is not that of one server holding all data.
    pub fn of(name: &str) -> anyhow::Result<Self> {
        match workloads::find(name) {
            Some(workload) => Self::new(workload.universe, workload.query),
            None => {
                let query = pieces::query(name).context("there is no such rehearsal")?;
                Self::new(&pieces::UNIVERSE, query)
            }
        }
    }

    fn new(universe: &'static Universe, query: &str) -> anyhow::Result<Self> {
        let exchange = Exchange::of(universe, query, ID)?;
        let scribe = Scribe {
            universe,
            lines: Mutex::default(),
        };
        let mut rehearsal = Self {
            executable: Executable::compile(plan(universe, query)?),
            variables: vec![("id".into(), format!("\"{}\"", id_text(ID)).into())],
            subgraphs: Prompter::default(),
            values: 0,
        };
        let answer = rehearsal.perform_with(&scribe)?;
        let expected: serde_json::Value = serde_json::from_slice(&exchange.answer)?;
        let given: serde_json::Value = serde_json::from_slice(&answer.body.into_bytes())?;
        anyhow::ensure!(given == expected, "the answer is another one");
        rehearsal.values = values(&given);
        rehearsal.subgraphs.lines = scribe
            .lines
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(rehearsal)
    }

    /// Executes it once more.
    ///
    /// # Errors
    /// When it asks something else than at first, or is not answered at once.
    pub fn perform(&self) -> anyhow::Result<AnswerBody> {
        Ok(self.perform_with(&self.subgraphs)?.body)
    }

    /// How many values its answer has.
    pub fn values(&self) -> usize {
        self.values
    }

    /// How many requests it sends.
    pub fn requests(&self) -> usize {
        self.subgraphs.lines.len()
    }

    fn perform_with(&self, subgraphs: &impl SubgraphClient) -> anyhow::Result<Answer> {
        let request = executor::Request {
            variables: &self.variables,
            introspection: &[],
            expose_errors: &|_| true,
        };
        let answer = executor::execute(&self.executable, request, subgraphs)
            .now_or_never()
            .context("something was waited for")?;
        anyhow::ensure!(
            answer.errors == 0,
            "there are errors: {}",
            String::from_utf8_lossy(&answer.body.into_bytes())
        );
        Ok(answer)
    }
}

/// The plan that the router makes.
fn plan(universe: &Universe, query: &str) -> anyhow::Result<plan::Plan> {
    let urls = universe
        .graphs
        .iter()
        .map(|graph| format!("http://{graph}"));
    let sdl = crate::supergraph::sdl(universe, &urls.collect::<Vec<_>>());
    let supergraph = Supergraph::read(&sdl)?;
    let model = supergraph.model();
    let api = ApiSchema::parse(&model.api_sdl())?;
    let prepared = operation::prepare(&api, query, None, &Limits::default())
        .map_err(|errors| anyhow::anyhow!("the query is refused: {errors:?}"))?;
    let graph = QueryGraph::build(model);
    let options = planner::Options::default();
    Ok(planner::plan(&graph, &prepared.operation, &options)?)
}

fn values(json: &serde_json::Value) -> usize {
    match json {
        serde_json::Value::Array(items) => items.iter().map(values).sum(),
        serde_json::Value::Object(members) => members.values().map(values).sum(),
        _ => 1,
    }
}

/// Subgraphs that work their answers out, and note them.
struct Scribe {
    universe: &'static Universe,
    lines: Mutex<Vec<(Bytes, Bytes)>>,
}

impl SubgraphClient for Scribe {
    async fn send(&self, request: SubgraphRequest) -> Result<Bytes, SendError> {
        let answer = mock::answer(self.universe, &request.body).map_err(|error| unknown(&error))?;
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.push((request.body, answer.clone()));
        Ok(answer)
    }
}

/// Subgraphs that say again what was noted.
#[derive(Debug, Default)]
struct Prompter {
    lines: Vec<(Bytes, Bytes)>,
}

impl SubgraphClient for Prompter {
    async fn send(&self, request: SubgraphRequest) -> Result<Bytes, SendError> {
        let mut lines = self.lines.iter();
        let line = lines.find(|(asked, _)| *asked == request.body);
        line.map(|(_, answer)| answer.clone())
            .ok_or_else(|| unknown(&"nothing is noted for this request"))
    }
}

fn unknown(reason: &dyn std::fmt::Display) -> SendError {
    SendError::Connection {
        reason: reason.to_string(),
    }
}

#[test]
fn all_are_answered_rightly_again_and_again() {
    let few = ["entities-few", "slots-few", "writing-few"];
    for name in NAMES.into_iter().chain(few) {
        let rehearsal = Rehearsal::of(name).unwrap();
        let once = rehearsal.perform().unwrap().into_bytes();
        assert_eq!(rehearsal.perform().unwrap().into_bytes(), once, "{name}");
        assert!(rehearsal.requests() > 0 && rehearsal.values() > 0, "{name}");
    }
}

#[test]
fn what_was_not_noted_is_not_answered() {
    let mut rehearsal = Rehearsal::of("small").unwrap();
    rehearsal.subgraphs.lines.clear();
    assert!(rehearsal.perform().is_err());
}
