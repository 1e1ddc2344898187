//! `router plan`: shows how a query would be answered.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use operation::ApiSchema;
use query_graph::QueryGraph;
use supergraph::Supergraph;

use super::compose::write;
use super::{Format, Outcome};

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
    let options = planner::Options::default();
    let plan = match planner::plan(&graph, &prepared.operation, &options) {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!("error: {error}");
            return Ok(Outcome::AtFault);
        }
    };
    let text = match arguments.format {
        Format::Text => plan.to_string(),
        Format::Json => format!("{:#}\n", plan.to_json()),
    };
    write(None, &text)?;
    Ok(Outcome::Clean)
}
