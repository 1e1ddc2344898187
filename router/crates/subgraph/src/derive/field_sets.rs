//! The arguments of `@key`, `@requires` and `@provides`, parsed.

use schema::{FieldSet, Value};

use crate::model::Directives;
use crate::{
    AppliedDirective, FederationDirective, FieldSetArgument, InvalidFieldSet, Key, Subgraph,
    ValuePlace,
};

/// Parses every field set of the subgraph.
pub(super) fn parse(subgraph: &mut Subgraph) {
    for ty in subgraph.types.values_mut() {
        let keys = ty
            .directives
            .iter()
            .filter(|it| it.meaning == Some(FederationDirective::Key))
            .map(|applied| Key {
                fields: argument(applied),
                resolvable: applied
                    .argument("resolvable")
                    .and_then(Value::as_bool)
                    .unwrap_or(true),
                on_extension: ty.is_extension_block(applied.block),
                span: applied.span.clone(),
            })
            .collect();
        ty.keys = keys;
        for field in ty.fields.values_mut() {
            field.requires = field
                .directives
                .federation(FederationDirective::Requires)
                .map(argument);
            field.provides = field
                .directives
                .federation(FederationDirective::Provides)
                .map(argument);
        }
    }
}

fn argument(applied: &AppliedDirective) -> FieldSetArgument {
    let place = applied
        .argument_place("fields")
        .cloned()
        .unwrap_or_else(|| ValuePlace {
            span: applied.span.clone(),
            content: None,
        });
    let parsed = match applied.argument("fields") {
        Some(Value::String(text)) => {
            FieldSet::parse(text).map_err(|error| InvalidFieldSet::Syntax {
                message: error.message,
                offset: error.offset,
                text: text.clone(),
            })
        }
        Some(other) => Err(InvalidFieldSet::NotAString(other.clone())),
        None => Err(InvalidFieldSet::NotAString(Value::Null)),
    };
    FieldSetArgument { parsed, place }
}
