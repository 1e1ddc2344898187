//! `router compose --watch`: composes again at every change, until it is told to stop.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{Arguments, ComposeRun, Config};
use crate::graph::SubgraphText;
use crate::subgraph_client::HttpClient;

/// How often files are looked at.
const TICK: Duration = Duration::from_millis(300);
/// A file that is still being written is not read until it has been left alone for so long.
const SETTLE: Duration = Duration::from_millis(100);

/// What is seen of a file without reading it; none for one that is not there.
type Look = Option<(SystemTime, u64)>;

/// Composes whenever a text differs from what it was. Modification times tell when to look at
/// files, and subgraphs are asked at intervals; contents decide.
pub(super) async fn run(
    arguments: &Arguments,
    config: &Config,
    client: &HttpClient,
) -> anyhow::Result<()> {
    let mut last: Option<Vec<SubgraphText>> = None;
    let mut last_failure = String::new();
    loop {
        let polled = Instant::now();
        // Looked at before they are read: what changes meanwhile is seen at the next tick.
        let watched = files(config, last.as_deref());
        let looks = look_at(&watched);
        match ComposeRun::gather(config, client).await {
            Ok(run) if last.as_ref() == Some(&run.subgraphs) => last_failure.clear(),
            Ok(run) => {
                last_failure.clear();
                let run = run.compose().await?;
                run.write(arguments)?;
                eprintln!("{}", run.summary());
                last = Some(run.subgraphs);
            }
            Err(failure) => {
                // Told once, though it is met again at every look.
                let failure = format!("{failure:#}");
                if failure != last_failure {
                    eprintln!("error: {failure}");
                    last_failure = failure;
                }
            }
        }
        if files(config, last.as_deref()) != watched {
            // It is made of other files now, and those have not been looked at.
            continue;
        }
        let polls = !last_failure.is_empty() || last.as_deref().is_none_or(any_without_file);
        loop {
            tokio::time::sleep(TICK).await;
            if look_at(&watched) != looks {
                tokio::time::sleep(SETTLE).await;
                break;
            }
            if polls && polled.elapsed() >= arguments.poll_interval.0 {
                break;
            }
        }
    }
}

/// Whether a schema can change without a file changing.
fn any_without_file(subgraphs: &[SubgraphText]) -> bool {
    subgraphs.iter().any(|subgraph| subgraph.file.is_none())
}

fn files(config: &Config, subgraphs: Option<&[SubgraphText]>) -> Vec<PathBuf> {
    config
        .path
        .iter()
        .cloned()
        .chain(
            subgraphs
                .unwrap_or_default()
                .iter()
                .filter_map(|subgraph| subgraph.file.clone()),
        )
        .collect()
}

fn look_at(paths: &[PathBuf]) -> Vec<Look> {
    paths.iter().map(|path| look(path)).collect()
}

fn look(path: &Path) -> Look {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
