//! A span for each root field of an operation, where traces are sent.

use std::sync::Arc;

use async_graphql::async_trait::async_trait;
use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo,
};
use async_graphql::{ServerResult, Value};
use tracing::Instrument as _;

use crate::telemetry::traces;

/// Installs the spans in a schema.
#[derive(Clone, Copy, Debug)]
pub(super) struct FieldSpans;

impl ExtensionFactory for FieldSpans {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(FieldSpans)
    }
}

#[async_trait]
impl Extension for FieldSpans {
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        if info.path_node.parent.is_some() {
            return next.run(ctx, info).await;
        }
        let span = traces::field_span(info.parent_type, info.name);
        let resolved = next.run(ctx, info).instrument(span.clone()).await;
        span.record("otel.error", resolved.is_err());
        resolved
    }
}
