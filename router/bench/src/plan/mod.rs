//! How long planning takes, and what the plans cost.
//!
//! The graphs are made up by [`graph`]: every type is an entity of every subgraph, and every field
//! is in several, which leaves the planner the most choices there can be. One of them is the size
//! that routers are commonly compared by (7 subgraphs, 240 leaves on four levels); the others change
//! one measure of it at a time, to show how planning time grows with each. The first line is the
//! query of the README over the graph of this repository.

mod graph;

use std::time::Duration;

use anyhow::Context as _;
use operation::{ApiSchema, Limits, Prepared};
use plan::Plan;
use query_graph::QueryGraph;
use supergraph::Supergraph;
use tokio::time::Instant;

use graph::Shape;

const README_SUPERGRAPH: &str = include_str!("../../../../schema/supergraph.graphql");
const README_QUERY: &str =
    include_str!("../../../../schema/operations/user_with_favourites.graphql");

/// What routers are commonly compared by.
const USUAL: Shape = Shape {
    subgraphs: 7,
    types: 7,
    scalars: 12,
    relations: 4,
    sources: 3,
    leaves: 6,
    branches: 3,
    levels: 4,
};

/// A query that is ready to be planned over a graph.
struct Subject {
    api: ApiSchema,
    graph: QueryGraph,
    query: String,
}

/// What was measured.
#[derive(Debug)]
struct Figures {
    prepare: Duration,
    plan: Duration,
    leaves: usize,
    rounds: usize,
    requests: usize,
    /// The most requests that one subgraph gets in one round.
    most_in_a_round: usize,
}

/// Measures everything and prints a table in Markdown.
pub(crate) fn run(samples: u32) -> anyhow::Result<()> {
    println!(
        "| graph | leaves | parse and validate | plan | rounds | requests | most in a round |\n|---|--:|--:|--:|--:|--:|--:|"
    );
    let readme = Subject::new(README_SUPERGRAPH, README_QUERY.to_owned())?;
    line("the README's query", &readme.measure(samples)?);
    for (name, shape) in shapes() {
        let subject = Subject::of(&shape).with_context(|| name.clone())?;
        line(&name, &subject.measure(samples)?);
    }
    Ok(())
}

/// The usual one, and those that differ from it in one measure.
fn shapes() -> Vec<(String, Shape)> {
    let mut shapes = vec![(
        "7 subgraphs, 7 types, each field in 3, 4 levels".to_owned(),
        USUAL,
    )];
    let mut vary = |what: &str, values: &[usize], set: fn(&mut Shape, usize)| {
        for value in values {
            let mut shape = USUAL;
            set(&mut shape, *value);
            shapes.push((format!("… {value} {what}"), shape));
        }
    };
    vary("leaves on each object", &[3, 12, 24], |shape, value| {
        shape.leaves = value;
        shape.scalars = value.max(USUAL.scalars);
    });
    vary("subgraphs", &[3, 14, 28], |shape, value| {
        shape.subgraphs = value;
    });
    vary("sources of each field", &[1, 2, 7], |shape, value| {
        shape.sources = value;
    });
    vary("levels", &[2, 3, 5, 6], |shape, value| shape.levels = value);
    shapes
}

fn line(name: &str, figures: &Figures) {
    println!(
        "| {name} | {} | {} µs | {} µs | {} | {} | {} |",
        figures.leaves,
        figures.prepare.as_micros(),
        figures.plan.as_micros(),
        figures.rounds,
        figures.requests,
        figures.most_in_a_round
    );
}

impl Subject {
    fn new(supergraph: &str, query: String) -> anyhow::Result<Self> {
        let supergraph = Supergraph::read(supergraph)?;
        let model = supergraph.model();
        Ok(Self {
            api: ApiSchema::parse(&model.api_sdl())?,
            graph: QueryGraph::build(model),
            query,
        })
    }

    fn of(shape: &Shape) -> anyhow::Result<Self> {
        Self::new(&shape.supergraph()?, shape.query())
    }

    fn prepare(&self) -> anyhow::Result<Prepared> {
        let limits = Limits {
            // The deepest ones are above what one client may ask for by default.
            max_tokens: usize::MAX,
            max_fields: 1_000_000,
            ..Limits::default()
        };
        operation::prepare(&self.api, &self.query, None, &limits)
            .map_err(|errors| anyhow::anyhow!("the query is refused: {errors:?}"))
    }

    fn plan(&self, prepared: &Prepared) -> anyhow::Result<Plan> {
        let options = planner::Options::default();
        Ok(planner::plan(&self.graph, &prepared.operation, &options)?)
    }

    /// Means over so many samples of both stages.
    fn measure(&self, samples: u32) -> anyhow::Result<Figures> {
        let prepared = self.prepare()?;
        let plan = self.plan(&prepared)?;
        let mut per_round = std::collections::BTreeMap::new();
        for fetch in &plan.fetches {
            *per_round.entry((fetch.round, fetch.subgraph)).or_insert(0) += 1;
        }
        let rounds = plan.fetches.iter().map(|it| usize::from(it.round) + 1);
        Ok(Figures {
            prepare: time_of(samples, || self.prepare().map(drop))?,
            plan: time_of(samples, || self.plan(&prepared).map(drop))?,
            leaves: leaves(&plan.answer),
            rounds: rounds.max().unwrap_or(0),
            requests: plan.fetches.len(),
            most_in_a_round: per_round.into_values().max().unwrap_or(0),
        })
    }
}

/// How long something takes: the mean of so many times, at least one. Where the system tells, it is
/// the time that a processor worked on it, so that other processes do not count.
fn time_of(samples: u32, mut work: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let samples = samples.max(1);
    // What is done for the first time is slower, and no router answers just once.
    work()?;
    let (started, worked) = (Instant::now(), processor_time());
    for _ in 0..samples {
        work()?;
    }
    let worked = processor_time().zip(worked);
    let all = worked.map_or_else(|| started.elapsed(), |(after, before)| after - before);
    Ok(all / samples)
}

/// The time that a processor has worked for this thread, as Linux tells it.
fn processor_time() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = told.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

fn leaves(object: &plan::WriteObject) -> usize {
    let fields = object.fields.iter().map(|field| match &field.value {
        plan::WriteValue::Object(inner) => leaves(inner),
        _ => 1,
    });
    fields.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measured once: figures of a debug build are not worth more.
    fn figures(shape: &Shape) -> Figures {
        Subject::of(shape).unwrap().measure(1).unwrap()
    }

    #[test]
    fn the_usual_graph_costs_no_more_rounds_than_levels() {
        let figures = figures(&USUAL);
        assert_eq!(figures.leaves, 240);
        assert!(figures.rounds <= USUAL.levels, "{figures:?}");
        assert_eq!(figures.most_in_a_round, 1, "{figures:?}");
        assert!(
            figures.requests <= USUAL.subgraphs * USUAL.levels,
            "{figures:?}"
        );
    }

    #[test]
    fn the_readmes_query_takes_two_requests() {
        let readme = Subject::new(README_SUPERGRAPH, README_QUERY.to_owned()).unwrap();
        let figures = readme.measure(1).unwrap();
        assert_eq!((figures.rounds, figures.requests), (2, 2));
    }

    #[test]
    fn every_small_shape_is_a_graph_that_composes() {
        let small = Shape {
            types: 2,
            levels: 2,
            ..USUAL
        };
        for (subgraphs, sources) in [(1, 1), (2, 1), (3, 3), (3, 9)] {
            let shape = Shape {
                subgraphs,
                sources,
                ..small
            };
            let figures = figures(&shape);
            assert_eq!(figures.leaves, 24, "{shape:?}");
            assert!(figures.rounds >= 1, "{shape:?}");
        }
    }

    #[test]
    fn work_is_done_at_least_once_and_may_fail() {
        assert!(time_of(0, || Ok(())).is_ok());
        assert!(time_of(3, || anyhow::bail!("it fails")).is_err());
    }
}
