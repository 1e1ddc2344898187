//! What is live now, and how the next state is made from it.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use diagnostics::render::Colour;

use crate::authentication::Authenticator;
use crate::config::{Config, ConfigError};
use crate::endpoints::Readiness;
use crate::engine::{Engine, Graph};
use crate::graph::{GatherError, Inputs, Source, compose, gather, render};
use crate::http::app::{App, Parts, app};
use crate::subgraph_client::HttpClient;
use crate::telemetry::Metrics;

/// What stays the same as long as the process lives.
#[derive(Debug)]
pub(crate) struct Setup {
    /// Where the graph comes from.
    pub(crate) source: Source,
    /// The configuration file, if there is one.
    pub(crate) config_path: Option<PathBuf>,
    /// Whether everything is shown.
    pub(crate) dev: bool,
    /// The listen address of the command line, which beats the file's.
    pub(crate) listen: Option<String>,
}

/// Why a new state cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// The configuration file is not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration is readable, but makes no sense.
    #[error("{0}")]
    Settings(String),
    /// The texts of the graph cannot be had.
    #[error(transparent)]
    Gather(#[from] GatherError),
    /// The texts make no graph. Rendered problems, several lines.
    #[error("{0}")]
    Schema(String),
}

/// The state that requests see, and what it was made from.
#[derive(Debug)]
pub(crate) struct Live {
    pub(crate) setup: Setup,
    pub(crate) config: Config,
    app: Arc<ArcSwap<App>>,
    client: HttpClient,
    metrics: Arc<Metrics>,
    readiness: Readiness,
    authenticator: Option<Arc<Authenticator>>,
    inputs: Option<Inputs>,
    graph: Option<Arc<Graph>>,
    engine: Option<Arc<Engine>>,
}

impl Setup {
    /// The configuration as it stands in the file now, with what the command line says about it.
    pub(crate) fn read_config(&self) -> Result<Config, ConfigError> {
        let mut config = match &self.config_path {
            Some(path) => Config::read(path)?,
            None => Config::default(),
        };
        if self.dev {
            config = config.for_development();
        }
        if let Some(listen) = &self.listen {
            config.supergraph.listen.clone_from(listen);
        }
        Ok(config)
    }
}

impl Live {
    /// A state without a graph: the process lives and is not ready.
    pub(crate) fn start(
        setup: Setup,
        config: Config,
        client: HttpClient,
        readiness: Readiness,
    ) -> Result<Self, LoadError> {
        let metrics = Arc::new(Metrics::default());
        let authenticator = authenticator(&config, &client, None).map_err(LoadError::Settings)?;
        let parts = Parts {
            engine: None,
            authenticator: authenticator.clone(),
            metrics: Arc::clone(&metrics),
            readiness: readiness.clone(),
        };
        let first = app(&config, parts).map_err(LoadError::Settings)?;
        Ok(Self {
            setup,
            config,
            app: Arc::new(ArcSwap::from_pointee(first)),
            client,
            metrics,
            readiness,
            authenticator,
            inputs: None,
            graph: None,
            engine: None,
        })
    }

    /// The place where requests find the current app.
    pub(crate) fn app(&self) -> Arc<ArcSwap<App>> {
        Arc::clone(&self.app)
    }

    /// The files that the graph was made from, the one that names the others first.
    pub(crate) fn graph_files(&self) -> Vec<PathBuf> {
        let (Source::Supergraph(path) | Source::Config(path)) = &self.setup.source;
        let schemas = self
            .inputs
            .iter()
            .flat_map(Inputs::subgraphs)
            .filter_map(|subgraph| subgraph.file.clone());
        std::iter::once(path.clone()).chain(schemas).collect()
    }

    /// Whether some schema is not in a file and can only be known by asking.
    pub(crate) fn polls(&self) -> bool {
        self.inputs
            .iter()
            .flat_map(Inputs::subgraphs)
            .any(|subgraph| subgraph.file.is_none())
    }

    /// Reads the graph's texts, and swaps the new graph in if they have changed. True if so.
    pub(crate) async fn load_graph(&mut self) -> Result<bool, LoadError> {
        let inputs = gather(&self.setup.source, &self.client).await?;
        if self.inputs.as_ref() == Some(&inputs) {
            return Ok(false);
        }
        let (inputs, graph) = tokio::task::spawn_blocking(move || {
            let graph = build(&inputs)?;
            Ok::<_, LoadError>((inputs, graph))
        })
        .await
        .map_err(|error| LoadError::Settings(format!("composing broke off: {error}")))??;
        self.install(self.config.clone(), Some(Arc::new(graph)))
            .await?;
        self.inputs = Some(inputs);
        Ok(true)
    }

    /// Reads the configuration, and swaps a new app in if it has changed. True if so.
    pub(crate) async fn load_config(&mut self) -> Result<bool, LoadError> {
        let config = self.setup.read_config()?;
        if config == self.config {
            return Ok(false);
        }
        if config.supergraph.listen != self.config.supergraph.listen {
            tracing::warn!("`supergraph.listen` takes effect when the router is restarted");
        }
        if config.limits.max_connections != self.config.limits.max_connections {
            tracing::warn!("`limits.max_connections` takes effect when the router is restarted");
        }
        self.install(config, self.graph.clone()).await?;
        Ok(true)
    }

    /// Counts a reload.
    pub(crate) fn count_reload(&self, outcome: &str) {
        self.metrics.reloads.count(outcome);
    }

    async fn install(
        &mut self,
        config: Config,
        graph: Option<Arc<Graph>>,
    ) -> Result<(), LoadError> {
        // Keys that are there already are not fetched again because some other setting changed.
        let kept = self
            .authenticator
            .clone()
            .filter(|_| config.authentication == self.config.authentication);
        let authenticator =
            authenticator(&config, &self.client, kept).map_err(LoadError::Settings)?;
        let engine = graph
            .as_ref()
            .map(|graph| {
                Engine::new(
                    Arc::clone(graph),
                    &config,
                    self.client.clone(),
                    Arc::clone(&self.metrics),
                )
            })
            .transpose()
            .map_err(LoadError::Settings)?
            .map(Arc::new);
        if let (Some(before), Some(engine)) = (&self.engine, &engine) {
            let (before, engine) = (Arc::clone(before), Arc::clone(engine));
            let operations = config.supergraph.query_planning.warmed_up_queries;
            // If it breaks off, plans are made when they are asked for.
            let _ = tokio::task::spawn_blocking(move || engine.warm_up(&before, operations)).await;
        }
        let parts = Parts {
            engine: engine.clone(),
            authenticator: authenticator.clone(),
            metrics: Arc::clone(&self.metrics),
            readiness: self.readiness.clone(),
        };
        let next = app(&config, parts).map_err(LoadError::Settings)?;
        self.app.store(Arc::new(next));
        if let (Some(before), Some(engine)) = (&self.engine, &engine) {
            before.superseded_by(Arc::clone(engine));
        }
        self.authenticator = authenticator;
        self.config = config;
        self.graph = graph;
        self.engine = engine;
        Ok(())
    }
}

fn authenticator(
    config: &Config,
    client: &HttpClient,
    kept: Option<Arc<Authenticator>>,
) -> Result<Option<Arc<Authenticator>>, String> {
    if kept.is_some() {
        return Ok(kept);
    }
    let started = Authenticator::start(&config.authentication.router.jwt, client)?;
    Ok(started.map(Arc::new))
}

fn build(inputs: &Inputs) -> Result<Graph, LoadError> {
    let composed = compose(inputs)
        .map_err(|error| LoadError::Schema(error.render(inputs.subgraphs(), Colour::Never)))?;
    if !composed.hints.is_empty() {
        tracing::debug!(
            "composition has hints:\n{}",
            render(&composed.hints, inputs.subgraphs(), Colour::Never)
        );
    }
    Graph::new(&composed.supergraph).map_err(LoadError::Schema)
}
