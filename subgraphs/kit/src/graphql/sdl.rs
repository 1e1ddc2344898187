//! Prints a schema as the rest of the federation reads it: always the same text for the same
//! schema, so that a committed copy can be compared. A running service answers `_service { sdl }`
//! with the same definitions.

use async_graphql::{ObjectType, SDLExportOptions, Schema, SubscriptionType};

use super::directives::OVERRIDE_DEFINITION;

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
        .compose_directive()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .use_space_ident();
    tidy(&schema.sdl_with_options(options))
}

/// Directives that every GraphQL implementation has; repeating them says nothing.
const BUILT_IN_DIRECTIVES: [&str; 5] = ["include", "skip", "deprecated", "specifiedBy", "oneOf"];

/// The federation version that async-graphql links to, and the first one whose `@override` has a label.
const LINKED: &str = "federation/v2.5";
const WITH_LABELS: &str = "federation/v2.7";

/// Brings the definitions into one form: what the schema links to first, one blank line
/// between definitions, no trailing blanks.
pub(super) fn tidy(raw: &str) -> String {
    let mut links = Vec::new();
    let mut definitions = Vec::new();
    let mut has_labels = false;
    for definition in split_definitions(raw) {
        let declaration = after_description(&definition);
        if declaration.starts_with("extend schema") {
            links.push(definition);
        } else if declaration.starts_with(OVERRIDE_DEFINITION) {
            // The federation's own; the link brings it.
            has_labels = true;
        } else if !is_built_in_directive(declaration) {
            definitions.push(definition);
        }
    }
    if has_labels {
        for link in &mut links {
            *link = link.replace(LINKED, WITH_LABELS);
        }
    }
    // Those behind the first come out of a map, in whatever order.
    if let Some((_, others)) = links.split_first_mut() {
        others.sort();
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
        let goes_on = in_description || line.starts_with([' ', '\t', '}', ')']);
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
    use super::super::directives::{personal, progressive_override};
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

    /// A track whose count moves here from another service.
    struct Track;

    #[async_graphql::Object]
    impl Track {
        #[graphql(directive = progressive_override::apply("jukebox".to_owned(), "percent(30)".to_owned()))]
        async fn play_count(&self) -> i32 {
            1
        }
        #[graphql(directive = personal::apply())]
        async fn last_listener(&self) -> &str {
            "ann"
        }
    }

    struct Query;

    #[async_graphql::Object]
    impl Query {
        async fn track(&self) -> Track {
            Track
        }
    }

    /// The type after the links, and the links without what they import.
    fn told(sdl: &str) -> String {
        let lines = sdl.lines().filter(|line| !line.starts_with("  import:"));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[tokio::test]
    async fn a_label_and_a_composed_directive_are_printed_and_told_alike() {
        let schema = crate::graphql::build(
            Query,
            async_graphql::EmptyMutation,
            &crate::config::RequestArgs::default(),
        )
        .finish();
        let printed = print(&schema);
        expect_test::expect![[r#"
            extend schema @link(
              url: "https://specs.apollo.dev/federation/v2.7",
            )

            extend schema @link(
              url: "https://musicwallet.example/personal/v1.0"
            )
              @composeDirective(name: "@personal")

            type Query {
              track: Track!
            }

            type Track {
              lastListener: String! @personal
              playCount: Int! @override(from: "jukebox", label: "percent(30)")
            }

            """
            What the field holds is about a person. The supergraph has this directive too, so all that is
            known about people can be listed in one place, whichever service keeps it.
            """
            directive @personal on FIELD_DEFINITION"#]].assert_eq(&told(&printed));
        let answer = schema.execute("{ _service { sdl } }").await;
        let answer = answer.data.into_json().expect("JSON");
        let sdl = answer["_service"]["sdl"].as_str().expect("a text");
        // What is sorted in the one is in the order of the code in the other.
        let sorted = |sdl: &str| {
            let mut lines: Vec<_> = sdl.lines().map(|it| it.trim().to_owned()).collect();
            lines.sort();
            lines
        };
        assert_eq!(sorted(sdl), sorted(&printed));
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
