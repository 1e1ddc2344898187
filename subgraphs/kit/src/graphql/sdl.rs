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
    let raw = schema.sdl_with_options(options);
    let mut printed = String::with_capacity(raw.len());
    let mut blank_lines = 0;
    for line in raw.lines().map(str::trim_end) {
        if line.is_empty() {
            blank_lines += 1;
            continue;
        }
        if blank_lines > 0 && !printed.is_empty() {
            printed.push('\n');
        }
        blank_lines = 0;
        printed.push_str(line);
        printed.push('\n');
    }
    printed
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
