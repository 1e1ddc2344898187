//! `CollectFields` for every object type and every value of the variables at once.

use std::collections::HashMap;

use apollo_compiler::executable::{DirectiveList, Field, Selection, SelectionSet};
use apollo_compiler::{Name, Node};
use schema::Inclusion;

use super::Normaliser;
use super::conditions::{implies, inclusion, size};
use crate::RequestError;
use crate::object_set::ObjectSet;

/// A selection set that contributes to a position.
pub(super) struct Source<'d> {
    pub(super) set: &'d SelectionSet,
    /// The object types for which it does.
    pub(super) on: ObjectSet,
    /// When it does, given that the position is part of the answer.
    pub(super) inclusion: Inclusion,
}

/// A field that contributes to a position.
pub(super) struct Found<'d> {
    pub(super) field: &'d Node<Field>,
    /// The type of the selection set it stands in.
    pub(super) parent: &'d Name,
    pub(super) on: ObjectSet,
    pub(super) inclusion: Inclusion,
    /// How many fields contribute to the position before it.
    pub(super) place: usize,
}

/// For each fragment, for which types and when it has been visited at this position.
type Visited<'d> = HashMap<&'d str, Vec<(ObjectSet, Inclusion)>>;

impl<'d> Normaliser<'d> {
    /// The fields that these selection sets contribute, in the order they appear.
    pub(super) fn collect(
        &mut self,
        sources: Vec<Source<'d>>,
    ) -> Result<Vec<Found<'d>>, RequestError> {
        let mut found = Vec::new();
        let mut visited = Visited::new();
        for source in sources {
            if !source.on.is_empty() {
                self.visit(&source, &mut visited, &mut found)?;
            }
        }
        Ok(found)
    }

    fn visit(
        &mut self,
        source: &Source<'d>,
        visited: &mut Visited<'d>,
        found: &mut Vec<Found<'d>>,
    ) -> Result<(), RequestError> {
        for selection in &source.set.selections {
            self.budget.steps(1)?;
            let Some(inclusion) = self.included(source, selection.directives())? else {
                continue;
            };
            match selection {
                Selection::Field(field) => found.push(Found {
                    field,
                    parent: &source.set.ty,
                    on: source.on.clone(),
                    inclusion,
                    place: found.len(),
                }),
                Selection::InlineFragment(fragment) => {
                    let inner = self.narrowed(source, &fragment.selection_set, inclusion);
                    if !inner.on.is_empty() {
                        self.visit(&inner, visited, found)?;
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let Some(fragment) = self.document.fragments.get(&spread.fragment_name) else {
                        continue;
                    };
                    let inner = self.narrowed(source, &fragment.selection_set, inclusion);
                    if inner.on.is_empty() {
                        continue;
                    }
                    // What has been visited for more types and under a weaker condition gives
                    // nothing new: so fragments that spread each other twice cost no more.
                    let before = visited.entry(&spread.fragment_name).or_default();
                    self.budget
                        .steps(before.len() * (1 + size(&inner.inclusion)))?;
                    let covered = before.iter().any(|(on, inclusion)| {
                        inner.on.is_subset(on) && implies(&inner.inclusion, inclusion)
                    });
                    if !covered {
                        before.push((inner.on.clone(), inner.inclusion.clone()));
                        self.visit(&inner, visited, found)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The source's formula and the directives', or none when they contradict each other.
    fn included(
        &mut self,
        source: &Source<'d>,
        directives: &DirectiveList,
    ) -> Result<Option<Inclusion>, RequestError> {
        if directives.is_empty() {
            return Ok(Some(source.inclusion.clone()));
        }
        let formula = self.budget.and(&source.inclusion, &inclusion(directives))?;
        Ok((!formula.is_never()).then_some(formula))
    }

    fn narrowed(
        &self,
        source: &Source<'d>,
        set: &'d SelectionSet,
        inclusion: Inclusion,
    ) -> Source<'d> {
        let on = match self.api.possible(&set.ty) {
            Some(possible) => source.on.intersection(&possible.set),
            None => self.api.no_objects(),
        };
        Source { set, on, inclusion }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::normalise::tests::check;

    #[test]
    fn fragments_dissolve_in_order_of_first_appearance() {
        check(
            "{ dog { ...A name ...B id } } fragment A on Dog { id ...B } fragment B on Pet { friend { id } }",
            &expect![[r#"
                Query.dog: Dog
                  Dog.id: ID!
                  Pet.friend: Pet
                    Pet.id: ID!
                  Dog.name: String"#]],
        );
    }

    #[test]
    fn a_fragment_narrows_the_object_types() {
        check(
            "{ any { ... on Pet { id ... on Dog { barks } } __typename } }",
            &expect![[r#"
                Query.any: [Any]
                  Pet.id: ID! on {"Cat", "Dog"}
                  Dog.barks: Boolean on {"Dog"}
                  Any.__typename: String!"#]],
        );
    }

    #[test]
    fn a_fragment_that_fits_nothing_vanishes() {
        check(
            "{ pet { ... on Pet { ... on Dog { ... on Pet { ... on Cat { meows } } } id } } }",
            &expect![[r#"
                Query.pet: Pet
                  Pet.id: ID!"#]],
        );
    }

    #[test]
    fn a_fragment_spread_under_several_conditions() {
        check(
            "query ($a: Boolean!, $b: Boolean!) { dog { ...F @include(if: $a) ...F @include(if: $b) } } fragment F on Dog { id ...G } fragment G on Dog { name @skip(if: $a) }",
            &expect![[r#"
                Query.dog: Dog
                  Dog.id: ID! if $a || $b
                  Dog.name: String if !$a && $b"#]],
        );
        check(
            "query ($a: Boolean!) { dog { ...F @include(if: $a) ...F } } fragment F on Dog { id }",
            &expect![[r#"
                Query.dog: Dog
                  Dog.id: ID!"#]],
        );
    }
}
