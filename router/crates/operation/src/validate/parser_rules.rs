//! Every rule of validation that the parser brings, in linear time.
//!
//! Its check that fields of one response key can be merged builds a set of fields for each way to
//! reach a position, which a document of a few kilobytes can make exponentially many. It finds
//! nothing to merge in a document in which every field has an alias of its own: so that is
//! the document it is given, and [`super::field_merging`] does that rule.

use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name};

use crate::document::problem;
use crate::error::MAX_ERRORS;
use crate::{ApiSchema, Document, ErrorCode, RequestError};

/// Resolves a document against the schema and validates it, field merging left out.
///
/// # Errors
/// The rules that it breaks.
pub(super) fn check(
    api: &ApiSchema,
    document: &Document,
) -> Result<ExecutableDocument, Vec<RequestError>> {
    // A document that cannot be resolved is not validated any further: what is missing in it would
    // be complained about twice, and the second complaint misleads.
    let errors = match document.ast.to_executable(&api.schema) {
        Ok(executable) => match with_unique_aliases(executable.clone()).validate(&api.schema) {
            Ok(_) => return Ok(executable),
            Err(failed) => failed.errors,
        },
        Err(failed) => failed.errors,
    };
    let mut found: Vec<RequestError> = errors
        .iter()
        .take(MAX_ERRORS)
        .map(|it| problem(ErrorCode::ValidationFailed, &it))
        .collect();
    found.dedup();
    Err(found)
}

fn with_unique_aliases(mut document: ExecutableDocument) -> ExecutableDocument {
    let mut next = 0;
    let operations = &mut document.operations;
    for operation in operations
        .anonymous
        .iter_mut()
        .chain(operations.named.values_mut())
    {
        rename(&mut operation.make_mut().selection_set, &mut next);
    }
    for fragment in document.fragments.values_mut() {
        rename(&mut fragment.make_mut().selection_set, &mut next);
    }
    document
}

fn rename(set: &mut SelectionSet, next: &mut usize) {
    for selection in &mut set.selections {
        match selection {
            Selection::Field(field) => {
                let field = field.make_mut();
                *next += 1;
                field.alias = Some(Name::new_unchecked(&format!("f{next}")));
                rename(&mut field.selection_set, next);
            }
            Selection::InlineFragment(fragment) => {
                rename(&mut fragment.make_mut().selection_set, next);
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::validate::tests::check;

    #[test]
    fn fields_and_arguments_must_exist() {
        check(
            "{ pet { nmae } nothing }",
            &expect![[r#"
                1:9 GRAPHQL_VALIDATION_FAILED type `Pet` does not have a field `nmae`
                1:16 GRAPHQL_VALIDATION_FAILED type `Query` does not have a field `nothing`"#]],
        );
        check(
            "{ pet(di: 1) { id } }",
            &expect![[
                r#"1:7 GRAPHQL_VALIDATION_FAILED the argument `di` is not supported by `Query.pet`"#
            ]],
        );
        check(
            "{ pet }",
            &expect![[
                r#"1:3 GRAPHQL_VALIDATION_FAILED interface, union and object types must have a subselection set"#
            ]],
        );
        check(
            "{ now { x } }",
            &expect![[
                r#"1:3 GRAPHQL_VALIDATION_FAILED field selection of scalar type `Date` must not have subselections"#
            ]],
        );
        check(
            "mutation { rename(id: 1) { id } }",
            &expect![[
                r#"1:12 GRAPHQL_VALIDATION_FAILED the required argument `Mutation.rename(name:)` is not provided"#
            ]],
        );
    }

    #[test]
    fn fragments_must_fit_and_be_used() {
        check(
            "{ ...F }",
            &expect![[
                r#"1:3 GRAPHQL_VALIDATION_FAILED cannot find fragment `F` in this document"#
            ]],
        );
        check(
            "{ dog { ...F } } fragment F on Cat { id }",
            &expect![[
                r#"1:9 GRAPHQL_VALIDATION_FAILED fragment `F` with type condition `Cat` cannot be applied to `Dog`"#
            ]],
        );
        check(
            "{ dog { id } } fragment F on Dog { id }",
            &expect![[
                r#"1:16 GRAPHQL_VALIDATION_FAILED fragment `F` must be used in an operation"#
            ]],
        );
        check(
            "{ dog { ... on Nothing { id } } }",
            &expect![[
                r#"1:16 GRAPHQL_VALIDATION_FAILED type condition `Nothing` of inline fragment is not a type defined in the schema"#
            ]],
        );
    }

    #[test]
    fn variables_must_be_declared_and_used() {
        check(
            "query ($a: ID) { pet(id: $b) { id } }",
            &expect![[r#"
            1:8 GRAPHQL_VALIDATION_FAILED unused variable: `$a`
            1:26 GRAPHQL_VALIDATION_FAILED variable `$b` is not defined"#]],
        );
        check(
            "query ($a: Pet) { pet(id: $a) { id } }",
            &expect![[r#"
            1:8 GRAPHQL_VALIDATION_FAILED `$a` variable must be of an input type
            1:23 GRAPHQL_VALIDATION_FAILED variable `$a` of type `Pet` cannot be used for argument `id` of type `ID`"#]],
        );
        check(
            "query ($a: Int) { pet(id: $a) { id } }",
            &expect![[
                r#"1:23 GRAPHQL_VALIDATION_FAILED variable `$a` of type `Int` cannot be used for argument `id` of type `ID`"#
            ]],
        );
    }

    #[test]
    fn directives_must_fit() {
        check(
            "{ dog @nothing { id @skip } }",
            &expect![[r#"
            1:7 GRAPHQL_VALIDATION_FAILED cannot find directive `@nothing` in this document
            1:21 GRAPHQL_VALIDATION_FAILED the required argument `@skip(if:)` is not provided"#]],
        );
        check(
            "{ dog { id @skip(if: true) @skip(if: true) } }",
            &expect![[
                r#"1:28 GRAPHQL_VALIDATION_FAILED non-repeatable directive skip can only be used once per location"#
            ]],
        );
    }

    #[test]
    fn only_executable_definitions_and_one_anonymous_operation() {
        check(
            "{ dog { id } } type T { a: Int }",
            &expect![[
                r#"1:16 GRAPHQL_VALIDATION_FAILED an executable document must not contain an object type definition"#
            ]],
        );
        check(
            "{ dog { id } } query A { dog { id } }",
            &expect![[
                r#"1:1 GRAPHQL_VALIDATION_FAILED anonymous operation cannot be selected when the document contains other operations"#
            ]],
        );
    }

    #[test]
    fn a_subscription_has_one_root_field() {
        check("subscription { renamed { id } }", &expect![["valid"]]);
        check(
            "subscription { renamed { id } again: renamed { id } }",
            &expect![[
                r#"1:1 GRAPHQL_VALIDATION_FAILED anonymous subscription can only have one root field"#
            ]],
        );
    }
}
