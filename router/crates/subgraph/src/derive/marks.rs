//! Which fields are external, provided, shareable, used, or in a key.
//!
//! External is what says `@external`, or whose type does, but for key fields of extensions: there it
//! is a habit from Federation 1 and means nothing. Shareable is what says so in the same block, what
//! a key selects and what a `@provides` selects. Used is what any directive selects, and what an
//! interface demands; where a field of an interface is selected, those of its implementations are.

use std::collections::HashMap;

use schema::{FieldSetItem, Name};

use super::select::for_each_selected;
use crate::context::ContextSelection;
use crate::model::Directives;
use crate::{FederationDirective, FederationVersion, Kind, Marks, Subgraph, TypeDefinition};

/// Marks every field.
pub(super) fn mark(subgraph: &mut Subgraph) {
    let marks = {
        let mut marker = Marker::new(subgraph);
        marker.declared();
        marker.keys();
        marker.provisions();
        marker.requirements();
        marker.contexts();
        marker.interfaces();
        marker.marks
    };
    for (ty, marks) in subgraph.types.values_mut().zip(marks) {
        for (field, marks) in ty.fields.values_mut().zip(marks) {
            field.marks = marks;
        }
    }
}

struct Marker<'s> {
    subgraph: &'s Subgraph,
    /// The marks of each field of each type, by position.
    marks: Vec<Vec<Marks>>,
    /// The positions of the object types that implement an interface.
    implementations: HashMap<&'s Name, Vec<usize>>,
}

impl<'s> Marker<'s> {
    fn new(subgraph: &'s Subgraph) -> Self {
        let mut implementations: HashMap<&Name, Vec<usize>> = HashMap::new();
        for (position, ty) in subgraph.types.values().enumerate() {
            if ty.kind == Kind::Object {
                for interface in &ty.implements {
                    implementations
                        .entry(&interface.name)
                        .or_default()
                        .push(position);
                }
            }
        }
        Self {
            subgraph,
            marks: subgraph
                .types
                .values()
                .map(|ty| vec![Marks::default(); ty.fields.len()])
                .collect(),
            implementations,
        }
    }

    fn declared(&mut self) {
        for (ty, marks) in self.subgraph.types.values().zip(&mut self.marks) {
            // Federation 1 took no notice of `@external` on whole types.
            let external_type = self.subgraph.version != FederationVersion::One
                && ty.directives.has(FederationDirective::External);
            for (field, marks) in ty.fields.values().zip(marks) {
                marks.external =
                    external_type || field.directives.has(FederationDirective::External);
                marks.shareable = field.directives.has(FederationDirective::Shareable)
                    || ty.directives.iter().any(|it| {
                        it.meaning == Some(FederationDirective::Shareable)
                            && it.block == field.block
                    });
            }
        }
    }

    fn keys(&mut self) {
        for ty in self.subgraph.types.values() {
            for key in &ty.keys {
                let Some(set) = key.fields.set() else {
                    continue;
                };
                self.each(ty, &set.items, |marks, direct| {
                    marks.in_key = true;
                    marks.shareable = true;
                    marks.used = true;
                    if key.on_extension && direct {
                        marks.external = false;
                    }
                });
            }
        }
    }

    fn provisions(&mut self) {
        for ty in self.subgraph.types.values() {
            for field in ty.fields.values() {
                let Some(set) = field.provides.as_ref().and_then(|it| it.set()) else {
                    continue;
                };
                let Some(target) = self.subgraph.type_named(field.ty.inner_name()) else {
                    continue;
                };
                self.each(target, &set.items, |marks, _| {
                    marks.used = true;
                    marks.shareable = true;
                    marks.provided |= marks.external;
                });
            }
        }
    }

    fn requirements(&mut self) {
        for ty in self.subgraph.types.values() {
            for field in ty.fields.values() {
                if let Some(set) = field.requires.as_ref().and_then(|it| it.set()) {
                    self.each(ty, &set.items, |marks, _| marks.used = true);
                }
            }
        }
    }

    fn contexts(&mut self) {
        let fields = self
            .subgraph
            .types
            .values()
            .flat_map(|ty| ty.fields.values());
        for argument in fields.flat_map(|field| field.arguments.values()) {
            let Some(applied) = argument
                .directives
                .federation(FederationDirective::FromContext)
            else {
                continue;
            };
            let text = applied.argument("field").and_then(|it| it.as_str());
            let Some(selection) = text.and_then(ContextSelection::parse) else {
                continue;
            };
            let Some(set) = selection.field_set() else {
                continue;
            };
            for ty in self.subgraph.types.values() {
                if ty.sets_context(selection.context) {
                    self.each(ty, &set.items, |marks, _| marks.used = true);
                }
            }
        }
    }

    fn interfaces(&mut self) {
        for interface in self.subgraph.types.values() {
            if interface.kind != Kind::Interface {
                continue;
            }
            let Some(positions) = self.implementations.get(&interface.name) else {
                continue;
            };
            for position in positions {
                let implementation = &self.subgraph.types[*position];
                for name in interface.fields.keys() {
                    if let Some(index) = implementation.fields.get_index_of(name) {
                        self.marks[*position][index].used = true;
                    }
                }
            }
        }
    }

    /// Changes the marks of every selected field, and of the same field of implementations where
    /// the selection is on an interface. The flag tells the two apart.
    fn each(
        &mut self,
        parent: &'s TypeDefinition,
        items: &[FieldSetItem],
        change: impl Fn(&mut Marks, bool),
    ) {
        let (subgraph, marks, implementations) =
            (self.subgraph, &mut self.marks, &self.implementations);
        let mut at = |position: usize, name: &Name, direct: bool| {
            let index = subgraph.types[position].fields.get_index_of(name);
            if let Some(index) = index {
                change(&mut marks[position][index], direct);
            }
        };
        for_each_selected(subgraph, parent, items, &mut |selected| {
            if let Some(position) = subgraph.types.get_index_of(&selected.parent.name) {
                at(position, &selected.field.name, true);
            }
            if selected.parent.kind == Kind::Interface {
                let positions = implementations.get(&selected.parent.name);
                for position in positions.into_iter().flatten() {
                    at(*position, &selected.field.name, false);
                }
            }
        });
    }
}

#[cfg(test)]
fn marks(sdl: &str, ty: &str, field: &str) -> Marks {
    crate::testing::linked(sdl).types[ty].fields[field].marks
}

#[test]
fn keys_of_extensions_are_external_out_of_habit_only() {
    let sdl = r#"extend type T @key(fields: "id") { id: ID @external x: Int @external }"#;
    assert!(!marks(sdl, "T", "id").external);
    assert!(marks(sdl, "T", "x").external);
    assert!(!marks(sdl, "T", "x").used);
    let defined = r#"type T @key(fields: "id") { id: ID @external }"#;
    assert!(marks(defined, "T", "id").external);
}

#[test]
fn what_is_provided_is_external_and_shareable() {
    let sdl = r#"type Query { t: T @provides(fields: "u { x }") } type T @key(fields: "id") { id: ID u: U @external } type U { x: Int @external }"#;
    let found = marks(sdl, "U", "x");
    assert!(found.external && found.provided && found.shareable && found.used);
}

#[test]
fn selecting_a_field_of_an_interface_selects_those_of_its_implementations() {
    let sdl = r#"type Query { i: I @provides(fields: "y") } interface I { y: Int } type T implements I { y: Int @external }"#;
    assert!(marks(sdl, "T", "y").provided);
}

#[test]
fn what_an_interface_demands_is_used() {
    let sdl = "interface I { y: Int } type T implements I { y: Int @external z: Int @external }";
    assert!(marks(sdl, "T", "y").used);
    assert!(!marks(sdl, "T", "z").used);
}

#[test]
fn a_whole_type_may_be_external() {
    let sdl = "type T @external { y: Int }";
    assert!(marks(sdl, "T", "y").external);
}
