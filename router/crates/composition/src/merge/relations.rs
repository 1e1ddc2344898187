//! Who implements which interface and who is a member of which union, in the supergraph.

use std::collections::{HashMap, HashSet};

use schema::{Name, Type};
use subgraph::Kind;

use super::across::Across;

/// The abstract types of the supergraph and what can stand for them.
#[derive(Debug)]
pub(crate) struct Relations<'s> {
    subtypes: HashMap<&'s str, HashSet<&'s Name>>,
    /// The object types that implement an interface, by name.
    implementations: HashMap<&'s str, Vec<&'s Name>>,
}

impl<'s> Relations<'s> {
    /// Gathers what any subgraph says.
    pub(crate) fn new(across: &Across<'s>) -> Self {
        let mut subtypes: HashMap<&str, HashSet<&Name>> = HashMap::new();
        let mut implementations: HashMap<&str, Vec<&Name>> = HashMap::new();
        for ty in across.types.values() {
            for (_, definition) in &ty.sources {
                for interface in &definition.implements {
                    let new = subtypes.entry(&interface.name).or_default().insert(ty.name);
                    if new && ty.kind == Kind::Object {
                        implementations
                            .entry(&interface.name)
                            .or_default()
                            .push(ty.name);
                    }
                }
                for member in &definition.members {
                    subtypes.entry(ty.name).or_default().insert(&member.name);
                }
            }
        }
        Self {
            subtypes,
            implementations,
        }
    }

    /// The object types that implement an interface, in the order of their names.
    pub(crate) fn implementations(&self, interface: &str) -> &[&'s Name] {
        self.implementations
            .get(interface)
            .map_or(&[], Vec::as_slice)
    }

    /// Whether `sub` can stand wherever `general` is declared, the same type included: a non-null
    /// type for a nullable one, an implementation for its interface, a member for its union, and
    /// the same inside lists. Nothing is ever made a list.
    pub(crate) fn is_subtype(&self, sub: &Type, general: &Type) -> bool {
        match (sub, general) {
            (Type::NonNull(sub), Type::NonNull(general)) => self.is_subtype(sub, general),
            (Type::NonNull(sub), general) => self.is_subtype(sub, general),
            (Type::List(sub), Type::List(general)) => self.is_subtype(sub, general),
            (Type::Named(sub), Type::Named(general)) => {
                sub == general
                    || self
                        .subtypes
                        .get(general.as_str())
                        .is_some_and(|known| known.contains(sub))
            }
            _ => false,
        }
    }
}

#[test]
fn subtypes_are_stricter_or_more_special_and_never_lists_of_themselves() {
    let sdl =
        "type Query { t: T } interface I { x: Int } type T implements I { x: Int } union U = T";
    let subgraphs = [subgraph::Subgraph::parse("s", "", sdl).unwrap()];
    let across = Across::new(&subgraphs);
    let relations = Relations::new(&across);
    let named = |name: &str| Type::Named(Name::new(name));
    let non_null = |of: Type| Type::NonNull(Box::new(of));
    let list = |of: Type| Type::List(Box::new(of));
    assert!(relations.is_subtype(&named("T"), &named("I")));
    assert!(relations.is_subtype(&named("T"), &named("U")));
    assert!(relations.is_subtype(&list(non_null(named("T"))), &list(named("I"))));
    assert!(!relations.is_subtype(&named("I"), &named("T")));
    assert!(!relations.is_subtype(&named("T"), &non_null(named("T"))));
    assert!(!relations.is_subtype(&named("T"), &list(named("T"))));
    assert_eq!(relations.implementations("I"), [&Name::new("T")]);
}
