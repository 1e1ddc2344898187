//! Turns the texts into a supergraph, by reading one or by composing.

use std::path::PathBuf;

use diagnostics::Problems;
use diagnostics::render::{Colour, text};
use subgraph::Subgraph;
use supergraph::Supergraph;

use super::{Inputs, SubgraphText};

/// A graph, with what there is to say about it.
#[derive(Debug)]
pub(crate) struct Composed {
    /// The graph.
    pub(crate) supergraph: Supergraph,
    /// Hints; none for a graph that was composed elsewhere.
    pub(crate) hints: Problems,
}

/// Why the texts make no graph. Schemas are at fault, not the router.
#[derive(Debug)]
pub(crate) enum ComposeError {
    /// The supergraph's text is none.
    Supergraph {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// The subgraphs have problems, alone or together.
    Problems(Problems),
}

impl ComposeError {
    /// What to show on a terminal or in a log.
    pub(crate) fn render(&self, subgraphs: &[SubgraphText], colour: Colour) -> String {
        match self {
            Self::Supergraph { path, reason } => format!("{}:{reason}\n", path.display()),
            Self::Problems(problems) => render(problems, subgraphs, colour),
        }
    }
}

/// Problems with excerpts of the subgraphs' texts.
pub(crate) fn render(problems: &Problems, subgraphs: &[SubgraphText], colour: Colour) -> String {
    let source_of = |name: &str| {
        subgraphs
            .iter()
            .find(|subgraph| subgraph.name == name)
            .map(|subgraph| subgraph.sdl.as_str())
    };
    problems
        .iter()
        .map(|problem| text(problem, colour, source_of))
        .collect()
}

impl Inputs {
    /// The subgraphs' texts; none for a supergraph.
    pub(crate) fn subgraphs(&self) -> &[SubgraphText] {
        match self {
            Self::Supergraph { .. } => &[],
            Self::Subgraphs(subgraphs) => subgraphs,
        }
    }
}

/// Composes, or reads what was composed.
pub(crate) fn compose(inputs: &Inputs) -> Result<Composed, ComposeError> {
    match inputs {
        Inputs::Supergraph { path, sdl } => match Supergraph::read(sdl) {
            Ok(supergraph) => Ok(Composed {
                supergraph,
                hints: Problems::default(),
            }),
            Err(error) => Err(ComposeError::Supergraph {
                path: path.clone(),
                reason: error.to_string(),
            }),
        },
        Inputs::Subgraphs(texts) => compose_subgraphs(texts).map_err(ComposeError::Problems),
    }
}

fn compose_subgraphs(texts: &[SubgraphText]) -> Result<Composed, Problems> {
    let mut subgraphs = Vec::with_capacity(texts.len());
    let mut problems = Problems::default();
    for text in texts {
        match Subgraph::parse(&text.name, &text.url, &text.sdl) {
            Ok(subgraph) => subgraphs.push(subgraph),
            Err(found) => problems.append(found),
        }
    }
    // A graph without the subgraphs that cannot be read would only have follow-up problems, but what
    // is wrong with each of the others alone is true in any case.
    if problems.has_errors() {
        problems.append(composition::check_each_alone(&subgraphs));
        problems.drop_hints();
        problems.sort();
        return Err(problems);
    }
    let composition = composition::compose(&subgraphs);
    let mut problems = composition.problems;
    match composition.supergraph {
        Some(supergraph) => Ok(Composed {
            supergraph,
            hints: problems,
        }),
        None => {
            problems.drop_hints();
            Err(problems)
        }
    }
}
