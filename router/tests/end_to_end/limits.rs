//! The limits of the configuration hold, each by its own key.

use serde_json::json;

use crate::support::{RunningRouter, Subgraph, code, message};

#[tokio::test]
async fn each_limit_can_be_set() {
    let clock = Subgraph::with_data(
        "clock",
        "type Query { now: Int self: Query }",
        json!({ "now": 1, "a": 1 }),
    )
    .await;
    for (limit, within, over) in [
        (
            "parser_max_tokens: 10",
            "{ now }",
            "{ now now now now now now }",
        ),
        ("max_depth: 2", "{ now }", "{ self { self { now } } }"),
        ("max_fields: 3", "{ now now }", "{ now now now now }"),
        ("max_aliases: 1", "{ a: now }", "{ a: now b: now }"),
        (
            "max_directives: 1",
            "{ now @include(if: true) }",
            "{ now @include(if: true) @skip(if: false) }",
        ),
        (
            "max_fragments: 1",
            "{ ...F } fragment F on Query { now }",
            "{ ...F ...G } fragment F on Query { now } fragment G on Query { now }",
        ),
    ] {
        let config = format!("limits: {{ {limit} }}");
        let router = RunningRouter::over(&[&clock], &config).await;
        let (status, body) = router.query(within).await;
        assert_eq!(status, 200, "{limit}: {body}");
        assert_eq!(body.get("errors"), None, "{limit}: {body}");
        let (_, body) = router.query(over).await;
        assert_eq!(code(&body), "OPERATION_TOO_COMPLEX", "{limit}: {body}");
        let number = limit.rsplit(' ').next().unwrap_or_default();
        assert!(message(&body).contains(number), "{limit}: {body}");
    }
}
