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
