//! Tells on a terminal how far composing is, when it takes long.

use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::commands::terminal::can_show_progress;
use crate::graph::Arrival;

/// What takes less needs no word.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(200);
/// How many of those that are waited for are named.
const NAMED: usize = 3;

/// One run's progress. What is shown disappears when it is dropped.
#[derive(Debug)]
pub(super) struct Progress {
    stage: Arc<Mutex<Stage>>,
    shown: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Starting,
    /// The subgraphs whose schemas are not there yet, and how many there are in all.
    Gathering {
        missing: Vec<String>,
        all: usize,
    },
    Composing {
        subgraphs: usize,
    },
}

impl Progress {
    /// Begins; shows something on a terminal only.
    pub(super) fn start() -> Self {
        let stage = Arc::<Mutex<Stage>>::default();
        let shown = can_show_progress().then(|| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move {
                tokio::time::sleep(PATIENCE).await;
                loop {
                    let line = stage.lock().unwrap_or_else(PoisonError::into_inner).line();
                    over_write(&line);
                    tokio::time::sleep(TICK).await;
                }
            })
        });
        Self { stage, shown }
    }

    /// Takes note of a schema that was asked for or has come.
    pub(super) fn gathering(&self, arrival: &Arrival<'_>) {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        stage.note(arrival);
    }

    /// All schemas are there.
    pub(super) fn composing(&self, subgraphs: usize) {
        *self.stage.lock().unwrap_or_else(PoisonError::into_inner) = Stage::Composing { subgraphs };
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(shown) = self.shown.take() {
            shown.abort();
            over_write("");
        }
    }
}

impl Stage {
    fn note(&mut self, arrival: &Arrival<'_>) {
        match (arrival, self) {
            (Arrival::Expected(names), stage) => {
                *stage = Self::Gathering {
                    missing: names.iter().map(|name| (*name).to_owned()).collect(),
                    all: names.len(),
                };
            }
            (Arrival::Here(name), Self::Gathering { missing, .. }) => {
                missing.retain(|it| it != name);
            }
            (Arrival::Here(_), _) => {}
        }
    }

    fn line(&self) -> String {
        match self {
            Self::Starting => "starting".to_owned(),
            Self::Gathering { missing, all } => {
                let names: Vec<String> = missing
                    .iter()
                    .take(NAMED)
                    // Names come from a file; a control character would move the cursor.
                    .map(|name| {
                        name.chars()
                            .filter(|it| !it.is_control())
                            .take(40)
                            .collect()
                    })
                    .collect();
                let more = if missing.len() > NAMED { ", …" } else { "" };
                format!(
                    "schemas: {} of {all}, waiting for {}{more}",
                    all - missing.len(),
                    names.join(", ")
                )
            }
            Self::Composing { subgraphs } => format!("composing {subgraphs} subgraphs"),
        }
    }
}

/// Writes over the terminal's current line.
fn over_write(line: &str) {
    let _ = write!(std::io::stderr().lock(), "\r\u{1b}[2K{line}");
}

#[test]
fn the_line_names_who_is_waited_for() {
    let mut stage = Stage::default();
    assert_eq!(stage.line(), "starting");
    stage.note(&Arrival::Expected(&["a", "b", "c\u{1b}[2J", "d", "e"]));
    assert_eq!(stage.line(), "schemas: 0 of 5, waiting for a, b, c[2J, …");
    stage.note(&Arrival::Here("a"));
    stage.note(&Arrival::Here("b"));
    assert_eq!(stage.line(), "schemas: 2 of 5, waiting for c[2J, d, e");
    stage = Stage::Composing { subgraphs: 5 };
    stage.note(&Arrival::Here("c"));
    assert_eq!(stage.line(), "composing 5 subgraphs");
}
