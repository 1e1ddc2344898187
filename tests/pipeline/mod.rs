//! The whole pipeline in one process: composed, planned, executed over canned rows.

pub(crate) mod case;
mod http;
mod rows;

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;
use executor::{Answer, Executable, SendError, SubgraphClient, SubgraphRequest};
use rows::CannedSubgraph;
use serde_json::Value;
use serde_json::value::RawValue;

use case::{Answers, Case, Shown};

/// Subgraphs that answer from rows, by their place in the supergraph.
struct CannedSubgraphs {
    all: Vec<CannedSubgraph>,
    names: Vec<String>,
    /// The bodies that were sent, each after the subgraph's name.
    sent: Mutex<String>,
}

impl SubgraphClient for CannedSubgraphs {
    async fn send(&self, request: SubgraphRequest) -> Result<Bytes, SendError> {
        self.record(&request);
        self.all[request.subgraph.index()].answer(&request.body)
    }
}

impl CannedSubgraphs {
    fn record(&self, request: &SubgraphRequest) {
        let name = &self.names[request.subgraph.index()];
        let body = String::from_utf8_lossy(&request.body);
        let mut sent = self.sent.lock().expect("one thread");
        sent.push_str(&format!("{name}: {body}\n"));
    }
}

/// Carries a case through the pipeline.
pub(crate) async fn run(case: &Case) -> Result<Shown, String> {
    if !case.exchanges.is_empty() {
        return http::run(case).await;
    }
    let mut subgraphs = Vec::new();
    for (name, sdl) in &case.subgraphs {
        match subgraph::Subgraph::parse(name, &format!("http://{name}/graphql"), sdl) {
            Ok(subgraph) => subgraphs.push(subgraph),
            Err(problems) => return Ok(Shown::Problems(render(&problems))),
        }
    }
    let composition = composition::compose(&subgraphs);
    let Some(supergraph) = composition.supergraph else {
        return Ok(Shown::Problems(render(&composition.problems)));
    };
    // Through its text, so that printing and reading are part of every case.
    let sdl = supergraph.model().print();
    let supergraph =
        supergraph::Supergraph::read(&sdl).map_err(|error| format!("{error:#?}\n{sdl}"))?;
    let model = supergraph.model();
    let graph = query_graph::QueryGraph::build(model);
    let api = operation::ApiSchema::parse(&model.api_sdl()).map_err(|error| error.to_string())?;
    let prepared = operation::prepare(&api, &case.query, None, &operation::Limits::default());
    let prepared = match prepared {
        Ok(prepared) => prepared,
        Err(errors) => return Ok(refused(&errors)),
    };
    let given: Option<Box<RawValue>> = case
        .variables
        .as_deref()
        .map(serde_json::from_str)
        .transpose()
        .map_err(|error| format!("the variables are no JSON: {error}"))?;
    let variables = match operation::coerce_variables(&api, &prepared, given.as_deref()) {
        Ok(variables) => variables,
        Err(errors) => return Ok(refused(&errors)),
    };
    let introspection = operation::introspect(&api, &prepared, &variables)
        .map_err(|errors| format!("introspection is refused: {errors:?}"))?;
    let options = planner::Options {
        labels_on: case.labels.lines().map(str::to_owned).collect(),
        ..planner::Options::default()
    };
    let plan =
        planner::plan(&graph, &prepared.operation, &options).map_err(|error| error.to_string())?;
    let possible = |name: &schema::Name| {
        let facts = graph.type_facts(name);
        facts.map(|facts| facts.possible_types.clone())
    };
    plan::verify(&plan, possible).map_err(|fault| format!("the plan is not sound: {fault}"))?;
    let plan_text = plan.to_string();

    let by_name: HashMap<&str, &String> = case
        .subgraphs
        .iter()
        .map(|(name, sdl)| (name.as_str(), sdl))
        .collect();
    let canned = model
        .graphs
        .iter()
        .map(|graph| {
            let rows = case.rows.get(&graph.name).map_or("{}", String::as_str);
            CannedSubgraph::new(by_name[graph.name.as_str()], rows)
        })
        .collect::<Result<Vec<_>, String>>()?;
    let executable = Executable::compile(plan);
    let client = CannedSubgraphs {
        all: canned,
        names: model.graphs.iter().map(|it| it.name.clone()).collect(),
        sent: Mutex::default(),
    };
    let request = executor::Request {
        variables: &variables,
        introspection: &introspection,
        expose_errors: &|_| !case.hides_errors,
    };
    let answers = match executor::opening_request(&executable, request) {
        Some(opening) => answers_to_events(&executable, request, &client, opening).await?,
        None => {
            let answer = executor::execute(&executable, request, &client).await;
            Answers::One(read_answer(answer)?)
        }
    };
    Ok(Shown::Answers {
        plan: plan_text,
        answers,
        requests: client.sent.into_inner().expect("one thread"),
    })
}

/// What a subscription's client is sent, event by event.
async fn answers_to_events(
    executable: &Executable,
    request: executor::Request<'_>,
    client: &CannedSubgraphs,
    opening: SubgraphRequest,
) -> Result<Answers, String> {
    client.record(&opening);
    let mut answers = Vec::new();
    for event in client.all[opening.subgraph.index()].events(&opening.body) {
        let answer = executor::execute_event(executable, request, Ok(event), client).await;
        answers.push(read_answer(answer)?);
    }
    Ok(Answers::OneForEachEvent(answers))
}

fn read_answer(answer: Answer) -> Result<Value, String> {
    serde_json::from_slice(&answer.body.into_bytes())
        .map_err(|error| format!("the answer is no JSON: {error}"))
}

/// What a client is told whose request is at fault.
fn refused(errors: &[operation::RequestError]) -> Shown {
    let errors: Vec<serde_json::Value> = errors
        .iter()
        .map(|error| {
            serde_json::json!({
                "message": error.message,
                "extensions": { "code": error.code.as_str() },
            })
        })
        .collect();
    Shown::Refused(format!("{:#}", serde_json::json!({ "errors": errors })))
}

fn render(problems: &diagnostics::Problems) -> String {
    problems
        .errors()
        .map(|problem| format!("{problem}\n"))
        .collect()
}

/// Whether expectations are to be rewritten.
#[expect(
    clippy::disallowed_methods,
    reason = "a test takes its one switch from where cargo passes it"
)]
pub(crate) fn updates_expectations() -> bool {
    std::env::var("UPDATE_EXPECT").is_ok_and(|value| value == "1")
}

/// The first lines in which two texts differ.
pub(crate) fn difference(expected: &str, shown: &str) -> String {
    let first = expected
        .lines()
        .zip(shown.lines())
        .take_while(|(left, right)| left == right)
        .count();
    let window = |text: &str, mark: &str| -> String {
        text.lines()
            .skip(first)
            .take(25)
            .map(|line| format!("{mark} {line}\n"))
            .collect()
    };
    format!(
        "line {}:\n{}{}",
        first + 1,
        window(expected, "-"),
        window(shown, "+")
    )
}
