//! Descriptions: the most frequent one wins, the first where several are equally frequent.

use diagnostics::{Code, Span};

use super::Merge;

impl Merge<'_, '_> {
    /// The description of an element, from its definitions in order.
    pub(crate) fn description<'d>(
        &mut self,
        coordinate: &str,
        sources: impl IntoIterator<Item = (Option<&'d str>, &'d Span)>,
    ) -> Option<String> {
        let mut found: Vec<(&str, usize, &Span)> = Vec::new();
        for (description, span) in sources {
            let Some(text) = description.filter(|text| !text.trim().is_empty()) else {
                continue;
            };
            match found.iter_mut().find(|(known, ..)| *known == text) {
                Some((_, count, _)) => *count += 1,
                None => found.push((text, 1, span)),
            }
        }
        // `max_by_key` takes the last of equals, and the first is wanted.
        let (text, _, used) = found.iter().rev().max_by_key(|(_, count, _)| *count)?;
        if found.len() > 1 {
            let problem = self.problems.hint(
                Code::InconsistentDescription,
                coordinate,
                format!("Subgraphs describe `{coordinate}` differently."),
            );
            problem.point_at(used, "this description is used");
            for (_, _, span) in &found {
                problem.also_see(span, "described differently here");
            }
        }
        Some((*text).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn the_most_frequent_description_wins() {
        check(
            [
                ("a", r#"type Query { "one" q: Int @shareable }"#),
                ("b", r#"type Query { "two" q: Int @shareable }"#),
                ("c", r#"type Query { "two" q: Int @shareable }"#),
            ],
            &expect![[r#"
                INCONSISTENT_DESCRIPTION Query.q: Subgraphs describe `Query.q` differently.
                  --> b:1:20 this description is used
                  see a:1:20 described differently here
            "#]],
        );
    }
}
