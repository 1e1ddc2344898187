//! Traces for OpenTelemetry: which spans there are, and how they join those of whoever calls.
//!
//! ```text
//! traceparent of the request ─▶ request ─┬─ field   one per root field
//!                                        └─ sql     one per statement
//! ```
//!
//! `recorder` is the subscriber's layer that makes records of spans; `otlp` sends them. Both are
//! small, because a service has these three kinds of spans and one way out; the OpenTelemetry
//! libraries would be larger than the rest of the kit. Without a collector no span is made at all.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::http::HeaderMap;
use clap::Args;
use tracing::{Span, Subscriber, field};
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

mod otlp;
mod recorder;
mod trace_context;

use trace_context::TraceContext;

/// The target of all spans that are traced.
const TARGET: &str = "kit::trace";

/// Characters of an operation's name that are kept.
const MAX_NAME: usize = 100;

/// Whether a collector is configured.
static ENABLED: AtomicBool = AtomicBool::new(false);

/// Where traces go.
#[derive(Args, Clone, Debug)]
pub struct TraceArgs {
    /// OpenTelemetry collector that takes traces by OTLP over HTTP, such as http://127.0.0.1:4318 [default: none, and nothing is traced]
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub otlp_endpoint: Option<String>,

    /// Share of requests that are traced, from 0 to 1, among those whose caller did not decide it
    #[arg(
        long,
        env = "OTEL_TRACES_SAMPLER_ARG",
        value_name = "SHARE",
        default_value_t = 1.0
    )]
    pub trace_share: f64,
}

impl Default for TraceArgs {
    fn default() -> Self {
        TraceArgs {
            otlp_endpoint: None,
            trace_share: 1.0,
        }
    }
}

/// Starts sending, where a collector is configured, and returns the layer that records.
pub(super) fn start<S>(service: &str, args: &TraceArgs) -> Option<Box<dyn Layer<S> + Send + Sync>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let endpoint = args.otlp_endpoint.as_deref()?;
    let sender = otlp::start(service, endpoint)?;
    trace_context::set_share(args.trace_share);
    ENABLED.store(true, Ordering::Relaxed);
    let ours = tracing_subscriber::filter::filter_fn(|metadata| metadata.target() == TARGET);
    Some(recorder::Recorder::new(sender).with_filter(ours).boxed())
}

/// Whether spans are made.
pub fn enabled() -> bool {
    ENABLED.load(Ordering::Relaxed)
}

/// Waits until what was recorded so far is sent, for a moment at most.
pub(crate) async fn flush() {
    if enabled() {
        otlp::flush().await;
    }
}

/// The span of a request, which goes on with the trace of its caller.
pub(crate) fn request_span(headers: &HeaderMap) -> Span {
    if !enabled() {
        return Span::none();
    }
    let context = TraceContext::of(headers);
    if !context.sampled {
        return Span::none();
    }
    tracing::info_span!(
        target: TARGET,
        "POST /graphql",
        otel.kind = 2,
        otel.parent = context.parent,
        trace_id = %context.trace_id_text(),
        http.request.method = "POST",
        url.path = "/graphql",
        http.response.status_code = field::Empty,
        graphql.operation.name = field::Empty,
        otel.error = field::Empty,
    )
}

/// Says in the current request's span what was asked and what became of it.
pub(crate) fn note_operation(name: Option<&str>) {
    if enabled()
        && let Some(name) = name
    {
        let name: String = name.chars().take(MAX_NAME).collect();
        Span::current().record("graphql.operation.name", name);
    }
}

/// Says in a request's span what became of it.
pub(crate) fn note_status(span: &Span, status: u16) {
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.error", true);
    }
}

/// The span of a root field.
pub(crate) fn field_span(parent: &str, name: &str) -> Span {
    if Span::current().is_none() {
        return Span::none();
    }
    tracing::info_span!(
        target: TARGET,
        "field",
        otel.name = format!("{parent}.{name}"),
        otel.error = field::Empty
    )
}

/// Records a statement that is done.
pub(crate) fn note_statement(sql: &str, took: Duration, failed: bool) {
    if !enabled() || Span::current().is_none() {
        return;
    }
    let verb = sql.split_whitespace().next().unwrap_or("SQL");
    tracing::info_span!(
        target: TARGET,
        "sql",
        otel.name = verb,
        otel.kind = 3,
        otel.took_ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX),
        db.query.text = sql,
        otel.error = failed,
    );
}
