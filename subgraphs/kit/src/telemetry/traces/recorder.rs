//! Makes a record of each traced span when it ends.
//!
//! A span belongs to the trace of the span around it; the span of a request, which has none, names
//! its trace and its caller's span in fields. Fields that begin with `otel.` say what a span is; all
//! others become its attributes.

use std::time::{Duration, SystemTime};

use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::otlp::Sender;
use super::trace_context::new_id;

/// A span as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Recorded {
    pub(super) trace_id: u128,
    pub(super) span_id: u64,
    /// Zero for the first span of a trace.
    pub(super) parent: u64,
    pub(super) name: String,
    /// As OTLP numbers them: 1 internal, 2 server, 3 client.
    pub(super) kind: u64,
    pub(super) begin: SystemTime,
    pub(super) end: SystemTime,
    pub(super) attributes: Vec<(&'static str, Attribute)>,
    pub(super) failed: bool,
}

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Attribute {
    Text(String),
    Number(i64),
}

/// The layer.
#[derive(Debug)]
pub(super) struct Recorder {
    sender: Sender,
}

impl Recorder {
    pub(super) fn new(sender: Sender) -> Self {
        Recorder { sender }
    }
}

impl<S> Layer<S> for Recorder
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let around = span.scope().skip(1).find_map(|around| {
            let extensions = around.extensions();
            let around = extensions.get::<Recorded>()?;
            Some((around.trace_id, around.span_id))
        });
        let (trace_id, parent) = around.unwrap_or_default();
        let now = SystemTime::now();
        let mut recorded = Recorded {
            trace_id,
            span_id: new_id(),
            parent,
            name: span.name().to_owned(),
            kind: 1,
            begin: now,
            end: now,
            attributes: Vec::new(),
            failed: false,
        };
        attributes.record(&mut recorded);
        span.extensions_mut().insert(recorded);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(recorded) = span.extensions_mut().get_mut::<Recorded>()
        {
            values.record(recorded);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let recorded = context
            .span(&id)
            .and_then(|span| span.extensions_mut().remove::<Recorded>());
        // A span outside of any request belongs to no trace.
        if let Some(mut recorded) = recorded
            && recorded.trace_id != 0
        {
            recorded.end = SystemTime::now();
            self.sender.send(recorded);
        }
    }
}

impl Visit for Recorded {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "otel.kind" => self.kind = value,
            "otel.parent" => self.parent = value,
            "otel.took_ns" => {
                let took = Duration::from_nanos(value);
                self.begin = self.begin.checked_sub(took).unwrap_or(self.begin);
            }
            name => {
                let value = i64::try_from(value).unwrap_or(i64::MAX);
                self.attributes.push((name, Attribute::Number(value)));
            }
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        match (field.name(), u64::try_from(value)) {
            (name, Ok(value)) if name.starts_with("otel.") => self.record_u64(field, value),
            (name, _) => self.attributes.push((name, Attribute::Number(value))),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        match field.name() {
            "otel.error" => self.failed |= value,
            name => self
                .attributes
                .push((name, Attribute::Text(value.to_string()))),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "otel.name" => value.clone_into(&mut self.name),
            name => self
                .attributes
                .push((name, Attribute::Text(value.to_owned()))),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let text = format!("{value:?}");
        match field.name() {
            "trace_id" => self.trace_id = u128::from_str_radix(&text, 16).unwrap_or(0),
            name => self.attributes.push((name, Attribute::Text(text))),
        }
    }
}
