//! Explanations for a terminal.

use std::fmt::Write as _;

use super::Explanation;
use crate::Level;
use crate::render::{Colour, Paint};

/// One explanation, its schemas indented.
pub fn terminal(explanation: &Explanation, colour: Colour) -> String {
    let paint = Paint(colour);
    let code = explanation.code;
    let (word, style) = level(code.hint_level());
    let mut text = format!(
        "{}: {}\n\n{}\n",
        paint.wrap(style, &format!("{word}[{code}]")),
        paint.wrap("1", code.summary()),
        explanation.meaning
    );
    for example in &explanation.examples {
        let _ = writeln!(text, "\n    {}", paint.wrap("2", &example.title()));
        for line in example.sdl.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    let _ = writeln!(text, "\n{} {}", paint.wrap("1;32", "Fix:"), explanation.fix);
    text
}

/// All codes, one in a line, the worst first.
pub fn list(colour: Colour) -> String {
    let paint = Paint(colour);
    let mut codes = crate::Code::ALL.to_vec();
    codes.sort_by_key(|code| (code.hint_level(), code.as_str()));
    let mut text = String::new();
    for code in codes {
        let (word, style) = level(code.hint_level());
        let _ = writeln!(
            text,
            "{} {}: {}",
            paint.wrap(style, &format!("{word:<7}")),
            paint.wrap("1", code.as_str()),
            code.summary()
        );
    }
    text
}

fn level(level: Level) -> (&'static str, &'static str) {
    match level {
        Level::Error => ("error", "1;31"),
        Level::Warn => ("warning", "1;33"),
        Level::Info => ("info", "1;36"),
        Level::Debug => ("debug", "1;34"),
    }
}

#[test]
fn an_explanation_has_its_schemas_indented() {
    let explanation = super::explain(crate::Code::NoQueries).unwrap();
    expect_test::expect![[r#"
        error[NO_QUERIES]: no subgraph has a query

        No subgraph defines a field of `Query`, so there is nothing to ask. GraphQL demands at least one.

            # subgraph users
            type User @key(fields: "id") {
              id: ID!
            }

        Fix: add a query field to some subgraph.
    "#]]
    .assert_eq(&terminal(explanation, Colour::Never));
    assert!(terminal(explanation, Colour::Always).starts_with("\u{1b}[1;31merror[NO_QUERIES]"));
}

#[test]
fn the_list_begins_with_errors_and_has_every_code() {
    let list = list(Colour::Never);
    assert_eq!(list.lines().count(), crate::Code::ALL.len());
    assert!(list.starts_with("error   AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE: "));
    assert!(list.lines().last().unwrap().starts_with("debug   "));
}
