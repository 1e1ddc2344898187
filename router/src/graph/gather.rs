//! Reads and fetches the texts that the graph is made of.

use std::path::{Path, PathBuf};

use futures_util::future::join_all;

use super::introspect;
use super::{SchemaFrom, Source, SupergraphYaml};
use crate::config::{ConfigError, ProcessValues};
use crate::subgraph_client::HttpClient;

/// The texts of a graph. Equal texts give the same graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Inputs {
    /// Supergraph SDL.
    Supergraph {
        /// The file, for messages.
        path: PathBuf,
        /// Its content.
        sdl: String,
    },
    /// The subgraphs, ordered by name.
    Subgraphs(Vec<SubgraphText>),
}

/// One subgraph's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubgraphText {
    /// Its name.
    pub(crate) name: String,
    /// Where it answers.
    pub(crate) url: String,
    /// Its schema.
    pub(crate) sdl: String,
    /// The file the schema was read from.
    pub(crate) file: Option<PathBuf>,
}

/// Why the texts cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GatherError {
    /// The `supergraph.yaml` is not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A file cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Some subgraphs did not give their schema. They may do so later.
    #[error("{}", .0.join("\n"))]
    Fetch(Vec<String>),
    /// Several schemas cannot be had, for different reasons.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<GatherError>),
}

/// How far gathering is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Arrival<'n> {
    /// The schemas of these subgraphs are being read and fetched, all at once.
    Expected(&'n [&'n str]),
    /// This one's schema is here, or cannot be had.
    Here(&'n str),
}

impl GatherError {
    /// Whether trying again can help.
    pub(crate) fn is_temporary(&self) -> bool {
        // A file that is missing is not waited for, whatever else is.
        matches!(self, Self::Fetch(_))
    }
}

/// Reads the source's file, and all that it names.
pub(crate) async fn gather(source: &Source, client: &HttpClient) -> Result<Inputs, GatherError> {
    match source {
        Source::Supergraph(path) => Ok(Inputs::Supergraph {
            sdl: read(path).await?,
            path: path.clone(),
        }),
        Source::Config(path) => {
            let text = read(path).await?;
            let directory = path.parent().unwrap_or(Path::new(""));
            gather_from(
                &path.display().to_string(),
                &text,
                directory,
                client,
                |_| {},
            )
            .await
            .map(Inputs::Subgraphs)
        }
    }
}

/// Reads what a `supergraph.yaml` with this text names; paths in it start at `directory`.
/// `arrival` is told how far it is.
pub(crate) async fn gather_from(
    file: &str,
    text: &str,
    directory: &Path,
    client: &HttpClient,
    arrival: impl Fn(Arrival<'_>) + Sync,
) -> Result<Vec<SubgraphText>, GatherError> {
    let yaml = SupergraphYaml::parse(file, text, &ProcessValues)?;
    let names: Vec<&str> = yaml.entries().map(|(name, _, _)| name).collect();
    arrival(Arrival::Expected(&names));
    let arrival = &arrival;
    let reading = yaml.entries().map(|(name, url, from)| async move {
        let result = one(name, url, from, directory, client).await;
        arrival(Arrival::Here(name));
        result
    });
    let mut subgraphs = Vec::new();
    let mut missing = Vec::new();
    let mut others = Vec::new();
    for result in join_all(reading).await {
        match result {
            Ok(subgraph) => subgraphs.push(subgraph),
            Err(GatherError::Fetch(reasons)) => missing.extend(reasons),
            Err(other) => others.push(other),
        }
    }
    if !missing.is_empty() {
        others.push(GatherError::Fetch(missing));
    }
    match others.pop() {
        None => Ok(subgraphs),
        Some(only) if others.is_empty() => Err(only),
        Some(last) => {
            others.push(last);
            Err(GatherError::Several(others))
        }
    }
}

/// Reads or fetches one subgraph's schema.
async fn one(
    name: &str,
    url: String,
    from: SchemaFrom,
    directory: &Path,
    client: &HttpClient,
) -> Result<SubgraphText, GatherError> {
    let (sdl, file) = match from {
        SchemaFrom::Sdl(sdl) => (sdl, None),
        SchemaFrom::File(path) => {
            let path = directory.join(path);
            (read(&path).await?, Some(path))
        }
        SchemaFrom::Url { url, headers } => {
            let sdl = introspect::fetch(client, &url, &headers)
                .await
                .map_err(|reason| {
                    GatherError::Fetch(vec![format!(
                        "the schema of subgraph `{name}` cannot be fetched from {url}: {reason}"
                    )])
                })?;
            (sdl, None)
        }
    };
    Ok(SubgraphText {
        name: name.to_owned(),
        url,
        sdl,
        file,
    })
}

async fn read(path: &Path) -> Result<String, GatherError> {
    tokio::fs::read_to_string(path)
        .await
        .map_err(|source| GatherError::Read {
            path: path.to_owned(),
            source,
        })
}
