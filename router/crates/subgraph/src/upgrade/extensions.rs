//! Extensions: `EXTENSION_WITH_NO_BASE` where nobody defines the type, and definitions where somebody
//! does. In Federation 1 the extending subgraph contributes to a type that another one owns; in
//! Federation 2 all definitions are equal.

use diagnostics::Code;

use super::Upgrade;
use crate::model::Directives;
use crate::{FederationDirective, Kind, TypeDefinition};

/// Whether the subgraph only extends the type, by syntax or by `@extends`.
pub(super) fn is_extension(ty: &TypeDefinition) -> bool {
    let composite = matches!(ty.kind, Kind::Object | Kind::Interface);
    let extends = ty.directives.has(FederationDirective::Extends);
    composite && (extends || ty.is_only_extended())
}

impl Upgrade<'_> {
    /// Every extended type must be defined somewhere.
    pub(super) fn check_bases(&mut self) {
        let mut orphans = Vec::new();
        for ty in self.subgraph.types.values() {
            if !is_extension(ty) || ty.is_root() {
                continue;
            }
            let defined = self
                .elsewhere(&ty.name)
                .any(|other| !other.is_only_extended());
            if !defined {
                orphans.push((ty.name.clone(), ty.span().clone()));
            }
        }
        for (name, span) in orphans {
            self.problems
                .error(
                    Code::ExtensionWithNoBase,
                    name.to_string(),
                    format!("`{name}` is extended, but no subgraph defines it."),
                )
                .point_at(&span, "extended here");
        }
    }

    /// Makes every extension a definition. `@extends` stays, for routers that want to know.
    pub(super) fn turn_extensions_into_definitions(&mut self) {
        for ty in self.subgraph.types.values_mut() {
            if is_extension(ty) {
                for block in &mut ty.blocks {
                    block.is_extension = false;
                }
            }
        }
    }
}
