//! Where requirements for access come from beside an element itself.
//!
//! Whoever asks for an interface may get any implementation, so an interface demands what any of its
//! implementations demands, and so do its fields. A field of an interface object is resolved for
//! every implementation, so it demands the same on each. Nothing is ever demanded less.

use schema::{Name, SubgraphId};
use subgraph::{AppliedDirective, FederationDirective, Kind};

use super::Merge;
use super::across::TypeAcross;

/// Requirements, and the subgraphs that state them.
pub(crate) type Elsewhere<'s> = Vec<(SubgraphId, &'s AppliedDirective)>;

impl<'s> Merge<'s, '_> {
    /// What an interface inherits from its implementations.
    pub(crate) fn type_access(&self, ty: &TypeAcross<'s>) -> Elsewhere<'s> {
        let mut found = Vec::new();
        if ty.kind == Kind::Interface {
            for implementation in self.implementing(ty) {
                for (id, definition) in &implementation.sources {
                    found.extend(requirements(*id, &definition.directives));
                }
            }
        }
        found
    }

    /// What a field inherits: for an interface from its implementations, for an object from the
    /// interface objects that resolve it.
    pub(crate) fn field_access(&self, ty: &TypeAcross<'s>, field: &Name) -> Elsewhere<'s> {
        match ty.kind {
            Kind::Object => self.through_interface_objects(ty, field),
            Kind::Interface => {
                let mut found = Vec::new();
                for implementation in self.implementing(ty) {
                    found.extend(own(implementation, field));
                    found.extend(self.through_interface_objects(implementation, field));
                }
                found
            }
            _ => Vec::new(),
        }
    }

    fn implementing(&self, ty: &TypeAcross<'s>) -> impl Iterator<Item = &TypeAcross<'s>> {
        self.relations
            .implementations(ty.name)
            .iter()
            .filter_map(|name| self.across.type_named(name))
    }

    fn through_interface_objects(&self, ty: &TypeAcross<'s>, field: &Name) -> Elsewhere<'s> {
        let mut found = Vec::new();
        let mut seen: Vec<&Name> = Vec::new();
        for reference in ty.sources.iter().flat_map(|(_, it)| &it.implements) {
            if seen.contains(&&reference.name) {
                continue;
            }
            seen.push(&reference.name);
            let Some(interface) = self.across.type_named(&reference.name) else {
                continue;
            };
            for (id, definition) in &interface.sources {
                if definition.is_interface_object()
                    && let Some(field) = definition.fields.get(field)
                {
                    found.extend(requirements(*id, &field.directives));
                }
            }
        }
        found
    }
}

fn own<'s>(ty: &TypeAcross<'s>, field: &Name) -> Elsewhere<'s> {
    ty.sources
        .iter()
        .filter_map(|(id, definition)| Some((*id, definition.fields.get(field)?)))
        .flat_map(|(id, field)| requirements(id, &field.directives))
        .collect()
}

fn requirements(
    id: SubgraphId,
    directives: &[AppliedDirective],
) -> impl Iterator<Item = (SubgraphId, &AppliedDirective)> {
    directives
        .iter()
        .filter(|it| {
            it.meaning
                .is_some_and(FederationDirective::is_access_control)
        })
        .map(move |it| (id, it))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check_types;

    #[test]
    fn interfaces_demand_what_their_implementations_demand() {
        check_types(
            [(
                "a",
                r#"type Query { n: N } interface N { id: ID x: Int } type A implements N @authenticated { id: ID x: Int @requiresScopes(scopes: [["s"]]) } type B implements N { id: ID x: Int @requiresScopes(scopes: [["t"]]) }"#,
            )],
            &expect![[r#"
                directive @authenticated on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM

                directive @requiresScopes(scopes: [[requiresScopes__Scope!]!]!) on FIELD_DEFINITION | OBJECT | INTERFACE | SCALAR | ENUM

                type A implements N
                  @join__implements(graph: A, interface: "N")
                  @join__type(graph: A)
                  @authenticated
                {
                  id: ID
                  x: Int @requiresScopes(scopes: [["s"]])
                }

                type B implements N
                  @join__implements(graph: A, interface: "N")
                  @join__type(graph: A)
                {
                  id: ID
                  x: Int @requiresScopes(scopes: [["t"]])
                }

                interface N
                  @join__type(graph: A)
                  @authenticated
                {
                  id: ID
                  x: Int @requiresScopes(scopes: [["s", "t"]])
                }

                type Query
                  @join__type(graph: A)
                {
                  n: N
                }

                scalar requiresScopes__Scope
            "#]],
        );
    }
}
