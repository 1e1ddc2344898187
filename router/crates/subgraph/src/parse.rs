//! `Subgraph::parse`: the stages of reading a subgraph, each stopping the next if it finds errors.

use std::sync::Arc;

use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::parser::Parser;
use diagnostics::{Code, Problems};

use crate::graphql::{self, Context};
use crate::{FederationVersion, Source, Subgraph, build, derive, links, roots};

/// The most tokens a subgraph may have; the largest known have some hundred thousand.
const TOKEN_LIMIT: usize = 10_000_000;
/// How deep values and types may nest; the parser recurses.
const RECURSION_LIMIT: usize = 200;

impl Subgraph {
    /// Reads one subgraph's SDL.
    ///
    /// # Errors
    /// All problems of the first stage that finds any: the text is no GraphQL, its links make no
    /// sense, it redefines federation directives wrongly, or it breaks a rule of GraphQL.
    pub fn parse(name: &str, url: &str, sdl: &str) -> Result<Self, Problems> {
        let name: Arc<str> = name.into();
        let source = Source::new(Arc::clone(&name), sdl);
        let mut problems = Problems::default();
        let document = Parser::new()
            .token_limit(TOKEN_LIMIT)
            .recursion_limit(RECURSION_LIMIT)
            .parse_ast(sdl, &*name)
            .map_err(|invalid| syntax_problem(&source, &invalid.errors))?;
        let (links, version, lifted) = links::read(&document, &source, &mut problems);
        let mut definitions = build::build(&document, &source, &links);
        let context = Context {
            document: &document,
            source: &source,
            links: &links,
            version,
            definitions: &definitions,
        };
        if problems.has_errors() {
            let unknown = graphql::unknown_directives_of_links(&context);
            return Err(if unknown.has_errors() {
                unknown
            } else {
                problems
            });
        }
        graphql::check(&context, &mut problems);
        if problems.has_errors() {
            return Err(problems);
        }
        graphql::normalise(&mut definitions, &links);
        roots::rename(&mut definitions, &mut problems);
        if problems.has_errors() {
            return Err(problems);
        }
        definitions
            .types
            .retain(|name, _| !links.is_known_type(name));
        let mut subgraph = Self {
            name,
            url: url.to_owned(),
            source,
            version,
            was_federation_one: version == FederationVersion::One,
            lifted,
            links,
            schema: definitions.schema,
            directive_definitions: definitions.directives,
            types: definitions.types,
        };
        derive::derive(&mut subgraph);
        Ok(subgraph)
    }
}

/// The first syntax error: the parser recovers, but what it says afterwards is guesswork.
fn syntax_problem(
    source: &Source,
    errors: &apollo_compiler::validation::DiagnosticList,
) -> Problems {
    let mut problems = Problems::default();
    let first = errors.iter().next();
    let message = first.as_ref().map_or_else(
        || "The text is no GraphQL document.".to_owned(),
        |diagnostic| {
            let said = schema::from_parser::message(&diagnostic.error);
            format!("The text is no GraphQL document: {said}.")
        },
    );
    let place = first.and_then(|diagnostic| diagnostic.error.location());
    problems
        .error(Code::InvalidGraphql, "", message)
        .point_at(&source.span_of(place), "here");
    problems
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn text_that_is_no_graphql_says_where() {
        check(
            "type Query {\n  a: Int\n  b: [Int\n}",
            &expect![[r#"
                INVALID_GRAPHQL: The text is no GraphQL document: syntax error: expected `]`, got }.
                  --> s:4:1 here
            "#]],
        );
    }

    #[test]
    fn an_empty_text_has_nothing_in_it() {
        check(
            "",
            &expect![[r#"
                INVALID_GRAPHQL: The text is no GraphQL document: syntax error: Unexpected end of the text.
                  --> s:1:1 here
            "#]],
        );
    }

    #[test]
    fn deep_nesting_is_cut_off() {
        check(
            &format!(
                "type Query {{ a(x: I = {}1{}): Int }}",
                "{x:".repeat(600),
                "}".repeat(600)
            ),
            &expect![[r#"
                INVALID_GRAPHQL: The text is no GraphQL document: parser recursion limit reached.
                  --> s:1:626 here
            "#]],
        );
    }

    #[test]
    fn with_its_own_link_an_unknown_directive_says_more_than_the_import() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@composeDirective"]) @composeDirective(name: "@x") type Query { a: Int }"#,
            &expect![[r#"
                INVALID_GRAPHQL @composeDirective: The directive `@composeDirective` is not defined.
                  --> s:1:150 applied here
                  help: `@composeDirective` came with federation v2.1; this schema links v2.0
            "#]],
        );
    }
}
