//! Splits the object types of one response key by which selections ask for the key on them.

use super::Normaliser;
use super::collect::Found;
use crate::RequestError;
use crate::object_set::ObjectSet;

/// Object types on which the same selections contribute to one response key.
pub(super) struct Class {
    pub(super) on: ObjectSet,
    /// Indexes into the group of selections, rising.
    pub(super) members: Vec<usize>,
}

impl Class {
    /// Its members among the group, in the order they appear.
    pub(super) fn members<'g, 'd>(
        &self,
        group: &'g [Found<'d>],
    ) -> impl Iterator<Item = &'g Found<'d>> {
        self.members.iter().filter_map(|index| group.get(*index))
    }
}

impl<'d> Normaliser<'d> {
    /// The classes of a group of selections with one response key: disjoint, none empty, in the
    /// order in which they come up.
    pub(super) fn partition(&mut self, group: &[Found<'d>]) -> Result<Vec<Class>, RequestError> {
        let mut classes: Vec<Class> = Vec::new();
        for (index, found) in group.iter().enumerate() {
            self.budget.steps(1 + classes.len())?;
            let mut rest = found.on.clone();
            let mut split = Vec::new();
            for class in &mut classes {
                if rest.is_empty() {
                    break;
                }
                let both = class.on.intersection(&rest);
                if both.is_empty() {
                    continue;
                }
                rest = rest.difference(&both);
                if both == class.on {
                    class.members.push(index);
                    continue;
                }
                self.budget.steps(class.members.len())?;
                let mut members = class.members.clone();
                members.push(index);
                class.on = class.on.difference(&both);
                split.push(Class { on: both, members });
            }
            classes.append(&mut split);
            if !rest.is_empty() {
                classes.push(Class {
                    on: rest,
                    members: vec![index],
                });
            }
        }
        Ok(classes)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::normalise::tests::check;

    #[test]
    fn objects_that_are_asked_for_more_stand_apart() {
        check(
            "{ pet { friend { id } ... on Dog { friend { name } } } }",
            &expect![[r#"
                Query.pet: Pet
                  Pet.friend: Pet on {"Cat"}
                    Pet.id: ID!
                  Pet.friend: Pet on {"Dog"}
                    Pet.id: ID!
                    Pet.name: String"#]],
        );
    }

    #[test]
    fn sibling_fragments_do_not_mix() {
        check(
            "{ any { ... on Dog { x: owner { id } } ... on Cat { x: owner { name } } ... on Person { pets { id } } } }",
            &expect![[r#"
                Query.any: [Any]
                  x: Dog.owner: Person on {"Dog"}
                    Person.id: ID!
                  x: Cat.owner: Person on {"Cat"}
                    Person.name: String
                  Person.pets: [Pet!] on {"Person"}
                    Pet.id: ID!"#]],
        );
    }
}
