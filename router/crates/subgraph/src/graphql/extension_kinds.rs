//! `INVALID_GRAPHQL`: an extension of another kind than its type, where it stands before the type. The
//! parser's library sees it only where it stands after it.

use std::collections::HashMap;

use apollo_compiler::ast::Definition;
use diagnostics::{Code, Problems};

use super::Context;
use crate::Kind;

/// Checks every extension of a type that is defined below it.
pub(super) fn check(context: &Context<'_>, problems: &mut Problems) {
    let mut before: HashMap<&str, Vec<(Kind, &Definition)>> = HashMap::new();
    for definition in &context.document.definitions {
        let (Some(name), Some((kind, is_extension))) = (definition.name(), kind_of(definition))
        else {
            continue;
        };
        if is_extension {
            let known = before.entry(name.as_str()).or_default();
            known.push((kind, definition));
            continue;
        }
        let others = before.remove(name.as_str()).unwrap_or_default();
        for (_, extension) in others.into_iter().filter(|(other, _)| *other != kind) {
            let message = format!(
                "`{name}` is {}, and the extension is for something else.",
                kind.describe()
            );
            problems
                .error(Code::InvalidGraphql, name.to_string(), message)
                .point_at(
                    &context.source.span_of(extension.location()),
                    "extended here",
                )
                .also_see(
                    &context.source.span_of(definition.location()),
                    "defined here",
                );
        }
    }
}

/// The kind of type that is defined or extended.
fn kind_of(definition: &Definition) -> Option<(Kind, bool)> {
    Some(match definition {
        Definition::ScalarTypeDefinition(_) => (Kind::Scalar, false),
        Definition::ObjectTypeDefinition(_) => (Kind::Object, false),
        Definition::InterfaceTypeDefinition(_) => (Kind::Interface, false),
        Definition::UnionTypeDefinition(_) => (Kind::Union, false),
        Definition::EnumTypeDefinition(_) => (Kind::Enum, false),
        Definition::InputObjectTypeDefinition(_) => (Kind::InputObject, false),
        Definition::ScalarTypeExtension(_) => (Kind::Scalar, true),
        Definition::ObjectTypeExtension(_) => (Kind::Object, true),
        Definition::InterfaceTypeExtension(_) => (Kind::Interface, true),
        Definition::UnionTypeExtension(_) => (Kind::Union, true),
        Definition::EnumTypeExtension(_) => (Kind::Enum, true),
        Definition::InputObjectTypeExtension(_) => (Kind::InputObject, true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn an_extension_is_of_its_types_kind_wherever_it_stands() {
        check(
            "extend type T { a: Int } interface T { b: Int } extend type T { c: Int } type Query { t: T }",
            &expect![[r#"
                INVALID_GRAPHQL T: `T` is an interface, and the extension is for something else.
                  --> s:1:1 extended here
                  see s:1:26 defined here
            "#]],
        );
    }
}
