//! The program's commands, as processes: output, exit codes, signals.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::{LINK, Subgraph, client, eventually, write_supergraph_yaml};

/// Runs the program in a directory, with nothing of our environment that it might read.
fn router(directory: &Path, arguments: &[&str]) -> Output {
    command(directory, arguments).output().unwrap()
}

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_router"));
    command.args(arguments).current_dir(directory).env_clear();
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A directory with a `supergraph.yaml` over these schemas.
fn subgraphs(schemas: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let mut yaml = "subgraphs:\n".to_owned();
    for (name, sdl) in schemas {
        std::fs::write(
            directory.path().join(format!("{name}.graphql")),
            format!("{LINK}\n{sdl}"),
        )
        .unwrap();
        yaml.push_str(&format!(
            "  {name}: {{ routing_url: 'http://127.0.0.1:1/{name}', schema: {{ file: {name}.graphql }} }}\n"
        ));
    }
    std::fs::write(directory.path().join("supergraph.yaml"), yaml).unwrap();
    directory
}

const USERS: &str =
    "type Query { me: User } type User @key(fields: \"id\") { id: ID! name: String }";
const MUSIC: &str =
    "type Query { top: Int } type User @key(fields: \"id\") { id: ID! favouriteCount: Int }";

#[test]
fn compose_prints_a_supergraph_that_plan_can_use() {
    let directory = subgraphs(&[("users", USERS), ("music", MUSIC)]);
    let composed = router(
        directory.path(),
        &[
            "compose",
            "--output",
            "out.graphql",
            "--api-output",
            "api.graphql",
        ],
    );
    assert_eq!(
        composed.status.code(),
        Some(0),
        "{}",
        text(&composed.stderr)
    );
    let printed = router(
        directory.path(),
        &["compose", "--config", "supergraph.yaml"],
    );
    let supergraph = std::fs::read_to_string(directory.path().join("out.graphql")).unwrap();
    assert_eq!(text(&printed.stdout), supergraph);
    let api = std::fs::read_to_string(directory.path().join("api.graphql")).unwrap();
    assert!(api.contains("favouriteCount: Int"), "{api}");
    assert!(!api.contains("join__"), "{api}");

    let query = directory.path().join("query.graphql");
    std::fs::write(
        &query,
        "query A { me { name favouriteCount } } query B { top }",
    )
    .unwrap();
    let arguments = [
        "plan",
        "--supergraph",
        "out.graphql",
        "--query",
        "query.graphql",
    ];
    let named = |name: &'static str| [&arguments[..], &["--operation-name", name]].concat();
    let planned = router(directory.path(), &named("A"));
    assert_eq!(planned.status.code(), Some(0), "{}", text(&planned.stderr));
    expect_test::expect![[r#"
        QueryPlan {
          Sequence {
            Fetch(service: "users") {
              {
                me {
                  name
                  id
                }
              }
            }
            Flatten(path: "me") {
              Fetch(service: "music") {
                {
                  ... on User {
                    __typename
                    id
                  }
                } =>
                {
                  ... on User {
                    favouriteCount
                  }
                }
              }
            }
          }
        }
    "#]]
    .assert_eq(&text(&planned.stdout));
    let planned = router(
        directory.path(),
        &[&named("B")[..], &["--format", "json"]].concat(),
    );
    let plan: Value = serde_json::from_slice(&planned.stdout).unwrap();
    assert_eq!(plan["kind"], "QueryPlan");
    assert_eq!(plan["node"]["serviceName"], "music");

    let explained = router(
        directory.path(),
        &[&named("A")[..], &["--explain"]].concat(),
    );
    let explained = text(&explained.stdout);
    let (shown, why) = explained.split_once("\n\n").unwrap();
    assert!(shown.starts_with("QueryPlan {"), "{shown}");
    expect_test::expect![[r#"
        Cost: 2 rounds, 2 requests

        Fetch 1: users, round 1
          for the answer
            me.name: no other subgraph has User.name
          for later fetches
            me.id: key for fetch 2

        Fetch 2: music, round 2, after 1, entities at me
          for the answer
            me.favouriteCount: no other subgraph has User.favouriteCount
    "#]]
    .assert_eq(why);
    let explained = router(
        directory.path(),
        &[&named("A")[..], &["--explain", "--format", "json"]].concat(),
    );
    let plan: Value = serde_json::from_slice(&explained.stdout).unwrap();
    let why = &plan["explanation"];
    assert_eq!(why["cost"], json!({ "rounds": 2, "requests": 2 }));
    assert_eq!(
        why["fetches"][0]["carries"],
        json!([{ "path": "me.id", "as": "key", "forFetch": 2 }])
    );

    let unnamed = router(directory.path(), &arguments);
    assert_eq!(unnamed.status.code(), Some(100));
    std::fs::write(&query, "{ me {\n  age } }").unwrap();
    let wrong = router(directory.path(), &arguments);
    assert_eq!(wrong.status.code(), Some(100));
    let complaint = text(&wrong.stderr);
    assert!(
        complaint.starts_with("error[GRAPHQL_VALIDATION_FAILED]: query.graphql:2:3: "),
        "{complaint}"
    );
}

#[test]
fn compose_speaks_json() {
    let directory = subgraphs(&[("users", USERS), ("music", MUSIC)]);
    let composed = router(directory.path(), &["compose", "--format", "json"]);
    assert_eq!(composed.status.code(), Some(0));
    let answer: Value = serde_json::from_slice(&composed.stdout).unwrap();
    assert_eq!(answer["ok"], true);
    assert!(
        answer["supergraph"]
            .as_str()
            .unwrap()
            .contains("join__Graph")
    );
    assert!(answer["api"].as_str().unwrap().contains("type User"));
    assert_eq!(answer["hints"], json!([]));

    // A configuration on standard input.
    let mut piped = command(
        directory.path(),
        &["compose", "--config", "-", "--format", "json"],
    )
    .stdin(Stdio::piped())
    .stdout(Stdio::piped())
    .spawn()
    .unwrap();
    let yaml = std::fs::read(directory.path().join("supergraph.yaml")).unwrap();
    std::io::Write::write_all(&mut piped.stdin.take().unwrap(), &yaml).unwrap();
    let output = piped.wait_with_output().unwrap();
    assert_eq!(
        serde_json::from_slice::<Value>(&output.stdout).unwrap(),
        answer
    );
}

#[test]
fn schemas_at_fault_are_told_with_their_place() {
    let directory = subgraphs(&[("broken", "type Query {\n  a: Int\n"), ("users", USERS)]);
    let answer = |directory: &Path| -> Value {
        let output = router(directory, &["compose", "--format", "json"]);
        assert_eq!(output.status.code(), Some(100));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let broken = answer(directory.path());
    assert_eq!(broken["ok"], false);
    assert_eq!(broken["errors"][0]["code"], "INVALID_GRAPHQL");
    assert_eq!(broken["errors"][0]["locations"][0]["subgraph"], "broken");

    let unshared = subgraphs(&[
        ("a", "type Query {\n  now: Int\n}"),
        ("b", "type Query {\n  now: Int\n}"),
    ]);
    let sharing = answer(unshared.path());
    assert_eq!(sharing["errors"][0]["code"], "INVALID_FIELD_SHARING");
    assert_eq!(
        sharing["errors"][0]["locations"],
        json!([
            { "subgraph": "a", "line": 3, "column": 3 },
            { "subgraph": "b", "line": 3, "column": 3 },
        ])
    );
    let shown = router(unshared.path(), &["compose"]);
    assert_eq!(shown.status.code(), Some(100));
    assert!(shown.stdout.is_empty());
    let shown = text(&shown.stderr);
    assert!(
        shown.contains("error[INVALID_FIELD_SHARING] Query.now"),
        "{shown}"
    );
    assert!(shown.contains("3 |   now: Int"), "{shown}");
}

#[test]
fn what_cannot_be_read_is_the_tools_failure() {
    let directory = tempfile::tempdir().unwrap();
    for (arguments, expected) in [
        (&["compose"][..], "supergraph.yaml"),
        (&["compose", "--config", "gone.yaml"], "gone.yaml"),
        (
            &["plan", "--supergraph", "gone.graphql", "--query", "q"],
            "gone.graphql",
        ),
        (
            &[
                "serve",
                "--supergraph",
                "gone.graphql",
                "--listen",
                "127.0.0.1:0",
            ],
            "gone.graphql",
        ),
        (
            &["serve", "--listen", "127.0.0.1:0"],
            "no graph: name one with --supergraph",
        ),
        (
            &["serve", "--supergraph", "a", "--config", "gone.yaml"],
            "gone.yaml",
        ),
    ] {
        let output = router(directory.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let complaint = text(&output.stderr);
        assert!(complaint.contains(expected), "{arguments:?}: {complaint}");
    }
    std::fs::write(
        directory.path().join("supergraph.yaml"),
        "subgraphs:\n  a:\n    routing_url: http://a\n    schema: { fil: a.graphql }\n",
    )
    .unwrap();
    let output = router(directory.path(), &["compose"]);
    assert_eq!(output.status.code(), Some(1));
    let complaint = text(&output.stderr);
    assert!(
        complaint.contains("supergraph.yaml:4:15: unknown key `fil`; did you mean `file`?"),
        "{complaint}"
    );
}

#[test]
fn wrong_usage_is_2_and_help_is_0() {
    let directory = tempfile::tempdir().unwrap();
    for arguments in [
        &["nonsense"][..],
        &[],
        &["plan"],
        &["serve", "--supergraph", "a", "--supergraph-config", "b"],
        &["compose", "--format", "xml"],
        &["serve", "--poll-interval", "soon"],
    ] {
        assert_eq!(
            router(directory.path(), arguments).status.code(),
            Some(2),
            "{arguments:?}"
        );
    }
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["serve", "--help"],
        &["compose", "--help"],
        &["plan", "--help"],
        &["check", "--help"],
        &["config", "--help"],
    ] {
        let output = router(directory.path(), arguments);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(!output.stdout.is_empty());
    }
}

#[test]
fn config_is_validated_and_shown() {
    let directory = tempfile::tempdir().unwrap();
    let shown = router(directory.path(), &["config", "schema"]);
    std::fs::write(directory.path().join("router.yaml"), &shown.stdout).unwrap();
    let output = router(directory.path(), &["config", "validate"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for (yaml, expected) in [
        (
            "supergraph: { lisen: a }",
            "bad.yaml:1:15: unknown key `lisen`; did you mean `listen`?",
        ),
        (
            "headers: { all: { request: [ { insert: { name: 'a b', value: c } } ] } }",
            "`a b` is no header name",
        ),
        (
            "cors: { policies: [ { origins: [nonsense] } ] }",
            "`nonsense` is no origin",
        ),
    ] {
        std::fs::write(directory.path().join("bad.yaml"), yaml).unwrap();
        let output = router(directory.path(), &["config", "validate", "bad.yaml"]);
        assert_eq!(output.status.code(), Some(1));
        let complaint = text(&output.stderr);
        assert!(complaint.contains(expected), "{complaint}");
    }
}

#[test]
fn a_supergraph_that_is_none_is_at_fault() {
    let directory = subgraphs(&[("users", USERS)]);
    let composed = router(directory.path(), &["compose"]).stdout;
    let truncated = &composed[..composed.len() - 20];
    for (content, expected) in [
        (truncated, "line "),
        (&b"type Query { a: Int }"[..], "this is no supergraph"),
        (b"", "line 1"),
    ] {
        std::fs::write(directory.path().join("s.graphql"), content).unwrap();
        for arguments in [
            &[
                "serve",
                "--supergraph",
                "s.graphql",
                "--listen",
                "127.0.0.1:0",
            ][..],
            &[
                "plan",
                "--supergraph",
                "s.graphql",
                "--query",
                "supergraph.yaml",
            ],
        ] {
            let output = router(directory.path(), arguments);
            assert_eq!(output.status.code(), Some(100), "{arguments:?}");
            let complaint = text(&output.stderr);
            assert!(complaint.contains("s.graphql"), "{complaint}");
            assert!(complaint.contains(expected), "{complaint}");
        }
    }
}

#[test]
fn a_port_that_is_taken_is_one_line() {
    let directory = subgraphs(&[("users", USERS)]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = router(directory.path(), &["serve", "--listen", &address]);
    assert_eq!(output.status.code(), Some(1));
    let complaint = text(&output.stderr);
    assert!(
        complaint.starts_with(&format!("error: cannot listen on {address}: ")),
        "{complaint}"
    );
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn serve_answers_until_it_is_terminated() {
    let users = Subgraph::with_data("users", USERS, json!({ "me": { "name": "Ada" } })).await;
    let directory = tempfile::tempdir().unwrap();
    write_supergraph_yaml(directory.path(), &[&users]);
    // A port that is free now; the command line has no way to tell which one it was given.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap();
    drop(free);
    let mut child = command(directory.path(), &["serve", "--log", "info"])
        .env("PORT", address.port().to_string())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let client = client();
    eventually("it is ready", || async {
        let ready = client
            .get(format!("http://{address}/health?ready"))
            .send()
            .await;
        ready.is_ok_and(|answer| answer.status() == 200)
    })
    .await;
    let answer = client
        .post(format!("http://{address}/graphql"))
        .json(&json!({ "query": "{ me { name } }" }))
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.text().await.unwrap(),
        "{\"data\":{\"me\":{\"name\":\"Ada\"}}}"
    );
    let terminated = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(terminated.success());
    let status = tokio::task::spawn_blocking(move || {
        let status = child.wait().unwrap();
        let mut log = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut log).unwrap();
        (status, log)
    });
    let (status, log) = status.await.unwrap();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(
        log.contains("listening: GraphQL at http://127.0.0.1:"),
        "{log}"
    );
}
