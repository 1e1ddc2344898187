//! Made-up graphs in which everything can be had from several places, and a query over each.
//!
//! Every type is an entity of every subgraph, by `id`. Its scalar fields and its relations to other
//! types are each in some of the subgraphs, spread so that no subgraph has all of them and
//! neighbouring fields are not in the same ones. The same shape always gives the same graph.

use std::fmt::Write;

/// The size of a graph and of its query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Subgraphs, each of which knows every type.
    pub(super) subgraphs: usize,
    /// Entity types.
    pub(super) types: usize,
    /// Scalar fields of each type, beside its key.
    pub(super) scalars: usize,
    /// Relations of each type to others.
    pub(super) relations: usize,
    /// How many subgraphs resolve each field; no more than there are.
    pub(super) sources: usize,
    /// Scalar fields that the query asks of each object.
    pub(super) leaves: usize,
    /// Relations that it follows from each object.
    pub(super) branches: usize,
    /// Levels of objects.
    pub(super) levels: usize,
}

const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.7\", import: [\"@key\", \
     \"@shareable\"])\n";

impl Shape {
    /// The graph as supergraph SDL, composed from its subgraphs.
    pub(super) fn supergraph(&self) -> anyhow::Result<String> {
        let mut subgraphs = Vec::new();
        for index in 0..self.subgraphs {
            let name = format!("s{index}");
            let url = format!("http://{name}.test");
            let subgraph = subgraph::Subgraph::parse(&name, &url, &self.subgraph(index))
                .map_err(|problems| anyhow::anyhow!("{name} is no subgraph: {problems:?}"))?;
            subgraphs.push(subgraph);
        }
        let composition = composition::compose(&subgraphs);
        let supergraph = composition.supergraph.ok_or_else(|| {
            anyhow::anyhow!("the subgraphs do not compose: {:?}", composition.problems)
        })?;
        Ok(supergraph.model().print())
    }

    /// The query.
    pub(super) fn query(&self) -> String {
        let mut query = "{ root {".to_owned();
        self.select(&mut query, 0, 1);
        query.push_str(" } }");
        query
    }

    fn subgraph(&self, index: usize) -> String {
        let mut sdl = LINK.to_owned();
        if self.resolves(index, 0) {
            sdl.push_str("type Query { root: T0 @shareable }\n");
        }
        for ty in 0..self.types {
            let _ = write!(sdl, "type T{ty} @key(fields: \"id\") {{ id: ID!");
            for scalar in 0..self.scalars {
                if self.resolves(index, ty * 31 + scalar * 7) {
                    let _ = write!(sdl, " f{scalar}: String @shareable");
                }
            }
            for relation in 0..self.relations {
                if self.resolves(index, ty * 17 + relation * 5 + 3) {
                    let to = self.target(ty, relation);
                    let _ = write!(sdl, " r{relation}: [T{to}] @shareable");
                }
            }
            sdl.push_str(" }\n");
        }
        sdl
    }

    /// Whether a subgraph resolves the field with this number: those of `sources` subgraphs that
    /// stand in a row, in a circle, from a place that is spread by the golden ratio.
    fn resolves(&self, subgraph: usize, field: usize) -> bool {
        let first = field.wrapping_mul(2_654_435_769) % (1 << 32) * self.subgraphs / (1 << 32);
        (subgraph + self.subgraphs - first) % self.subgraphs < self.sources
    }

    fn target(&self, ty: usize, relation: usize) -> usize {
        (ty + relation + 1) % self.types
    }

    fn select(&self, query: &mut String, ty: usize, level: usize) {
        for leaf in 0..self.leaves.min(self.scalars) {
            let _ = write!(query, " f{leaf}");
        }
        if level == self.levels {
            return;
        }
        for relation in 0..self.branches.min(self.relations) {
            let _ = write!(query, " r{relation} {{");
            self.select(query, self.target(ty, relation), level + 1);
            query.push_str(" }");
        }
    }
}
