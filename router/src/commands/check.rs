//! `router check`: what a change of the subgraphs does to the published graph.

use clap::Args;

use super::Outcome;

/// What to compare.
#[derive(Debug, Args)]
pub(super) struct Arguments {}

pub(super) async fn run(_: Arguments) -> anyhow::Result<Outcome> {
    Ok(Outcome::Clean)
}
