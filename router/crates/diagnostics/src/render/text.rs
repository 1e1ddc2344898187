//! Problems for people: plain or coloured, with excerpts where the sources are at hand.

use std::fmt::Write as _;

use crate::{Label, Level, Problem};

/// Whether to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Plain text, for files and pipes.
    Never,
    /// ANSI escape codes, for terminals.
    Always,
}

/// Longer source lines are cut in excerpts: a generated one-line schema would fill the screen.
const WIDEST_EXCERPT: usize = 160;

/// One problem as several lines, ending in a line feed.
///
/// `source_of` gives a subgraph's text; places of subgraphs it does not know are named without an
/// excerpt.
pub fn text<'s>(
    problem: &Problem,
    colour: Colour,
    source_of: impl Fn(&str) -> Option<&'s str>,
) -> String {
    let paint = Paint(colour);
    let (word, style) = match problem.level {
        Level::Error => ("error", "1;31"),
        Level::Warn => ("warning", "1;33"),
        Level::Info => ("info", "1;36"),
        Level::Debug => ("debug", "1;34"),
    };
    let mut text = String::new();
    let head = paint.wrap(style, &format!("{word}[{}]", problem.code));
    let _ = write!(text, "{head}");
    if !problem.coordinate.is_empty() {
        let _ = write!(text, " {}", paint.wrap("1", &visible(&problem.coordinate)));
    }
    let _ = writeln!(text, ": {}", visible(&problem.message));
    for label in &problem.labels {
        excerpt(
            &mut text,
            paint,
            label,
            style,
            source_of(&label.span.subgraph),
        );
    }
    if let Some(help) = &problem.help {
        let _ = writeln!(text, "  {} {}", paint.wrap("1;32", "help:"), visible(help));
    }
    text
}

fn excerpt(text: &mut String, paint: Paint, label: &Label, style: &str, source: Option<&str>) {
    let span = &label.span;
    let place = paint.wrap("2", &format!("{} {}", "-->", visible(&span.to_string())));
    let line = source.and_then(|source| {
        source
            .lines()
            .nth(span.start.line.saturating_sub(1) as usize)
    });
    let Some(line) = line else {
        let _ = writeln!(text, "  {place} {}", visible(&label.text));
        return;
    };
    let before = span.start.column.saturating_sub(1) as usize;
    let end = if span.end.line == span.start.line {
        span.end.column as usize
    } else {
        line.chars().count() + 1
    };
    let width = end.saturating_sub(before + 1).max(1);
    // Slide the window so that the place stays in view on very long lines.
    let skip = if before + width > WIDEST_EXCERPT {
        before.saturating_sub(20)
    } else {
        0
    };
    let shown: String = line.chars().skip(skip).take(WIDEST_EXCERPT).collect();
    let width = width.min(WIDEST_EXCERPT.saturating_sub(before - skip).max(1));
    let number = span.start.line.to_string();
    let gutter = " ".repeat(number.len());
    let mark = if label.primary { "^" } else { "-" };
    let marks = paint.wrap(style, &mark.repeat(width));
    let _ = writeln!(text, "  {place}");
    let _ = writeln!(text, "  {number} | {}", visible(&shown));
    let _ = writeln!(
        text,
        "  {gutter} | {}{marks} {}",
        " ".repeat(before - skip),
        visible(&label.text)
    );
}

/// Replaces control characters: a schema must not be able to send escape codes to a terminal.
fn visible(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            '\t' => ' ',
            control if control.is_control() => '\u{FFFD}',
            other => other,
        })
        .collect()
}

/// Wraps texts in a style, where colour is wanted.
#[derive(Clone, Copy)]
pub(crate) struct Paint(pub(crate) Colour);

impl Paint {
    /// The text in a style, which is the parameters of an ANSI escape code.
    pub(crate) fn wrap(self, style: &str, text: &str) -> String {
        match self.0 {
            Colour::Never => text.to_owned(),
            Colour::Always => format!("\u{1b}[{style}m{text}\u{1b}[0m"),
        }
    }
}

#[cfg(test)]
fn sample() -> Problem {
    let span = crate::Span {
        subgraph: "a".into(),
        start: crate::Position { line: 2, column: 3 },
        end: crate::Position { line: 2, column: 6 },
    };
    let mut problem = Problem::new(
        crate::Code::InvalidFieldSharing,
        Level::Error,
        "Query.now",
        "Two subgraphs resolve `Query.now`.",
    );
    problem
        .point_at(&span, "add `@shareable` here")
        .help("mark it everywhere");
    problem
}

#[test]
fn an_excerpt_marks_the_place() {
    expect_test::expect![[r#"
        error[INVALID_FIELD_SHARING] Query.now: Two subgraphs resolve `Query.now`.
          --> a:2:3
          2 |   now: Int
            |   ^^^ add `@shareable` here
          help: mark it everywhere
    "#]]
    .assert_eq(&text(&sample(), Colour::Never, |_| {
        Some("type Query {\n  now: Int\n}")
    }));
}

#[test]
fn without_the_source_the_place_is_named() {
    expect_test::expect![[r#"
        error[INVALID_FIELD_SHARING] Query.now: Two subgraphs resolve `Query.now`.
          --> a:2:3 add `@shareable` here
          help: mark it everywhere
    "#]]
    .assert_eq(&text(&sample(), Colour::Never, |_| None));
}

#[test]
fn colours_are_escape_codes_and_schemas_cannot_send_their_own() {
    let mut problem = sample();
    problem.message = "bad \u{1b}[2J".to_owned();
    let shown = text(&problem, Colour::Always, |_| None);
    assert!(shown.starts_with("\u{1b}[1;31merror"));
    assert!(!shown.contains("[2J\u{1b}") && !shown.contains("\u{1b}[2J"));
}

#[test]
fn a_place_far_to_the_right_stays_in_view() {
    let mut problem = sample();
    problem.labels[0].span.start = crate::Position {
        line: 1,
        column: 501,
    };
    problem.labels[0].span.end = crate::Position {
        line: 1,
        column: 504,
    };
    let line = format!("{}now{}", " ".repeat(500), "x".repeat(500));
    let shown = text(&problem, Colour::Never, |_| Some(&line));
    assert!(shown.lines().all(|line| line.len() < 200), "{shown}");
    assert!(shown.contains("now"), "{shown}");
}
