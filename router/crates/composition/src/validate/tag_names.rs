//! `INVALID_TAG_NAME`: contracts select by tags, so their names are best kept plain. A hint: tags mean
//! nothing to composition itself, and not every composer minds.

use diagnostics::{Code, Problems};
use subgraph::{AppliedDirective, FederationDirective, Subgraph};

/// The longest name of a tag, in characters.
const LONGEST: usize = 128;

/// Checks the tags of every element.
pub(super) fn check(subgraph: &Subgraph, problems: &mut Problems) {
    let mut check = |directives: &[AppliedDirective]| {
        for applied in directives {
            if applied.meaning != Some(FederationDirective::Tag) {
                continue;
            }
            let Some(name) = applied.argument("name").and_then(|it| it.as_str()) else {
                continue;
            };
            if !is_valid(name) {
                problems
                    .hint(
                        Code::InvalidTagName,
                        "@tag",
                        format!("`{name}` is a name of a tag that not every tool takes."),
                    )
                    .point_at(applied.argument_span("name"), "the name")
                    .help(
                        "start with a letter or `_`, and go on with at most 127 letters, digits, \
                         `_`, `-` and `/`",
                    );
            }
        }
    };
    check(&subgraph.schema.directives);
    for ty in subgraph.types.values() {
        check(&ty.directives);
        for field in ty.fields.values() {
            check(&field.directives);
            for argument in field.arguments.values() {
                check(&argument.directives);
            }
        }
        for input in ty.inputs.values() {
            check(&input.directives);
        }
        for value in ty.values.values() {
            check(&value.directives);
        }
    }
}

fn is_valid(name: &str) -> bool {
    name.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_')
        && name.chars().count() <= LONGEST
        && name
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || "_-/".contains(it))
}

#[test]
fn names_are_plain() {
    assert!(is_valid("team-a/b_1") && is_valid("_"));
    assert!(!is_valid("") && !is_valid("1a") && !is_valid("a b") && !is_valid(&"a".repeat(129)));
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn names_of_tags_are_plain() {
        check(
            [("a", r#"type Query { q: Int @tag(name: "a b") }"#)],
            &expect![[r#"
                INVALID_TAG_NAME @tag: `a b` is a name of a tag that not every tool takes.
                  --> a:1:32 the name
                  help: start with a letter or `_`, and go on with at most 127 letters, digits, `_`, `-` and `/`
            "#]],
        );
    }
}
