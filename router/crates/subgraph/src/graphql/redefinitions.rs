//! `DIRECTIVE_DEFINITION_INVALID`, `TYPE_DEFINITION_INVALID`: a subgraph may write out the
//! definitions of federation directives and types, but not change what they are.

use diagnostics::{Code, Problems, Span};
use indexmap::IndexMap;
use schema::{Name, Type};

use super::Context;
use crate::links::local_type_of;
use crate::specifications::{
    ArgumentSpecification, DirectiveSpecification, FEDERATION, definition_of,
};
use crate::{
    DirectiveDefinition, FederationDirective, FederationVersion, InputValueDefinition, Kind, Links,
    TypeDefinition,
};

/// The types of the federation specification; all are scalars.
const FEDERATION_TYPES: [&str; 4] = ["FieldSet", "Scope", "Policy", "ContextFieldValue"];

/// Checks every definition of a known directive or type.
pub(super) fn check(context: &Context<'_>, problems: &mut Problems) {
    for definition in context.definitions.directives.values() {
        check_directive(
            context.links,
            context.version,
            definition,
            &context.definitions.types,
            problems,
        );
    }
    if let Some(link) = context.links.link_to(FEDERATION) {
        for element in FEDERATION_TYPES {
            let local = link.local_type(element);
            let Some(ty) = context.definitions.types.get(&local) else {
                continue;
            };
            if ty.kind != Kind::Scalar {
                problems
                    .error(
                        Code::TypeDefinitionInvalid,
                        local.to_string(),
                        format!(
                            "`{local}` is a scalar, and here it is {}.",
                            ty.kind.describe()
                        ),
                    )
                    .point_at(ty.span(), "defined here")
                    .help("remove the definition: it is known");
            }
        }
    }
}

/// Checks one definition, if it is that of a known directive.
pub(crate) fn check_directive(
    links: &Links,
    version: FederationVersion,
    definition: &DirectiveDefinition,
    types: &IndexMap<Name, TypeDefinition>,
    problems: &mut Problems,
) {
    let Some(directive) = links.meaning(&definition.name) else {
        return;
    };
    if directive != FederationDirective::Link && !is_replaced(links, version, definition) {
        Redefinition {
            links,
            version,
            definition,
            types,
            specification: definition_of(directive),
        }
        .check(problems);
    }
}

/// Whether a definition is so old that it is replaced without a word: Federation 1 libraries wrote
/// `@key`, `@requires` and `@provides` without arguments, or with a nullable `fields` of whatever
/// type of their own.
pub(super) fn is_replaced(
    links: &Links,
    version: FederationVersion,
    definition: &DirectiveDefinition,
) -> bool {
    use FederationDirective::{Key, Provides, Requires};
    let known = matches!(
        links.meaning(&definition.name),
        Some(Key | Requires | Provides)
    );
    if !known || version != FederationVersion::One {
        return false;
    }
    let mut arguments = definition.arguments.values();
    match (arguments.next(), arguments.next()) {
        (None, _) => true,
        (Some(only), None) => {
            let is_right = only.ty.to_string() == "_FieldSet!";
            only.name == "fields"
                && !is_right
                && matches!(only.ty.nullable(), Type::Named(name)
                    if matches!(name.as_str(), "String" | "_FieldSet" | "FieldSet"))
        }
        _ => false,
    }
}

struct Redefinition<'s> {
    links: &'s Links,
    version: FederationVersion,
    definition: &'s DirectiveDefinition,
    types: &'s IndexMap<Name, TypeDefinition>,
    specification: &'static DirectiveSpecification,
}

impl Redefinition<'_> {
    fn check(&self, problems: &mut Problems) {
        let version = self.version;
        for expected in self.specification.arguments_in(version) {
            let expected_type = self.parse_type(expected.ty);
            match self.definition.arguments.get(expected.name) {
                None if expected_type.is_non_null() => self.report(
                    &format!("the required argument `{}` is missing", expected.name),
                    &self.definition.span,
                    problems,
                ),
                None => {}
                Some(actual) if !self.fits(&expected_type, &actual.ty) => self.report(
                    &format!(
                        "the argument `{}` is of type `{expected_type}`, not `{}`",
                        expected.name, actual.ty
                    ),
                    &actual.span,
                    problems,
                ),
                Some(actual) => self.check_default(expected, actual, problems),
            }
        }
        for argument in self.definition.arguments.values() {
            let known = self
                .specification
                .arguments_in(version)
                .any(|it| argument.name == it.name);
            if !known {
                let message = format!("it has no argument `{}`", argument.name);
                self.report(&message, &argument.span, problems);
            }
        }
        if self.definition.repeatable && !self.specification.is_repeatable_in(version) {
            self.report("it is not repeatable", &self.definition.span, problems);
        }
        let allowed = self.specification.locations_in(version);
        let wrong: Vec<&str> = self
            .definition
            .locations
            .iter()
            .map(Name::as_str)
            .filter(|location| !allowed.contains(location))
            .collect();
        if !wrong.is_empty() {
            let message = format!("it cannot stand on {}", wrong.join(", "));
            self.report(&message, &self.definition.span, problems);
        }
    }

    /// Who need not give an argument gets what the specification says, unless it is required here.
    fn check_default(
        &self,
        expected: &ArgumentSpecification,
        actual: &InputValueDefinition,
        problems: &mut Problems,
    ) {
        let default = actual.default.as_ref().map(ToString::to_string);
        if actual.ty.is_non_null() || default.as_deref() == expected.default {
            return;
        }
        let message = match expected.default {
            Some(value) => format!("the default of `{}` is `{value}`", expected.name),
            None => format!("the argument `{}` has no default", expected.name),
        };
        self.report(&message, &actual.span, problems);
    }

    /// Whether an argument may be written with another type: an optional one may become required,
    /// and the specification's own scalars take any value, so anything but another such scalar will do.
    fn fits(&self, expected: &Type, actual: &Type) -> bool {
        if expected == actual {
            return true;
        }
        match (expected, actual) {
            (Type::NonNull(expected), Type::NonNull(actual)) => self.fits(expected, actual),
            (expected, Type::NonNull(actual)) => self.fits(expected, actual),
            (Type::List(expected), Type::List(actual)) => self.fits(expected, actual),
            (Type::Named(expected), actual) => {
                !is_built_in(expected)
                    && !matches!(actual, Type::Named(name) if self.is_own_scalar(name))
            }
            _ => false,
        }
    }

    fn is_own_scalar(&self, name: &Name) -> bool {
        let is_scalar = |ty: &TypeDefinition| ty.kind == Kind::Scalar;
        !is_built_in(name) && self.types.get(name).is_none_or(is_scalar)
    }

    fn report(&self, what: &str, span: &Span, problems: &mut Problems) {
        let name = &self.definition.name;
        problems
            .error(
                Code::DirectiveDefinitionInvalid,
                format!("@{name}"),
                format!("`@{name}` is defined differently from its specification: {what}."),
            )
            .point_at(span, "differs here")
            .help("remove the definition: it is known");
    }

    fn parse_type(&self, text: &str) -> Type {
        parse_type(text, &|element| {
            local_type_of(self.links, self.specification.directive, element)
        })
    }
}

/// Parses the little language of types in the table: names, `[…]`, `!`, and `*Name` for a type of
/// the specification.
fn parse_type(text: &str, local: &dyn Fn(&str) -> Name) -> Type {
    if let Some(of) = text.strip_suffix('!') {
        return Type::NonNull(Box::new(parse_type(of, local)));
    }
    if let Some(of) = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        return Type::List(Box::new(parse_type(of, local)));
    }
    match text.strip_prefix('*') {
        Some(element) => Type::Named(local(element)),
        None => Type::Named(Name::new(text)),
    }
}

fn is_built_in(name: &Name) -> bool {
    matches!(name.as_str(), "Int" | "Float" | "String" | "Boolean" | "ID")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn definitions_may_be_written_out() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "FieldSet"])
directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
scalar FieldSet
type Query { a: Int }"#,
            &expect![[r#""#]],
        );
    }

    #[test]
    fn definitions_cannot_be_changed() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"]) 
directive @key(resolvable: String, more: Int) repeatable on OBJECT | SCALAR
directive @shareable(x: Int!) on OBJECT
type Query { a: Int }"#,
            &expect![[r#"
                DIRECTIVE_DEFINITION_INVALID @key: `@key` is defined differently from its specification: the required argument `fields` is missing.
                  --> s:2:12 differs here
                  help: remove the definition: it is known
                DIRECTIVE_DEFINITION_INVALID @key: `@key` is defined differently from its specification: the argument `resolvable` is of type `Boolean`, not `String`.
                  --> s:2:16 differs here
                  help: remove the definition: it is known
                DIRECTIVE_DEFINITION_INVALID @key: `@key` is defined differently from its specification: it has no argument `more`.
                  --> s:2:36 differs here
                  help: remove the definition: it is known
                DIRECTIVE_DEFINITION_INVALID @key: `@key` is defined differently from its specification: it cannot stand on SCALAR.
                  --> s:2:12 differs here
                  help: remove the definition: it is known
                DIRECTIVE_DEFINITION_INVALID @shareable: `@shareable` is defined differently from its specification: it has no argument `x`.
                  --> s:3:22 differs here
                  help: remove the definition: it is known
            "#]],
        );
    }

    #[test]
    fn federation_types_are_scalars() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["FieldSet"])
enum FieldSet { A }
type Query { a: Int }"#,
            &expect![[r#"
                TYPE_DEFINITION_INVALID FieldSet: `FieldSet` is a scalar, and here it is an enum.
                  --> s:2:6 defined here
                  help: remove the definition: it is known
            "#]],
        );
    }

    #[test]
    fn old_libraries_wrote_definitions_without_arguments() {
        check(
            r#"directive @key on OBJECT
directive @external on FIELD_DEFINITION
type Query { a: Int } type T @key(fields: "id") { id: ID }"#,
            &expect![[r#""#]],
        );
    }

    #[test]
    fn defaults_cannot_be_redefined_unless_the_argument_is_required() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@listSize"]) directive @key(fields: federation__FieldSet!, resolvable: Boolean) repeatable on OBJECT directive @external(reason: String = "x") on OBJECT directive @listSize(requireOneSlicingArgument: Boolean! = false) on FIELD_DEFINITION scalar federation__FieldSet type Query { a: Int }"#,
            &expect![[r#"
                DIRECTIVE_DEFINITION_INVALID @key: `@key` is defined differently from its specification: the default of `resolvable` is `true`.
                  --> s:1:160 differs here
                  help: remove the definition: it is known
                DIRECTIVE_DEFINITION_INVALID @external: `@external` is defined differently from its specification: the argument `reason` has no default.
                  --> s:1:222 differs here
                  help: remove the definition: it is known
            "#]],
        );
    }
}
