//! The report of a check, for people, for tools and for pull requests.

use std::fmt::Write as _;
use std::path::Path;

use checks::{FailOn, Level, Report};
use diagnostics::render;
use serde_json::{Value, json as value};

use super::drift::Drift;
use crate::commands::compose::errors_json;
use crate::graph::{ComposeError, SubgraphText};

/// All that a check has found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Why the subgraphs do not compose.
    pub(super) composition: Option<ComposeError>,
    /// What is committed and not current.
    pub(super) drift: Vec<Drift>,
    /// What changes against the base, where there is one.
    pub(super) report: Option<Report>,
}

impl Found {
    /// Whether the check fails.
    pub(super) fn fails(&self, fail_on: FailOn) -> bool {
        self.composition.is_some()
            || !self.drift.is_empty()
            || self
                .report
                .as_ref()
                .is_some_and(|report| report.fails(fail_on))
    }
}

/// For people.
pub(super) fn text(found: &Found, subgraphs: &[SubgraphText]) -> String {
    if let Some(error) = &found.composition {
        return error.render(subgraphs, super::super::compose::colour());
    }
    let mut text = String::new();
    for drift in &found.drift {
        let _ = writeln!(
            text,
            "error[DRIFT] {}:{}: not what composing gives; run `router compose` and commit\n  committed: {}\n  composed:  {}",
            drift.path.display(),
            drift.line,
            drift.committed.trim(),
            drift.composed.trim()
        );
    }
    match &found.report {
        Some(report) => text.push_str(&checks::render::text(report)),
        None if found.drift.is_empty() => {
            text.push_str("The subgraphs compose, and what is committed is current.\n");
        }
        None => {}
    }
    text
}

/// For tools: the changes as the `checks` crate gives them, with `ok`, `errors` and `drift`.
pub(super) fn json(found: &Found, fails: bool) -> Value {
    let errors = found
        .composition
        .as_ref()
        .map(errors_json)
        .unwrap_or_default();
    let drift: Vec<Value> = found
        .drift
        .iter()
        .map(|drift| value!({ "file": drift.path.display().to_string(), "line": drift.line }))
        .collect();
    let mut answer = value!({ "ok": !fails, "errors": errors, "drift": drift });
    if let (Some(report), Some(object)) = (&found.report, answer.as_object_mut())
        && let Value::Object(report) = checks::render::json(report)
    {
        object.extend(report);
    }
    answer
}

/// Annotations: one workflow command for each finding.
pub(super) fn github(found: &Found, subgraphs: &[SubgraphText]) -> String {
    let mut text = String::new();
    match &found.composition {
        Some(ComposeError::Problems(problems)) => {
            let file_of = |name: &str| {
                subgraphs
                    .iter()
                    .find(|subgraph| subgraph.name == name)
                    .and_then(|subgraph| subgraph.file.as_deref())
                    .and_then(Path::to_str)
            };
            for problem in problems {
                text.push_str(&render::github(problem, file_of));
            }
        }
        Some(ComposeError::Supergraph { path, reason }) => {
            annotate(
                &mut text,
                "error",
                "INVALID_SUPERGRAPH",
                &format!("{}: {reason}", path.display()),
            );
        }
        None => {}
    }
    for drift in &found.drift {
        let _ = writeln!(
            text,
            "::error file={},line={},title=DRIFT::Not what composing gives; run `router compose` and commit.",
            property(&drift.path.display().to_string()),
            drift.line
        );
    }
    for change in found.report.iter().flat_map(|report| &report.changes) {
        let command = match change.level() {
            Level::Breaking => "error",
            Level::Dangerous => "warning",
            Level::Safe => "notice",
        };
        let message = format!("{}: {}", change.coordinate, change.message);
        annotate(&mut text, command, change.rule.as_str(), &message);
    }
    for operation in found.report.iter().flat_map(|report| &report.operations) {
        if operation.outcome == checks::Outcome::Broken {
            for problem in &operation.problems {
                let line = problem.locations.first().map_or(1, |place| place.line);
                let _ = writeln!(
                    text,
                    "::error file={},line={line},title=OPERATION_BROKEN::{}",
                    property(&operation.document),
                    data(&problem.message)
                );
            }
        }
    }
    text
}

fn annotate(text: &mut String, command: &str, title: &str, message: &str) {
    let _ = writeln!(
        text,
        "::{command} title={}::{}",
        property(title),
        data(message)
    );
}

/// Escapes the text of a command, as the runner wants it.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property of a command, where colons and commas separate.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
