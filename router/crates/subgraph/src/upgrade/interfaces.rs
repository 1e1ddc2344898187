//! Directives that stood on interfaces, or on fields without a selection, and were ignored there.

use diagnostics::Code;

use super::Upgrade;
use crate::{FederationDirective, Kind};

impl Upgrade<'_> {
    /// Keys, requirements and provisions of interfaces did nothing. If a Federation 2 subgraph relies
    /// on such a key with an interface object, it would get no answer: an old subgraph cannot tell
    /// the type behind the key (`INTERFACE_OBJECT_USAGE_ERROR`).
    pub(super) fn drop_directives_of_interfaces(&mut self) {
        use FederationDirective::{Key, Provides, Requires};
        let mut relied_on = Vec::new();
        for ty in self.subgraph.types.values() {
            if ty.kind != Kind::Interface {
                continue;
            }
            let other = self
                .elsewhere(&ty.name)
                .find(|other| other.is_interface_object());
            if let (Some(key), Some(other)) = (ty.keys.first(), other) {
                relied_on.push((ty.name.clone(), key.span.clone(), other.span().clone()));
            }
        }
        for (name, key, other) in relied_on {
            self.problems
                .error(
                    Code::InterfaceObjectUsageError,
                    name.to_string(),
                    format!(
                        "`{name}` is an interface object elsewhere, but this Federation 1 subgraph \
                         cannot resolve the interface by its key."
                    ),
                )
                .point_at(&key, "move this subgraph to Federation 2")
                .also_see(&other, "an interface object here");
        }
        for ty in self.subgraph.types.values_mut() {
            if ty.kind == Kind::Interface {
                ty.directives.retain(|it| it.meaning != Some(Key));
                for field in ty.fields.values_mut() {
                    field
                        .directives
                        .retain(|it| !matches!(it.meaning, Some(Requires | Provides)));
                }
            }
        }
    }

    /// Below a scalar there is nothing to provide.
    pub(super) fn drop_provides_of_leaves(&mut self) {
        let composite: std::collections::HashSet<_> = self
            .subgraph
            .types
            .values()
            .filter(|ty| ty.kind.is_composite())
            .map(|ty| ty.name.clone())
            .collect();
        for ty in self.subgraph.types.values_mut() {
            for field in ty.fields.values_mut() {
                if !composite.contains(field.ty.inner_name()) {
                    field
                        .directives
                        .retain(|it| it.meaning != Some(FederationDirective::Provides));
                }
            }
        }
    }
}
