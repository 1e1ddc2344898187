//! `router check`: what a change of the subgraphs does to the published graph.
//!
//! Three questions: do the subgraphs compose, is what was committed of them current (drift), and
//! what changes for clients against a base. The base is another file, or a revision in git, where
//! the schemas themselves are the registry.

mod base;
mod drift;
mod report;

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use checks::OperationDocument;
use clap::{Args, ValueEnum};
use operation::ApiSchema;

use super::Outcome;
use super::compose::read_subgraphs;
use crate::graph::{Inputs, compose};

/// What to compare with what.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What is published: a supergraph file, a supergraph.yaml, or git:REVISION for what is
    /// committed there beside the configuration; without it only drift and composition are checked
    #[arg(long, value_name = "BASE")]
    against: Option<String>,
    /// The supergraph.yaml that names the subgraphs as they are now
    #[arg(long, value_name = "FILE", default_value = "supergraph.yaml")]
    config: PathBuf,
    /// Where the composed schemas are committed; beside the configuration by default. Its
    /// supergraph.graphql and api.graphql must be current, if they are there, and what stands in
    /// operations/ is tried against the old and the new schema
    #[arg(long, value_name = "DIRECTORY")]
    schema_dir: Option<PathBuf>,
    /// For people, for tools, or as annotations of a pull request
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Which changes make the check fail
    #[arg(long, value_enum, default_value_t)]
    fail_on: FailOn,
}

/// How the report looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    #[default]
    Text,
    /// For tools
    Json,
    /// Annotations of a pull request on GitHub
    Github,
}

/// Which changes make the check fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Changes and operations that break
    #[default]
    Breaking,
    /// Dangerous changes as well
    Dangerous,
    /// No change; drift and composition errors still do
    Never,
}

impl From<FailOn> for checks::FailOn {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Breaking => Self::Breaking,
            FailOn::Dangerous => Self::Dangerous,
            FailOn::Never => Self::Never,
        }
    }
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<Outcome> {
    let directory = arguments.config.parent().unwrap_or(Path::new(""));
    let schema_dir = arguments
        .schema_dir
        .clone()
        .unwrap_or_else(|| directory.join("schema"));
    let inputs = Inputs::Subgraphs(read_subgraphs(&arguments.config).await?);
    let mut found = report::Found::default();
    match compose(&inputs) {
        Err(error) => found.composition = Some(error),
        Ok(composed) => {
            let model = composed.supergraph.model();
            found.drift = drift::check(&schema_dir, model)?;
            if let Some(against) = &arguments.against {
                let base = base::read(against, &arguments.config).await?;
                let documents = operations(&schema_dir.join("operations"))?;
                let old = base.model();
                let api = |model: &supergraph::Model| {
                    ApiSchema::parse(&model.api_sdl()).context("an API schema is not valid")
                };
                found.report = Some(checks::Report {
                    changes: checks::compare(old, model),
                    operations: if documents.is_empty() {
                        Vec::new()
                    } else {
                        checks::operations(&api(old)?, &api(model)?, &documents)
                    },
                });
            }
        }
    }
    let fails = found.fails(arguments.fail_on.into());
    match arguments.format {
        Format::Text => print!("{}", report::text(&found, inputs.subgraphs())),
        Format::Json => println!("{}", report::json(&found, fails)),
        Format::Github => print!("{}", report::github(&found, inputs.subgraphs())),
    }
    Ok(if fails {
        Outcome::AtFault
    } else {
        Outcome::Clean
    })
}

/// The operations that clients are known to send, by file.
fn operations(directory: &Path) -> anyhow::Result<Vec<OperationDocument>> {
    if !directory.is_dir() {
        return Ok(Vec::new());
    }
    let reading = || directory.display().to_string();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(directory)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect())
        .with_context(reading)?;
    paths.retain(|path| path.extension().is_some_and(|it| it == "graphql"));
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(&path).with_context(|| name.clone())?;
            Ok(OperationDocument { name, text })
        })
        .collect()
}
