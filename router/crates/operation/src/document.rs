//! A parsed document, before any schema is asked: which operations it holds, and of what kind.

use apollo_compiler::ast;
use apollo_compiler::diagnostic::{Diagnostic, ToCliReport};
use apollo_compiler::parser::{Parser, SourceMap, SourceSpan};
use apollo_compiler::validation::DiagnosticList;
use schema::OperationKind;

use crate::error::MAX_ERRORS;
use crate::{ErrorCode, Limits, Location, RequestError, measure};

/// Levels of lists and objects in an argument's literal, beyond the depth of the selections.
const LITERAL_DEPTH: usize = 50;

/// A document that parses and is within the limits.
#[derive(Debug)]
pub struct Document {
    pub(crate) ast: ast::Document,
}

impl Document {
    /// Parses a document and measures it.
    ///
    /// # Errors
    /// It is no GraphQL, it is over a limit, or its fragments spread each other in a circle.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, Vec<RequestError>> {
        let mut parser = Parser::new()
            .token_limit(limits.max_tokens)
            .recursion_limit(limits.depth() + LITERAL_DEPTH);
        let ast = parser
            .parse_ast(text, "")
            .map_err(|failed| syntax_errors(&failed.errors, limits))?;
        measure::check(&ast, limits).map_err(|error| vec![error])?;
        Ok(Self { ast })
    }

    /// The operations in the order they were written: their names and kinds.
    pub fn operations(&self) -> impl Iterator<Item = (Option<&str>, OperationKind)> {
        self.definitions()
            .map(|it| (it.name.as_deref(), kind(it.operation_type)))
    }

    /// The kind of the operation that would be executed, so that a caller can refuse a mutation
    /// before the document is validated.
    ///
    /// # Errors
    /// There is no operation, none of that name, or several and no name.
    pub fn operation_kind(&self, name: Option<&str>) -> Result<OperationKind, RequestError> {
        self.pick(name).map(|it| kind(it.operation_type))
    }

    /// The operation that a request with this `operationName` executes (GraphQL specification,
    /// section 6.1, `GetOperation`). An empty name counts as none, as some clients send it.
    pub(crate) fn pick(
        &self,
        name: Option<&str>,
    ) -> Result<&ast::OperationDefinition, RequestError> {
        let unknown = |message: String| RequestError::new(ErrorCode::UnknownOperationName, message);
        let Some(name) = name.filter(|name| !name.is_empty()) else {
            let mut all = self.definitions();
            return match (all.next(), all.next()) {
                (Some(only), None) => Ok(only),
                (Some(_), Some(_)) => Err(unknown(
                    "the document has several operations: name one with \"operationName\"".into(),
                )),
                (None, _) => Err(unknown("the document has no operation".into())),
            };
        };
        self.definitions()
            .find(|it| it.name.as_deref() == Some(name))
            .ok_or_else(|| {
                let shown: String = name.chars().take(100).collect();
                unknown(format!("the document has no operation named {shown:?}"))
            })
    }

    fn definitions(&self) -> impl Iterator<Item = &ast::OperationDefinition> {
        self.ast.definitions.iter().filter_map(|it| match it {
            ast::Definition::OperationDefinition(operation) => Some(&**operation),
            _ => None,
        })
    }
}

/// A parser's span as a place for clients.
pub(crate) fn location(span: Option<SourceSpan>, sources: &SourceMap) -> Option<Location> {
    let place = span?.line_column(sources)?;
    Some(Location {
        line: place.line.try_into().ok()?,
        column: place.column.try_into().ok()?,
    })
}

/// A problem that the parser or its validation found.
pub(crate) fn problem<T: ToCliReport>(
    code: ErrorCode,
    problem: &Diagnostic<'_, T>,
) -> RequestError {
    let place = location(problem.error.location(), problem.sources);
    RequestError::new(code, problem.error.to_string()).at([place])
}

pub(crate) fn kind(kind: ast::OperationType) -> OperationKind {
    match kind {
        ast::OperationType::Query => OperationKind::Query,
        ast::OperationType::Mutation => OperationKind::Mutation,
        ast::OperationType::Subscription => OperationKind::Subscription,
    }
}

/// The first syntax error, for the others mostly follow from it; a limit before all.
fn syntax_errors(errors: &DiagnosticList, limits: &Limits) -> Vec<RequestError> {
    let mut found = errors.iter().map(|it| problem(ErrorCode::ParseFailed, &it));
    let Some(mut first) = found.next() else {
        return vec![RequestError::new(
            ErrorCode::ParseFailed,
            "the document does not parse",
        )];
    };
    // The parser marks limits by their words only.
    let limit = |it: &RequestError| {
        it.message.contains("token limit") || it.message.contains("recursion limit")
    };
    if !limit(&first)
        && let Some(other) = found.take(MAX_ERRORS).find(limit)
    {
        first = other;
    }
    if limit(&first) {
        first.code = ErrorCode::OperationTooComplex;
        first.message = if first.message.contains("token") {
            format!("the document has more than {} tokens", limits.max_tokens)
        } else {
            format!(
                "the document is nested more than {} levels deep",
                limits.depth()
            )
        };
    } else {
        first.message = readable(&first.message);
    }
    vec![first]
}

/// The parser's message with tokens as people write them.
fn readable(message: &str) -> String {
    const TOKENS: &[(&str, &str)] = &[
        ("L_CURLY", "`{`"),
        ("R_CURLY", "`}`"),
        ("L_PAREN", "`(`"),
        ("R_PAREN", "`)`"),
        ("L_BRACK", "`[`"),
        ("R_BRACK", "`]`"),
        ("COLON", "`:`"),
        ("<EOF>", "end of the document"),
        ("EOF", "the end of the document"),
    ];
    TOKENS
        .iter()
        .fold(message.to_owned(), |text, (token, written)| {
            text.replace(token, written)
        })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use schema::OperationKind;

    use super::Document;
    use crate::error::render;
    use crate::{Limits, RequestError};

    fn check(text: &str, expected: &Expect) {
        let errors = Document::parse(text, &Limits::default()).unwrap_err();
        expected.assert_eq(&render(&errors));
    }

    fn kind(text: &str, name: Option<&str>) -> Result<OperationKind, RequestError> {
        Document::parse(text, &Limits::default())
            .unwrap()
            .operation_kind(name)
    }

    #[test]
    fn the_operation_is_picked_by_name() {
        let two = "query A { a } mutation B { b }";
        assert_eq!(kind(two, Some("B")).unwrap(), OperationKind::Mutation);
        assert_eq!(kind("{ a }", None).unwrap(), OperationKind::Query);
        assert_eq!(kind("{ a }", Some("")).unwrap(), OperationKind::Query);
        let message = |text, name| kind(text, name).unwrap_err().message;
        assert_eq!(
            message(two, None),
            "the document has several operations: name one with \"operationName\""
        );
        assert_eq!(
            message(two, Some("C")),
            "the document has no operation named \"C\""
        );
        assert_eq!(
            message("fragment F on T { a }", None),
            "the document has no operation"
        );
    }

    #[test]
    fn syntax_errors_have_a_place() {
        check(
            "{ a(",
            &expect![[r#"1:5 GRAPHQL_PARSE_FAILED syntax error: expected an Argument"#]],
        );
        check(
            "",
            &expect![[r#"1:1 GRAPHQL_PARSE_FAILED syntax error: Unexpected end of the document."#]],
        );
        check(
            "query {\n  a }}",
            &expect![[
                r#"2:6 GRAPHQL_PARSE_FAILED syntax error: expected a StringValue, Name or OperationDefinition"#
            ]],
        );
    }

    #[test]
    fn deep_nesting_is_refused_by_the_parser() {
        check(
            &"{a".repeat(1_000),
            &expect![[
                r#"1:302 OPERATION_TOO_COMPLEX the document is nested more than 100 levels deep"#
            ]],
        );
        check(
            &format!("{{a(b:{}", "[".repeat(10_000)),
            &expect![[
                r#"1:156 OPERATION_TOO_COMPLEX the document is nested more than 100 levels deep"#
            ]],
        );
    }

    #[test]
    fn long_documents_are_refused_by_the_parser() {
        check(
            &format!("{{ {} }}", "a ".repeat(50_000)),
            &expect![[r#"1:30001 OPERATION_TOO_COMPLEX the document has more than 30000 tokens"#]],
        );
    }
}
