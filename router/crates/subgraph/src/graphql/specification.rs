//! `INVALID_GRAPHQL`: the rules of the GraphQL specification, as the parser's library checks them.

use apollo_compiler::Schema;
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::validation::DiagnosticList;
use diagnostics::{Code, Problems};

use super::{Context, supplement, unknown_directives};

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
        Err(mut invalid) => {
            // What could be built is checked too, so that everything is said at once.
            if let Err(more) = invalid.partial.validate() {
                invalid.errors.merge(more.errors);
            }
            report(context, &invalid.errors, problems);
        }
        Ok(schema) => {
            if let Err(invalid) = schema.validate() {
                report(context, &invalid.errors, problems);
            }
        }
    }
}

/// Types that do not exist are reported alone: what is said of them elsewhere is follow-up noise.
fn report(context: &Context<'_>, errors: &DiagnosticList, problems: &mut Problems) {
    let is_unknown_type = |rule: Option<&str>| rule == Some("UndefinedDefinition");
    let any_unknown_type = errors
        .iter()
        .any(|it| is_unknown_type(it.error.unstable_error_name()));
    if !any_unknown_type {
        unknown_directives::check(context, problems);
    }
    for diagnostic in errors.iter() {
        // A subgraph needs no queries, and unknown directives are reported with better advice.
        let rule = diagnostic.error.unstable_error_name();
        if matches!(rule, Some("QueryRootOperationType" | "UndefinedDirective"))
            || (any_unknown_type && !is_unknown_type(rule))
        {
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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn the_rules_of_graphql_hold() {
        check(
            "type Query implements N { a: Int a: Int b: B } interface N { id: ID } scalar __B scalar B",
            &expect![[r#"
                INVALID_GRAPHQL: Type `Query` does not satisfy interface `N`: missing field `id`.
                  --> s:1:1 here
                INVALID_GRAPHQL: Duplicate definitions for the `a` field of object type `Query`.
                  --> s:1:34 here
                INVALID_GRAPHQL: A scalar type cannot be named `__B` as names starting with two underscores are reserved.
                  --> s:1:78 here
            "#]],
        );
    }

    #[test]
    fn types_that_do_not_exist_come_alone() {
        check(
            "type Query { a: Nope b: Int @nope }",
            &expect![[r#"
            INVALID_GRAPHQL: Cannot find type `Nope` in this document.
              --> s:1:17 here
        "#]],
        );
    }

    #[test]
    fn extensions_of_types_elsewhere_are_fine() {
        check(
            r#"extend type T @key(fields: "id") { id: ID } extend type Query { t: T } extend union U = T extend enum E { A } scalar String"#,
            &expect![[r#""#]],
        );
    }
}
