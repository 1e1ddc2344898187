//! A small registry of counters, written in the Prometheus text format.
//!
//! A subgraph has a handful of series with few labels; a metrics library would be larger than
//! the service's own HTTP code.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::database::StatementCounter;
use crate::errors::Code;

/// Upper bounds of the request duration buckets, in seconds.
const DURATION_BOUNDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

/// What a service counts about itself.
#[derive(Debug)]
pub struct Metrics {
    service: String,
    statements: StatementCounter,
    /// Answers of the GraphQL endpoint by HTTP status.
    requests: Mutex<BTreeMap<u16, u64>>,
    /// GraphQL errors sent, by code.
    errors: Mutex<BTreeMap<String, u64>>,
    /// Requests per bucket, the last one being "longer than all bounds".
    durations: [AtomicU64; DURATION_BOUNDS.len() + 1],
    duration_sum_micros: AtomicU64,
    /// What the service itself counts, by name.
    families: Mutex<BTreeMap<&'static str, Family>>,
}

/// Series of one name.
#[derive(Debug)]
struct Family {
    kind: &'static str,
    about: &'static str,
    /// By their labels as they are written.
    series: BTreeMap<String, Value>,
}

/// A number that is published: a counter or a gauge. Clones are the same number.
#[derive(Clone, Debug, Default)]
pub struct Value(Arc<AtomicU64>);

impl Value {
    /// Adds one.
    pub fn increase(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes one away, for gauges.
    pub fn decrease(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// What it is now, for gauges.
    pub fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }
}

impl Metrics {
    /// A registry with all counts at zero; `statements` is read when metrics are asked for.
    pub fn new(service: &str, statements: StatementCounter) -> Self {
        Metrics {
            service: service.to_owned(),
            statements,
            requests: Mutex::default(),
            errors: Mutex::default(),
            durations: Default::default(),
            duration_sum_micros: AtomicU64::new(0),
            families: Mutex::default(),
        }
    }

    /// A count of the service's own. Asking twice for the same one gives the same number.
    pub fn counter(
        &self,
        name: &'static str,
        about: &'static str,
        labels: &[(&str, &str)],
    ) -> Value {
        self.value(name, "counter", about, labels)
    }

    /// A number of the service's own that goes up and down.
    pub fn gauge(&self, name: &'static str, about: &'static str, labels: &[(&str, &str)]) -> Value {
        self.value(name, "gauge", about, labels)
    }

    fn value(
        &self,
        name: &'static str,
        kind: &'static str,
        about: &'static str,
        labels: &[(&str, &str)],
    ) -> Value {
        let mut written = format!("service=\"{}\"", self.service);
        for (label, value) in labels {
            // Writing to a String cannot fail.
            let _ = write!(written, ",{label}=\"{value}\"");
        }
        let mut families = lock(&self.families);
        let family = families.entry(name).or_insert_with(|| Family {
            kind,
            about,
            series: BTreeMap::new(),
        });
        family.series.entry(written).or_default().clone()
    }

    /// Counts one answer of the GraphQL endpoint.
    pub fn count_request(&self, status: u16, took: Duration) {
        increase(&self.requests, status);
        let seconds = took.as_secs_f64();
        let bucket = DURATION_BOUNDS.partition_point(|bound| *bound < seconds);
        if let Some(bucket) = self.durations.get(bucket) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.duration_sum_micros
            .fetch_add(micros, Ordering::Relaxed);
    }

    /// Counts one GraphQL error that was sent.
    pub fn count_error(&self, code: &str) {
        increase(&self.errors, code.to_owned());
    }

    /// Counts one refusal that happened before GraphQL was reached.
    pub fn count_refusal(&self, code: Code) {
        self.count_error(code.as_str());
    }

    /// All series in the Prometheus text format, version 0.0.4.
    pub fn render(&self) -> String {
        let service = &self.service;
        let mut text = String::new();
        help(
            &mut text,
            "http_requests_total",
            "counter",
            "Answers of the GraphQL endpoint by status.",
        );
        for (status, count) in &*lock(&self.requests) {
            line(
                &mut text,
                format_args!(
                    "http_requests_total{{service=\"{service}\",status=\"{status}\"}} {count}"
                ),
            );
        }
        help(
            &mut text,
            "http_request_duration_seconds",
            "histogram",
            "Time to answer a GraphQL request.",
        );
        let mut cumulated = 0;
        for (index, bucket) in self.durations.iter().enumerate() {
            cumulated += bucket.load(Ordering::Relaxed);
            let bound = DURATION_BOUNDS
                .get(index)
                .map_or_else(|| "+Inf".to_owned(), f64::to_string);
            line(
                &mut text,
                format_args!(
                    "http_request_duration_seconds_bucket{{service=\"{service}\",le=\"{bound}\"}} {cumulated}"
                ),
            );
        }
        let seconds =
            Duration::from_micros(self.duration_sum_micros.load(Ordering::Relaxed)).as_secs_f64();
        line(
            &mut text,
            format_args!("http_request_duration_seconds_sum{{service=\"{service}\"}} {seconds}"),
        );
        line(
            &mut text,
            format_args!(
                "http_request_duration_seconds_count{{service=\"{service}\"}} {cumulated}"
            ),
        );
        help(
            &mut text,
            "graphql_errors_total",
            "counter",
            "GraphQL errors sent, by code.",
        );
        for (code, count) in &*lock(&self.errors) {
            line(
                &mut text,
                format_args!(
                    "graphql_errors_total{{service=\"{service}\",code=\"{code}\"}} {count}"
                ),
            );
        }
        help(
            &mut text,
            "sql_statements_total",
            "counter",
            "SQL statements sent to the database.",
        );
        let statements = self.statements.count();
        line(
            &mut text,
            format_args!("sql_statements_total{{service=\"{service}\"}} {statements}"),
        );
        self.render_families(&mut text);
        text
    }

    fn render_families(&self, text: &mut String) {
        for (name, family) in &*lock(&self.families) {
            help(text, name, family.kind, family.about);
            for (labels, value) in &family.series {
                let value = value.0.load(Ordering::Relaxed);
                line(text, format_args!("{name}{{{labels}}} {value}"));
            }
        }
    }
}

fn help(text: &mut String, name: &str, kind: &str, about: &str) {
    line(text, format_args!("# HELP {name} {about}"));
    line(text, format_args!("# TYPE {name} {kind}"));
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{line}");
}

fn increase<K: Ord>(counts: &Mutex<BTreeMap<K, u64>>, key: K) {
    *lock(counts).entry(key).or_default() += 1;
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Counts stay meaningful even if somebody panicked while holding them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_cumulative_and_the_last_one_holds_everything() {
        let metrics = Metrics::new("users", StatementCounter::default());
        metrics.count_request(200, Duration::from_millis(2));
        metrics.count_request(200, Duration::from_secs(60));
        metrics.count_request(401, Duration::from_micros(10));
        metrics.count_error("CONFLICT");
        let about = "Jobs, by outcome.";
        metrics
            .counter("jobs_total", about, &[("outcome", "done")])
            .increase();
        metrics
            .counter("jobs_total", about, &[("outcome", "done")])
            .increase();
        metrics.gauge("jobs_dead", "Dead jobs.", &[]).set(7);
        let text = metrics.render();
        for expected in [
            "http_requests_total{service=\"users\",status=\"200\"} 2",
            "http_requests_total{service=\"users\",status=\"401\"} 1",
            "http_request_duration_seconds_bucket{service=\"users\",le=\"0.001\"} 1",
            "http_request_duration_seconds_bucket{service=\"users\",le=\"0.0025\"} 2",
            "http_request_duration_seconds_bucket{service=\"users\",le=\"5\"} 2",
            "http_request_duration_seconds_bucket{service=\"users\",le=\"+Inf\"} 3",
            "http_request_duration_seconds_count{service=\"users\"} 3",
            "graphql_errors_total{service=\"users\",code=\"CONFLICT\"} 1",
            "sql_statements_total{service=\"users\"} 0",
            "# TYPE jobs_total counter",
            "jobs_total{service=\"users\",outcome=\"done\"} 2",
            "# TYPE jobs_dead gauge",
            "jobs_dead{service=\"users\"} 7",
        ] {
            assert!(
                text.lines().any(|line| line == expected),
                "{expected} is not in:\n{text}"
            );
        }
    }
}
