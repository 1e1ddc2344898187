//! What the planner must know of types whatever the subgraph.

use std::collections::HashMap;

use schema::{Name, Type, TypeSet};
use supergraph::{Model, TypeKind};

/// Facts about a type of the supergraph.
#[derive(Clone, Debug)]
pub struct TypeFacts {
    /// What kind of type it is.
    pub kind: TypeFactsKind,
    /// The object types that can stand where it is declared, anywhere in the supergraph.
    pub possible_types: TypeSet,
    /// The types of its fields in the supergraph.
    pub field_types: HashMap<Name, Type>,
}

/// The kinds of types, as far as plans care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeFactsKind {
    /// An object type.
    Object,
    /// An interface.
    Interface,
    /// A union.
    Union,
    /// A scalar or enum.
    Leaf(LeafType),
    /// An input object.
    Input,
}

/// The kinds of values without fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeafType {
    /// A scalar, built-in or not.
    Scalar,
    /// An enum, with all its values.
    Enum {
        /// Every value.
        values: Vec<Name>,
        /// The values clients may see, when they are fewer.
        visible: Option<Vec<Name>>,
    },
}

impl TypeFacts {
    /// Whether values are objects whose type is only known at run time.
    pub fn is_abstract(&self) -> bool {
        matches!(self.kind, TypeFactsKind::Interface | TypeFactsKind::Union)
    }

    /// Whether fields can be selected on it.
    pub fn is_composite(&self) -> bool {
        matches!(
            self.kind,
            TypeFactsKind::Object | TypeFactsKind::Interface | TypeFactsKind::Union
        )
    }
}

/// The facts of every type of `model`, the built-in scalars included.
pub(crate) fn facts(model: &Model) -> HashMap<Name, TypeFacts> {
    let mut implementations: HashMap<&Name, Vec<Name>> = HashMap::new();
    for ty in model.types.values() {
        if let TypeKind::Object(object) = &ty.kind {
            for implements in &object.implements {
                implementations
                    .entry(&implements.interface)
                    .or_default()
                    .push(ty.name.clone());
            }
        }
    }
    let mut facts: HashMap<Name, TypeFacts> = ["Int", "Float", "String", "Boolean", "ID"]
        .into_iter()
        .map(|name| (Name::from(name), leaf(LeafType::Scalar)))
        .collect();
    let inaccessible = model.specification_directive("inaccessible");
    for ty in model.types.values() {
        let fact = match &ty.kind {
            TypeKind::Scalar => leaf(LeafType::Scalar),
            TypeKind::Enum(values) => {
                let is_hidden = |it: &supergraph::EnumValue| {
                    it.directives
                        .iter()
                        .any(|it| Some(&it.name) == inaccessible.as_ref())
                };
                let all = values.iter().map(|it| it.name.clone()).collect();
                let visible = values.iter().any(is_hidden).then(|| {
                    values
                        .iter()
                        .filter(|it| !is_hidden(it))
                        .map(|it| it.name.clone())
                        .collect()
                });
                leaf(LeafType::Enum {
                    values: all,
                    visible,
                })
            }
            TypeKind::InputObject(_) => TypeFacts {
                kind: TypeFactsKind::Input,
                ..leaf(LeafType::Scalar)
            },
            TypeKind::Object(_) => {
                composite(ty, TypeFactsKind::Object, TypeSet::one(ty.name.clone()))
            }
            TypeKind::Interface(_) => {
                let possible = implementations.remove(&ty.name).unwrap_or_default();
                composite(ty, TypeFactsKind::Interface, possible.into_iter().collect())
            }
            TypeKind::Union(members) => {
                let possible = members.iter().map(|member| member.name.clone()).collect();
                composite(ty, TypeFactsKind::Union, possible)
            }
        };
        facts.insert(ty.name.clone(), fact);
    }
    facts
}

fn leaf(leaf: LeafType) -> TypeFacts {
    TypeFacts {
        kind: TypeFactsKind::Leaf(leaf),
        possible_types: TypeSet::from_iter([]),
        field_types: HashMap::new(),
    }
}

fn composite(
    ty: &supergraph::TypeDefinition,
    kind: TypeFactsKind,
    possible_types: TypeSet,
) -> TypeFacts {
    let field_types = ty
        .fields()
        .into_iter()
        .flatten()
        .map(|(name, field)| (name.clone(), field.ty.clone()))
        .collect();
    TypeFacts {
        kind,
        possible_types,
        field_types,
    }
}
