//! Fields that implementations have only because some subgraph knows their interface as an object.
//!
//! ```graphql
//! # a:  interface Media @key(fields: "id") { id: ID! }   type Book implements Media @key(…) { id: ID! }
//! # b:  type Media @interfaceObject @key(fields: "id") { id: ID! reviews: Int }
//! ```
//! `Book.reviews` exists in the supergraph although no subgraph says so: it gets a bare `@join__field`.

use indexmap::IndexMap;
use schema::Name;
use subgraph::Kind;
use supergraph::{FieldDefinition, FieldJoin, TypeDefinition, TypeKind};

use super::Merge;

/// Adds the missing fields to every implementation.
pub(super) fn inject(merge: &mut Merge<'_, '_>, merged: &mut IndexMap<Name, TypeDefinition>) {
    let across = merge.across;
    for ty in across.types.values().filter(|ty| ty.kind == Kind::Object) {
        let Some(definition) = merged.get(ty.name) else {
            continue;
        };
        let added = missing_fields(merge, definition, merged);
        for field in &added {
            merge.check_injected_sharing(ty, &field.name);
        }
        if let Some(definition) = merged.get_mut(ty.name)
            && let TypeKind::Object(composite) = &mut definition.kind
        {
            for field in added {
                composite.fields.entry(field.name.clone()).or_insert(field);
            }
        }
    }
}

fn missing_fields(
    merge: &mut Merge<'_, '_>,
    definition: &TypeDefinition,
    merged: &IndexMap<Name, TypeDefinition>,
) -> Vec<FieldDefinition> {
    let mut added: Vec<FieldDefinition> = Vec::new();
    let across = merge.across;
    let Some(composite) = definition.composite() else {
        return added;
    };
    for implements in &composite.implements {
        let Some(interface) = across
            .type_named(&implements.interface)
            .filter(|it| it.is_interface_object())
        else {
            continue;
        };
        let fields = merged.get(&implements.interface).and_then(|it| it.fields());
        for field in fields.into_iter().flat_map(IndexMap::values) {
            let known = composite.fields.contains_key(&field.name)
                || added.iter().any(|it| it.name == field.name);
            let provided = interface.sources.iter().any(|(_, it)| {
                it.is_interface_object()
                    && it
                        .fields
                        .get(&field.name)
                        .is_some_and(|field| !field.marks.external)
            });
            if !known && provided {
                added.push(merge.injected(definition, field));
            }
        }
    }
    added
}

impl Merge<'_, '_> {
    /// A copy of an interface's field, with the access requirements of the implementation itself.
    fn injected(&mut self, ty: &TypeDefinition, field: &FieldDefinition) -> FieldDefinition {
        let mut directives: Vec<_> = field
            .directives
            .iter()
            .filter(|it| it.name != "join__directive" && !self.is_access_requirement(&it.name))
            .cloned()
            .collect();
        if let Some(across) = self.across.type_named(&ty.name) {
            let coordinate = format!("{}.{}", ty.name, field.name);
            let elsewhere = self.field_access(across, &field.name);
            directives.extend(self.applied_directives_and(&coordinate, &[], &elsewhere));
        }
        FieldDefinition {
            directives,
            joins: vec![FieldJoin::default()],
            ..field.clone()
        }
    }

    fn is_access_requirement(&self, name: &Name) -> bool {
        use subgraph::FederationDirective::{Authenticated, Policy, RequiresScopes};
        [Authenticated, RequiresScopes, Policy]
            .into_iter()
            .any(|it| self.specifications.name_of(it) == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check_types;

    #[test]
    fn implementations_get_the_fields_of_interface_objects() {
        check_types(
            [
                (
                    "a",
                    r#"type Query { m: Media } interface Media @key(fields: "id") { id: ID! } type Book implements Media @key(fields: "id") { id: ID! }"#,
                ),
                (
                    "b",
                    r#"type Media @interfaceObject @key(fields: "id") { id: ID! reviews: Int }"#,
                ),
            ],
            &expect![[r#"
                type Book implements Media
                  @join__implements(graph: A, interface: "Media")
                  @join__type(graph: A, key: "id")
                {
                  id: ID!
                  reviews: Int @join__field
                }

                interface Media
                  @join__type(graph: A, key: "id")
                  @join__type(graph: B, key: "id", isInterfaceObject: true)
                {
                  id: ID!
                  reviews: Int @join__field(graph: B)
                }

                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  m: Media @join__field(graph: A)
                }
            "#]],
        );
    }
}
