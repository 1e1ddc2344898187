//! From a client's text to an operation in normal form.

use std::collections::{HashMap, HashSet};

use apollo_compiler::executable;
use schema::{Name, from_parser};

use crate::document::{kind, location};
use crate::introspection::Introspection;
use crate::normalise::normalise;
use crate::validate::resolve;
use crate::{
    ApiSchema, Document, ErrorCode, Field, Limits, Location, Operation, RequestError, SelectionSet,
    VariableDefinition,
};

/// A validated operation with all that is needed to execute it for any variables.
///
/// Holds no value of a client's variables, so it can be kept and shared between requests.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The operation in normal form.
    pub operation: Operation,
    /// The position of each variable in [`Operation::variables`].
    pub(crate) variable_index: HashMap<Name, usize>,
    /// Where each variable is declared, as [`Operation::variables`].
    pub(crate) variable_places: Vec<Option<Location>>,
    /// For each variable, whether a `@skip` or `@include` hangs on it.
    pub(crate) variable_decides: Vec<bool>,
    pub(crate) introspection: Option<Introspection>,
    pub(crate) limits: Limits,
}

/// Parses, measures, validates and normalises a document.
///
/// # Errors
/// The document is at fault, or `operation_name` picks none of its operations.
pub fn prepare(
    api: &ApiSchema,
    document: &str,
    operation_name: Option<&str>,
    limits: &Limits,
) -> Result<Prepared, Vec<RequestError>> {
    let document = Document::parse(document, limits)?;
    prepare_document(api, &document, operation_name, limits)
}

/// The same for a document that has been parsed already, with these limits.
///
/// # Errors
/// As [`prepare`], syntax aside.
pub fn prepare_document(
    api: &ApiSchema,
    document: &Document,
    operation_name: Option<&str>,
    limits: &Limits,
) -> Result<Prepared, Vec<RequestError>> {
    let one = |error| vec![error];
    let name = document.pick(operation_name).map_err(one)?.name.clone();
    let executable = resolve(api, document, limits)?;
    let operation = executable.operations.get(name.as_deref()).map_err(|_| {
        one(RequestError::new(
            ErrorCode::UnknownOperationName,
            "the document has no such operation",
        ))
    })?;
    let selections = normalise(api, &executable, operation, limits).map_err(one)?;
    let introspection = introspects(&selections)
        .then(|| Introspection::new(api, &executable, operation))
        .transpose()
        .map_err(one)?;
    let variables: Vec<VariableDefinition> =
        operation.variables.iter().map(|it| variable(it)).collect();
    let variable_index = variables
        .iter()
        .enumerate()
        .map(|(index, it)| (it.name.clone(), index))
        .collect();
    let variable_places = operation
        .variables
        .iter()
        .map(|it| location(it.location(), &executable.sources))
        .collect();
    let variable_decides = deciding(&selections, &variables, introspection.as_ref());
    Ok(Prepared {
        operation: Operation {
            kind: kind(operation.operation_type),
            name: operation.name.as_ref().map(from_parser::name),
            variables,
            selections,
        },
        variable_index,
        variable_places,
        variable_decides,
        introspection,
        limits: limits.clone(),
    })
}

/// Validates all operations of a document, for tools that execute none.
///
/// # Errors
/// The document is at fault.
pub fn validate(
    api: &ApiSchema,
    document: &Document,
    limits: &Limits,
) -> Result<(), Vec<RequestError>> {
    resolve(api, document, limits).map(|_| ())
}

fn variable(definition: &executable::VariableDefinition) -> VariableDefinition {
    VariableDefinition {
        name: from_parser::name(&definition.name),
        ty: from_parser::r#type(&definition.ty),
        default: definition.default_value.as_deref().map(from_parser::value),
    }
}

fn introspects(selections: &SelectionSet) -> bool {
    let introspection = |field: &Field| field.name == "__schema" || field.name == "__type";
    selections.fields.iter().any(introspection)
}

/// Which variables some formula hangs on.
fn deciding(
    selections: &SelectionSet,
    variables: &[VariableDefinition],
    introspection: Option<&Introspection>,
) -> Vec<bool> {
    let mut names: HashSet<&Name> = HashSet::new();
    let mut stack = vec![selections];
    while let Some(set) = stack.pop() {
        for field in &set.fields {
            let conditions = field.inclusion.alternatives().iter().flatten();
            names.extend(conditions.map(|condition| &condition.variable));
            stack.extend(&field.selections);
        }
    }
    variables
        .iter()
        .map(|it| names.contains(&it.name) || introspection.is_some_and(|all| all.uses(&it.name)))
        .collect()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::prepare;
    use crate::validate::tests::SCHEMA;
    use crate::{ApiSchema, Limits};

    fn check(text: &str, name: Option<&str>, expected: &Expect) {
        let api = ApiSchema::parse(SCHEMA).unwrap();
        let text = match prepare(&api, text, name, &Limits::default()) {
            Ok(prepared) => {
                let operation = prepared.operation;
                let fields: Vec<&str> = operation
                    .selections
                    .fields
                    .iter()
                    .map(|it| it.name.as_str())
                    .collect();
                format!(
                    "{} {:?} {:?} {fields:?}",
                    operation.kind, operation.name, operation.variables
                )
            }
            Err(errors) => crate::error::render(&errors),
        };
        expected.assert_eq(&text);
    }

    #[test]
    fn the_named_operation_is_prepared() {
        let document = "query A($id: ID = 4) { pet(id: $id) { id } } mutation B { rename(id: 1, name: \"x\") { id } } subscription C { renamed { id } }";
        check(
            document,
            Some("A"),
            &expect![[
                r#"query Some("A") [VariableDefinition { name: "id", ty: Named("ID"), default: Some(Int("4")) }] ["pet"]"#
            ]],
        );
        check(
            document,
            Some("B"),
            &expect![[r#"mutation Some("B") [] ["rename"]"#]],
        );
        check(
            document,
            Some("C"),
            &expect![[r#"subscription Some("C") [] ["renamed"]"#]],
        );
        check(
            document,
            Some("D"),
            &expect![[
                r#"- GRAPHQL_UNKNOWN_OPERATION_NAME the document has no operation named "D""#
            ]],
        );
        check(
            document,
            None,
            &expect![[
                r#"- GRAPHQL_UNKNOWN_OPERATION_NAME the document has several operations: name one with "operationName""#
            ]],
        );
    }

    #[test]
    fn a_fault_in_another_operation_counts_too() {
        check(
            "query A { dog { id } } query B { nothing }",
            Some("A"),
            &expect![[
                r#"1:34 GRAPHQL_VALIDATION_FAILED type `Query` does not have a field `nothing`"#
            ]],
        );
    }

    #[test]
    fn a_kind_that_the_schema_lacks_is_refused() {
        let api = ApiSchema::parse("type Query { a: Int }").unwrap();
        let errors = prepare(&api, "mutation { a }", None, &Limits::default()).unwrap_err();
        expect![[r#"1:1 GRAPHQL_VALIDATION_FAILED `mutation` root operation type is not defined"#]]
            .assert_eq(&crate::error::render(&errors));
    }

    #[test]
    fn everything_can_be_shared_between_threads() {
        fn shared<T: Send + Sync + 'static>() {}
        shared::<ApiSchema>();
        shared::<crate::Document>();
        shared::<crate::Prepared>();
    }
}
