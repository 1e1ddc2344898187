//! `router compose` and `router explain` as people use them: running subgraphs, watching, formats.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use axum::Router;
use axum::http::HeaderMap;
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::Barrier;

use crate::support::LINK;

fn router(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_router"));
    command.args(arguments).current_dir(directory).env_clear();
    command
}

async fn output(mut command: Command) -> Output {
    // The subgraphs that it asks live on this runtime.
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn write(directory: &Path, file: &str, content: &str) {
    std::fs::write(directory.join(file), content).unwrap();
}

/// A subgraph that gives its schema to those with the token, once all have asked.
async fn guarded(field: &str, all_asked: Arc<Barrier>) -> String {
    let sdl = format!("type Query {{ {field}: Int }}");
    let app = Router::new().route(
        "/",
        post(move |headers: HeaderMap| async move {
            all_asked.wait().await;
            if headers.get("x-token").is_some_and(|it| it == "open sesame") {
                json!({ "data": { "_service": { "sdl": sdl } } }).to_string()
            } else {
                json!({ "errors": [{ "message": "who are you?" }] }).to_string()
            }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}/")
}

#[tokio::test(flavor = "multi_thread")]
async fn running_subgraphs_are_asked_all_at_once_and_with_headers() {
    // None answers before both are asked: one after the other would wait for ever.
    let all_asked = Arc::new(Barrier::new(2));
    let one = guarded("one", Arc::clone(&all_asked)).await;
    let other = guarded("other", all_asked).await;
    let directory = tempfile::tempdir().unwrap();
    let entry = |name: &str, url: &str| {
        format!(
            "  {name}:\n    schema:\n      subgraph_url: {url}\n      introspection_headers:\n        X-Token: ${{env.TOKEN}}\n"
        )
    };
    let yaml = format!(
        "subgraphs:\n{}{}",
        entry("one", &one),
        entry("other", &other)
    );
    write(directory.path(), "supergraph.yaml", &yaml);
    let with_token = |token: &str| {
        let mut command = router(directory.path(), &["compose"]);
        command.env("TOKEN", token);
        command
    };
    let composed = output(with_token("open sesame")).await;
    let complaint = text(&composed.stderr);
    assert_eq!(composed.status.code(), Some(0), "{complaint}");
    let supergraph = text(&composed.stdout);
    assert!(supergraph.contains("one: Int"), "{supergraph}");
    assert!(supergraph.contains("other: Int"), "{supergraph}");
    assert!(supergraph.contains(&one), "{supergraph}");

    let refused = output(with_token("a secret guess")).await;
    assert_eq!(refused.status.code(), Some(1));
    let complaint = text(&refused.stderr);
    assert!(complaint.contains("subgraph `one`"), "{complaint}");
    assert!(complaint.contains("subgraph `other`"), "{complaint}");
    assert!(!complaint.contains("secret"), "{complaint}");
}

#[tokio::test]
async fn all_that_is_missing_is_told_at_once() {
    let directory = tempfile::tempdir().unwrap();
    write(
        directory.path(),
        "supergraph.yaml",
        "subgraphs:\n  a: { routing_url: 'http://a', schema: { file: a.graphql } }\n  b: { routing_url: 'http://b', schema: { file: b.graphql } }\n  c: { schema: { subgraph_url: 'http://127.0.0.1:1/' } }\n",
    );
    let failed = output(router(directory.path(), &["compose"])).await;
    assert_eq!(failed.status.code(), Some(1));
    let complaint = text(&failed.stderr);
    for missing in ["a.graphql", "b.graphql", "subgraph `c`"] {
        assert!(complaint.contains(missing), "{complaint}");
    }
}

#[tokio::test]
async fn the_order_of_the_subgraphs_does_not_show() {
    let directory = tempfile::tempdir().unwrap();
    let entry = |name: &str, sdl: &str| {
        format!(
            "  {name}:\n    routing_url: http://{name}\n    schema:\n      sdl: '{LINK} {sdl}'\n"
        )
    };
    let entries = [
        entry(
            "one",
            "type Query { a: T } type T @shareable { x: Int y: E } enum E { A B }",
        ),
        entry(
            "two",
            "type Query { b: T } type T @shareable { y: E x: Int } enum E { C A }",
        ),
        entry(
            "three",
            "\"\"\"Text.\"\"\" type T @shareable { x: Int y: E } enum E { A }",
        ),
    ];
    let mut seen = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let yaml: String = order.iter().map(|&it| entries[it].as_str()).collect();
        write(
            directory.path(),
            "supergraph.yaml",
            &format!("subgraphs:\n{yaml}"),
        );
        let composed = output(router(directory.path(), &["compose", "--hints", "debug"])).await;
        assert_eq!(
            composed.status.code(),
            Some(0),
            "{}",
            text(&composed.stderr)
        );
        seen.push((text(&composed.stdout), text(&composed.stderr)));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    let hints = &seen[0].1;
    assert!(
        hints.contains("debug[INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM]"),
        "{hints}"
    );
    assert!(!hints.contains('\u{1b}'), "piped text is plain: {hints}");
    let fewer = output(router(directory.path(), &["compose", "--hints", "warn"])).await;
    assert!(
        !text(&fewer.stderr).contains("debug["),
        "{}",
        text(&fewer.stderr)
    );
}

#[tokio::test]
async fn problems_become_annotations() {
    let directory = tempfile::tempdir().unwrap();
    write(
        directory.path(),
        "a.graphql",
        "type Query {\n  now: Int\n}\n",
    );
    write(
        directory.path(),
        "b.graphql",
        &format!("{LINK}\ntype Query {{ later: Itn }}\n"),
    );
    write(
        directory.path(),
        "supergraph.yaml",
        "subgraphs:\n  a: { routing_url: 'http://a', schema: { file: ./a.graphql } }\n  b: { routing_url: 'http://b', schema: { file: ./b.graphql } }\n",
    );
    let arguments = ["compose", "--format", "github", "--output", "out.graphql"];
    let refused = output(router(directory.path(), &arguments)).await;
    assert_eq!(refused.status.code(), Some(100));
    let annotations = text(&refused.stdout);
    assert!(
        annotations.starts_with("::error file=b.graphql,line=2,col="),
        "{annotations}"
    );
    assert!(
        annotations.contains("title=INVALID_GRAPHQL::"),
        "{annotations}"
    );
    assert!(!directory.path().join("out.graphql").exists());

    write(
        directory.path(),
        "b.graphql",
        &format!("{LINK}\ntype Query {{ later: Int }}\n"),
    );
    let composed = output(router(directory.path(), &arguments)).await;
    assert_eq!(
        composed.status.code(),
        Some(0),
        "{}",
        text(&composed.stderr)
    );
    let supergraph = std::fs::read_to_string(directory.path().join("out.graphql")).unwrap();
    assert!(supergraph.contains("later: Int"), "{supergraph}");
    assert!(!text(&composed.stdout).contains("later: Int"));
}

/// A `router compose --watch` and what it says, line by line.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(directory: &Path) -> Self {
        let arguments = ["compose", "--watch", "--output", "out.graphql"];
        let mut child = router(directory, &arguments)
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self { child, lines }
    }

    /// Waits until a line with this text is said; what was said before it is forgotten.
    fn says(&self, expected: &str) {
        let mut said = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(std::time::Duration::from_secs(60)) {
            if line.contains(expected) {
                return;
            }
            said.push(line);
        }
        panic!("`{expected}` is not said; what is: {said:?}");
    }
}

#[test]
fn watching_composes_at_every_change_until_it_is_stopped() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "a.graphql", "type Query { a: Int }");
    let one = "subgraphs:\n  a: { routing_url: 'http://a', schema: { file: a.graphql } }\n";
    write(directory.path(), "supergraph.yaml", one);
    let supergraph = || std::fs::read_to_string(directory.path().join("out.graphql")).unwrap();

    let mut watching = Watching::start(directory.path());
    watching.says("composed 1 subgraph: 0 hints");
    assert!(supergraph().contains("a: Int"));
    write(directory.path(), "a.graphql", "type Query { a: Strin }");
    watching.says("error[INVALID_GRAPHQL]");
    watching.says("1 subgraph not composed: 1 error");
    assert!(supergraph().contains("a: Int"), "the good one stays");
    write(directory.path(), "a.graphql", "type Query { a: String }");
    watching.says("composed 1 subgraph");
    assert!(supergraph().contains("a: String"));
    // A file that is not there yet, then is.
    let two = format!("{one}  b: {{ routing_url: 'http://b', schema: {{ file: b.graphql }} }}\n");
    write(directory.path(), "supergraph.yaml", &two);
    watching.says("b.graphql");
    write(directory.path(), "b.graphql", "type Query { b: Int }");
    watching.says("composed 2 subgraphs");
    assert!(supergraph().contains("b: Int"));

    let stopped = Command::new("kill")
        .args(["-INT", &watching.child.id().to_string()])
        .status()
        .unwrap();
    assert!(stopped.success());
    assert_eq!(watching.child.wait().unwrap().code(), Some(0));
}

#[tokio::test]
async fn codes_are_explained() {
    let directory = tempfile::tempdir().unwrap();
    let explain = |arguments: &[&str]| {
        let arguments: Vec<&str> = std::iter::once("explain")
            .chain(arguments.iter().copied())
            .collect();
        output(router(directory.path(), &arguments))
    };
    let one = explain(&["INVALID_FIELD_SHARING"]).await;
    assert_eq!(one.status.code(), Some(0));
    let shown = text(&one.stdout);
    assert!(
        shown.starts_with("error[INVALID_FIELD_SHARING]: "),
        "{shown}"
    );
    assert!(shown.contains("Fix: "), "{shown}");
    assert!(!shown.contains('\u{1b}'), "{shown}");

    let list = text(&explain(&[]).await.stdout);
    assert!(
        list.lines().any(|line| line.contains("NO_QUERIES: ")),
        "{list}"
    );
    let page = text(&explain(&["--format", "markdown"]).await.stdout);
    assert!(page.contains("\n### NO_QUERIES\n"));

    let unknown = explain(&["EXTERNAL_UNUSD"]).await;
    assert_eq!(unknown.status.code(), Some(2));
    let complaint = text(&unknown.stderr);
    assert!(
        complaint.contains("did you mean EXTERNAL_UNUSED?"),
        "{complaint}"
    );
}

#[tokio::test]
async fn json_tells_the_level_of_hints() {
    let directory = tempfile::tempdir().unwrap();
    write(
        directory.path(),
        "supergraph.yaml",
        "subgraphs:\n  a: { routing_url: 'http://a', schema: { sdl: 'type Query { a: Int } enum E { A }' } }\n",
    );
    let composed = output(router(directory.path(), &["compose", "--format", "json"])).await;
    let answer: Value = serde_json::from_slice(&composed.stdout).unwrap();
    assert_eq!(answer["hints"][0]["code"], "UNUSED_ENUM_TYPE");
    assert_eq!(answer["hints"][0]["level"], "DEBUG");
}
