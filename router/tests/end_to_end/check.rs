//! `router check`: drift, composition problems and changes against a base.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::LINK;

/// A repository with one subgraph, its composed schemas committed.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new(sdl: &str) -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        repository.write(
            "supergraph.yaml",
            "subgraphs:\n  users:\n    routing_url: http://127.0.0.1:1\n    schema: { file: ./schema/subgraphs/users.graphql }\n",
        );
        repository.schema(sdl);
        repository.compose();
        repository.git(&["init", "--quiet"]);
        repository.commit();
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn schema(&self, sdl: &str) {
        self.write("schema/subgraphs/users.graphql", &format!("{LINK}\n{sdl}"));
    }

    fn compose(&self) {
        let output = self.router(&[
            "compose",
            "--output",
            "schema/supergraph.graphql",
            "--api-output",
            "schema/api.graphql",
        ]);
        assert_eq!(output.status.code(), Some(0));
    }

    fn git(&self, arguments: &[&str]) {
        let status = Command::new("git")
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.org"])
            .args(["-c", "commit.gpgsign=false"])
            .args(arguments)
            .current_dir(self.path())
            .status()
            .unwrap();
        assert!(status.success());
    }

    fn commit(&self) {
        self.git(&["add", "."]);
        self.git(&["commit", "--quiet", "--message", "State"]);
    }

    fn router(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_router"))
            .args(arguments)
            .current_dir(self.path())
            .output()
            .unwrap()
    }

    fn check(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let output = self.router(&[&["check"], arguments].concat());
        let text = format!(
            "{}{}",
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap()
        );
        (output.status.code(), text)
    }
}

const SDL: &str =
    "type Query {\n  me: User\n  old: Int\n}\ntype User @key(fields: \"id\") { id: ID! }";

#[test]
fn what_is_committed_must_be_what_composing_gives() {
    let repository = Repository::new(SDL);
    let (code, text) = repository.check(&[]);
    assert_eq!(code, Some(0), "{text}");
    repository.schema(&format!("{SDL} extend type Query {{ new: Int }}"));
    let (code, text) = repository.check(&[]);
    assert_eq!(code, Some(100));
    assert!(
        text.contains("error[DRIFT] schema/supergraph.graphql:"),
        "{text}"
    );
    assert!(text.contains("error[DRIFT] schema/api.graphql:"), "{text}");
    let (_, text) = repository.check(&["--format", "github"]);
    assert!(
        text.contains("::error file=schema/api.graphql,line="),
        "{text}"
    );
    repository.compose();
    assert_eq!(repository.check(&[]).0, Some(0));
}

#[test]
fn changes_are_classed_against_every_kind_of_base() {
    let repository = Repository::new(SDL);
    repository.write("schema/operations/app.graphql", "query App {\n  old\n}");
    let old = repository.path().join("old.graphql");
    std::fs::copy(repository.path().join("schema/supergraph.graphql"), &old).unwrap();
    repository.schema(&SDL.replace("  old: Int\n", ""));
    repository.compose();
    for against in ["git:HEAD", "old.graphql"] {
        let (code, text) = repository.check(&["--against", against]);
        assert_eq!(code, Some(100), "{against}: {text}");
        assert!(text.contains("FIELD_REMOVED"), "{text}");
        assert!(text.contains("Query.old"), "{text}");
        let (code, text) = repository.check(&["--against", against, "--fail-on", "never"]);
        assert_eq!(code, Some(0), "{against}: {text}");
    }
    let (_, text) = repository.check(&["--against", "git:HEAD", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["ok"], false);
    assert_eq!(report["summary"]["breaking"], 1);
    assert_eq!(report["summary"]["brokenOperations"], 1);
    assert_eq!(report["drift"], serde_json::json!([]));
    let (_, text) = repository.check(&["--against", "git:HEAD", "--format", "github"]);
    assert!(
        text.contains("::error title=FIELD_REMOVED::Query.old"),
        "{text}"
    );
    assert!(
        text.contains("::error file=schema/operations/app.graphql,line=2,title=OPERATION_BROKEN::"),
        "{text}"
    );
    // A base that is the same has no changes.
    let (code, text) = repository.check(&["--against", "supergraph.yaml"]);
    assert_eq!(code, Some(0), "{text}");
}

#[test]
fn subgraphs_that_do_not_compose_are_at_fault() {
    let repository = Repository::new(SDL);
    repository.schema("type Query { a: Missing }");
    let (code, text) = repository.check(&["--against", "git:HEAD"]);
    assert_eq!(code, Some(100));
    assert!(text.contains("Missing"), "{text}");
    let (_, text) = repository.check(&["--format", "github"]);
    assert!(
        text.starts_with("::error file=./schema/subgraphs/users.graphql,line=2,")
            || text.starts_with("::error file=schema/subgraphs/users.graphql,line=2,"),
        "{text}"
    );
}

#[test]
fn a_base_that_is_not_there_is_the_tools_failure() {
    let repository = Repository::new(SDL);
    for (against, expected) in [
        ("git:nowhere", "git has no nowhere:./supergraph.yaml"),
        ("git:--output=x", "names no revision"),
        ("gone.graphql", "gone.graphql"),
        ("schema/api.graphql", "this is no supergraph"),
    ] {
        let (code, text) = repository.check(&["--against", against]);
        assert_eq!(code, Some(1), "{against}: {text}");
        assert!(text.contains(expected), "{against}: {text}");
    }
}
