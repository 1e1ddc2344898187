//! `docs/adding-a-subgraph.md`, followed to the letter: its files are the ones compiled here, the service runs as a
//! process beside the federation, and what the page says comes out is what comes out.
//!
//! `@interfaceObject` has its test here: of the three services it makes sense in this one.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]

use std::path::Path;
use std::time::Duration;

use clap::Parser as _;
use serde_json::{Value, json};

use support::client::Client;
use support::federation::Federation;
use support::folder::Folder;
use support::http::client;
use support::metrics::Metrics;
use support::page::{block, blocks};
use support::service_process::{ServiceProcess, asked_to_serve};

#[path = "../pages/reviews/lib.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "it is a crate of its own for whoever follows the page"
)]
mod reviews;
#[path = "../support/mod.rs"]
mod support;

const PAGE: &str = include_str!("../../docs/adding-a-subgraph.md");

#[test]
fn is_a_service_where_it_is_asked_to() {
    if let Some(arguments) = asked_to_serve() {
        let config = reviews::Config::parse_from(arguments);
        let _ = kit::process::run("reviews", reviews::run(config));
    }
}

fn repository(file: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[test]
fn the_pages_files_are_those_compiled_here() {
    let mut shown = 0;
    for block in blocks(PAGE) {
        let Some((_, file)) = block.head.split_once(" subgraphs/reviews/") else {
            continue;
        };
        let file = file
            .trim_start_matches("src/")
            .replace("Cargo.toml", "manifest.toml");
        let compiled = repository(&format!("tests/pages/reviews/{file}"));
        assert_eq!(block.text, compiled, "tests/pages/reviews/{file}");
        shown += 1;
    }
    assert_eq!(shown, 6, "the page shows every file");
}

#[test]
fn the_manifest_names_what_the_sources_use_and_the_workspace_has() {
    let workspace = repository("Cargo.toml");
    let sources: String = [
        "main.rs",
        "lib.rs",
        "migration.rs",
        "store.rs",
        "graphql.rs",
    ]
    .map(|file| repository(&format!("tests/pages/reviews/{file}")))
    .concat();
    let manifest = block(PAGE, "toml subgraphs/reviews/Cargo.toml");
    let (_, dependencies) = manifest.split_once("[dependencies]\n").expect("a section");
    let mut count = 0;
    for line in dependencies.lines().take_while(|line| !line.is_empty()) {
        let name = line
            .strip_suffix(".workspace = true")
            .expect("a version of the workspace");
        assert!(workspace.contains(&format!("\n{name} = ")), "{name}");
        assert!(
            sources.contains(&format!("{}::", name.replace('-', "_"))),
            "{name} is not used"
        );
        count += 1;
    }
    assert!(count > 0);
    // All but the name and the dependencies is as in music.
    let (package, _) = manifest.split_once("[dependencies]").expect("a section");
    let music = repository("subgraphs/music/Cargo.toml");
    for line in package
        .lines()
        .filter(|line| line.ends_with(".workspace = true"))
    {
        assert!(music.contains(line), "{line}");
    }
    // The one file that is not compiled here differs from music's by its name.
    let main = repository("subgraphs/music/src/main.rs").replace("music", "reviews");
    assert_eq!(block(PAGE, "rust subgraphs/reviews/src/main.rs"), main);
}

/// The federation in a folder of its own, and the new service, which nobody has named yet.
struct Newcomer {
    federation: Federation,
    folder: Folder,
    reviews: ServiceProcess,
    _data: Folder,
}

impl Newcomer {
    async fn start() -> Self {
        let folder = Folder::of_the_repository();
        let federation = Federation::start_in(folder.path()).await;
        let data = Folder::new();
        let key_set = format!(
            "http://127.0.0.1:{}/.well-known/jwks.json",
            federation.ports().users
        );
        let data_dir = data.path().to_str().expect("a path of ours").to_owned();
        let flags = [
            "--data-dir",
            &data_dir,
            "--jwks-url",
            &key_set,
            "--log",
            "warn",
        ];
        let reviews = ServiceProcess::start("reviews", &flags).await;
        Newcomer {
            federation,
            folder,
            reviews,
            _data: data,
        }
    }

    /// Names the service in `supergraph.yaml` as the page does, and waits until the router has it.
    async fn join(&self) {
        self.folder
            .write("schema/subgraphs/reviews.graphql", &reviews::sdl());
        let entry = block(PAGE, "yaml supergraph.yaml");
        assert!(entry.contains(":4003/"), "{entry}");
        let entry = entry.replace(":4003/", &format!(":{}/", self.reviews.port()));
        let config = self.folder.read("supergraph.yaml");
        self.folder
            .write("supergraph.yaml", &format!("{config}{entry}"));
        let anybody = Client::anonymous(&self.federation);
        for _ in 0..1_200 {
            let found = anybody.ask("{ __type(name: \"Review\") { name } }").await;
            if found["__type"]["name"] == "Review" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!(
            "the router does not compose:\n{}",
            self.federation.transcript()
        );
    }
}

fn json_block(head: &str) -> Value {
    serde_json::from_str(&block(PAGE, head)).expect("the block is JSON")
}

#[tokio::test]
async fn the_page_followed_to_the_letter_ends_where_it_says() {
    let newcomer = Newcomer::start().await;
    newcomer.join().await;
    let federation = &newcomer.federation;
    let ada = Client::signed_in(federation, "ada").await;
    let anybody = Client::anonymous(federation);

    let write = block(PAGE, "graphql write");
    assert_eq!(anybody.error_code(&write).await, "UNAUTHENTICATED");
    let written = ada.ask(&write).await;
    assert_eq!(json!({ "data": written }), json_block("json written"));
    let read = anybody.ask(&block(PAGE, "graphql read")).await;
    assert_eq!(json!({ "data": read }), json_block("json answer"));

    // The router speaks to it as the page says.
    let answer = client()
        .post(newcomer.reviews.endpoint())
        .json(&json_block("json entities request"))
        .send()
        .await
        .expect("the service answers");
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(answer, json_block("json entities answer"));

    // From users too, and of what is no track; saying something else takes the place of what was said.
    let other = "mutation { album: review(input: { itemId: \"album-miles-davis-kind-of-blue\", stars: 4, text: \"Blue.\" }) {
            about { __typename } }
        again: review(input: { itemId: \"track-miles-davis-so-what\", stars: 3, text: \"Hm.\" }) { stars } }";
    let other = ada.ask(other).await;
    assert_eq!(other["album"]["about"]["__typename"], "Album");
    let all = anybody
        .ask("{ user(username: \"ada\") { reviews { stars about { ... on Album { title } ... on Track { title } } } } }")
        .await;
    assert_eq!(
        all["user"]["reviews"],
        json!([
            { "stars": 4, "about": { "title": "Kind of Blue" } },
            { "stars": 3, "about": { "title": "So What" } },
        ])
    );
    for refused in [
        "mutation { review(input: { itemId: \"x\", stars: 6, text: \"\" }) { stars } }",
        "mutation { review(input: { itemId: \"nul\\u0000\", stars: 1, text: \"\" }) { stars } }",
        "mutation { review(input: { itemId: \"x\", stars: 1, text: \"nul\\u0000\" }) { stars } }",
    ] {
        assert_eq!(ada.error_code(refused).await, "BAD_USER_INPUT", "{refused}");
    }
    a_list_of_tracks_costs_one_request_and_fixed_statements(&newcomer).await;

    // Without it, its fields are null and all else is there.
    let Newcomer {
        federation,
        reviews,
        ..
    } = newcomer;
    reviews.stop().await;
    let query = json!({ "query": block(PAGE, "graphql read") });
    let (status, answer) = Client::anonymous(&federation).send(&query).await;
    assert_eq!(status, 200);
    assert_eq!(answer["data"]["track"]["title"], "So What", "{answer:#}");
    assert_eq!(
        answer["data"]["track"]["reviews"],
        Value::Null,
        "{answer:#}"
    );
    federation.stop().await;
}

async fn a_list_of_tracks_costs_one_request_and_fixed_statements(newcomer: &Newcomer) {
    let anybody = Client::anonymous(&newcomer.federation);
    let metrics = format!("http://127.0.0.1:{}/metrics", newcomer.reviews.port());
    let counted = async || {
        let statements = Metrics::read(&metrics)
            .await
            .sum("sql_statements_total", "");
        let router = newcomer.federation.metrics("router").await;
        let requests = router.sum(
            "http_client_request_duration_seconds_count",
            "subgraph_name=\"reviews\"",
        );
        (requests, statements)
    };
    let mut costs = Vec::new();
    for first in [1, 50] {
        let before = counted().await;
        let query = format!(
            "{{ tracks(first: {first}) {{ edges {{ node {{ averageStars reviews {{ text }} }} }} }} }}"
        );
        let found = anybody.ask(&query).await;
        assert_eq!(
            found["tracks"]["edges"].as_array().map(Vec::len),
            Some(first)
        );
        let after = counted().await;
        costs.push((after.0 - before.0, after.1 - before.1));
    }
    // The stars of all, the reviews of all.
    assert_eq!(costs, [(1, 2), (1, 2)]);
}

/// What `router compose` says about these files.
async fn composed(folder: &Folder) -> (Option<i32>, String) {
    let mut process = tokio::process::Command::new(env!("CARGO_BIN_EXE_musicwallet"))
        .args([
            "service",
            "router",
            "compose",
            "--output",
            "supergraph.graphql",
        ])
        .current_dir(folder.path())
        .env("NO_COLOR", "1")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it can be started");
    // The program would end with its input.
    let stdin = process.stdin.take();
    let output = process.wait_with_output().await.expect("it ends");
    drop(stdin);
    (
        output.status.code(),
        String::from_utf8(output.stderr).expect("text"),
    )
}

#[tokio::test]
async fn what_a_newcomer_gets_wrong_is_told_as_the_page_says() {
    let sdl = reviews::sdl();
    let user = sdl
        .find("type User @key(fields: \"id\") {")
        .expect("the type");
    let without_key = sdl.replacen("type User @key(fields: \"id\") {", "type User {", 1);
    let (before, type_of_user) = sdl.split_at(user);
    let another_type = format!(
        "{before}{}",
        type_of_user.replacen("id: ID!", "id: Int!", 1)
    );
    for (what, sdl) in [
        ("text without a key", without_key),
        ("text with another type", another_type),
    ] {
        let folder = Folder::of_the_repository();
        let config = folder.read("supergraph.yaml");
        folder.write(
            "supergraph.yaml",
            &format!("{config}{}", block(PAGE, "yaml supergraph.yaml")),
        );
        folder.write("schema/subgraphs/reviews.graphql", &reviews::sdl());
        let (code, said) = composed(&folder).await;
        assert_eq!((code, said.contains("error")), (Some(0), false), "{said}");
        folder.write("schema/subgraphs/reviews.graphql", &sdl);
        let (code, said) = composed(&folder).await;
        assert_eq!(code, Some(100), "{said}");
        let shown = block(PAGE, what);
        assert_eq!(
            without_places(&said),
            without_places(&shown),
            "{what}:\n{said}"
        );
    }
}

/// The text without the numbers of lines: they change with each change of the other schemas.
fn without_places(text: &str) -> String {
    let places = text.replace(|it: char| it.is_ascii_digit(), " ");
    let lines = places
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n")
}
