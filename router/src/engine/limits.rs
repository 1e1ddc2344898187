//! `limits`: bounds on what one request may ask, and how many clients there may be.

use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

/// `limits` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsConfig {
    /// Clients that are connected at the same time.
    pub max_connections: NonZeroUsize,
    /// The largest request body in bytes.
    pub http_max_request_bytes: usize,
    /// Tokens of a document.
    pub parser_max_tokens: usize,
    /// Levels of selection sets, fragments included.
    pub max_depth: usize,
    /// Fields, once fragments are expanded.
    pub max_fields: usize,
    /// Aliases in a document.
    pub max_aliases: usize,
    /// Directives in a document.
    pub max_directives: usize,
    /// Fragments in a document.
    pub max_fragments: usize,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        let limits = operation::Limits::default();
        Self {
            // 10,000
            max_connections: NonZeroUsize::MIN.saturating_add(9_999),
            http_max_request_bytes: 2_000_000,
            parser_max_tokens: limits.max_tokens,
            max_depth: limits.max_depth,
            max_fields: limits.max_fields,
            max_aliases: limits.max_aliases,
            max_directives: limits.max_directives,
            max_fragments: limits.max_fragments,
        }
    }
}

impl LimitsConfig {
    /// What concerns documents and variables.
    pub(crate) fn for_operations(&self) -> operation::Limits {
        operation::Limits {
            max_tokens: self.parser_max_tokens,
            max_depth: self.max_depth,
            max_fields: self.max_fields,
            max_aliases: self.max_aliases,
            max_directives: self.max_directives,
            max_fragments: self.max_fragments,
            ..operation::Limits::default()
        }
    }
}
