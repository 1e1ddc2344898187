//! Looks for changes: of files each second, of polled subgraphs at longer intervals.
//!
//! Modification times and sizes tell when to look at contents; contents decide.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{Live, LoadError};

const TICK: Duration = Duration::from_secs(1);
/// A file that is still being written is not read until it has been left alone for so long.
const SETTLE: Duration = Duration::from_millis(150);
/// Waits before the graph is fetched again when a subgraph did not give its schema at start.
const FIRST_RETRY: Duration = Duration::from_millis(500);
const LONGEST_RETRY: Duration = Duration::from_secs(10);

/// What is seen of a file without reading it; none for one that is not there.
type Look = Option<(SystemTime, u64)>;

/// What is looked at, and how often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    /// Whether anything is reloaded at all.
    pub(crate) files: bool,
    /// How often subgraphs are asked for their schema.
    pub(crate) poll_interval: Duration,
}

/// Loads the graph, then keeps it current for ever. Returns only when the graph cannot be had at
/// start and trying again would not help.
pub(crate) async fn keep_current(mut live: Live, watch: Watch) -> LoadError {
    if let Err(error) = first_graph(&mut live).await {
        return error;
    }
    if !watch.files {
        std::future::pending::<()>().await;
    }
    let mut graph_files = look_at(&live.graph_files());
    let mut config_file = live.setup.config_path.as_deref().map(look);
    let mut polled = Instant::now();
    let mut last_report = String::new();
    loop {
        tokio::time::sleep(TICK).await;
        let now = live.setup.config_path.as_deref().map(look);
        if now != config_file {
            tokio::time::sleep(SETTLE).await;
            config_file = live.setup.config_path.as_deref().map(look);
            let result = live.load_config().await;
            report(&live, "configuration", result, &mut last_report);
        }
        let now = look_at(&live.graph_files());
        let due = live.polls() && polled.elapsed() >= watch.poll_interval;
        if now != graph_files || due {
            if now != graph_files {
                tokio::time::sleep(SETTLE).await;
            }
            // Looked at before it is read: what changes meanwhile is seen at the next tick.
            graph_files = look_at(&live.graph_files());
            let result = live.load_graph().await;
            polled = Instant::now();
            if matches!(result, Ok(true)) {
                // The new graph may be made of other files.
                graph_files = look_at(&live.graph_files());
            }
            report(&live, "graph", result, &mut last_report);
        }
    }
}

async fn first_graph(live: &mut Live) -> Result<(), LoadError> {
    let mut wait = FIRST_RETRY;
    loop {
        match live.load_graph().await {
            Ok(_) => {
                tracing::info!("the graph is loaded; ready");
                return Ok(());
            }
            Err(LoadError::Gather(error)) if error.is_temporary() => {
                tracing::warn!(
                    "not ready: {error}; trying again in {} ms",
                    wait.as_millis()
                );
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_RETRY);
            }
            Err(error) => return Err(error),
        }
    }
}

/// Tells the outcome once: a file that stays bad is not reported again at every look.
fn report(live: &Live, what: &str, result: Result<bool, LoadError>, last_report: &mut String) {
    match result {
        Ok(false) => last_report.clear(),
        Ok(true) => {
            last_report.clear();
            live.count_reload("done");
            tracing::info!("the {what} has changed and is reloaded");
        }
        // A subgraph that is away now says nothing about the graph.
        Err(LoadError::Gather(error)) if error.is_temporary() => {
            let text = error.to_string();
            if text != *last_report {
                tracing::warn!("the graph stays as it is: {text}");
                *last_report = text;
            }
        }
        Err(error) => {
            let text = error.to_string();
            if text != *last_report {
                live.count_reload("refused");
                tracing::error!(
                    "the {what} has changed and cannot be used; the one before stays:\n{text}"
                );
                *last_report = text;
            }
        }
    }
}

fn look_at(paths: &[PathBuf]) -> Vec<(PathBuf, Look)> {
    paths
        .iter()
        .map(|path| (path.clone(), look(path)))
        .collect()
}

fn look(path: &Path) -> Look {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
