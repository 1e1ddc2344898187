//! Who may read what: `@authenticated`, `@requiresScopes` and `@policy`.

use schema::{Directive, Name};
use supergraph::{Model, TypeDefinition};

use crate::Rule;
use crate::change::Changes;
use crate::pair::{Pair, difference};

/// The specifications, each with one directive of the same name.
const SPECIFICATIONS: [&str; 3] = ["authenticated", "requiresScopes", "policy"];

pub(crate) fn check(pair: &Pair<'_>, changes: &mut Changes) {
    for specification in SPECIFICATIONS {
        let old = pair.old.specification_directive(specification);
        let new = pair.new.specification_directive(specification);
        if old.is_none() && new.is_none() {
            continue;
        }
        let one = One {
            specification,
            old,
            new,
        };
        for (old, new) in pair.joined_types() {
            if !is_visible(&pair.old_api, old) {
                continue;
            }
            one.compare(&old.name, &old.directives, &new.directives, changes);
            let (Some(old_fields), Some(new_fields)) = (old.fields(), new.fields()) else {
                continue;
            };
            let fields = difference(old_fields.values(), new_fields.values(), |it| &it.name);
            for (old_field, new_field) in fields.both {
                let coordinate = format!("{}.{}", old.name, old_field.name);
                one.compare(
                    &coordinate,
                    &old_field.directives,
                    &new_field.directives,
                    changes,
                );
            }
        }
    }
}

/// One of the directives, as the two supergraphs call it.
struct One {
    specification: &'static str,
    old: Option<Name>,
    new: Option<Name>,
}

impl One {
    fn compare(
        &self,
        coordinate: &str,
        old: &[Directive],
        new: &[Directive],
        changes: &mut Changes,
    ) {
        let directive = self.specification;
        let old = applied(old, self.old.as_ref());
        let new = applied(new, self.new.as_ref());
        match (old, new) {
            (None, Some(_)) => {
                let message = format!("`@{directive}` was added");
                changes.add(Rule::AccessRestricted, coordinate, message);
            }
            (Some(_), None) => {
                let message = format!("`@{directive}` was removed");
                changes.add(Rule::AccessOpened, coordinate, message);
            }
            (Some(old), Some(new)) if old.arguments != new.arguments => {
                let message = format!("the arguments of `@{directive}` were changed");
                changes.add(Rule::AccessChanged, coordinate, message);
            }
            _ => {}
        }
    }
}

fn applied<'d>(directives: &'d [Directive], name: Option<&Name>) -> Option<&'d Directive> {
    directives.iter().find(|it| Some(&it.name) == name)
}

fn is_visible(api: &Model, ty: &TypeDefinition) -> bool {
    api.type_named(&ty.name).is_some()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::tests::check;

    #[test]
    fn access_is_restricted_changed_and_opened() {
        check(
            "type Query @join__type(graph: A) { a: Int b: Int @requiresScopes(scopes: [[\"x\"]]) c: Int @authenticated }",
            "type Query @join__type(graph: A) { a: Int @authenticated b: Int @requiresScopes(scopes: [[\"x\", \"y\"]]) c: Int }",
            &expect![[r#"
                breaking ACCESS_RESTRICTED Query.a: `@authenticated` was added
                dangerous ACCESS_CHANGED Query.b: the arguments of `@requiresScopes` were changed
                dangerous ACCESS_OPENED Query.c: `@authenticated` was removed"#]],
        );
    }
}
