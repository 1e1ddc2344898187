//! Fields of one response key must be one field (GraphQL specification, section 5.3.2).
//!
//! ```text
//! { dog { name } dog { name: age } }     `dog` is one field, so both `name`s meet below it
//! ```
//!
//! Two questions are asked of each position, of groups and not of pairs. *Parents*: where the types
//! around two fields can overlap, are both the same field with the same arguments? *Shape*: whatever
//! the object's type, does one key have values of one kind? A position is known by the selection
//! sets that meet there, and is looked at once. Documents can be made to have exponentially many
//! positions; they are refused when the work allowed is used up.

use std::collections::HashSet;

use apollo_compiler::ast::{Type, Value};
use apollo_compiler::executable::{Field, Operation, Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{ExecutableDocument, Name, Node};
use indexmap::IndexMap;

use crate::document::location;
use crate::error::MAX_ERRORS;
use crate::{ApiSchema, ErrorCode, Limits, RequestError};

/// A field, and the type of the selection set that it stands in.
#[derive(Clone, Copy)]
struct Selected<'d> {
    parent: &'d Name,
    field: &'d Node<Field>,
}

struct Merging<'d> {
    api: &'d ApiSchema,
    document: &'d ExecutableDocument,
    work: usize,
    shapes_seen: HashSet<Vec<*const SelectionSet>>,
    parents_seen: HashSet<Vec<*const SelectionSet>>,
    errors: Vec<RequestError>,
}

/// The work allowed is used up.
struct Exhausted;

/// Checks that fields can be merged, in every operation of a document that is valid otherwise.
pub(super) fn check(
    api: &ApiSchema,
    document: &ExecutableDocument,
    limits: &Limits,
) -> Vec<RequestError> {
    let mut merging = Merging {
        api,
        document,
        work: limits.work(),
        shapes_seen: HashSet::new(),
        parents_seen: HashSet::new(),
        errors: Vec::new(),
    };
    for operation in document.operations.iter() {
        if merging.operation(operation).is_err() {
            return vec![RequestError::too_complex(
                "too many selections of the document overlap",
            )];
        }
    }
    merging.errors
}

impl<'d> Merging<'d> {
    fn operation(&mut self, operation: &'d Operation) -> Result<(), Exhausted> {
        self.parents(vec![&operation.selection_set])?;
        if self.errors.is_empty() {
            // Of two fields that are not the same field, the shapes would be a second complaint.
            self.shapes(vec![&operation.selection_set])?;
        }
        Ok(())
    }

    /// `SameResponseShape` for everything at and below a position.
    fn shapes(&mut self, mut sets: Vec<&'d SelectionSet>) -> Result<(), Exhausted> {
        if !self.shapes_seen.insert(identity(&mut sets)) {
            return Ok(());
        }
        for (_, group) in self.by_key(&sets)? {
            let Some((first, rest)) = group.split_first() else {
                continue;
            };
            for other in rest {
                if !self.same_shape(&first.field.definition.ty, &other.field.definition.ty) {
                    self.conflict(
                        *first,
                        *other,
                        &format!(
                            "their types `{}` and `{}` differ in shape",
                            first.field.definition.ty, other.field.definition.ty
                        ),
                    );
                }
            }
            let below = below(&group);
            if !below.is_empty() {
                self.shapes(below)?;
            }
        }
        Ok(())
    }

    /// `FieldsInSetCanMerge` for everything at and below a position.
    fn parents(&mut self, mut sets: Vec<&'d SelectionSet>) -> Result<(), Exhausted> {
        if !self.parents_seen.insert(identity(&mut sets)) {
            return Ok(());
        }
        for (_, group) in self.by_key(&sets)? {
            for group in self.by_parent(&group)? {
                let Some((first, rest)) = group.split_first() else {
                    continue;
                };
                for other in rest {
                    self.same_field(*first, *other);
                }
                let below = below(&group);
                if !below.is_empty() {
                    self.parents(below)?;
                }
            }
        }
        Ok(())
    }

    /// All fields of these selection sets, those of fragments included, by response key.
    fn by_key(
        &mut self,
        sets: &[&'d SelectionSet],
    ) -> Result<IndexMap<&'d Name, Vec<Selected<'d>>>, Exhausted> {
        let mut fields: IndexMap<&Name, Vec<Selected<'_>>> = IndexMap::new();
        let mut seen: HashSet<&Name> = HashSet::new();
        let mut stack: Vec<&SelectionSet> = sets.iter().rev().copied().collect();
        while let Some(set) = stack.pop() {
            self.spend(1 + set.selections.len())?;
            for selection in &set.selections {
                match selection {
                    Selection::Field(field) => {
                        let selected = Selected {
                            parent: &set.ty,
                            field,
                        };
                        fields
                            .entry(field.response_key())
                            .or_default()
                            .push(selected);
                    }
                    Selection::InlineFragment(fragment) => stack.push(&fragment.selection_set),
                    Selection::FragmentSpread(spread) => {
                        if seen.insert(&spread.fragment_name)
                            && let Some(fragment) =
                                self.document.fragments.get(&spread.fragment_name)
                        {
                            stack.push(&fragment.selection_set);
                        }
                    }
                }
            }
        }
        Ok(fields)
    }

    /// Fields that may meet on one object: those on one object type, each with those on abstract
    /// types, which any object type may come to implement.
    fn by_parent(&mut self, group: &[Selected<'d>]) -> Result<Vec<Vec<Selected<'d>>>, Exhausted> {
        let mut on_objects: IndexMap<&Name, Vec<Selected<'_>>> = IndexMap::new();
        let mut on_abstract = Vec::new();
        for selected in group {
            match self.api.schema.types.get(selected.parent) {
                Some(ExtendedType::Object(_)) => {
                    on_objects
                        .entry(selected.parent)
                        .or_default()
                        .push(*selected);
                }
                _ => on_abstract.push(*selected),
            }
        }
        if on_objects.is_empty() {
            return Ok(vec![on_abstract]);
        }
        self.spend(on_objects.len() * on_abstract.len())?;
        Ok(on_objects
            .into_values()
            .map(|mut group| {
                group.extend(&on_abstract);
                group
            })
            .collect())
    }

    fn same_field(&mut self, first: Selected<'d>, other: Selected<'d>) {
        if first.field.name != other.field.name {
            let why = format!(
                "`{}.{}` and `{}.{}` are different fields",
                first.parent, first.field.name, other.parent, other.field.name
            );
            self.conflict(first, other, &why);
        } else if !same_arguments(first.field, other.field) {
            self.conflict(first, other, "they have different arguments");
        }
    }

    fn same_shape(&self, left: &Type, right: &Type) -> bool {
        match (left, right) {
            (Type::List(left), Type::List(right))
            | (Type::NonNullList(left), Type::NonNullList(right)) => self.same_shape(left, right),
            (Type::Named(left), Type::Named(right))
            | (Type::NonNullNamed(left), Type::NonNullNamed(right)) => {
                left == right || (self.is_composite(left) && self.is_composite(right))
            }
            _ => false,
        }
    }

    fn is_composite(&self, name: &str) -> bool {
        self.api.possible(name).is_some()
    }

    fn conflict(&mut self, first: Selected<'d>, other: Selected<'d>, why: &str) {
        if self.errors.len() >= MAX_ERRORS {
            return;
        }
        let mut places =
            [first, other].map(|it| location(it.field.location(), &self.document.sources));
        places.sort_unstable();
        let message = format!(
            "the fields with the key `{}` cannot be merged: {why}; give one of them another alias",
            first.field.response_key()
        );
        let error = RequestError::new(ErrorCode::ValidationFailed, message).at(places);
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    fn spend(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.work = self.work.checked_sub(steps).ok_or(Exhausted)?;
        Ok(())
    }
}

/// What a position is known by: the selection sets that meet there, whatever their order.
fn identity(sets: &mut Vec<&SelectionSet>) -> Vec<*const SelectionSet> {
    let mut identity: Vec<*const SelectionSet> = Vec::with_capacity(sets.len());
    let mut seen = HashSet::new();
    sets.retain(|set| seen.insert(std::ptr::from_ref(*set)));
    identity.extend(sets.iter().map(|set| std::ptr::from_ref(*set)));
    identity.sort_unstable();
    identity
}

fn below<'d>(group: &[Selected<'d>]) -> Vec<&'d SelectionSet> {
    group
        .iter()
        .map(|it| &it.field.selection_set)
        .filter(|set| !set.selections.is_empty())
        .collect()
}

fn same_arguments(left: &Field, right: &Field) -> bool {
    left.arguments.len() == right.arguments.len()
        && left.arguments.iter().all(|argument| {
            right
                .arguments
                .iter()
                .find(|other| other.name == argument.name)
                .is_some_and(|other| same_value(&argument.value, &other.value))
        })
}

/// Whether two values are the same; the order of an object's fields means nothing.
fn same_value(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::List(left), Value::List(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(a, b)| same_value(a, b))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| {
                    right
                        .iter()
                        .find(|(other, _)| other == key)
                        .is_some_and(|(_, other)| same_value(value, other))
                })
        }
        (left, right) => left == right,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::validate::tests::check;

    #[test]
    fn one_key_is_one_field() {
        check(
            "{ dog { name name: id } }",
            &expect![[
                r#"1:9,1:14 GRAPHQL_VALIDATION_FAILED the fields with the key `name` cannot be merged: `Dog.name` and `Dog.id` are different fields; give one of them another alias"#
            ]],
        );
        check(
            "{ dog { a: name } dog { a: id } }",
            &expect![[
                r#"1:9,1:25 GRAPHQL_VALIDATION_FAILED the fields with the key `a` cannot be merged: `Dog.name` and `Dog.id` are different fields; give one of them another alias"#
            ]],
        );
        check(
            "{ dog { ...F id } } fragment F on Dog { id: name }",
            &expect![[
                r#"1:14,1:41 GRAPHQL_VALIDATION_FAILED the fields with the key `id` cannot be merged: `Dog.id` and `Dog.name` are different fields; give one of them another alias"#
            ]],
        );
    }

    #[test]
    fn arguments_must_be_the_same() {
        check(
            "{ pet(id: 1) { id } pet(id: 2) { id } }",
            &expect![[
                r#"1:3,1:21 GRAPHQL_VALIDATION_FAILED the fields with the key `pet` cannot be merged: they have different arguments; give one of them another alias"#
            ]],
        );
        check(
            "{ pets(ids: [1, 2], by: {required: true, limit: 2}) { id } pets(by: {limit: 2, required: true}, ids: [1, 2]) { name } }",
            &expect![[r#"valid"#]],
        );
        check(
            "{ pets(ids: [1]) { id } pets(ids: [1, 2]) { id } }",
            &expect![[
                r#"1:3,1:25 GRAPHQL_VALIDATION_FAILED the fields with the key `pets` cannot be merged: they have different arguments; give one of them another alias"#
            ]],
        );
        check(
            "{ pet { id } pet(id: 2) { id } }",
            &expect![[
                r#"1:3,1:14 GRAPHQL_VALIDATION_FAILED the fields with the key `pet` cannot be merged: they have different arguments; give one of them another alias"#
            ]],
        );
    }

    #[test]
    fn different_objects_may_have_different_fields_of_one_shape() {
        check(
            "{ any { ... on Dog { x: barks } ... on Cat { x: meows } } }",
            &expect![[
                r#"1:22,1:46 GRAPHQL_VALIDATION_FAILED the fields with the key `x` cannot be merged: their types `Boolean!` and `Boolean` differ in shape; give one of them another alias"#
            ]],
        );
        check(
            "{ any { ... on Dog { x: name } ... on Person { x: id } } }",
            &expect![
                "1:22,1:48 GRAPHQL_VALIDATION_FAILED the fields with the key `x` cannot be merged: their types `ID!` and `String` differ in shape; give one of them another alias"
            ],
        );
        check(
            "{ any { ... on Dog { x: barks(loud: true) } ... on Dog { y: age } ... on Cat { z: age } } }",
            &expect![[r#"valid"#]],
        );
        check(
            "{ any { ... on Dog { age } ... on Cat { age } } }",
            &expect![
                "1:22,1:41 GRAPHQL_VALIDATION_FAILED the fields with the key `age` cannot be merged: their types `String` and `Int` differ in shape; give one of them another alias"
            ],
        );
        check(
            "{ any { ... on Dog { x: owner { n: name } } ... on Cat { x: friend { n: id } } } }",
            &expect![
                "1:33,1:70 GRAPHQL_VALIDATION_FAILED the fields with the key `n` cannot be merged: their types `ID!` and `String` differ in shape; give one of them another alias"
            ],
        );
    }

    #[test]
    fn an_abstract_parent_may_overlap_with_any_object() {
        check(
            "{ pet { x: name ... on Dog { x: id } } }",
            &expect![[
                r#"1:9,1:30 GRAPHQL_VALIDATION_FAILED the fields with the key `x` cannot be merged: `Dog.id` and `Pet.name` are different fields; give one of them another alias"#
            ]],
        );
        check(
            "{ pet { ... on Dog { friend { x: id } } friend { x: id } } }",
            &expect![[r#"valid"#]],
        );
    }
}
