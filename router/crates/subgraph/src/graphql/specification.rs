//! `INVALID_GRAPHQL`: the rules of the GraphQL specification, as the parser's library checks them.

use apollo_compiler::Schema;
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::validation::DiagnosticList;
use diagnostics::{Code, Problems};

use super::{Context, supplement};

/// Checks the document together with the definitions it may leave out.
pub(super) fn check(context: &Context<'_>, problems: &mut Problems) {
    let document = supplement::supplement(context);
    // What a subgraph extends may be defined in another one, and old libraries print the built-in
    // scalars and directives.
    let built = Schema::builder()
        .adopt_orphan_extensions()
        .ignore_builtin_redefinitions()
        .add_ast(&document)
        .build();
    match built {
        Err(invalid) => report(context, &invalid.errors, problems),
        Ok(schema) => {
            if let Err(invalid) = schema.validate() {
                report(context, &invalid.errors, problems);
            }
        }
    }
}

fn report(context: &Context<'_>, errors: &DiagnosticList, problems: &mut Problems) {
    for diagnostic in errors.iter() {
        // A subgraph needs no queries, and unknown directives are reported with better advice.
        let rule = diagnostic.error.unstable_error_name();
        if matches!(rule, Some("QueryRootOperationType" | "UndefinedDirective")) {
            continue;
        }
        // Servers take the name of an enum value for a string; so do the tools that print schemas.
        let text = diagnostic.error.to_string();
        let is_enum_for_string = rule == Some("UnsupportedValueType")
            && text.starts_with("expected value of type String")
            && text.ends_with("found an enum");
        if is_enum_for_string {
            continue;
        }
        let place = diagnostic.error.location();
        let own =
            place.is_some_and(|place| context.document.sources.contains_key(&place.file_id()));
        let mut message = text;
        if let Some(first) = message.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let problem = problems.error(Code::InvalidGraphql, "", format!("{message}."));
        if own {
            problem.point_at(&context.source.span_of(place), "here");
        } else {
            let beginning = context.source.span(0, 0);
            problem.also_see(&beginning, "in this subgraph");
        }
    }
}
