//! A report for tools.

use serde_json::{Value, json};

use crate::{Change, OperationCheck, Report};

/// The version of the shape below; it grows when a reader of the old shape would go wrong.
const VERSION: u32 = 1;

/// `{"version", "summary": {"breaking", "dangerous", "safe", "brokenOperations"}, "changes":
/// [{"rule", "level", "coordinate", "subgraph", "message"}], "operations": [{"document",
/// "operations", "outcome", "problems": [{"message", "locations": [{"line", "column"}]}]}]}`.
pub fn json(report: &Report) -> Value {
    let found = report.summary();
    json!({
        "version": VERSION,
        "summary": {
            "breaking": found.breaking,
            "dangerous": found.dangerous,
            "safe": found.safe,
            "brokenOperations": found.broken_operations,
        },
        "changes": report.changes.iter().map(change).collect::<Vec<_>>(),
        "operations": report.operations.iter().map(operation).collect::<Vec<_>>(),
    })
}

fn change(change: &Change) -> Value {
    json!({
        "rule": change.rule.as_str(),
        "level": change.level().as_str(),
        "coordinate": change.coordinate,
        "subgraph": change.subgraph,
        "message": change.message,
    })
}

fn operation(check: &OperationCheck) -> Value {
    let problems: Vec<Value> = check
        .problems
        .iter()
        .map(|problem| {
            let locations: Vec<Value> = problem
                .locations
                .iter()
                .map(|at| json!({ "line": at.line, "column": at.column }))
                .collect();
            json!({ "message": problem.message, "locations": locations })
        })
        .collect();
    json!({
        "document": check.document,
        "operations": check.operations,
        "outcome": check.outcome.as_str(),
        "problems": problems,
    })
}

#[test]
fn a_report_has_a_stable_shape() {
    let text = serde_json::to_string_pretty(&json(&super::example())).unwrap();
    expect_test::expect![[r#"
        {
          "version": 1,
          "summary": {
            "breaking": 1,
            "dangerous": 1,
            "safe": 1,
            "brokenOperations": 1
          },
          "changes": [
            {
              "rule": "FIELD_REMOVED",
              "level": "breaking",
              "coordinate": "Query.a",
              "subgraph": null,
              "message": "the field was removed"
            },
            {
              "rule": "ENUM_VALUE_ADDED",
              "level": "dangerous",
              "coordinate": "E.Y",
              "subgraph": null,
              "message": "an enum value was added"
            },
            {
              "rule": "FIELD_ADDED",
              "level": "safe",
              "coordinate": "Query.c",
              "subgraph": null,
              "message": "the field was added, of type `Int`"
            }
          ],
          "operations": [
            {
              "document": "operations/a.graphql",
              "operations": [
                "A",
                "B"
              ],
              "outcome": "broken",
              "problems": [
                {
                  "message": "type `Query` does not have a field `a`",
                  "locations": [
                    {
                      "line": 1,
                      "column": 11
                    }
                  ]
                }
              ]
            },
            {
              "document": "operations/b.graphql",
              "operations": [],
              "outcome": "unaffected",
              "problems": []
            }
          ]
        }"#]]
    .assert_eq(&text);
}
