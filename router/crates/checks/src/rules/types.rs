//! Types that come, go, or become something else.

use schema::{Directive, Value};

use crate::Rule;
use crate::change::Changes;
use crate::pair::{Pair, difference, kind};

pub(crate) fn check(pair: &Pair<'_>, changes: &mut Changes) {
    let types = difference(
        pair.old_api.types.values(),
        pair.new_api.types.values(),
        |it| &it.name,
    );
    for ty in types.removed {
        let hidden = if pair.new.type_named(&ty.name).is_some() {
            "the type became `@inaccessible`"
        } else {
            "the type was removed"
        };
        changes.add(Rule::TypeRemoved, &*ty.name, hidden);
    }
    for ty in types.added {
        changes.add(
            Rule::TypeAdded,
            &*ty.name,
            format!("{} was added", kind(ty)),
        );
    }
    for (old, new) in types.both {
        if kind(old) != kind(new) {
            let message = format!("the type was {} and is {} now", kind(old), kind(new));
            changes.add(Rule::TypeKindChanged, &*old.name, message);
            continue;
        }
        if old.description != new.description {
            changes.add(
                Rule::TypeDescriptionChanged,
                &*old.name,
                "the description was changed",
            );
        }
        if url(&old.directives) != url(&new.directives) {
            let message = match url(&new.directives) {
                Some(url) => format!("the scalar is now specified by {url:?}"),
                None => "the scalar no longer says what specifies it".to_owned(),
            };
            changes.add(Rule::SpecifiedByChanged, &*old.name, message);
        }
    }
}

fn url(directives: &[Directive]) -> Option<&str> {
    let directive = directives.iter().find(|it| it.name == "specifiedBy")?;
    directive.argument("url").and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::tests::check;

    const QUERY: &str = "type Query @join__type(graph: A) { a: Int }";

    #[test]
    fn types_come_and_go() {
        check(
            &format!(
                "{QUERY} type Old @join__type(graph: A) {{ a: Int }} scalar Both @join__type(graph: A)"
            ),
            &format!(
                "{QUERY} enum New @join__type(graph: A) {{ A }} type Both @join__type(graph: A) {{ a: Int }}"
            ),
            &expect![[r#"
                breaking TYPE_KIND_CHANGED Both: the type was a scalar and is an object type now
                breaking TYPE_REMOVED Old: the type was removed
                safe TYPE_ADDED New: an enum was added"#]],
        );
    }

    #[test]
    fn a_type_that_is_hidden_is_gone_for_clients() {
        let ty = |directive: &str| {
            format!("{QUERY} type Old @join__type(graph: A) {directive} {{ a: Int }}")
        };
        check(
            &ty(""),
            &ty("@inaccessible"),
            &expect!["breaking TYPE_REMOVED Old: the type became `@inaccessible`"],
        );
        check(
            &ty("@inaccessible"),
            &ty(""),
            &expect!["safe TYPE_ADDED Old: an object type was added"],
        );
    }

    #[test]
    fn descriptions_and_specifications() {
        check(
            &format!("{QUERY} scalar S @join__type(graph: A) @specifiedBy(url: \"x\")"),
            &format!(
                "{QUERY} \"About S.\" scalar S @join__type(graph: A) @specifiedBy(url: \"y\")"
            ),
            &expect![[r#"
                dangerous SPECIFIED_BY_CHANGED S: the scalar is now specified by "y"
                safe TYPE_DESCRIPTION_CHANGED S: the description was changed"#]],
        );
    }
}
