//! A report for people.

use std::fmt::Write;

use crate::{Level, Outcome, Report};

/// The report as lines, ending in a line feed: changes by level, then the documents that are not
/// valid, then the counts.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    for level in [Level::Breaking, Level::Dangerous, Level::Safe] {
        let changes = report.changes.iter().filter(|it| it.level() == level);
        for change in changes {
            let graph = change
                .subgraph
                .as_ref()
                .filter(|graph| **graph != change.coordinate);
            let graph = graph.map_or(String::new(), |graph| format!(" (subgraph {graph})"));
            let _ = writeln!(
                out,
                "{level:9}  {}  {}: {}{graph}",
                change.rule, change.coordinate, change.message
            );
        }
    }
    for check in &report.operations {
        let word = match check.outcome {
            Outcome::Unaffected => continue,
            Outcome::Broken => "broken",
            Outcome::BrokenBefore => "was broken before",
            Outcome::Repaired => "is valid again",
        };
        let names = if check.operations.is_empty() {
            String::new()
        } else {
            format!(" ({})", check.operations.join(", "))
        };
        let _ = writeln!(out, "operation  {}{names}: {word}", check.document);
        for problem in &check.problems {
            let place = problem
                .locations
                .first()
                .map_or(String::new(), |at| format!("{}:{}: ", at.line, at.column));
            let _ = writeln!(out, "           {place}{}", problem.message);
        }
    }
    let found = report.summary();
    let _ = if report.changes.is_empty() {
        writeln!(out, "no changes")
    } else {
        writeln!(
            out,
            "{} breaking, {} dangerous, {} safe",
            found.breaking, found.dangerous, found.safe
        )
    };
    if !report.operations.is_empty() {
        let _ = writeln!(
            out,
            "{} of {} operation documents broken",
            found.broken_operations,
            report.operations.len()
        );
    }
    out
}

#[test]
fn a_report_reads_from_the_gravest_down() {
    expect_test::expect![[r#"
        breaking   FIELD_REMOVED  Query.a: the field was removed
        dangerous  ENUM_VALUE_ADDED  E.Y: an enum value was added
        safe       FIELD_ADDED  Query.c: the field was added, of type `Int`
        operation  operations/a.graphql (A, B): broken
                   1:11: type `Query` does not have a field `a`
        1 breaking, 1 dangerous, 1 safe
        1 of 2 operation documents broken
    "#]]
    .assert_eq(&text(&super::example()));
    assert_eq!(text(&Report::default()), "no changes\n");
}
