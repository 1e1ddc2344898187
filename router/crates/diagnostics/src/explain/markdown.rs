//! Explanations as documentation.

use std::fmt::Write as _;

use super::{Explanation, TOPICS, entry};
use crate::Level;

/// What stands above the entries.
const INTRODUCTION: &str = "\
# Errors and hints of composition

Every problem that composing can find has a code, which is stable: tools may rely on it. `router compose` shows \
the code with the place; `router explain CODE` prints what stands here, and this page is made of the same text \
(`router explain --format markdown`).

An **error** means that nothing is composed until it is fixed. Hints come with a supergraph: a **warning** says \
that something is lost or surprising, **info** that something is worth knowing, and **debug** is of interest \
when looking closely.

The examples leave out the `@link` to the federation specification where it does not matter.
";

/// All explanations, by topic, with a table of contents.
pub fn markdown() -> String {
    let mut page = INTRODUCTION.to_owned();
    for topic in TOPICS {
        let _ = writeln!(page, "\n## {}\n", topic.heading);
        for entry in entry::read(topic.text) {
            let code = entry.code;
            let anchor = code.as_str().to_ascii_lowercase();
            let _ = writeln!(page, "- [`{code}`](#{anchor}): {}", code.summary());
        }
        for entry in entry::read(topic.text) {
            let _ = write!(page, "\n{}", markdown_of(&entry));
        }
    }
    page
}

/// One explanation under its heading.
pub fn markdown_of(explanation: &Explanation) -> String {
    let Explanation {
        code,
        meaning,
        examples,
        fix,
    } = explanation;
    let level = match code.hint_level() {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Info => "info",
        Level::Debug => "debug",
    };
    let mut text = format!(
        "### {code}\n\n*{level}*: {}.\n\n{meaning}\n",
        code.summary()
    );
    for example in examples {
        let _ = write!(
            text,
            "\n```graphql\n{}\n{}```\n",
            example.title(),
            example.sdl
        );
    }
    let _ = write!(text, "\n**Fix:** {fix}\n");
    text
}

#[test]
fn a_page_has_a_section_and_a_line_for_each_code() {
    let page = markdown();
    for code in crate::Code::ALL {
        assert_eq!(page.matches(&format!("\n### {code}\n")).count(), 1);
        assert_eq!(page.matches(&format!("- [`{code}`](#")).count(), 1);
    }
}

#[test]
fn an_entry_reads_as_a_section() {
    let explanation = super::explain(crate::Code::InvalidFieldSharing).unwrap();
    expect_test::expect![[r#"
        ### INVALID_FIELD_SHARING

        *error*: several subgraphs resolve a field and not all say `@shareable`.

        Several subgraphs resolve a field, and not all of them say that this is meant. Any of them may be asked, so
        they must return the same; `@shareable` is the promise that they do.

        ```graphql
        # subgraph music
        type Query {
          now: Int
        }
        ```

        ```graphql
        # subgraph radio
        type Query {
          now: Int
        }
        ```

        **Fix:** add `@shareable` to the field in all subgraphs, or remove it from all but one. To move it from one to
        another, use `@override(from: "…")`. Fields of a `@key` are shareable without saying so.
    "#]]
    .assert_eq(&markdown_of(explanation));
}
