//! Problems as JSON values, for tools.

use serde_json::{Value, json};

use crate::Problem;

/// `{"code", "level", "message", "coordinate", "locations": [{"subgraph", "line", "column"}]}`, and
/// `"help"` where there is one.
pub fn json(problem: &Problem) -> Value {
    let locations: Vec<Value> = problem
        .locations()
        .map(|span| {
            json!({
                "subgraph": &*span.subgraph,
                "line": span.start.line,
                "column": span.start.column,
            })
        })
        .collect();
    let mut value = json!({
        "code": problem.code.as_str(),
        "level": problem.level.as_str(),
        "message": problem.message,
        "coordinate": problem.coordinate,
        "locations": locations,
    });
    if let (Some(help), Some(object)) = (&problem.help, value.as_object_mut()) {
        object.insert("help".to_owned(), Value::String(help.clone()));
    }
    value
}

#[test]
fn a_problem_becomes_one_flat_object() {
    let span = crate::Span {
        subgraph: "music".into(),
        start: crate::Position { line: 3, column: 7 },
        end: crate::Position { line: 3, column: 9 },
    };
    let mut problems = crate::Problems::default();
    problems
        .error(crate::Code::ExternalUnused, "A.b", "unused")
        .point_at(&span, "here")
        .help("remove it");
    let found: Vec<Value> = problems.iter().map(json).collect();
    assert_eq!(
        found,
        [json!({
            "code": "EXTERNAL_UNUSED",
            "level": "ERROR",
            "message": "unused",
            "coordinate": "A.b",
            "locations": [{"subgraph": "music", "line": 3, "column": 7}],
            "help": "remove it",
        })]
    );
}
