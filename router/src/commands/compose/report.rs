//! What one composition gave, in the format that was asked for.

use std::path::Path;

use clap::ValueEnum;
use diagnostics::render::{github, json};
use diagnostics::{Level, Problems};
use serde_json::{Value, json as value};

use super::errors_json;
use crate::commands::terminal::colour_of_messages;
use crate::graph::{ComposeError, Composed, SubgraphText, render};

/// How problems look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// SDL on standard output, readable problems on standard error
    #[default]
    Text,
    /// One JSON object, with the supergraph or the problems
    Json,
    /// Annotations of a pull request on GitHub; the SDL goes to --output only
    Github,
}

/// The least important hints that are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Hints {
    /// No hints
    None,
    /// Something is lost or surprising
    Warn,
    /// Worth knowing
    #[default]
    Info,
    /// Of interest when looking closely
    Debug,
}

/// What is written where.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// For the file that was asked for, or standard output.
    pub(super) output: Option<String>,
    /// For standard output, whatever is asked for.
    pub(super) annotations: String,
    /// For standard error.
    pub(super) messages: String,
}

impl Report {
    pub(super) fn new(
        composed: &Result<Composed, ComposeError>,
        subgraphs: &[SubgraphText],
        format: Format,
        hints: Hints,
        has_output_file: bool,
    ) -> Self {
        match (format, composed) {
            (Format::Text, Ok(composed)) => Self {
                output: Some(composed.supergraph.model().print()),
                messages: render(
                    &shown(&composed.hints, hints),
                    subgraphs,
                    colour_of_messages(),
                ),
                ..Self::default()
            },
            (Format::Text, Err(error)) => Self {
                messages: error.render(subgraphs, colour_of_messages()),
                ..Self::default()
            },
            (Format::Json, composed) => Self {
                output: Some(format!("{}\n", object(composed))),
                ..Self::default()
            },
            (Format::Github, Ok(composed)) => Self {
                output: has_output_file.then(|| composed.supergraph.model().print()),
                annotations: annotations(&shown(&composed.hints, hints), subgraphs),
                ..Self::default()
            },
            (Format::Github, Err(ComposeError::Problems(problems))) => Self {
                annotations: annotations(problems, subgraphs),
                ..Self::default()
            },
            (Format::Github, Err(error)) => Self {
                messages: error.render(subgraphs, colour_of_messages()),
                ..Self::default()
            },
        }
    }
}

/// The hints that are important enough.
pub(super) fn shown(hints: &Problems, least: Hints) -> Problems {
    let fits = |level: Level| match least {
        Hints::None => false,
        Hints::Warn => level <= Level::Warn,
        Hints::Info => level <= Level::Info,
        Hints::Debug => true,
    };
    hints
        .iter()
        .filter(|hint| fits(hint.level))
        .cloned()
        .collect()
}

fn object(composed: &Result<Composed, ComposeError>) -> Value {
    match composed {
        Ok(composed) => {
            let model = composed.supergraph.model();
            let hints: Vec<Value> = composed.hints.iter().map(json).collect();
            value!({
                "ok": true,
                "supergraph": model.print(),
                "api": model.api_sdl(),
                "hints": hints,
            })
        }
        Err(error) => value!({ "ok": false, "errors": errors_json(error) }),
    }
}

fn annotations(problems: &Problems, subgraphs: &[SubgraphText]) -> String {
    let file_of = |name: &str| {
        subgraphs
            .iter()
            .find(|subgraph| subgraph.name == name)
            .and_then(|subgraph| subgraph.file.as_deref())
            .and_then(Path::to_str)
            // GitHub knows files by their path in the repository only.
            .map(|file| file.strip_prefix("./").unwrap_or(file))
    };
    problems
        .iter()
        .map(|problem| github(problem, file_of))
        .collect()
}

#[test]
fn hints_are_shown_down_to_a_level() {
    use diagnostics::Code;
    let mut hints = Problems::default();
    hints.hint(Code::InconsistentDescription, "a", "a");
    hints.hint(Code::InconsistentEntity, "b", "b");
    hints.hint(Code::UnusedEnumType, "c", "c");
    let count = |least| shown(&hints, least).len();
    assert_eq!(
        [Hints::None, Hints::Warn, Hints::Info, Hints::Debug].map(count),
        [0, 1, 2, 3]
    );
}
