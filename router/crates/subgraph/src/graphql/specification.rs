//! `INVALID_GRAPHQL`: the rules of the GraphQL specification, as the parser's library checks them.

use std::sync::Arc;

use apollo_compiler::Schema;
use apollo_compiler::diagnostic::{Diagnostic, ToCliReport};
use apollo_compiler::validation::{DiagnosticData, DiagnosticList};
use diagnostics::{Code, Problems};

use super::{Context, supplement};

/// How far a mistake is from the text: those that are nearer make others likely, which then would
/// only be noise, so that each stage is reported alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Two types of one name.
    Types,
    /// Names that stand for nothing, or for two things.
    Names,
    /// Things of the wrong kind: an output type as input, an object as interface.
    Kinds,
    /// All the rest.
    Rules,
}

impl Stage {
    pub(super) const ALL: [Self; 4] = [Self::Types, Self::Names, Self::Kinds, Self::Rules];

    /// The stage of a mistake; none for what is no mistake here or is reported by rules of our own.
    fn of(diagnostic: &Diagnostic<'_, DiagnosticData>) -> Option<Self> {
        let text = diagnostic.error.to_string();
        match diagnostic.error.unstable_error_name() {
            // A subgraph needs no queries, and unknown directives are reported with better advice.
            Some("QueryRootOperationType" | "UndefinedDirective") => None,
            // Servers take the name of an enum value for a string; so do the tools that print schemas.
            Some("UnsupportedValueType")
                if text.starts_with("expected value of type String")
                    && text.ends_with("found an enum") =>
            {
                None
            }
            Some("UndefinedDefinition") => Some(Self::Names),
            Some(
                "OutputType" | "InputType" | "UnionMemberObjectType" | "RootOperationObjectType",
            ) => Some(Self::Kinds),
            Some(_) => Some(Self::Rules),
            // Mistakes that are found while the schema is put together have no name.
            None if text.ends_with("is defined multiple times in the schema") => Some(Self::Types),
            None if text.starts_with("duplicate definitions for")
                && text.contains(" field of ") =>
            {
                Some(Self::Names)
            }
            None if text.starts_with("duplicate definitions for")
                || text.ends_with("more than once") =>
            {
                Some(Self::Kinds)
            }
            None => Some(Self::Rules),
        }
    }
}

/// What is wrong with the document, together with the definitions it may leave out.
pub(super) fn mistakes(context: &Context<'_>) -> DiagnosticList {
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
            // What could be built is checked too, so that all mistakes of a stage are told at once.
            if let Err(more) = invalid.partial.validate() {
                invalid.errors.merge(more.errors);
            }
            invalid.errors
        }
        Ok(schema) => match schema.validate() {
            Err(invalid) => invalid.errors,
            Ok(_) => DiagnosticList::new(Arc::default()),
        },
    }
}

/// Reports the mistakes of one stage.
pub(super) fn report(
    context: &Context<'_>,
    mistakes: &DiagnosticList,
    stage: Stage,
    problems: &mut Problems,
) {
    for diagnostic in mistakes.iter().filter(|it| Stage::of(it) == Some(stage)) {
        let place = diagnostic.error.location();
        let own =
            place.is_some_and(|place| context.document.sources.contains_key(&place.file_id()));
        if !own && problems.has_errors() {
            // The definitions that were added are right, but for what is wrong here already.
            continue;
        }
        let mut message = diagnostic.error.to_string();
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
                INVALID_GRAPHQL: Duplicate definitions for the `a` field of object type `Query`.
                  --> s:1:34 here
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

    #[test]
    fn two_types_of_one_name_come_alone() {
        check(
            r#"type Query { a: Nope a: Int } type T { a: Int } type T { b: Int @nope }"#,
            &expect![[r#"
                INVALID_GRAPHQL: The type `T` is defined multiple times in the schema.
                  --> s:1:54 here
            "#]],
        );
    }

    #[test]
    fn things_of_the_wrong_kind_come_before_the_other_rules() {
        check(
            r#"type Query { a(x: Query): Int @nope b(x: Int = "x"): Int @deprecated(why: 1) } enum E"#,
            &expect![[r#"
                INVALID_GRAPHQL @nope: The directive `@nope` is not defined.
                  --> s:1:31 applied here
                INVALID_GRAPHQL: `x` field must be of an input type.
                  --> s:1:16 here
            "#]],
        );
    }

    #[test]
    fn connectors_have_the_fields_of_their_specification() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.11") @link(url: "https://specs.apollo.dev/connect/v0.2", import: ["@connect", "@source"]) @source(name: "s", http: {baseURL: "http://s", header: 1}) type Query { a: Int @connect(http: {GET: "/", headers: [{name: "n", value: ["v"]}], queryParams: "$args"}, selection: "$", batch: {maxSize: 3}) }"#,
            &expect![[r#"
                INVALID_GRAPHQL: Field `header` does not exist on `connect__SourceHTTP`.
                  --> s:1:211 here
                INVALID_GRAPHQL: Expected value of type String, found a list.
                  --> s:1:290 here
            "#]],
        );
    }
}
