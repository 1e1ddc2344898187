//! Type names as small numbers, and sets of them as bits.

use std::collections::BTreeSet;

use plan::{Plan, ReadObject, ReadValue, RepresentationField, RepresentationValue, TypeSource};
use plan::{WriteObject, WriteValue};
use schema::{Name, TypeSet};

use crate::json_text;

/// A type the plan names, or one that only a subgraph named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypeId(pub(crate) u32);

impl TypeId {
    /// No type is known.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// The index among the plan's types, or beyond them.
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}

/// All types a plan names. Ids beyond are those of [`crate::arena::Store::foreign_types`].
#[derive(Debug)]
pub(crate) struct TypeTable {
    names: Vec<Name>,
    quoted: Vec<Box<[u8]>>,
}

impl TypeTable {
    /// Collects every type that a plan names.
    pub(crate) fn of(plan: &Plan) -> Self {
        let mut names = BTreeSet::new();
        for position in &plan.positions {
            if let TypeSource::Static(name) = &position.type_source {
                names.insert(name.clone());
            }
        }
        for fetch in &plan.fetches {
            if let Some(root) = &fetch.root {
                read_types(root, &mut names);
            }
            for entities in &fetch.entities {
                read_types(&entities.read, &mut names);
                for representation in &entities.representations {
                    names.extend(representation.on.iter().cloned());
                    names.extend(representation.type_name.clone());
                    representation_types(&representation.fields, &mut names);
                }
                for source in entities.contexts.iter().flat_map(|it| &it.sources) {
                    names.extend(source.on.iter().flatten().cloned());
                    representation_types(&source.fields, &mut names);
                }
            }
        }
        write_types(&plan.answer, &mut names);
        let names: Vec<Name> = names.into_iter().collect();
        let quoted = names
            .iter()
            .map(|name| json_text::quoted(name).into())
            .collect();
        Self { names, quoted }
    }

    /// The id of a type that the plan names.
    pub(crate) fn id(&self, name: &str) -> Option<TypeId> {
        let index = self
            .names
            .binary_search_by(|it| it.as_str().cmp(name))
            .ok()?;
        u32::try_from(index).ok().map(TypeId)
    }

    /// The name of a type that the plan names.
    pub(crate) fn name(&self, id: TypeId) -> Option<&Name> {
        self.names.get(id.index())
    }

    /// The name of a type that the plan names, as a JSON string.
    pub(crate) fn quoted(&self, id: TypeId) -> Option<&[u8]> {
        self.quoted.get(id.index()).map(|it| &**it)
    }

    /// How many types the plan names.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The set of all types that the plan names.
    pub(crate) fn all(&self) -> TypeMask {
        TypeMask(vec![u64::MAX; self.names.len().div_ceil(64)].into())
    }

    /// The set as bits.
    pub(crate) fn mask(&self, set: &TypeSet) -> TypeMask {
        let mut mask = TypeMask(vec![0; self.names.len().div_ceil(64)].into());
        for id in set.iter().filter_map(|name| self.id(name)) {
            if let Some(word) = mask.0.get_mut(id.index() / 64) {
                *word |= 1 << (id.index() % 64);
            }
        }
        mask
    }
}

/// A set of types.
#[derive(Clone, Debug)]
pub(crate) struct TypeMask(Box<[u64]>);

impl TypeMask {
    /// Whether the set has this type.
    pub(crate) fn contains(&self, id: TypeId) -> bool {
        self.0
            .get(id.index() / 64)
            .is_some_and(|word| word & (1 << (id.index() % 64)) != 0)
    }

    /// The types of this set that are not in the other.
    pub(crate) fn without(&self, other: &Self) -> Self {
        let words = self.0.iter().zip(&other.0);
        Self(words.map(|(word, other)| word & !other).collect())
    }
}

fn read_types(object: &ReadObject, names: &mut BTreeSet<Name>) {
    names.extend(object.type_name.clone());
    for field in &object.fields {
        if let ReadValue::Object(object) = &field.value {
            read_types(object, names);
        }
    }
}

fn representation_types(fields: &[RepresentationField], names: &mut BTreeSet<Name>) {
    for field in fields {
        names.extend(field.on.iter().flatten().cloned());
        if let RepresentationValue::Object { fields, .. } = &field.value {
            representation_types(fields, names);
        }
    }
}

fn write_types(object: &WriteObject, names: &mut BTreeSet<Name>) {
    names.extend(object.possible_types.iter().flatten().cloned());
    for field in &object.fields {
        names.extend(field.on.iter().flatten().cloned());
        for (on, _) in &field.own_types {
            names.extend(on.iter().cloned());
        }
        if let WriteValue::Object(object) = &field.value {
            write_types(object, names);
        }
    }
}

#[test]
fn a_set_has_its_types_and_no_others() {
    let names: Vec<Name> = (0..130).map(|it| Name::from(format!("T{it:03}"))).collect();
    let table = TypeTable {
        quoted: Vec::new(),
        names: names.clone(),
    };
    let mask = table.mask(&[names[3].clone(), names[129].clone()].into_iter().collect());
    let found: Vec<&Name> = names
        .iter()
        .filter(|name| mask.contains(table.id(name).unwrap()))
        .collect();
    assert_eq!(found, ["T003", "T129"]);
    assert!(!mask.contains(TypeId::NONE));
    let others = table.all().without(&mask);
    assert!(names.iter().all(|name| {
        let id = table.id(name).unwrap();
        others.contains(id) != mask.contains(id)
    }));
    assert!(table.id("T130").is_none());
}
