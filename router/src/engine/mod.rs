//! One composed graph, ready to answer: API schema, query graph, plans, subgraphs.
//!
//! An [`Engine`] never changes. A reload makes another one; a request keeps the one it began with.
//! Read [`Engine::answer`], which is a query's life in this process.

mod answer;
mod error_exposure;
pub(crate) mod explain;
mod exposed_plan;
mod limits;
mod override_labels;
mod plan_cache;
mod planned;
mod subscription;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use operation::ApiSchema;
use query_graph::{NodeId, QueryGraph};
use supergraph::Supergraph;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;

pub(crate) use answer::{Answered, Method, Refused};
pub(crate) use error_exposure::IncludeSubgraphErrors;
pub(crate) use limits::LimitsConfig;
pub(crate) use override_labels::OverrideLabelsConfig;
pub(crate) use subscription::{Event, Events, SubscriptionConfig, WebSocketConfig};

use crate::config::Config;
use crate::subgraph_client::{HttpClient, SubgraphTargets};
use crate::telemetry::Metrics;
use error_exposure::ErrorExposure;
use override_labels::OverrideLabels;
use plan_cache::{PlanCache, PlanKey};
use planned::PlanFailure;
pub(crate) use planned::Planned;

/// How long a new graph may wait for its plans.
const LONGEST_WARM_UP: Duration = Duration::from_secs(3);

/// What can be made from a supergraph alone, shared by engines that differ in configuration only.
#[derive(Debug)]
pub(crate) struct Graph {
    api: ApiSchema,
    query_graph: QueryGraph,
    /// The labels of progressive overrides.
    labels: BTreeSet<String>,
    /// Name and address of each subgraph, by id.
    subgraphs: Vec<(String, String)>,
}

impl Graph {
    /// Fails with a sentence when the API schema of the supergraph is not valid GraphQL.
    pub(crate) fn new(supergraph: &Supergraph) -> Result<Self, String> {
        let model = supergraph.model();
        let api = ApiSchema::parse(&model.api_sdl())
            .map_err(|error| format!("the API schema of the supergraph is not valid: {error}"))?;
        let query_graph = QueryGraph::build(model);
        Ok(Self {
            api,
            labels: labels(&query_graph),
            query_graph,
            subgraphs: model
                .graphs
                .iter()
                .map(|graph| (graph.name.clone(), graph.url.clone()))
                .collect(),
        })
    }
}

/// The labels on which some move depends.
fn labels(graph: &QueryGraph) -> BTreeSet<String> {
    (0..u32::try_from(graph.len()).unwrap_or(u32::MAX))
        .flat_map(|id| graph.node(NodeId(id)).fields.values())
        .filter_map(|field| Some(field.label.as_ref()?.label.clone()))
        .collect()
}

/// One graph under one configuration.
#[derive(Debug)]
pub(crate) struct Engine {
    graph: Arc<Graph>,
    subgraphs: SubgraphTargets,
    plans: PlanCache,
    /// As many plans are made at once as there are processors; more would only starve requests.
    planning: Arc<Semaphore>,
    labels: OverrideLabels,
    exposure: ErrorExposure,
    limits: operation::Limits,
    introspection: bool,
    /// Whether clients may see plans.
    exposes_plans: bool,
    subscriptions: SubscriptionConfig,
    /// The engine that took this one's place, once there is one. Streams outlive reloads.
    successor: watch::Sender<Option<Arc<Engine>>>,
    metrics: Arc<Metrics>,
}

impl Engine {
    /// Fails with a sentence when the configuration makes no sense.
    pub(crate) fn new(
        graph: Arc<Graph>,
        config: &Config,
        client: HttpClient,
        metrics: Arc<Metrics>,
    ) -> Result<Self, String> {
        let names = graph
            .subgraphs
            .iter()
            .map(|(name, url)| (name.as_str(), url.as_str()));
        let subgraphs = SubgraphTargets::new(names.clone(), config, client, &metrics)?;
        let exposure =
            ErrorExposure::new(&config.include_subgraph_errors, names.map(|(name, _)| name));
        for label in config.override_labels.keys() {
            if !graph.labels.contains(label) {
                tracing::warn!("`override_labels`: no `@override` has the label `{label}`");
            }
        }
        let cache = &config.supergraph.query_planning.cache.in_memory;
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let plans = PlanCache::new(cache.limit, cache.limit_bytes);
        metrics.observe_plan_cache(plans.size());
        Ok(Self {
            subgraphs,
            plans,
            planning: Arc::new(Semaphore::new(processors)),
            labels: OverrideLabels::new(&graph.labels, &config.override_labels),
            exposure,
            limits: config.limits.for_operations(),
            introspection: config.supergraph.introspection,
            exposes_plans: config.supergraph.query_planning.expose_plan,
            subscriptions: config.subscription.clone(),
            successor: watch::Sender::new(None),
            graph,
            metrics,
        })
    }

    /// Plans what was in use in the engine before this one, so that a reload is not felt. Gives up
    /// after a while: the new graph is waited for.
    ///
    /// Takes long; not for a thread that answers requests.
    pub(crate) fn warm_up(&self, before: &Self, operations: usize) {
        let started = Instant::now();
        let mut planned = 0;
        let in_use = before.plans.in_use(operations);
        // Variants of one operation were in use together; with the new graph's labels there may be
        // others than before.
        let keys = in_use.iter().flat_map(|(text, operation_name)| {
            self.labels.variants().map(|variant| PlanKey {
                text,
                operation_name: operation_name.as_deref(),
                variant,
            })
        });
        for key in keys {
            if started.elapsed() > LONGEST_WARM_UP {
                break;
            }
            // What the new graph cannot answer is told to whoever asks for it again.
            if let Ok(plan) = self.make_plan_here(key, None) {
                self.plans.put(key, plan);
                planned += 1;
            }
        }
        tracing::debug!(plans = planned, "plans made beforehand");
    }

    /// Tells whoever still works with this engine that another one has taken its place.
    pub(crate) fn superseded_by(&self, next: Arc<Self>) {
        self.successor.send_replace(Some(next));
    }

    /// The engine that is in place now.
    pub(crate) fn current(self: &Arc<Self>) -> Arc<Self> {
        let mut engine = Arc::clone(self);
        loop {
            let successor = engine.successor.borrow().clone();
            match successor {
                Some(next) => engine = next,
                None => return engine,
            }
        }
    }

    fn make_plan_here(
        &self,
        key: PlanKey<'_>,
        stop: Option<Arc<AtomicBool>>,
    ) -> Result<Planned, PlanFailure> {
        Planned::make(
            &self.graph,
            &self.limits,
            key.text,
            key.operation_name,
            self.labels.on(key.variant),
            stop,
        )
    }
}
