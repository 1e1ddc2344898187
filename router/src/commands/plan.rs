//! `router plan`: shows how a query would be answered.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use operation::ApiSchema;
use plan::Plan;
use query_graph::QueryGraph;
use supergraph::Supergraph;

use super::compose::write;
use super::{Format, Outcome};
use crate::engine::explain::Explanation;

/// Which query over which graph.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Supergraph SDL
    #[arg(short, long, value_name = "FILE")]
    supergraph: PathBuf,
    /// The document with the query
    #[arg(short, long, value_name = "FILE")]
    query: PathBuf,
    /// Which of the document's operations
    #[arg(long, value_name = "NAME")]
    operation_name: Option<String>,
    /// The plan as people know it, or as JSON
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Also what the plan costs and, for each fetch, which fields forced it
    #[arg(long)]
    explain: bool,
    /// A label of `@override` that is on, such as percent(10); all others are off. May be given
    /// several times
    #[arg(long = "override-label", value_name = "LABEL")]
    override_labels: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Outcome> {
    let read =
        |path: &PathBuf| std::fs::read_to_string(path).with_context(|| path.display().to_string());
    let sdl = read(&arguments.supergraph)?;
    let document = read(&arguments.query)?;
    let supergraph = match Supergraph::read(&sdl) {
        Ok(supergraph) => supergraph,
        Err(error) => {
            eprintln!("error: {}: {error}", arguments.supergraph.display());
            return Ok(Outcome::AtFault);
        }
    };
    let model = supergraph.model();
    let api = ApiSchema::parse(&model.api_sdl()).context("the supergraph's API schema")?;
    let prepared = match operation::prepare(
        &api,
        &document,
        arguments.operation_name.as_deref(),
        &operation::Limits::default(),
    ) {
        Ok(prepared) => prepared,
        Err(errors) => {
            for error in errors {
                let place = error
                    .locations
                    .first()
                    .map(|place| format!(":{}:{}", place.line, place.column))
                    .unwrap_or_default();
                eprintln!(
                    "error[{}]: {}{place}: {}",
                    error.code,
                    arguments.query.display(),
                    error.message
                );
            }
            return Ok(Outcome::AtFault);
        }
    };
    let graph = QueryGraph::build(model);
    let options = planner::Options {
        labels_on: arguments.override_labels.iter().cloned().collect(),
        ..planner::Options::default()
    };
    let plan = match planner::plan(&graph, &prepared.operation, &options) {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(Outcome::AtFault);
        }
    };
    write(None, &shown(&graph, &plan, arguments))?;
    Ok(Outcome::Clean)
}

fn shown(graph: &QueryGraph, plan: &Plan, arguments: &Arguments) -> String {
    let explanation = arguments.explain.then(|| Explanation::new(graph, plan));
    match (arguments.format, explanation) {
        (Format::Text, None) => plan.to_string(),
        (Format::Text, Some(explanation)) => format!("{plan}\n{explanation}"),
        (Format::Json, explanation) => {
            let mut json = plan.to_json();
            if let Some(explanation) = explanation {
                json["explanation"] = explanation.to_json();
            }
            format!("{json:#}\n")
        }
    }
}
