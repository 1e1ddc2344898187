//! One field for each class of object types, and one for all classes that came out the same.

use std::hash::{DefaultHasher, Hash, Hasher};

use indexmap::IndexMap;
use schema::{Inclusion, Value, from_parser};

use super::Normaliser;
use super::collect::{Found, Source};
use super::conditions::implies;
use super::partition::Class;
use crate::api_schema::Possible;
use crate::object_set::ObjectSet;
use crate::{Field, RequestError, SelectionSet};

/// A field of the normal form before its object types are written down.
struct Merged {
    field: Field,
    on: ObjectSet,
    /// Of everything but the object types: equal fields have equal ones.
    hash: u64,
    /// Where it appears first.
    place: usize,
}

/// A place at which a field stands, and when.
struct Turn {
    place: usize,
    inclusion: Inclusion,
}

/// The keys that selections ask for at a position, in their order, and for which object types.
type Order<'d> = Vec<(&'d str, ObjectSet)>;

impl<'d> Normaliser<'d> {
    /// What is selected on a position where these object types can stand, with a hash of it. Fields
    /// that run `in_turn` have an entry for each place where their turn may be.
    pub(super) fn selection_set(
        &mut self,
        position: &'d Possible,
        sources: Vec<Source<'d>>,
        in_turn: bool,
    ) -> Result<(SelectionSet, u64), RequestError> {
        let mut groups: IndexMap<&'d str, Vec<Found<'d>>> = IndexMap::new();
        let found = self.collect(sources)?;
        let asked = |found: &Found<'d>| (found.field.response_key().as_str(), found.on.clone());
        let order: Order<'d> = match position.names.len() {
            0 | 1 if !in_turn => Vec::new(),
            _ => found.iter().map(asked).collect(),
        };
        for found in found {
            groups
                .entry(found.field.response_key())
                .or_default()
                .push(found);
        }
        let mut all = Vec::with_capacity(groups.len());
        for (key, group) in groups {
            let merged = match in_turn {
                true => self.group_in_turn(key, &group, position, &order)?,
                false => self.group(key, &group, position, &order)?,
            };
            all.extend(merged);
        }
        // A key may appear early for one object type and late for another.
        all.sort_by_key(|merged| merged.place);
        let mut fields = Vec::with_capacity(all.len());
        let mut hasher = DefaultHasher::new();
        position.name.hash(&mut hasher);
        for merged in all {
            (merged.hash, &merged.on).hash(&mut hasher);
            let mut field = merged.field;
            field.on = self.type_set(&merged.on);
            fields.push(field);
        }
        let set = SelectionSet {
            declared_type: position.name.clone(),
            possible_types: position.names.clone(),
            fields,
        };
        Ok((set, hasher.finish()))
    }

    /// The fields of one response key.
    fn group(
        &mut self,
        key: &'d str,
        group: &[Found<'d>],
        position: &'d Possible,
        order: &Order<'d>,
    ) -> Result<Vec<Merged>, RequestError> {
        let mut merged: Vec<Merged> = Vec::new();
        for class in self.partition(group)? {
            let turn = self.any_turn(group, &class)?;
            let new = self.field(key, group, &class, turn, position)?;
            self.budget.steps(merged.len())?;
            let same = merged.iter_mut().find(|known| {
                known.hash == new.hash && same_but_for_types(&known.field, &new.field)
            });
            match same {
                Some(known) => {
                    self.budget.steps(known.place.abs_diff(new.place))?;
                    if keeps_order(known, &new, order) {
                        known.on = known.on.union(&new.on);
                        known.place = known.place.min(new.place);
                    } else {
                        merged.push(new);
                    }
                }
                None => merged.push(new),
            }
        }
        Ok(merged)
    }

    /// The same for fields that run one after the other: one for each turn.
    fn group_in_turn(
        &mut self,
        key: &'d str,
        group: &[Found<'d>],
        position: &'d Possible,
        order: &Order<'d>,
    ) -> Result<Vec<Merged>, RequestError> {
        let mut merged = Vec::new();
        for class in self.partition(group)? {
            for turn in self.turns(group, &class, order)? {
                merged.push(self.field(key, group, &class, turn, position)?);
            }
        }
        Ok(merged)
    }

    /// The first place of a class, and when any of its members is there.
    fn any_turn(&mut self, group: &[Found<'d>], class: &Class) -> Result<Turn, RequestError> {
        let mut turn = Turn {
            place: usize::MAX,
            inclusion: Inclusion::never(),
        };
        for member in class.members(group) {
            turn.place = turn.place.min(member.place);
            turn.inclusion = self.budget.or(&turn.inclusion, &member.inclusion)?;
        }
        Ok(turn)
    }

    /// The places at which a class may have its turn: where one of its members is there and none of
    /// those before.
    fn turns(
        &mut self,
        group: &[Found<'d>],
        class: &Class,
        order: &Order<'d>,
    ) -> Result<Vec<Turn>, RequestError> {
        // Members with nothing between them have their turn together.
        let mut together: Vec<Turn> = Vec::new();
        let mut last_place = 0;
        for member in class.members(group) {
            let key = member.field.response_key().as_str();
            let mut between = order
                .get(last_place..member.place)
                .unwrap_or_default()
                .iter();
            last_place = member.place;
            match together.last_mut() {
                Some(last) if between.all(|(other, _)| *other == key) => {
                    last.inclusion = self.budget.or(&last.inclusion, &member.inclusion)?;
                }
                _ => together.push(Turn {
                    place: member.place,
                    inclusion: member.inclusion.clone(),
                }),
            }
        }
        let mut turns = Vec::new();
        let mut earlier = Inclusion::never();
        for Turn { place, inclusion } in together {
            let due = self.budget.and_not(&inclusion, &earlier)?;
            earlier = self.budget.or(&earlier, &inclusion)?;
            if !due.is_never() {
                turns.push(Turn {
                    place,
                    inclusion: due,
                });
            }
        }
        Ok(turns)
    }

    /// The field that stands for a class at one of its turns.
    fn field(
        &mut self,
        key: &'d str,
        group: &[Found<'d>],
        class: &Class,
        Turn { place, inclusion }: Turn,
        position: &'d Possible,
    ) -> Result<Merged, RequestError> {
        self.budget.field()?;
        let members = || class.members(group);
        // Validation has made sure that all members are one field. Of their declarations the one
        // for most object types is taken, so that classes have a chance to be merged again.
        let Some(chosen) = members().reduce(|best, next| {
            if next.on.len() > best.on.len() {
                next
            } else {
                best
            }
        }) else {
            return Err(RequestError::too_complex("a field is selected for no type"));
        };
        let introspection = chosen.field.name.starts_with("__");
        let inner = chosen.field.definition.ty.inner_named_type();
        let mut below_hash = 0;
        let selections = match self.api.possible(inner) {
            Some(possible) if !introspection => {
                let sources = members().map(|member| self.below(member, possible, &inclusion));
                let sources = sources.collect();
                let (set, hash) = self.selection_set(possible, sources, false)?;
                below_hash = hash;
                Some(set)
            }
            _ => None,
        };
        let parent_type = if chosen.field.name == "__typename" {
            position.name.clone()
        } else {
            self.name(chosen.parent)
        };
        let field = Field {
            response_key: self.name(key),
            parent_type,
            // Written down when the classes of the key are known.
            on: position.names.clone(),
            name: self.name(&chosen.field.name),
            arguments: arguments(chosen),
            ty: from_parser::r#type(&chosen.field.definition.ty),
            inclusion,
            selections,
        };
        let mut hasher = DefaultHasher::new();
        (
            &field.parent_type,
            &field.name,
            &field.arguments,
            &field.inclusion,
            below_hash,
        )
            .hash(&mut hasher);
        Ok(Merged {
            field,
            on: class.on.clone(),
            hash: hasher.finish(),
            place,
        })
    }

    /// What a member contributes below the field. The member's own formula only matters where the
    /// field can be part of the answer without it.
    fn below(
        &self,
        member: &Found<'d>,
        possible: &'d Possible,
        field_inclusion: &Inclusion,
    ) -> Source<'d> {
        let set = &member.field.selection_set;
        let on = match self.api.possible(&set.ty) {
            Some(own) => possible.set.intersection(&own.set),
            None => self.api.no_objects(),
        };
        let inclusion = if implies(field_inclusion, &member.inclusion) {
            Inclusion::always()
        } else {
            member.inclusion.clone()
        };
        Source { set, on, inclusion }
    }
}

fn arguments(found: &Found<'_>) -> Vec<(schema::Name, Value)> {
    let mut arguments = from_parser::arguments(&found.field.arguments);
    arguments.sort_by(|(left, _), (right, _)| left.cmp(right));
    arguments
}

/// Whether two fields that are the same can be one without any object getting a key before another
/// that was asked for first (GraphQL specification, section 6.3: the order of the answer).
fn keeps_order(left: &Merged, right: &Merged, order: &Order<'_>) -> bool {
    let (first, last) = if left.place < right.place {
        (left, right)
    } else {
        (right, left)
    };
    let between = order.get(first.place + 1..last.place).unwrap_or_default();
    between.iter().all(|(key, on)| {
        *key == last.field.response_key.as_str() || on.intersection(&last.on).is_empty()
    })
}

fn same_but_for_types(left: &Field, right: &Field) -> bool {
    left.parent_type == right.parent_type
        && left.name == right.name
        && left.ty == right.ty
        && left.arguments == right.arguments
        && left.inclusion == right.inclusion
        && left.selections == right.selections
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::normalise::tests::check;

    #[test]
    fn a_field_of_an_interface_stays_one_for_all_objects() {
        check(
            "{ pet { name ... on Dog { name barks } } }",
            &expect![[r#"
            Query.pet: Pet
              Pet.name: String
              Dog.barks: Boolean on {"Dog"}"#]],
        );
        check(
            "{ pet { ... on Dog { name } name } }",
            &expect![[r#"
            Query.pet: Pet
              Pet.name: String"#]],
        );
        check(
            "{ pet { friend { id } ... on Dog { friend { id } } } }",
            &expect![[r#"
                Query.pet: Pet
                  Pet.friend: Pet
                    Pet.id: ID!"#]],
        );
    }

    #[test]
    fn fields_of_different_objects_stay_apart() {
        check(
            "{ pet { ... on Dog { name } ... on Cat { name } } }",
            &expect![[r#"
                Query.pet: Pet
                  Dog.name: String on {"Dog"}
                  Cat.name: String on {"Cat"}"#]],
        );
    }

    #[test]
    fn a_key_stands_where_each_object_type_asks_for_it_first() {
        check(
            "{ pet { ... on Dog { name } id name } }",
            &expect![[r#"
                Query.pet: Pet
                  Pet.name: String on {"Dog"}
                  Pet.id: ID!
                  Pet.name: String on {"Cat"}"#]],
        );
    }

    #[test]
    fn arguments_are_sorted_and_absent_ones_left_out() {
        check(
            "query ($b: Boolean) { dog { barks(times: 2, loud: $b) } }",
            &expect![[r#"
                Query.dog: Dog
                  Dog.barks(loud: $b, times: 2): Boolean"#]],
        );
        check(
            "{ pets(ids: [1, \"b\"], by: {since: {b: 1.50, a: null}, required: true}) { id } }",
            &expect![[r#"
                Query.pets(by: {since: {b: 1.50, a: null}, required: true}, ids: [1, "b"]): [Pet!]!
                  Pet.id: ID!"#]],
        );
    }

    #[test]
    fn a_mutation_field_stands_where_its_turn_may_be() {
        check(
            "mutation ($x: Boolean!, $y: Boolean!) { \
             a: rename(id: 1, name: \"A\") @include(if: $x) { id } b: rename(id: 2, name: \"B\") { id } \
             a: rename(id: 1, name: \"A\") @skip(if: $y) { id } a: rename(id: 1, name: \"A\") { name } }",
            &expect![[r#"
                a: Mutation.rename(id: 1, name: "A"): Pet if $x
                  Pet.id: ID!
                  Pet.name: String
                b: Mutation.rename(id: 2, name: "B"): Pet
                  Pet.id: ID!
                a: Mutation.rename(id: 1, name: "A"): Pet if !$x
                  Pet.id: ID! if $x || !$y
                  Pet.name: String"#]],
        );
        // What always comes first, or has nothing between, has one turn.
        check(
            "mutation ($x: Boolean!) { a: rename(id: 1, name: \"A\") { id } b: rename(id: 2, name: \"B\") { id } \
             a: rename(id: 1, name: \"A\") @include(if: $x) { name } b: rename(id: 2, name: \"B\") { name } }",
            &expect![[r#"
                a: Mutation.rename(id: 1, name: "A"): Pet
                  Pet.id: ID!
                  Pet.name: String if $x
                b: Mutation.rename(id: 2, name: "B"): Pet
                  Pet.id: ID!
                  Pet.name: String"#]],
        );
    }

    #[test]
    fn typename_belongs_to_the_position() {
        check(
            "{ t: __typename any { __typename ... on Dog { __typename t: __typename } } }",
            &expect![[r#"
                t: Query.__typename: String!
                Query.any: [Any]
                  Any.__typename: String!
                  t: Any.__typename: String! on {"Dog"}"#]],
        );
    }

    #[test]
    fn introspection_stays_whole() {
        check(
            "{ __schema { types { name } } t: __type(name: \"Dog\") { name } dog { id } }",
            &expect![[r#"
                Query.__schema: __Schema!
                t: Query.__type(name: "Dog"): __Type
                Query.dog: Dog
                  Dog.id: ID!"#]],
        );
    }

    #[test]
    fn selections_on_different_declarations_of_a_field_merge() {
        check(
            "{ pet { friend { id } ... on Dog { friend { ... on Cat { meows } } } } }",
            &expect![[r#"
                Query.pet: Pet
                  Pet.friend: Pet on {"Cat"}
                    Pet.id: ID!
                  Pet.friend: Pet on {"Dog"}
                    Pet.id: ID!
                    Cat.meows: Boolean! on {"Cat"}"#]],
        );
    }
}
