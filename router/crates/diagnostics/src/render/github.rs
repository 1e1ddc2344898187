//! Problems as GitHub workflow commands, which become annotations beside the changed lines.

use std::fmt::Write as _;

use crate::{Level, Problem, Span};

/// One `::error file=…,line=…::…` line for each place of the problem, or a single one without a place.
///
/// `file_of` tells which file a subgraph's text came from, as a path in the repository.
pub fn github<'f>(problem: &Problem, file_of: impl Fn(&str) -> Option<&'f str>) -> String {
    let command = match problem.level {
        Level::Error => "error",
        Level::Warn => "warning",
        Level::Info | Level::Debug => "notice",
    };
    let place = |span: &Span| {
        file_of(&span.subgraph).map(|file| {
            format!(
                "file={},line={},col={},endLine={},endColumn={},",
                property(file),
                span.start.line,
                span.start.column,
                span.end.line,
                span.end.column
            )
        })
    };
    let title = property(problem.code.as_str());
    let mut text = String::new();
    let mut line = |place: &str, label: &str| {
        let separator = if label.is_empty() { "" } else { ": " };
        let message = data(&format!("{}{separator}{label}", problem.message));
        let _ = writeln!(text, "::{command} {place}title={title}::{message}");
    };
    let mut placed = false;
    for label in problem.labels.iter().filter(|label| label.primary) {
        if let Some(place) = place(&label.span) {
            line(&place, &label.text);
            placed = true;
        }
    }
    if !placed {
        line("", "");
    }
    text
}

/// Escapes the text of a command, as the runner wants it.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property of a command, where colons and commas separate.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[test]
fn places_become_annotations_and_text_is_escaped() {
    let span = crate::Span {
        subgraph: "music".into(),
        start: crate::Position { line: 3, column: 7 },
        end: crate::Position { line: 3, column: 9 },
    };
    let mut problem = Problem::new(
        crate::Code::ExternalUnused,
        Level::Error,
        "A.b",
        "100% unused\nreally",
    );
    problem.point_at(&span, "remove it");
    expect_test::expect![[r#"
        ::error file=schema/a%2Cb.graphql,line=3,col=7,endLine=3,endColumn=9,title=EXTERNAL_UNUSED::100%25 unused%0Areally: remove it
    "#]]
    .assert_eq(&github(&problem, |_| Some("schema/a,b.graphql")));
    expect_test::expect![[r#"
        ::error title=EXTERNAL_UNUSED::100%25 unused%0Areally
    "#]]
    .assert_eq(&github(&problem, |_| None));
}
