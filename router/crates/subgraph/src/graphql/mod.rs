//! Is the subgraph valid GraphQL, as long as other subgraphs may define what it extends?
//!
//! [`redefinitions`] checks what the subgraph says of directives that specifications define,
//! [`supplement`] adds the definitions it left out, [`unknown_directives`], [`default_values`],
//! [`deprecations`] and [`extension_kinds`] are rules of our own, and [`specification`] has the parser's library check the
//! rest. [`values`] then writes values as their types have them.

mod default_values;
mod deprecations;
mod extension_kinds;
mod redefinitions;
mod similar;
mod specification;
mod supplement;
mod unknown_directives;
mod values;

use apollo_compiler::ast;
use diagnostics::Problems;

use crate::build::Definitions;
use crate::specifications::LINK;
use crate::{FederationVersion, Links, Source};

pub(crate) use redefinitions::check_directive;
pub use similar::nearest_name;
pub(crate) use values::normalise;

use specification::Stage;

/// What the rules look at.
pub(crate) struct Context<'s> {
    pub(crate) document: &'s ast::Document,
    pub(crate) source: &'s Source,
    pub(crate) links: &'s Links,
    pub(crate) version: FederationVersion,
    pub(crate) definitions: &'s Definitions,
}

/// The unknown directives on the schema element where links are wrong. A subgraph that links `@link`
/// itself has its links in force one by one, so that a directive which none of them brings says
/// more than the import that failed to bring it. Elsewhere the links alone are to blame.
pub(crate) fn unknown_directives_of_links(context: &Context<'_>) -> Problems {
    let mut problems = Problems::default();
    if context.links.link_to(LINK).is_some() {
        unknown_directives::check_schema(context, &mut problems);
    }
    problems
}

/// Checks everything, stage by stage; what is wrong in one ends the work. Unknown directives on the
/// schema element come first and alone: mostly a link is missing, and with it many names.
pub(crate) fn check(context: &Context<'_>, problems: &mut Problems) {
    unknown_directives::check_schema(context, problems);
    if problems.has_errors() {
        return;
    }
    let mistakes = specification::mistakes(context);
    for stage in Stage::ALL {
        match stage {
            Stage::Types | Stage::Names => {}
            Stage::Kinds => {
                extension_kinds::check(context, problems);
                redefinitions::check(context, problems);
                unknown_directives::check(context, problems);
            }
            Stage::Rules => {
                default_values::check(context, problems);
                deprecations::check(context, problems);
            }
        }
        specification::report(context, &mistakes, stage, problems);
        if problems.has_errors() {
            return;
        }
    }
}
