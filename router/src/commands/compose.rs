//! `router compose`: subgraphs become a supergraph, or problems with their places.

use std::io::{IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use diagnostics::render::{Colour, json};
use serde_json::{Value, json as value};

use super::{Format, Outcome};
use crate::graph::{ComposeError, Inputs, SubgraphText, compose, gather_from, render};
use crate::subgraph_client::HttpClient;

/// What to compose, and where to write it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The supergraph.yaml that names the subgraphs; - for standard input
    #[arg(long, value_name = "FILE", default_value = "supergraph.yaml")]
    config: PathBuf,
    /// Write the supergraph (or the JSON) here instead of to standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Also write the API schema, which clients see, here
    #[arg(long, value_name = "FILE")]
    api_output: Option<PathBuf>,
    /// SDL and readable problems, or one JSON object
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<Outcome> {
    let subgraphs = read_subgraphs(&arguments.config).await?;
    let inputs = Inputs::Subgraphs(subgraphs);
    let composed = compose(&inputs);
    if let (Some(path), Ok(composed)) = (&arguments.api_output, &composed) {
        write(Some(path), &composed.supergraph.model().api_sdl())?;
    }
    let output = arguments.output.as_deref();
    match (composed, arguments.format) {
        (Ok(composed), Format::Text) => {
            eprint!("{}", render(&composed.hints, inputs.subgraphs(), colour()));
            write(output, &composed.supergraph.model().print())?;
            Ok(Outcome::Clean)
        }
        (Ok(composed), Format::Json) => {
            let model = composed.supergraph.model();
            let hints: Vec<Value> = composed.hints.iter().map(json).collect();
            let answer = value!({
                "ok": true,
                "supergraph": model.print(),
                "api": model.api_sdl(),
                "hints": hints,
            });
            write(output, &format!("{answer}\n"))?;
            Ok(Outcome::Clean)
        }
        (Err(error), Format::Text) => {
            eprint!("{}", error.render(inputs.subgraphs(), colour()));
            Ok(Outcome::AtFault)
        }
        (Err(error), Format::Json) => {
            let answer = value!({ "ok": false, "errors": errors_json(&error) });
            write(output, &format!("{answer}\n"))?;
            Ok(Outcome::AtFault)
        }
    }
}

/// The texts that a `supergraph.yaml` names; `-` is standard input, with paths from here.
pub(super) async fn read_subgraphs(config: &Path) -> anyhow::Result<Vec<SubgraphText>> {
    let (name, text, directory) = if config == Path::new("-") {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("reading standard input")?;
        ("standard input".to_owned(), text, Path::new(""))
    } else {
        let name = config.display().to_string();
        let text = std::fs::read_to_string(config).with_context(|| name.clone())?;
        (name, text, config.parent().unwrap_or(Path::new("")))
    };
    let client = HttpClient::new()?;
    Ok(gather_from(&name, &text, directory, &client).await?)
}

/// The problems of a failed composition, for tools.
pub(super) fn errors_json(error: &ComposeError) -> Vec<Value> {
    match error {
        ComposeError::Problems(problems) => problems.errors().map(json).collect(),
        ComposeError::Supergraph { path, reason } => vec![value!({
            "code": "INVALID_SUPERGRAPH",
            "message": format!("{}: {reason}", path.display()),
            "locations": [],
        })],
    }
}

/// Colour for people only.
pub(super) fn colour() -> Colour {
    if std::io::stderr().is_terminal() {
        Colour::Always
    } else {
        Colour::Never
    }
}

/// Writes to a file, or to standard output.
pub(super) fn write(path: Option<&Path>, text: &str) -> anyhow::Result<()> {
    match path {
        Some(path) => {
            std::fs::write(path, text).with_context(|| format!("writing {}", path.display()))
        }
        None => {
            let mut out = std::io::stdout().lock();
            match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
                // A reader that has seen enough is no failure of ours.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
                _ => Ok(()),
            }
        }
    }
}
