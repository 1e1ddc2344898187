//! How much a client may ask for in one document.
//!
//! The defaults are far above what people and code generators write, and low enough that the most
//! hostile document under them is answered or refused within milliseconds. They are checked
//! before validation, because validation is itself where a hostile document would bite.

/// Bounds on a document and its variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tokens of the document; white space and comments between tokens count as tokens.
    pub max_tokens: usize,
    /// Levels of selection sets when fragments are expanded: a field, an inline fragment and a
    /// fragment spread each go one level deeper. Values above [`Limits::DEEPEST`] mean that.
    pub max_depth: usize,
    /// Fields after fragments are expanded, over all operations of the document; and again after
    /// fields have been split by the object types they are for.
    pub max_fields: usize,
    /// Aliases, as written.
    pub max_aliases: usize,
    /// Directives, as written.
    pub max_directives: usize,
    /// Named fragments, as written.
    pub max_fragments: usize,
    /// Operations, as written: each is validated.
    pub max_operations: usize,
    /// Alternatives in the formula of `@skip` and `@include` on which one field hangs.
    pub max_alternatives: usize,
    /// Levels of lists and objects in one variable's value.
    pub max_variable_depth: usize,
    /// Bytes of all variables once coerced: defaults that are filled in may make them grow.
    pub max_variable_bytes: usize,
}

impl Limits {
    /// The depth that no configuration exceeds: every stage behind this one recurses as deep as
    /// the document, and neither a thread's stack nor a client's JSON parser is endless.
    pub const DEEPEST: usize = 120;

    /// The depth that counts.
    pub(crate) fn depth(&self) -> usize {
        self.max_depth.min(Self::DEEPEST)
    }

    /// Steps of work that validation and normalisation may take beyond one visit of each field.
    pub(crate) fn work(&self) -> usize {
        self.max_fields.saturating_mul(50)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_tokens: 30_000,
            max_depth: 100,
            max_fields: 10_000,
            max_aliases: 1_000,
            max_directives: 1_000,
            max_fragments: 1_000,
            max_operations: 100,
            max_alternatives: 32,
            max_variable_depth: 64,
            max_variable_bytes: 16 * 1024 * 1024,
        }
    }
}
