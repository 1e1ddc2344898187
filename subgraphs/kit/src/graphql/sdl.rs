//! Prints a schema as the rest of the federation reads it: always the same text for the same
//! schema, so that a committed copy can be compared.

use async_graphql::{ObjectType, SDLExportOptions, Schema, SubscriptionType};

/// The federation SDL of a schema, sorted, without trailing blanks, ending in one newline.
pub fn print<Query, Mutation, Subscription>(
    schema: &Schema<Query, Mutation, Subscription>,
) -> String
where
    Query: ObjectType + 'static,
    Mutation: ObjectType + 'static,
    Subscription: SubscriptionType + 'static,
{
    let options = SDLExportOptions::new()
        .federation()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .use_space_ident();
    tidy(&schema.sdl_with_options(options))
}

/// Directives that every GraphQL implementation has; repeating them says nothing.
const BUILT_IN_DIRECTIVES: [&str; 5] = ["include", "skip", "deprecated", "specifiedBy", "oneOf"];

/// Brings the definitions into one form: what the schema links to first, one blank line
/// between definitions, no trailing blanks.
fn tidy(raw: &str) -> String {
    let mut links = Vec::new();
    let mut definitions = Vec::new();
    for definition in split_definitions(raw) {
        let declaration = after_description(&definition);
        if declaration.starts_with("extend schema") {
            links.push(definition);
        } else if !is_built_in_directive(declaration) {
            definitions.push(definition);
        }
    }
    links.extend(definitions);
    let mut text = links.join("\n\n");
    text.push('\n');
    text
}

/// The top-level definitions, each with its description.
fn split_definitions(raw: &str) -> Vec<String> {
    let mut definitions: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut in_description = false;
    // Indented lines and closing brackets go on with a definition; so does whatever follows
    // its description.
    for line in raw.lines().map(str::trim_end) {
        let goes_on = in_description || line.starts_with([' ', '}', ')']);
        let described = current.trim_end().ends_with("\"\"\"") && !in_description;
        if !goes_on && !described && !current.is_empty() {
            definitions.push(std::mem::take(&mut current));
        }
        if line == "\"\"\"" {
            in_description = !in_description;
        }
        if line.is_empty() && !in_description {
            continue;
        }
        if !current.is_empty() {
            current.push('\n');
        }
        current.push_str(line);
    }
    if !current.is_empty() {
        definitions.push(current);
    }
    definitions
}

fn after_description(definition: &str) -> &str {
    match definition
        .strip_prefix("\"\"\"\n")
        .and_then(|it| it.split_once("\n\"\"\"\n"))
    {
        Some((_, declaration)) => declaration,
        None => definition,
    }
}

fn is_built_in_directive(declaration: &str) -> bool {
    let name = declaration
        .strip_prefix("directive @")
        .and_then(|it| it.split(['(', ' ']).next());
    name.is_some_and(|name| BUILT_IN_DIRECTIVES.contains(&name))
}

/// What is wrong with a committed copy of a schema, if anything, with what to do about it.
///
/// # Errors
/// When the copy differs from what the code prints now, or there is none.
pub fn compare(committed: Option<&str>, printed: &str, remedy: &str) -> Result<(), String> {
    let Some(committed) = committed else {
        return Err(format!("there is no committed schema yet; {remedy}"));
    };
    if committed == printed {
        return Ok(());
    }
    let difference = committed
        .lines()
        .zip(printed.lines())
        .position(|(old, new)| old != new)
        .unwrap_or_else(|| committed.lines().count().min(printed.lines().count()));
    Err(format!(
        "the committed schema is stale from line {} on; {remedy}",
        difference + 1
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_come_first_and_built_in_directives_not_at_all() {
        let raw = "\"\"\"\nA thing.\n\nOf ours.\n\"\"\"\ntype A {\n  \"\"\"\n  Its name.\n  \"\"\"\n  \
                   name: String\n}\n\n\nscalar B\n\"\"\"\nSkips.\n\"\"\"\ndirective @skip(if: Boolean!) on \
                   FIELD\ndirective @ours on OBJECT\nextend schema @link(\n  url: \"x\"\n)\n";
        expect_test::expect![[r#"
            extend schema @link(
              url: "x"
            )

            """
            A thing.

            Of ours.
            """
            type A {
              """
              Its name.
              """
              name: String
            }

            scalar B

            directive @ours on OBJECT
        "#]]
        .assert_eq(&tidy(raw));
    }

    #[test]
    fn a_stale_copy_is_reported_with_its_line_and_remedy() {
        let problem = compare(Some("a\nb\n"), "a\nc\n", "run it again").expect_err("they differ");
        assert_eq!(
            problem,
            "the committed schema is stale from line 2 on; run it again"
        );
        assert!(compare(Some("a\n"), "a\nb\n", "").is_err());
        assert!(compare(None, "a\n", "").is_err());
        assert!(compare(Some("a\n"), "a\n", "").is_ok());
    }
}
