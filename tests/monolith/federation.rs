//! A world as a federation: composed, planned, executed, and compared with the whole.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use apollo_compiler::response::JsonMap;
use bytes::Bytes;
use executor::{Executable, SendError, SubgraphClient, SubgraphRequest};
use query_graph::QueryGraph;
use serde_json::{Map, Value as Json};

use super::question::Question;
use super::render;
use super::server::{REQUIREMENT_FAILED, Server};
use super::world::World;

/// The router's half and the subgraphs behind it.
#[derive(Debug)]
pub(crate) struct Federation {
    world: Arc<World>,
    whole: Server,
    /// The mutation fields that the subgraphs ran.
    journal: Arc<Mutex<Vec<String>>>,
    /// Whether labelled overrides are in force in the subgraphs.
    label_is_on: Arc<AtomicBool>,
    subgraphs: Subgraphs,
    graph: QueryGraph,
    api: operation::ApiSchema,
}

/// Why there is no federation.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The subgraphs do not compose: the codes, and all that is said.
    Problems(BTreeSet<String>, String),
    /// Something that must not be.
    Fault(String),
}

/// What came of a question.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Both answered the same.
    Same,
    /// The question itself is not valid.
    Invalid,
    /// They differ, or the router did what it must not.
    Different(String),
}

/// The subgraphs, by their place in the supergraph.
#[derive(Debug)]
struct Subgraphs(Vec<Server>);

impl SubgraphClient for Subgraphs {
    async fn send(&self, request: SubgraphRequest) -> Result<Bytes, SendError> {
        let body: Json = serde_json::from_slice(&request.body).expect("the executor sends JSON");
        let text = body["query"].as_str().expect("a document");
        let variables = body
            .get("variables")
            .cloned()
            .unwrap_or_else(|| Json::Object(Map::new()));
        let variables: JsonMap =
            serde_json::from_value(variables).expect("variables are an object");
        let answer = self.0[request.subgraph.index()].answer(text, &variables);
        Ok(Bytes::from(answer.to_string()))
    }
}

impl Federation {
    pub(crate) fn new(world: World) -> Result<Self, Refusal> {
        let world = Arc::new(world);
        let whole = Server::whole(&world);
        let mut parsed = Vec::new();
        for (index, it) in world.subgraphs.iter().enumerate() {
            let sdl = render::federated(&world, index);
            match subgraph::Subgraph::parse(&it.name, "http://subgraph/graphql", &sdl) {
                Ok(subgraph) => parsed.push(subgraph),
                Err(problems) => return Err(refused(&problems)),
            }
        }
        let composition = composition::compose(&parsed);
        let Some(supergraph) = composition.supergraph else {
            return Err(refused(&composition.problems));
        };
        // What is no schema as a whole must not compose.
        let whole = whole.map_err(Refusal::Fault)?;
        let sdl = supergraph.model().print();
        let supergraph = supergraph::Supergraph::read(&sdl).map_err(|error| {
            Refusal::Fault(format!("the printed supergraph is not read: {error}"))
        })?;
        let model = supergraph.model();
        let api_sdl = model.api_sdl();
        same_schema(&whole, &api_sdl).map_err(Refusal::Fault)?;
        let api = operation::ApiSchema::parse(&api_sdl)
            .map_err(|error| Refusal::Fault(error.to_string()))?;
        let journal: Arc<Mutex<Vec<String>>> = Arc::default();
        let label_is_on: Arc<AtomicBool> = Arc::default();
        let subgraphs = model
            .graphs
            .iter()
            .map(|graph| {
                let index = world.subgraphs.iter().position(|it| it.name == graph.name);
                let index = index.expect("a subgraph of the world");
                Server::subgraph(&world, index, &journal, &label_is_on).map_err(Refusal::Fault)
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            graph: QueryGraph::build(model),
            world,
            whole,
            journal,
            label_is_on,
            subgraphs: Subgraphs(subgraphs),
            api,
        })
    }

    /// The subgraphs' schemas.
    pub(crate) fn schemas(&self) -> String {
        let all = self.world.subgraphs.iter().enumerate();
        all.map(|(index, it)| {
            format!(
                "# subgraph {}\n{}\n",
                it.name,
                render::federated(&self.world, index)
            )
        })
        .collect()
    }

    /// Asks both, and compares. A panic is a difference like any other.
    pub(crate) fn ask(&self, question: &Question) -> Outcome {
        let asked = catch_unwind(AssertUnwindSafe(|| self.ask_both(question)));
        asked.unwrap_or_else(|_| Outcome::Different("the router panics".to_owned()))
    }

    fn ask_both(&self, question: &Question) -> Outcome {
        let text = question.text();
        let schema = self.whole.schema();
        if apollo_compiler::ExecutableDocument::parse_and_validate(schema, &text, "q.graphql")
            .is_err()
        {
            return Outcome::Invalid;
        }
        let values = question.values();
        self.label_is_on
            .store(question.label_is_on, Ordering::Relaxed);
        let plan = match self.plan(&text, question.label_is_on) {
            Ok(plan) => plan,
            // The reference takes lists for equal that are not (GraphQL specification, 5.3.2).
            Err(error) if error.contains("they have different arguments") => {
                return Outcome::Invalid;
            }
            Err(error) => return Outcome::Different(error),
        };
        let shown = plan.1.to_string();
        let possible = |name: &schema::Name| {
            self.graph
                .type_facts(name)
                .map(|it| it.possible_types.clone())
        };
        if let Err(fault) = plan::verify(&plan.1, possible) {
            return Outcome::Different(format!(
                "the plan is not sound: {fault}\n{shown}\n{:#?}",
                plan.1
            ));
        }
        let answers = self.answers(plan, &text, &values);
        let complaints: Vec<String> = self
            .subgraphs
            .0
            .iter()
            .flat_map(|it| std::mem::take(&mut *it.complaints.lock().expect("one thread")))
            .collect();
        let (found, wanted) = match answers {
            Ok(answers) => answers,
            Err(error) => return Outcome::Different(format!("{error}\n{shown}")),
        };
        let difference = if let Some(complaint) = complaints.first() {
            Some(format!("a subgraph complains: {complaint}"))
        } else {
            difference(&found, &wanted, in_order(&text))
        };
        match difference {
            None => Outcome::Same,
            Some(what) => Outcome::Different(format!(
                "{what}\n{shown}\nfederated {found:#}\nwhole {wanted:#}"
            )),
        }
    }

    fn plan(
        &self,
        text: &str,
        label_is_on: bool,
    ) -> Result<(operation::Prepared, plan::Plan), String> {
        let prepared = operation::prepare(&self.api, text, None, &operation::Limits::default())
            .map_err(|errors| format!("the operation is refused: {errors:?}"))?;
        let mut options = planner::Options::default();
        if label_is_on {
            options.labels_on.insert(render::LABEL.to_owned());
        }
        let plan = planner::plan(&self.graph, &prepared.operation, &options)
            .map_err(|error| format!("there is no plan: {error}"))?;
        Ok((prepared, plan))
    }

    fn answers(
        &self,
        (prepared, plan): (operation::Prepared, plan::Plan),
        text: &str,
        values: &Map<String, Json>,
    ) -> Result<(Json, Json), String> {
        let raw = serde_json::value::to_raw_value(values).expect("JSON");
        let variables = operation::coerce_variables(&self.api, &prepared, Some(&raw))
            .map_err(|errors| format!("the variables are refused: {errors:?}"))?;
        let executable = Executable::compile(plan);
        let request = executor::Request {
            variables: &variables,
            introspection: &[],
            expose_errors: &|_| true,
        };
        let body = run(executor::execute(&executable, request, &self.subgraphs))
            .body
            .into_bytes();
        let found: Json = serde_json::from_slice(&body)
            .map_err(|error| format!("the answer is no JSON: {error}"))?;
        let map: JsonMap = serde_json::from_value(Json::Object(values.clone())).expect("an object");
        let wanted = self.whole.answer(text, &map);
        if let Some(complaint) = self.whole.complaints.lock().expect("one thread").pop() {
            return Err(format!("the whole complains: {complaint}"));
        }
        let ran = std::mem::take(&mut *self.journal.lock().expect("one thread"));
        let due = std::mem::take(&mut *self.whole.journal.lock().expect("one thread"));
        // A null that takes all with it may stop a server before the fields that come after.
        let may_stop = wanted["data"].is_null() && ran.starts_with(&due);
        if ran != due && !may_stop {
            return Err(format!(
                "the mutation fields that ran, {ran:?}, are not those due, {due:?}"
            ));
        }
        Ok((found, wanted))
    }
}

/// Everything here is ready when it is asked for: the subgraphs answer at once.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(future)
}

fn refused(problems: &diagnostics::Problems) -> Refusal {
    let codes = problems.errors().map(|it| it.code.to_string()).collect();
    let text = problems.errors().map(|it| format!("{it}\n")).collect();
    Refusal::Problems(codes, text)
}

/// Whether composition gives clients the types and fields that the whole has.
fn same_schema(whole: &Server, api_sdl: &str) -> Result<(), String> {
    let api = apollo_compiler::Schema::parse_and_validate(api_sdl, "api.graphql")
        .map_err(|invalid| format!("the API schema is not valid: {invalid}\n{api_sdl}"))?;
    let fields = |schema: &apollo_compiler::Schema| -> BTreeSet<String> {
        schema
            .types
            .iter()
            .filter(|(_, it)| !it.is_built_in())
            .flat_map(|(name, it)| {
                use apollo_compiler::schema::ExtendedType;
                let fields = match it {
                    ExtendedType::Object(it) => Some(&it.fields),
                    ExtendedType::Interface(it) => Some(&it.fields),
                    _ => None,
                };
                let fields = fields.into_iter().flatten();
                fields
                    .map(|(field, it)| format!("{name}.{field}: {}", it.ty))
                    .collect::<Vec<_>>()
            })
            .collect()
    };
    let (ours, theirs) = (fields(whole.schema()), fields(&api));
    let odd: Vec<&String> = ours.symmetric_difference(&theirs).collect();
    if odd.is_empty() {
        return Ok(());
    }
    Err(format!("the API schema differs in {odd:?}\n{api_sdl}"))
}

/// Whether an operation's fields stand in one order, whatever the values of its variables.
fn in_order(text: &str) -> bool {
    !text.contains("(if: $")
}

/// In what two answers differ: their data, or the places that are null because of an error.
/// Where fields hang on variables their order is not compared: a field that is asked for twice
/// stands, in a plan that serves every value, where it was asked for first.
fn difference(found: &Json, wanted: &Json, ordered: bool) -> Option<String> {
    let same = match ordered {
        true => text(&found["data"]) == text(&wanted["data"]),
        false => found["data"] == wanted["data"],
    };
    if !same {
        return Some("the data differ".to_owned());
    }
    // Where a requirement fails, its error has a place of its own, which the client may not see.
    let is_requirement = |error: &Json| {
        let message = error["message"].as_str();
        message.is_some_and(|message| message.ends_with(REQUIREMENT_FAILED))
    };
    if wanted["errors"]
        .as_array()
        .is_some_and(|errors| errors.iter().any(is_requirement))
    {
        return None;
    }
    let (ours, theirs) = (failed_places(found), failed_places(wanted));
    let odd: Vec<&String> = ours.symmetric_difference(&theirs).collect();
    if odd.is_empty() {
        return None;
    }
    Some(format!("the errors differ: at {odd:?}"))
}

/// With the order of keys.
fn text(json: &Json) -> String {
    json.to_string()
}

/// Where data are null because of an error: each error's path up to the first null. How many
/// errors below one null are reported is left to the server.
fn failed_places(answer: &Json) -> BTreeSet<String> {
    let errors = answer["errors"].as_array().into_iter().flatten();
    errors
        .filter_map(|error| {
            let mut place = String::new();
            let mut at = &answer["data"];
            for step in error["path"].as_array().into_iter().flatten() {
                if at.is_null() {
                    break;
                }
                place.push_str(&format!("/{step}"));
                at = match step {
                    // An interface object is asked for a field whatever the type of its objects,
                    // so one may fail that this object is not asked for.
                    Json::String(key) if at.get(key).is_none() => return None,
                    Json::String(key) => &at[key],
                    index => {
                        &at[usize::try_from(index.as_u64().unwrap_or_default()).unwrap_or_default()]
                    }
                };
            }
            if !at.is_null() {
                place.push_str(" (not null)");
            }
            Some(place)
        })
        .collect()
}
