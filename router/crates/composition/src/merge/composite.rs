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

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn entities_are_put_together_and_interfaces_united() {
        check_types(
            [
                (
                    "a",
                    r#"type Query { t: T } interface N { id: ID! } type T implements N @key(fields: "id") { id: ID! a: Int }"#,
                ),
                ("b", r#"type T @key(fields: "id") { id: ID! b: Int }"#),
            ],
            &expect![[r#"
                interface N
                  @join__type(graph: A)
                {
                  id: ID!
                }

                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  t: T @join__field(graph: A)
                }

                type T implements N
                  @join__implements(graph: A, interface: "N")
                  @join__type(graph: A, key: "id")
                  @join__type(graph: B, key: "id")
                {
                  id: ID!
                  a: Int @join__field(graph: A)
                  b: Int @join__field(graph: B)
                }
            "#]],
        );
    }

    #[test]
    fn a_key_in_some_subgraphs_only_is_mentioned() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#,
                ),
                ("b", "type Query { s: T } type T { id: ID! @shareable }"),
            ],
            &expect![[r#"
                INCONSISTENT_ENTITY T: `T` has a key in some of its subgraphs only.
                  see a:1:26 a key here
                  --> b:1:26 no key here
            "#]],
        );
    }
}
