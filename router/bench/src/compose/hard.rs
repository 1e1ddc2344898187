//! Small graphs with very many ways through them.
//!
//! The entities form a chain: each has a field that leads to the next. The subgraphs are in groups, and
//! the groups take turns: a group resolves the field of every so-manieth entity, all its subgraphs
//! alike. All subgraphs know all entities by key. At each step any subgraph of the next group will do, so
//! the ways multiply: with `s` subgraphs in a group and `t` entities there are `s` to the power of `t`.

use std::fmt::Write as _;

const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\", \"@shareable\"])\n";

/// How large.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    groups: usize,
    subgraphs_in_a_group: usize,
    entities: usize,
}

impl Shape {
    pub(super) const fn new(groups: usize, subgraphs_in_a_group: usize, entities: usize) -> Self {
        Self {
            groups,
            subgraphs_in_a_group,
            entities,
        }
    }

    pub(super) fn name(&self) -> String {
        let Self {
            groups,
            subgraphs_in_a_group,
            entities,
        } = self;
        format!("hard-{groups}x{subgraphs_in_a_group}x{entities}")
    }

    pub(super) fn subgraphs(&self) -> Vec<(String, String)> {
        let mut subgraphs = Vec::new();
        for group in 0..self.groups {
            for member in 0..self.subgraphs_in_a_group {
                subgraphs.push((format!("group{group}-{member}"), self.sdl(group)));
            }
        }
        subgraphs
    }

    fn sdl(&self, group: usize) -> String {
        let mut sdl = LINK.to_owned();
        if group == 0 {
            sdl.push_str("type Query { first: Step0 @shareable }\n");
        }
        for entity in 0..self.entities {
            let _ = write!(sdl, "type Step{entity} @key(fields: \"id\") {{ id: ID!");
            let ours = entity % self.groups == group;
            if ours && entity + 1 < self.entities {
                let _ = write!(sdl, " next: Step{} @shareable", entity + 1);
            } else if ours {
                sdl.push_str(" last: Int @shareable");
            }
            sdl.push_str(" }\n");
        }
        sdl
    }
}
