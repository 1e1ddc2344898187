//! `router compose`: subgraphs become a supergraph, or problems with their places.
//!
//! The schemas come from files, from the configuration itself, or from running subgraphs, which are
//! all asked at once. `--watch` does it again at every change.

mod progress;
mod report;
mod watch;

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use diagnostics::Code;
use diagnostics::render::{Colour, json};
use serde_json::{Value, json as value};

use super::Outcome;
use super::terminal::colour_of_messages;
use crate::config::Time;
use crate::graph::{ComposeError, Composed, Inputs, SubgraphText, compose, gather_from};
use crate::serve::termination;
use crate::subgraph_client::HttpClient;
use progress::Progress;
use report::{Format, Hints, Report};

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
    /// How the problems look
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The least important hints that are shown; JSON has all
    #[arg(long, value_enum, default_value_t)]
    hints: Hints,
    /// Compose again whenever a schema changes, until Ctrl-C; the supergraph goes to --output only
    #[arg(long)]
    watch: bool,
    /// How often running subgraphs are asked for their schemas while watching
    #[arg(long, value_name = "TIME", default_value = "2s", requires = "watch")]
    poll_interval: Time,
}

pub(super) async fn run(arguments: Arguments) -> anyhow::Result<Outcome> {
    let config = Config::find(&arguments.config)?;
    let client = HttpClient::new()?;
    if arguments.watch {
        return tokio::select! {
            result = watch::run(&arguments, &config, &client) => result.map(|()| Outcome::Clean),
            // To be told to stop is how watching ends.
            () = termination() => Ok(Outcome::Clean),
        };
    }
    let run = ComposeRun::gather(&config, &client)
        .await?
        .compose()
        .await?;
    run.write(&arguments)?;
    Ok(match run.composed {
        Ok(_) => Outcome::Clean,
        Err(_) => Outcome::AtFault,
    })
}

/// Where the `supergraph.yaml` is.
#[derive(Debug)]
struct Config {
    /// Its name in messages.
    name: String,
    /// The file; none for standard input, which can be read but once.
    path: Option<PathBuf>,
    /// What was read from standard input.
    piped: Option<String>,
    /// Where the paths in it start.
    directory: PathBuf,
}

impl Config {
    /// `-` is standard input, with paths from here.
    fn find(path: &Path) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .context("reading standard input")?;
            return Ok(Self {
                name: "standard input".to_owned(),
                path: None,
                piped: Some(text),
                directory: PathBuf::new(),
            });
        }
        Ok(Self {
            name: path.display().to_string(),
            path: Some(path.to_owned()),
            piped: None,
            directory: path.parent().unwrap_or(Path::new("")).to_owned(),
        })
    }

    /// The schemas that it names.
    async fn gather(
        &self,
        client: &HttpClient,
        progress: &Progress,
    ) -> anyhow::Result<Vec<SubgraphText>> {
        let text = match (&self.piped, &self.path) {
            (Some(text), _) => text.clone(),
            (None, Some(path)) => {
                std::fs::read_to_string(path).with_context(|| self.name.clone())?
            }
            (None, None) => String::new(),
        };
        let arrival = |arrival: crate::graph::Arrival<'_>| progress.gathering(&arrival);
        Ok(gather_from(&self.name, &text, &self.directory, client, arrival).await?)
    }
}

/// One composition: first its schemas, then what came of them.
#[derive(Debug)]
struct ComposeRun<C> {
    subgraphs: Vec<SubgraphText>,
    composed: C,
    progress: Option<Progress>,
}

impl ComposeRun<()> {
    async fn gather(config: &Config, client: &HttpClient) -> anyhow::Result<Self> {
        let progress = Progress::start();
        let subgraphs = config.gather(client, &progress).await?;
        Ok(Self {
            subgraphs,
            composed: (),
            progress: Some(progress),
        })
    }

    async fn compose(self) -> anyhow::Result<ComposeRun<Result<Composed, ComposeError>>> {
        if let Some(progress) = &self.progress {
            progress.composing(self.subgraphs.len());
        }
        let inputs = Inputs::Subgraphs(self.subgraphs);
        // On a thread of its own: it computes and never waits, and progress is to be told.
        let (inputs, composed) = tokio::task::spawn_blocking(move || {
            let composed = compose(&inputs);
            (inputs, composed)
        })
        .await
        .context("composing broke off")?;
        // Nothing may be written over what comes now.
        drop(self.progress);
        Ok(ComposeRun {
            subgraphs: match inputs {
                Inputs::Subgraphs(subgraphs) => subgraphs,
                Inputs::Supergraph { .. } => Vec::new(),
            },
            composed,
            progress: None,
        })
    }
}

impl ComposeRun<Result<Composed, ComposeError>> {
    /// Writes what was asked for.
    fn write(&self, arguments: &Arguments) -> anyhow::Result<()> {
        if let (Some(path), Ok(composed)) = (&arguments.api_output, &self.composed) {
            write(Some(path), &composed.supergraph.model().api_sdl())?;
        }
        let file = arguments.output.as_deref();
        let report = Report::new(
            &self.composed,
            &self.subgraphs,
            arguments.format,
            arguments.hints,
            file.is_some(),
        );
        eprint!("{}", report.messages);
        if !report.annotations.is_empty() {
            write(None, &report.annotations)?;
        }
        // Supergraphs one after the other on standard output would serve nobody.
        let repeated = arguments.watch && file.is_none() && arguments.format != Format::Json;
        match report.output {
            Some(output) if !repeated => write(file, &output),
            _ => Ok(()),
        }
    }

    /// One line for people who watch.
    fn summary(&self) -> String {
        let count = |number: usize, what: &str| match number {
            1 => format!("1 {what}"),
            _ => format!("{number} {what}s"),
        };
        let subgraphs = count(self.subgraphs.len(), "subgraph");
        match &self.composed {
            Ok(composed) => {
                format!(
                    "composed {subgraphs}: {}",
                    count(composed.hints.len(), "hint")
                )
            }
            Err(ComposeError::Problems(problems)) => {
                let errors = count(problems.errors().count(), "error");
                format!("{subgraphs} not composed: {errors}")
            }
            Err(ComposeError::Supergraph { .. }) => "not composed".to_owned(),
        }
    }
}

/// The texts that a `supergraph.yaml` names; `-` is standard input, with paths from here.
pub(super) async fn read_subgraphs(config: &Path) -> anyhow::Result<Vec<SubgraphText>> {
    let config = Config::find(config)?;
    config.gather(&HttpClient::new()?, &Progress::start()).await
}

/// The problems of a failed composition, for tools.
pub(super) fn errors_json(error: &ComposeError) -> Vec<Value> {
    match error {
        ComposeError::Problems(problems) => problems.errors().map(json).collect(),
        ComposeError::Supergraph { path, reason } => vec![value!({
            "code": Code::InvalidFederationSupergraph.as_str(),
            "message": format!("{}: {reason}", path.display()),
            "locations": [],
        })],
    }
}

/// Colour for people only.
pub(super) fn colour() -> Colour {
    colour_of_messages()
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
