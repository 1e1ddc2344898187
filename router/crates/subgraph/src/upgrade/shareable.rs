//! `@shareable`, which Federation 1 did not know: value types were shared as a whole, and whoever
//! resolved a field of an entity was taken at its word.

use diagnostics::Span;
use schema::{Directive, Name};

use super::Upgrade;
use crate::model::Directives;
use crate::{AppliedDirective, FederationDirective, Kind, TypeDefinition};

impl Upgrade<'_> {
    /// Marks what other subgraphs resolve too. Subscriptions are never shared.
    pub(super) fn add_shareable(&mut self) {
        let original = &self.originals[self.position];
        let mut whole_types: Vec<Name> = Vec::new();
        let mut fields: Vec<(Name, Name)> = Vec::new();
        for ty in self.subgraph.types.values() {
            if ty.kind != Kind::Object || ty.name == "Subscription" {
                continue;
            }
            if ty.keys.is_empty() && !ty.is_root() {
                if self
                    .elsewhere(&ty.name)
                    .any(|other| other.kind == Kind::Object)
                {
                    whole_types.push(ty.name.clone());
                }
                continue;
            }
            for field in ty.fields.values() {
                // In a schema without `@shareable`, what is shareable is in a key.
                let in_key = original
                    .type_named(&ty.name)
                    .and_then(|ty| ty.fields.get(&field.name))
                    .is_some_and(|field| field.marks.shareable);
                let elsewhere = self
                    .elsewhere(&ty.name)
                    .any(|other| resolves(other, &field.name));
                if !in_key && elsewhere && !field.directives.has(FederationDirective::Shareable) {
                    fields.push((ty.name.clone(), field.name.clone()));
                }
            }
        }
        for name in whole_types {
            if let Some(ty) = self.subgraph.types.get_mut(&name) {
                share_type(ty);
            }
        }
        for (ty, field) in fields {
            let field = self
                .subgraph
                .types
                .get_mut(&ty)
                .and_then(|ty| ty.fields.get_mut(&field));
            if let Some(field) = field {
                let mark = shareable(&field.span, field.block);
                field.directives.push(mark);
            }
        }
    }
}

fn resolves(ty: &TypeDefinition, field: &str) -> bool {
    ty.kind == Kind::Object
        && ty
            .fields
            .get(field)
            .is_some_and(|field| !field.is_fully_external())
}

/// A mark covers its own block only, so each block gets one.
fn share_type(ty: &mut TypeDefinition) {
    for block in 0..ty.blocks.len() {
        let Ok(block) = u16::try_from(block) else {
            return;
        };
        let marked = ty
            .directives
            .iter()
            .any(|it| it.meaning == Some(FederationDirective::Shareable) && it.block == block);
        if !marked {
            let mark = shareable(&ty.span().clone(), block);
            ty.directives.push(mark);
        }
    }
}

fn shareable(span: &Span, block: u16) -> AppliedDirective {
    AppliedDirective {
        directive: Directive {
            name: Name::new("shareable"),
            arguments: Vec::new(),
        },
        meaning: Some(FederationDirective::Shareable),
        span: span.clone(),
        value_places: Vec::new(),
        block,
    }
}
