//! `@external` where it means nothing in Federation 2: on interfaces, on whole types, on the keys of
//! extensions, and on what nobody uses. `TYPE_WITH_ONLY_UNUSED_EXTERNAL` where that leaves nothing.

use std::collections::HashSet;

use diagnostics::Code;
use schema::Name;

use super::Upgrade;
use super::extensions::is_extension;
use crate::derive::for_each_selected;
use crate::{AppliedDirective, FederationDirective, Kind};

fn drop_external(directives: &mut Vec<AppliedDirective>) {
    directives.retain(|it| it.meaning != Some(FederationDirective::External));
}

impl Upgrade<'_> {
    /// Neither interfaces nor types as a whole could be external.
    pub(super) fn drop_external_of_interfaces_and_types(&mut self) {
        for ty in self.subgraph.types.values_mut() {
            drop_external(&mut ty.directives);
            if ty.kind == Kind::Interface {
                for field in ty.fields.values_mut() {
                    drop_external(&mut field.directives);
                }
            }
        }
    }

    /// An extension repeats the key it is found by as external; it does resolve it. One without a
    /// key of its own is found by the first key of whoever defines the type.
    pub(super) fn drop_external_of_extensions(&mut self) {
        let mut keyed: HashSet<(Name, Name)> = HashSet::new();
        for ty in self.subgraph.types.values().filter(|ty| is_extension(ty)) {
            let own: Vec<_> = ty.keys.iter().collect();
            let others: Vec<_> = self
                .elsewhere(&ty.name)
                .filter_map(|other| other.keys.first())
                .collect();
            let keys = if own.is_empty() { others } else { own };
            for set in keys.iter().filter_map(|key| key.fields.set()) {
                for_each_selected(self.subgraph, ty, &set.items, &mut |selected| {
                    // What the key selects below belongs to other types, which answer for themselves.
                    if selected.parent.name == ty.name {
                        keyed.insert((ty.name.clone(), selected.field.name.clone()));
                    }
                });
            }
        }
        for (ty, field) in keyed {
            let field = self
                .subgraph
                .types
                .get_mut(&ty)
                .and_then(|ty| ty.fields.get_mut(&field));
            if let Some(field) = field {
                drop_external(&mut field.directives);
            }
        }
    }

    /// External fields that nothing uses were tolerated.
    pub(super) fn drop_unused_externals(&mut self) {
        let mut emptied: Vec<Name> = Vec::new();
        for ty in self.subgraph.types.values_mut() {
            if ty.kind != Kind::Object {
                continue;
            }
            let before = ty.fields.len();
            ty.fields
                .retain(|_, field| !field.marks.external || field.marks.used);
            if ty.fields.is_empty() && before > 0 {
                emptied.push(ty.name.clone());
            }
        }
        for name in emptied {
            if !self.is_referenced(&name) {
                self.subgraph.types.shift_remove(&name);
                continue;
            }
            let Some(span) = self.subgraph.types.get(&name).map(|ty| ty.span().clone()) else {
                continue;
            };
            self.problems
                .error(
                    Code::TypeWithOnlyUnusedExternal,
                    name.to_string(),
                    format!("All fields of `{name}` are external, and nothing uses them."),
                )
                .point_at(&span, "nothing of this type is resolved here");
        }
    }

    fn is_referenced(&self, name: &Name) -> bool {
        self.subgraph.types.values().any(|ty| {
            ty.members.iter().any(|member| member.name == *name)
                || ty
                    .fields
                    .values()
                    .any(|field| field.ty.inner_name() == name)
        })
    }
}
