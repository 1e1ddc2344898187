//! Object types and interfaces: the union of all fields and of all implemented interfaces.

use diagnostics::Code;
use indexmap::IndexMap;
use schema::Name;
use subgraph::Kind;
use supergraph::{Composite, Implements};

use super::Merge;
use super::across::{TypeAcross, ids};
use super::field::{FieldAcross, FieldSource};

impl<'s> Merge<'s, '_> {
    /// The members of an object type or interface; nothing for one without any field.
    pub(crate) fn composite(&mut self, ty: &TypeAcross<'s>) -> Option<Composite> {
        self.hint_inconsistent_entity(ty);
        let mut names: IndexMap<&'s Name, Vec<FieldSource<'s>>> = IndexMap::new();
        for (id, definition) in &ty.sources {
            for field in definition.fields.values() {
                names.entry(&field.name).or_default().push(FieldSource {
                    id: *id,
                    parent: definition,
                    field,
                });
            }
        }
        let mut fields = IndexMap::new();
        for (name, sources) in names {
            let across = FieldAcross {
                parent: ty,
                name,
                coordinate: format!("{}.{name}", ty.name),
                subgraphs_with_parent: if ty.name == "Query" {
                    ids(self.across.subgraphs).count()
                } else {
                    ty.sources.len()
                },
                sources,
            };
            if let Some(field) = self.field(&across) {
                fields.insert(name.clone(), field);
            }
        }
        (!fields.is_empty()).then(|| Composite {
            implements: implements(ty),
            fields,
        })
    }

    fn hint_inconsistent_entity(&mut self, ty: &TypeAcross<'_>) {
        if ty.kind != Kind::Object || !ty.is_entity() {
            return;
        }
        if ty.sources.iter().all(|(_, it)| !it.keys.is_empty()) {
            return;
        }
        let problem = self.problems.hint(
            Code::InconsistentEntity,
            ty.name.to_string(),
            format!("`{}` has a key in some of its subgraphs only.", ty.name),
        );
        for (_, definition) in &ty.sources {
            if definition.keys.is_empty() {
                problem.point_at(definition.span(), "no key here");
            } else {
                problem.also_see(definition.span(), "a key here");
            }
        }
    }
}

fn implements(ty: &TypeAcross<'_>) -> Vec<Implements> {
    let mut all: Vec<Implements> = Vec::new();
    for (id, definition) in &ty.sources {
        for interface in &definition.implements {
            match all.iter_mut().find(|it| it.interface == interface.name) {
                Some(known) => known.graphs.push(*id),
                None => all.push(Implements {
                    interface: interface.name.clone(),
                    graphs: vec![*id],
                }),
            }
        }
    }
    all
}
