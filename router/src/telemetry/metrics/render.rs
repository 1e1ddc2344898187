//! The numbers in Prometheus' text format (version 0.0.4).
//!
//! Names follow OpenTelemetry's semantic conventions where they have one for it.

use std::fmt::Write as _;
use std::sync::{Arc, PoisonError};

use super::histogram::BOUNDS;
use super::{Histogram, Metrics, Outcome};

impl Metrics {
    /// Everything, as text.
    pub(crate) fn render(&self) -> String {
        let mut page = Page::default();
        page.head(
            "http_server_requests_total",
            "counter",
            "Client requests by response status.",
        );
        for (index, counter) in self.http_requests.by_status.iter().enumerate() {
            let count = counter.get();
            if count > 0 {
                let status = (index + 100).to_string();
                page.line(
                    "http_server_requests_total",
                    &[("http_response_status_code", &status)],
                    count,
                );
            }
        }
        page.head(
            "http_server_request_duration_seconds",
            "histogram",
            "How long client requests took.",
        );
        page.histogram(
            "http_server_request_duration_seconds",
            &[],
            &self.http_requests.durations,
        );
        page.number(
            "http_server_active_requests",
            "gauge",
            "Client requests being answered now.",
            self.active_requests.get(),
        );
        page.number(
            "router_open_subscriptions",
            "gauge",
            "Subscriptions that clients have open.",
            self.open_subscriptions.get(),
        );
        self.graphql(&mut page);
        self.subgraphs(&mut page);
        page.head("router_reloads_total", "counter", "Reloads by outcome.");
        for (outcome, count) in self.reloads.all() {
            page.line("router_reloads_total", &[("outcome", &outcome)], count);
        }
        page.head("router_info", "gauge", "The router's version.");
        page.line("router_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        page.0
    }

    fn graphql(&self, page: &mut Page) {
        page.head(
            "graphql_errors_total",
            "counter",
            "GraphQL errors sent to clients, by code.",
        );
        for (code, count) in self.graphql_errors.all() {
            page.line("graphql_errors_total", &[("code", &code)], count);
        }
        page.number(
            "router_plan_cache_hits_total",
            "counter",
            "Requests whose plan was in the cache.",
            self.plan_cache_hits.get(),
        );
        page.number(
            "router_plan_cache_misses_total",
            "counter",
            "Requests whose plan had to be made.",
            self.plan_cache_misses.get(),
        );
        let cache = Arc::clone(
            &self
                .plan_cache
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        page.number(
            "router_plan_cache_entries",
            "gauge",
            "Plans in the cache.",
            cache.entries.get(),
        );
        page.number(
            "router_plan_cache_bytes",
            "gauge",
            "Estimated size of the plans in the cache.",
            cache.bytes.get(),
        );
        page.head(
            "router_query_planning_duration_seconds",
            "histogram",
            "How long reading, validating and planning an operation took.",
        );
        page.histogram(
            "router_query_planning_duration_seconds",
            &[],
            &self.planning,
        );
    }

    fn subgraphs(&self, page: &mut Page) {
        page.head(
            "http_client_request_duration_seconds",
            "histogram",
            "How long subgraph requests took, by subgraph and outcome.",
        );
        let subgraphs = self
            .subgraphs
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        for (name, metrics) in subgraphs.iter() {
            for outcome in Outcome::ALL {
                let histogram = &metrics.outcomes[outcome as usize];
                if histogram.snapshot().0.iter().sum::<u64>() > 0 {
                    page.histogram(
                        "http_client_request_duration_seconds",
                        &[("subgraph_name", name), ("outcome", outcome.label())],
                        histogram,
                    );
                }
            }
        }
    }
}

/// The text under construction. Writing to a string cannot fail.
#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn number(&mut self, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, kind, help);
        self.line(name, &[], value);
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: impl std::fmt::Display) {
        self.0.push_str(name);
        for (index, (key, text)) in labels.iter().enumerate() {
            self.0.push(if index == 0 { '{' } else { ',' });
            let _ = write!(self.0, "{key}=\"{}\"", escaped(text));
        }
        if !labels.is_empty() {
            self.0.push('}');
        }
        let _ = writeln!(self.0, " {value}");
    }

    fn histogram(&mut self, name: &str, labels: &[(&str, &str)], histogram: &Histogram) {
        let (buckets, microseconds) = histogram.snapshot();
        let bucket = format!("{name}_bucket");
        let mut total = 0;
        let bounds = BOUNDS.iter().map(|(_, text)| *text).chain(["+Inf"]);
        for (count, bound) in buckets.iter().zip(bounds) {
            total += count;
            let mut labels = labels.to_vec();
            labels.push(("le", bound));
            self.line(&bucket, &labels, total);
        }
        let seconds = microseconds as f64 / 1e6;
        self.line(&format!("{name}_sum"), labels, seconds);
        self.line(&format!("{name}_count"), labels, total);
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[test]
fn the_page_is_prometheus_text() {
    let metrics = Metrics::default();
    metrics
        .http_requests
        .record(http::StatusCode::OK, std::time::Duration::from_millis(3));
    metrics.graphql_errors.count("A\"B");
    metrics
        .subgraph("users")
        .record(Outcome::Answered, std::time::Duration::from_millis(2));
    let page = metrics.render();
    for line in [
        "http_server_requests_total{http_response_status_code=\"200\"} 1",
        "http_server_request_duration_seconds_bucket{le=\"0.0025\"} 0",
        "http_server_request_duration_seconds_bucket{le=\"0.005\"} 1",
        "http_server_request_duration_seconds_bucket{le=\"+Inf\"} 1",
        "http_server_request_duration_seconds_sum 0.003",
        "http_server_request_duration_seconds_count 1",
        "graphql_errors_total{code=\"A\\\"B\"} 1",
        "http_client_request_duration_seconds_count{subgraph_name=\"users\",outcome=\"answered\"} 1",
    ] {
        assert!(page.lines().any(|it| it == line), "{line}\n{page}");
    }
}
