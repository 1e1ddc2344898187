//! Validation against the API schema (GraphQL specification, section 5).
//!
//! The parser's own validation knows nearly every rule. Two are ours: [`field_merging`], because
//! the parser's way can be made to take exponential time, and [`input_values`], because the
//! parser looks at variables inside lists and objects only cursorily.

mod field_merging;
mod input_values;
mod parser_rules;

use apollo_compiler::ExecutableDocument;

use crate::{ApiSchema, Document, Limits, RequestError};

/// Validates a document that is within the limits and gives it with its fields resolved.
///
/// # Errors
/// Every rule that it breaks, up to a number that still helps.
pub(crate) fn resolve(
    api: &ApiSchema,
    document: &Document,
    limits: &Limits,
) -> Result<ExecutableDocument, Vec<RequestError>> {
    let executable = parser_rules::check(api, document)?;
    // These rely on what the rules before them established.
    let mut errors = input_values::check(api, &executable);
    errors.extend(field_merging::check(api, &executable, limits));
    errors.truncate(crate::error::MAX_ERRORS);
    if errors.is_empty() {
        Ok(executable)
    } else {
        Err(errors)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use expect_test::Expect;

    use crate::error::render;
    use crate::{ApiSchema, Document, Limits};

    pub(crate) const SCHEMA: &str = r#"
        type Query { pet(id: ID): Pet pets(by: By, first: Int! = 10, ids: [ID!]): [Pet!]! any: [Any] dog: Dog now: Date either(it: Either): Int }
        type Mutation { rename(id: ID!, name: String!): Pet }
        type Subscription { renamed: Pet }
        interface Pet { id: ID! name: String friend: Pet }
        type Dog implements Pet { id: ID! name: String friend: Pet barks(loud: Boolean, times: Int): Boolean owner: Person age: Int }
        type Cat implements Pet { id: ID! name: String friend: Pet meows: Boolean! owner: Person age: String }
        type Person { id: ID! name: String pets: [Pet!] }
        union Any = Dog | Cat | Person
        input By { name: String = "Rex" kinds: [Kind!] and: [By!] limit: Int! = 3 since: Date required: Boolean! }
        input Either @oneOf { id: ID name: String }
        enum Kind { DOG CAT }
        scalar Date
    "#;

    /// Validates a document against the schema above.
    pub(crate) fn check(text: &str, expected: &Expect) {
        let api = ApiSchema::parse(SCHEMA).unwrap();
        let limits = Limits::default();
        let errors = Document::parse(text, &limits)
            .and_then(|document| super::resolve(&api, &document, &limits).map(|_| ()));
        let text = match errors {
            Ok(()) => "valid".to_owned(),
            Err(errors) => render(&errors),
        };
        expected.assert_eq(&text);
    }
}
