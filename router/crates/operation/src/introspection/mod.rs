//! Answers `__schema` and `__type` from the API schema (GraphQL specification, section 4).
//!
//! The parser's crate executes introspection; [`cost`] bounds what it may be asked for.

mod cost;

use std::sync::Arc;

use apollo_compiler::executable::{self, Selection, SelectionSet};
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name as ParserName, ast};
use bytes::Bytes;
use schema::Name;

pub(crate) use cost::SchemaSize;

use crate::{ApiSchema, ErrorCode, Prepared, RequestError};

/// What answering an operation's introspection needs: its document as the parser's crate knows it.
#[derive(Clone, Debug)]
pub(crate) struct Introspection {
    document: Arc<Valid<ExecutableDocument>>,
    operation: Option<ParserName>,
    /// The variables that the operation uses anywhere in a condition or an introspection argument.
    variables: Vec<Name>,
}

impl Introspection {
    /// Keeps what is needed of a validated document.
    ///
    /// # Errors
    /// The operation asks for too much of the schema.
    pub(crate) fn new(
        api: &ApiSchema,
        document: &ExecutableDocument,
        operation: &executable::Operation,
    ) -> Result<Self, RequestError> {
        // `validate` has just found the document to be valid.
        let document = Valid::assume_valid(document.clone());
        cost::check(api, &document, operation)?;
        Ok(Self {
            operation: operation.name.clone(),
            variables: variables(&document, operation),
            document: Arc::new(document),
        })
    }

    /// Whether a variable decides what is answered.
    pub(crate) fn uses(&self, variable: &Name) -> bool {
        self.variables.contains(variable)
    }
}

/// Answers the root fields `__schema` and `__type` of an operation: each field's response key with
/// its value as JSON. A field that `@skip` or `@include` leaves out is absent.
///
/// `variables` are what [`crate::coerce_variables`] gave for this operation.
///
/// # Errors
/// The schema could not answer; no valid operation is known to bring that about.
pub fn introspect(
    api: &ApiSchema,
    prepared: &Prepared,
    variables: &[(Name, Bytes)],
) -> Result<Vec<(Name, Bytes)>, Vec<RequestError>> {
    let Some(introspection) = &prepared.introspection else {
        return Ok(Vec::new());
    };
    let failed = |message: String| vec![RequestError::new(ErrorCode::ValidationFailed, message)];
    let document = &introspection.document;
    let operation = document
        .operations
        .get(introspection.operation.as_deref())
        .map_err(|_| failed("the operation is gone".to_owned()))?;
    let mut values = JsonMap::new();
    for (name, json) in variables {
        // Only Booleans and strings can matter to introspection; large inputs need no parsing.
        if introspection.uses(name)
            && let Ok(value) = serde_json::from_slice::<JsonValue>(json)
        {
            values.insert(name.as_str(), value);
        }
    }
    let answer = apollo_compiler::introspection::partial_execute(
        &api.schema,
        &api.implementers,
        document,
        operation,
        &Valid::assume_valid(values),
    )
    .map_err(|error| failed(error.message().to_string()))?;
    if let Some(error) = answer.errors.first() {
        return Err(failed(error.message.clone()));
    }
    let data = answer.data.unwrap_or_default();
    let mut answered: Vec<(Name, Bytes)> = Vec::new();
    for field in &prepared.operation.selections.fields {
        if field.name != "__schema" && field.name != "__type" {
            continue;
        }
        if let Some(value) = data.get(field.response_key.as_str()) {
            let json = serde_json::to_vec(value).map_err(|error| failed(error.to_string()))?;
            answered.push((field.response_key.clone(), json.into()));
        }
    }
    Ok(answered)
}

/// The variables in conditions and in the arguments of meta-fields.
fn variables(document: &ExecutableDocument, operation: &executable::Operation) -> Vec<Name> {
    let mut names = Vec::new();
    let mut fragments = std::collections::HashSet::new();
    let mut stack: Vec<(&SelectionSet, bool)> = vec![(&operation.selection_set, false)];
    while let Some((set, inside)) = stack.pop() {
        for selection in &set.selections {
            for directive in selection.directives() {
                add(&directive.arguments, &mut names);
            }
            match selection {
                Selection::Field(field) => {
                    let inside = inside || field.name.starts_with("__");
                    if inside {
                        add(&field.arguments, &mut names);
                    }
                    stack.push((&field.selection_set, inside));
                }
                Selection::InlineFragment(fragment) => {
                    stack.push((&fragment.selection_set, inside));
                }
                Selection::FragmentSpread(spread) => {
                    if fragments.insert((&spread.fragment_name, inside))
                        && let Some(fragment) = document.fragments.get(&spread.fragment_name)
                    {
                        stack.push((&fragment.selection_set, inside));
                    }
                }
            }
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

fn add(arguments: &[apollo_compiler::Node<ast::Argument>], names: &mut Vec<Name>) {
    for argument in arguments {
        if let ast::Value::Variable(name) = &*argument.value {
            names.push(schema::from_parser::name(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::value::RawValue;

    use crate::validate::tests::SCHEMA;
    use crate::{ApiSchema, Limits, RequestError, coerce_variables, introspect, prepare};

    fn answer(text: &str, variables: &str) -> Result<String, Vec<RequestError>> {
        let api = ApiSchema::parse(SCHEMA).unwrap();
        let prepared = prepare(&api, text, None, &Limits::default())?;
        let raw: Box<RawValue> = serde_json::from_str(variables).unwrap();
        let variables = coerce_variables(&api, &prepared, Some(&raw))?;
        let lines: Vec<String> = introspect(&api, &prepared, &variables)?
            .into_iter()
            .map(|(key, json)| format!("{key}: {}", String::from_utf8(json.to_vec()).unwrap()))
            .collect();
        Ok(lines.join("\n"))
    }

    fn check(text: &str, variables: &str, expected: &Expect) {
        expected.assert_eq(
            &answer(text, variables).unwrap_or_else(|errors| crate::error::render(&errors)),
        );
    }

    #[test]
    fn meta_fields_are_answered_beside_others() {
        check(
            "query ($n: String!) { dog { id } t: __type(name: $n) { kind fields { name } } __schema { queryType { name } } }",
            r#"{"n": "Person"}"#,
            &expect![[r#"
                t: {"kind":"OBJECT","fields":[{"name":"id"},{"name":"name"},{"name":"pets"}]}
                __schema: {"queryType":{"name":"Query"}}"#]],
        );
        check(
            "{ __type(name: \"Nothing\") { name } }",
            "{}",
            &expect![[r#"__type: null"#]],
        );
        check("{ dog { id } __typename }", "{}", &expect![[""]]);
    }

    #[test]
    fn conditions_decide_at_run_time() {
        let text = "query ($s: Boolean!) { a: __type(name: \"Dog\") @skip(if: $s) { name } b: __type(name: \"Cat\") { name @include(if: $s) kind } }";
        check(
            text,
            r#"{"s": true}"#,
            &expect![[r#"b: {"name":"Cat","kind":"OBJECT"}"#]],
        );
        check(
            text,
            r#"{"s": false}"#,
            &expect![[r#"
            a: {"name":"Dog"}
            b: {"kind":"OBJECT"}"#]],
        );
    }

    #[test]
    fn the_usual_query_is_answered() {
        let text = include_str!("usual_query.graphql");
        let answer = answer(text, "{}").unwrap();
        let (key, json) = answer.split_once(": ").unwrap();
        assert_eq!(key, "__schema");
        let schema: serde_json::Value = serde_json::from_str(json).unwrap();
        let names: Vec<&str> = schema["types"]
            .as_array()
            .unwrap()
            .iter()
            .map(|ty| ty["name"].as_str().unwrap())
            .filter(|name| !name.starts_with("__"))
            .collect();
        expect![[r#"Int String Boolean ID Query Mutation Subscription Pet Dog Cat Person Any By Either Kind Date"#]].assert_eq(&names.join(" "));
    }

    #[test]
    fn recursion_through_the_schema_is_refused() {
        check(
            "{ __schema { types { fields { type { fields { type { fields { type { fields { type { fields { name } } } } } } } } } } } }",
            "{}",
            &expect![
                "- OPERATION_TOO_COMPLEX the operation asks for far more of the schema than there is"
            ],
        );
    }

    #[test]
    fn asking_for_the_schema_many_times_is_refused() {
        let aliases: String = (0..900)
            .map(|n| format!("a{n}: __schema {{ types {{ fields {{ args {{ name }} }} }} }} "))
            .collect();
        check(
            &format!("{{ {aliases} }}"),
            "{}",
            &expect![[
                r#"- OPERATION_TOO_COMPLEX the operation asks for far more of the schema than there is"#
            ]],
        );
    }
}
