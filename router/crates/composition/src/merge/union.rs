//! Unions: a member anywhere is a member.

use diagnostics::Code;
use supergraph::UnionMember;

use super::Merge;
use super::across::TypeAcross;

impl Merge<'_, '_> {
    /// The members of a union.
    pub(crate) fn union(&mut self, ty: &TypeAcross<'_>) -> Vec<UnionMember> {
        let mut members: Vec<UnionMember> = Vec::new();
        for (graph, definition) in &ty.sources {
            for member in &definition.members {
                match members.iter_mut().find(|it| it.name == member.name) {
                    Some(known) => known.graphs.push(*graph),
                    None => members.push(UnionMember {
                        name: member.name.clone(),
                        graphs: vec![*graph],
                    }),
                }
            }
        }
        for member in &members {
            if member.graphs.len() == ty.sources.len() {
                continue;
            }
            let problem = self.problems.hint(
                Code::InconsistentUnionMember,
                ty.name.to_string(),
                format!(
                    "`{}` is a member of `{}` in some of its subgraphs only.",
                    member.name, ty.name
                ),
            );
            for (graph, definition) in &ty.sources {
                if member.graphs.contains(graph) {
                    problem.also_see(definition.span(), "a member here");
                } else {
                    problem.point_at(definition.span(), "no member here");
                }
            }
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn a_member_anywhere_is_a_member() {
        check(
            [
                (
                    "a",
                    "type Query { u: U @shareable } union U = A type A { x: Int @shareable }",
                ),
                (
                    "b",
                    "type Query { u: U @shareable } union U = A | B type A { x: Int @shareable } type B { y: Int }",
                ),
            ],
            &expect![[r#"
                INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN Query.u: `Query.u` is shared, but not every subgraph that resolves it knows all the object types that others may return, as in `{ u { ... } }`
                  --> a:1:14 can return `A` here
                  --> b:1:14 can return `A`, `B` here
                INCONSISTENT_UNION_MEMBER U: `B` is a member of `U` in some of its subgraphs only.
                  --> a:1:38 no member here
                  see b:1:38 a member here
            "#]],
        );
    }

    #[test]
    fn members_say_where_they_are() {
        check_types(
            [
                (
                    "a",
                    "type Query { a: U } union U = A type A { x: Int @shareable }",
                ),
                (
                    "b",
                    "type Query { b: U } union U = A | B type A { x: Int @shareable } type B { y: Int }",
                ),
            ],
            &expect![[r#"
                type A
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  x: Int
                }

                type B
                  @join__type(graph: B)
                {
                  y: Int
                }

                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  a: U @join__field(graph: A)
                  b: U @join__field(graph: B)
                }

                union U
                  @join__type(graph: A)
                  @join__type(graph: B)
                  @join__unionMember(graph: A, member: "A")
                  @join__unionMember(graph: B, member: "A")
                  @join__unionMember(graph: B, member: "B")
                  = A | B
            "#]],
        );
    }
}
