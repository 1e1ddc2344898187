//! `INVALID_GRAPHQL`: a directive that nobody defines, with advice when a federation directive was
//! meant.

use diagnostics::{Code, Problem, Problems};
use schema::Name;

use super::{Context, nearest_name};
use crate::specifications::{all, definition_of};
use crate::{AppliedDirective, FederationVersion};

/// The directives every GraphQL schema has.
const BUILT_IN: [&str; 5] = ["skip", "include", "deprecated", "specifiedBy", "oneOf"];

/// Checks the schema element. Whatever is wrong there is wrong once, however often it is applied.
pub(super) fn check_schema(context: &Context<'_>, problems: &mut Problems) {
    let mut unknown = context
        .definitions
        .schema
        .directives
        .iter()
        .filter(|it| !is_known(context, it));
    if let Some(first) = unknown.next() {
        let problem = report(context, first, problems);
        for another in unknown {
            problem.point_at(&another.span, "nor is this one");
        }
    }
}

/// Checks every application below the schema element.
pub(super) fn check(context: &Context<'_>, problems: &mut Problems) {
    let mut check = |applied: &[AppliedDirective]| {
        for directive in applied {
            if !is_known(context, directive) {
                report(context, directive, problems);
            }
        }
    };
    for ty in context.definitions.types.values() {
        check(&ty.directives);
        for field in ty.fields.values() {
            check(&field.directives);
            for argument in field.arguments.values() {
                check(&argument.directives);
            }
        }
        for input in ty.inputs.values() {
            check(&input.directives);
        }
        for value in ty.values.values() {
            check(&value.directives);
        }
    }
    for definition in context.definitions.directives.values() {
        for argument in definition.arguments.values() {
            check(&argument.directives);
        }
    }
}

fn is_known(context: &Context<'_>, applied: &AppliedDirective) -> bool {
    applied.meaning.is_some()
        || BUILT_IN.contains(&applied.directive.name.as_str())
        || applied.directive.name == "core"
        || context
            .definitions
            .directives
            .contains_key(&applied.directive.name)
}

fn report<'p>(
    context: &Context<'_>,
    applied: &AppliedDirective,
    problems: &'p mut Problems,
) -> &'p mut Problem {
    let name = applied.directive.name.as_str();
    let problem = problems.error(
        Code::InvalidGraphql,
        format!("@{name}"),
        format!("The directive `@{name}` is not defined."),
    );
    problem.point_at(&applied.span, "applied here");
    if let Some(help) = advice(context, name) {
        problem.help(help);
    }
    problem
}

fn advice(context: &Context<'_>, name: &str) -> Option<String> {
    let plain = name.strip_prefix("federation__").unwrap_or(name);
    let meant = all()
        .iter()
        .find(|it| it.name == plain && it.since < u32::MAX);
    if let Some(specification) = meant {
        let wanted = &specification.name;
        if context.version == FederationVersion::One {
            return Some(format!(
                "`@{wanted}` is of Federation 2, and this schema is of Federation 1: link it with \
                 `extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", \
                 import: [\"@{wanted}\"])`"
            ));
        }
        let Some(local) = context.links.local_name(specification.directive) else {
            return Some(format!(
                "`@{wanted}` came with federation v2.{}; this schema links {}",
                specification.since, context.version
            ));
        };
        return Some(if local.contains("__") {
            format!("add \"@{wanted}\" to the imports of the federation link, or write `@{local}`")
        } else {
            format!("the federation link calls it `@{local}`")
        });
    }
    let known = all()
        .iter()
        .filter_map(|it| context.links.local_name(it.directive))
        .map(Name::as_str)
        .chain(context.definitions.directives.keys().map(Name::as_str))
        .chain(BUILT_IN);
    if let Some(near) = nearest_name(name, known) {
        return Some(format!("did you mean `@{near}`?"));
    }
    let later = all().iter().map(|it| definition_of(it.directive).name);
    nearest_name(name, later).map(|near| {
        format!("did you mean `@{near}`, which this schema's federation link does not bring?")
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn unknown_directives_come_with_advice() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: [{name: "@key", as: "@id"}])
type Query { a: Int @shareable b: Int @key c: Int @interfaceObject d: Int @deprecatd e: Int @lookup }"#,
            &expect![[r#"
                INVALID_GRAPHQL @shareable: The directive `@shareable` is not defined.
                  --> s:2:21 applied here
                  help: add "@shareable" to the imports of the federation link, or write `@federation__shareable`
                INVALID_GRAPHQL @key: The directive `@key` is not defined.
                  --> s:2:39 applied here
                  help: the federation link calls it `@id`
                INVALID_GRAPHQL @interfaceObject: The directive `@interfaceObject` is not defined.
                  --> s:2:51 applied here
                  help: `@interfaceObject` came with federation v2.3; this schema links v2.0
                INVALID_GRAPHQL @deprecatd: The directive `@deprecatd` is not defined.
                  --> s:2:75 applied here
                  help: did you mean `@deprecated`?
                INVALID_GRAPHQL @lookup: The directive `@lookup` is not defined.
                  --> s:2:93 applied here
            "#]],
        );
    }

    #[test]
    fn federation_one_is_told_of_federation_two() {
        check(
            "type Query { a: Int @shareable }",
            &expect![[r#"
            INVALID_GRAPHQL @shareable: The directive `@shareable` is not defined.
              --> s:1:21 applied here
              help: `@shareable` is of Federation 2, and this schema is of Federation 1: link it with `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@shareable"])`
        "#]],
        );
    }

    #[test]
    fn an_unknown_directive_on_the_schema_comes_alone() {
        check(
            "extend schema @nope(x: 1) @nope(x: 2)\ntype Query { a: Int @alsoNope }",
            &expect![[r#"
                INVALID_GRAPHQL @nope: The directive `@nope` is not defined.
                  --> s:1:15 applied here
                  --> s:1:27 nor is this one
            "#]],
        );
    }

    #[test]
    fn several_on_the_schema_are_one_mistake() {
        check(
            r#"schema @nope @other(x: 1) { query: Query } type Query { a: Int }"#,
            &expect![[r#"
                INVALID_GRAPHQL @nope: The directive `@nope` is not defined.
                  --> s:1:8 applied here
                  --> s:1:14 nor is this one
            "#]],
        );
    }
}
