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

use std::collections::HashMap;

use diagnostics::{Code, Problems};
use schema::Name;

use crate::graphql::check_directive;
use crate::{AppliedDirective, FederationVersion, Subgraph, TypeDefinition, derive};

/// The federation version that upgraded subgraphs are in.
const UPGRADED: FederationVersion = FederationVersion::Two { minor: 4 };

/// Upgrades those of the subgraphs that need it, and says so in a hint for each that is changed by it.
pub fn upgrade(subgraphs: &mut [Subgraph], problems: &mut Problems) {
    let originals = subgraphs.to_vec();
    let mut by_type: HashMap<&Name, Vec<usize>> = HashMap::new();
    for (position, subgraph) in originals.iter().enumerate() {
        for name in subgraph.types.keys() {
            by_type.entry(name).or_default().push(position);
        }
    }
    for (position, subgraph) in subgraphs.iter_mut().enumerate() {
        if subgraph.version != FederationVersion::One {
            continue;
        }
        let mut upgrade = Upgrade {
            subgraph,
            position,
            originals: &originals,
            by_type: &by_type,
            problems,
        };
        upgrade.run();
        if !is_changed(&originals[position], subgraph) {
            // It says the same in both versions, so there is nothing to tell.
            continue;
        }
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

/// Whether the upgrade changed what a subgraph says: a field, or a directive on a type or field.
fn is_changed(before: &Subgraph, after: &Subgraph) -> bool {
    let says = |directives: &[AppliedDirective]| -> Vec<schema::Directive> {
        directives.iter().map(|it| it.directive.clone()).collect()
    };
    before.types.len() != after.types.len()
        || before
            .types
            .values()
            .zip(after.types.values())
            .any(|(before, after)| {
                before.fields.len() != after.fields.len()
                    || says(&before.directives) != says(&after.directives)
                    || before
                        .fields
                        .values()
                        .zip(after.fields.values())
                        .any(|(before, after)| says(&before.directives) != says(&after.directives))
            })
}

/// The upgrade of one subgraph.
struct Upgrade<'u> {
    subgraph: &'u mut Subgraph,
    /// Its position among the originals.
    position: usize,
    /// All subgraphs as they were.
    originals: &'u [Subgraph],
    /// Which of them have a type: nothing here loops over all subgraphs for one field.
    by_type: &'u HashMap<&'u Name, Vec<usize>>,
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

    /// A type as it was in the other subgraphs.
    fn elsewhere(&self, ty: &Name) -> impl Iterator<Item = &TypeDefinition> {
        let own = self.position;
        let positions = self.by_type.get(ty).map_or(&[][..], Vec::as_slice);
        positions
            .iter()
            .filter(move |position| **position != own)
            .filter_map(move |position| self.originals[*position].types.get(ty))
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

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::upgrade;
    use crate::{Directives as _, FederationDirective, Subgraph};

    /// Upgrades, and shows each type's fields with what they became, and the errors.
    fn check<const N: usize>(subgraphs: [(&str, &str); N], expected: &Expect) {
        let mut subgraphs = subgraphs
            .map(|(name, sdl)| Subgraph::parse(name, "", sdl).unwrap_or_else(|it| panic!("{it}")));
        let mut problems = diagnostics::Problems::default();
        upgrade(&mut subgraphs, &mut problems);
        let mut shown = String::new();
        for subgraph in &subgraphs {
            for ty in subgraph.types.values() {
                for field in ty.fields.values() {
                    let mut marks = Vec::new();
                    if field.marks.external {
                        marks.push("external".to_owned());
                    }
                    if field.marks.shareable && !field.marks.in_key {
                        marks.push("shareable".to_owned());
                    }
                    if field.directives.has(FederationDirective::Tag) {
                        marks.push("tag".to_owned());
                    }
                    for set in [&field.requires, &field.provides].into_iter().flatten() {
                        marks.push(set.set().map_or("?".to_owned(), ToString::to_string));
                    }
                    let marks = marks.join(", ");
                    shown += &format!("{} {}.{}: {marks}\n", subgraph.name, ty.name, field.name);
                }
            }
        }
        for problem in problems.errors() {
            shown += &format!("{problem}\n");
        }
        expected.assert_eq(&shown);
    }

    #[test]
    fn value_types_are_shared_as_a_whole_and_entities_by_field() {
        check(
            [
                (
                    "a",
                    r#"type Query { v: V } type V { x: Int y: Int } type T @key(fields: "id") { id: ID n: Int own: Int }"#,
                ),
                (
                    "b",
                    r#"type V { x: Int } type T @key(fields: "id") { id: ID n: Int } type Subscription { s: Int }"#,
                ),
            ],
            &expect![[r#"
                a Query.v: 
                a V.x: shareable
                a V.y: shareable
                a T.id: 
                a T.n: shareable
                a T.own: 
                b V.x: shareable
                b T.id: 
                b T.n: shareable
                b Subscription.s: 
            "#]],
        );
    }

    #[test]
    fn extensions_lose_their_external_keys_and_what_nobody_uses() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID x: Int y: Int @tag(name: "t") }"#,
                ),
                (
                    "b",
                    r#"extend type T @key(fields: "id") { id: ID @external x: Int @external y: Int @external @tag(name: "t") z: Int @requires(fields: "y") }"#,
                ),
            ],
            &expect![[r#"
                a Query.t: 
                a T.id: 
                a T.x: 
                a T.y: tag
                b T.id: 
                b T.y: external, shareable
                b T.z: y
            "#]],
        );
    }

    #[test]
    fn what_a_key_selects_in_other_types_stays_external() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "s { n }") { s: S } type S { n: Int }"#,
                ),
                (
                    "b",
                    r#"extend type T @key(fields: "s { n }") { s: S @external q: Int } extend type S { n: Int @external }"#,
                ),
            ],
            &expect![[r#"
                a Query.t: 
                a T.s: 
                a S.n: 
                b T.s: 
                b T.q: 
                b S.n: external
            "#]],
        );
    }

    #[test]
    fn selections_of_what_is_not_external_are_dropped() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T @provides(fields: "own x") } type T @key(fields: ["id"]) { id: ID own: Int x: Int @external z: Int @requires(fields: "own") }"#,
                ),
                ("b", r#"type T @key(fields: id) { id: ID x: Int }"#),
            ],
            &expect![[r#"
                a Query.t: x
                a T.id: 
                a T.own: 
                a T.x: external, shareable
                a T.z: 
                b T.id: 
                b T.x: shareable
            "#]],
        );
    }

    #[test]
    fn an_extension_of_nothing_is_an_error() {
        check(
            [(
                "a",
                r#"type Query { q: Int } extend type T @key(fields: "id") { id: ID }"#,
            )],
            &expect![[r#"
                a Query.q: 
                a T.id: 
                EXTENSION_WITH_NO_BASE T: `T` is extended, but no subgraph defines it.
                  --> a:1:35 extended here
            "#]],
        );
    }

    #[test]
    fn an_interface_object_cannot_rely_on_an_old_interface() {
        check(
            [
                (
                    "a",
                    r#"type Query { i: I } interface I @key(fields: "id") { id: ID } type T implements I @key(fields: "id") { id: ID }"#,
                ),
                (
                    "b",
                    r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@interfaceObject"]) type I @interfaceObject @key(fields: "id") { id: ID x: Int }"#,
                ),
            ],
            &expect![[r#"
                a Query.i: 
                a I.id: 
                a T.id: 
                b I.id: 
                b I.x: 
                INTERFACE_OBJECT_USAGE_ERROR I: `I` is an interface object elsewhere, but this Federation 1 subgraph cannot resolve the interface by its key.
                  --> a:1:33 move this subgraph to Federation 2
                  see b:1:113 an interface object here
            "#]],
        );
    }
}
