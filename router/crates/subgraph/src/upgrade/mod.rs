//! From Federation 1 to Federation 2: what the old schema means, said in the new way.
//!
//! It takes all subgraphs, because what an extension means depends on who defines the type. The order
//! of the steps matters: each relies on what those before it have cleared away. The steps look at the
//! subgraphs as they were, and change one at a time.

mod extensions;
mod externals;
mod field_sets;
mod interfaces;
mod shareable;
mod tags;

use diagnostics::{Code, Problems};

use crate::graphql::check_directive;
use crate::{AppliedDirective, FederationVersion, Subgraph, derive};

/// The federation version that upgraded subgraphs are in.
const UPGRADED: FederationVersion = FederationVersion::Two { minor: 4 };

/// Upgrades those of the subgraphs that need it, and says so in a hint for each.
pub fn upgrade(subgraphs: &mut [Subgraph], problems: &mut Problems) {
    let originals = subgraphs.to_vec();
    for (position, subgraph) in subgraphs.iter_mut().enumerate() {
        if subgraph.version != FederationVersion::One {
            continue;
        }
        let mut upgrade = Upgrade {
            subgraph,
            position,
            originals: &originals,
            problems,
        };
        upgrade.run();
        problems
            .hint(
                Code::FederationOneUpgraded,
                "",
                format!(
                    "Subgraph `{}` is written in Federation 1 and is read as Federation 2: value \
                     types and fields that other subgraphs resolve too count as `@shareable`.",
                    subgraph.name
                ),
            )
            .point_at(&subgraph.span(), "link the federation specification here")
            .help(
                "add `extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: \
                 […])` and mark what is shared",
            );
    }
}

/// The upgrade of one subgraph.
struct Upgrade<'u> {
    subgraph: &'u mut Subgraph,
    /// Its position among the originals.
    position: usize,
    /// All subgraphs as they were.
    originals: &'u [Subgraph],
    problems: &'u mut Problems,
}

impl Upgrade<'_> {
    fn run(&mut self) {
        let before = self.problems.errors().count();
        self.link_federation_two();
        self.check_bases();
        if self.problems.errors().count() > before {
            return;
        }
        self.rewrite_field_set_arguments();
        self.drop_external_of_interfaces_and_types();
        self.drop_external_of_extensions();
        derive::derive(self.subgraph);
        self.drop_inactive_selections();
        self.turn_extensions_into_definitions();
        self.drop_directives_of_interfaces();
        self.drop_provides_of_leaves();
        derive::derive(self.subgraph);
        self.drop_unused_externals();
        self.add_shareable();
        self.drop_repeated_tags();
        derive::derive(self.subgraph);
    }

    /// The other subgraphs, as they were.
    fn others(&self) -> impl Iterator<Item = &Subgraph> {
        let own = self.position;
        self.originals
            .iter()
            .enumerate()
            .filter(move |(position, _)| *position != own)
            .map(|(_, subgraph)| subgraph)
    }

    /// From here on the directives of Federation 2 mean what they say, so definitions that a subgraph
    /// wrote of them have to fit.
    fn link_federation_two(&mut self) {
        self.subgraph.version = UPGRADED;
        self.subgraph.links.import_all(UPGRADED);
        let Subgraph {
            links,
            directive_definitions,
            types,
            ..
        } = &*self.subgraph;
        for definition in directive_definitions.values() {
            let is_new = links
                .meaning(&definition.name)
                .is_some_and(|it| !crate::definition_of(it).in_federation_one);
            if is_new {
                check_directive(links, UPGRADED, definition, types, self.problems);
            }
        }
        let links = self.subgraph.links.clone();
        let resolve = |applied: &mut Vec<AppliedDirective>| {
            for directive in applied {
                directive.meaning = links.meaning(&directive.directive.name);
            }
        };
        resolve(&mut self.subgraph.schema.directives);
        for ty in self.subgraph.types.values_mut() {
            resolve(&mut ty.directives);
            for field in ty.fields.values_mut() {
                resolve(&mut field.directives);
                for argument in field.arguments.values_mut() {
                    resolve(&mut argument.directives);
                }
            }
            for input in ty.inputs.values_mut() {
                resolve(&mut input.directives);
            }
            for value in ty.values.values_mut() {
                resolve(&mut value.directives);
            }
        }
    }
}
