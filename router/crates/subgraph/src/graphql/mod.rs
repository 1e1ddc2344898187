//! Is the subgraph valid GraphQL, as long as other subgraphs may define what it extends?
//!
//! [`redefinitions`] checks what the subgraph says of directives that specifications define,
//! [`supplement`] adds the definitions it left out, [`unknown_directives`] and [`default_values`]
//! are rules of our own, and [`specification`] has the parser's library check the rest.

mod default_values;
mod redefinitions;
mod similar;
mod specification;
mod supplement;
mod unknown_directives;

use apollo_compiler::ast;
use diagnostics::Problems;

use crate::build::Definitions;
use crate::{FederationVersion, Links, Source};

pub(crate) use redefinitions::check_directive;
pub(crate) use similar::nearest_name;

/// What the rules look at.
pub(crate) struct Context<'s> {
    pub(crate) document: &'s ast::Document,
    pub(crate) source: &'s Source,
    pub(crate) links: &'s Links,
    pub(crate) version: FederationVersion,
    pub(crate) definitions: &'s Definitions,
}

/// Checks everything. Definitions that do not fit come first and alone: each application of such a
/// directive would only repeat the complaint. So do unknown directives on the schema element, which
/// mostly mean that a link is missing, and with it many names.
pub(crate) fn check(context: &Context<'_>, problems: &mut Problems) {
    redefinitions::check(context, problems);
    if problems.has_errors() {
        return;
    }
    unknown_directives::check_schema(context, problems);
    if problems.has_errors() {
        return;
    }
    specification::check(context, problems);
    if problems.has_errors() {
        return;
    }
    default_values::check(context, problems);
}
