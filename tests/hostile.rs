//! Hostile operations against the real federation: each is answered, or refused with a code, and a
//! well-behaved client is answered meanwhile.
//!
//! No time is asserted but the client's own patience, which a router that is held up would exhaust.
//! What each costs the router's process is printed: `cargo test --test hostile -- --nocapture`.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use support::federation::Federation;
use support::http::client;

mod support;

/// How the router is to deal with an operation.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    /// It is answered like any other, with this at this place.
    Answered(&'static str, fn() -> Value),
    /// It is refused with this code.
    Refused(&'static str),
}

/// An operation that wants to be expensive.
struct Shape {
    name: &'static str,
    document: String,
    outcome: Outcome,
}

const TOO_COMPLEX: Outcome = Outcome::Refused("OPERATION_TOO_COMPLEX");
const NOT_VALID: Outcome = Outcome::Refused("GRAPHQL_VALIDATION_FAILED");
const NOBODY: Outcome = Outcome::Answered("/data/me", || Value::Null);

fn shapes() -> Vec<Shape> {
    let shape = |name, document, outcome| Shape {
        name,
        document,
        outcome,
    };
    vec![
        shape("nesting of 1,000 braces", nested(1_000), TOO_COMPLEX),
        shape("nesting of 10,000 braces", nested(10_000), TOO_COMPLEX),
        shape(
            "nesting of 1,000 inline fragments",
            format!("{{{}me{{id}}{}}}", "...{".repeat(1_000), "}".repeat(1_000)),
            TOO_COMPLEX,
        ),
        shape(
            "10,000 aliases of a root field",
            format!("{{{}}}", numbered(10_000, |n| format!("a{n}:me{{id}} "))),
            TOO_COMPLEX,
        ),
        shape(
            "1,000 aliases of a root field",
            format!("{{{}}}", numbered(1_000, |n| format!("a{n}:me{{id}} "))),
            Outcome::Answered("/data/a999", || Value::Null),
        ),
        shape(
            "50,000 fields",
            format!("{{me{{{}}}}}", "id ".repeat(50_000)),
            TOO_COMPLEX,
        ),
        shape(
            "a fragment that spreads itself",
            "{me{...F}} fragment F on User{id ...F}".to_owned(),
            NOT_VALID,
        ),
        shape(
            "a circle of 500 fragments",
            format!(
                "{{me{{...F0}}}}{}",
                numbered(500, |n| format!(
                    "fragment F{n} on User{{id ...F{}}}",
                    (n + 1) % 500
                ))
            ),
            NOT_VALID,
        ),
        shape(
            "30 fragments that each spread the next one twice",
            doubling("User", "id"),
            NOBODY,
        ),
        shape(
            "30 fragments that each spread the next one below two fields",
            format!(
                "{{search(query:\"a\"){{edges{{node{{...on Artist{{...F0}}}}}}}}}}{}fragment F30 on Artist{{id}}",
                numbered(30, |n| {
                    let tracks = format!(
                        "tracks(first:1){{edges{{node{{artist{{...F{}}}}}}}}}",
                        n + 1
                    );
                    format!("fragment F{n} on Artist{{a:{tracks} b:{tracks}}}")
                })
            ),
            TOO_COMPLEX,
        ),
        shape("a chain of 5,000 fragments", chain(5_000), TOO_COMPLEX),
        shape("a chain of 900 fragments", chain(900), TOO_COMPLEX),
        shape(
            "3,000 repeats of one composite field",
            format!("{{{}}}", "me{id}".repeat(3_000)),
            NOBODY,
        ),
        shape(
            "3,000 repeats of one composite field with others inside",
            format!("{{{}}}", "me{id favouriteCount}".repeat(3_000)),
            NOBODY,
        ),
        shape(
            "1,000 directives on one field",
            format!("{{me{}{{id}}}}", "@include(if:true)".repeat(1_000)),
            NOT_VALID,
        ),
        shape(
            "5,000 directives on one field",
            format!("{{me{}{{id}}}}", "@include(if:true)".repeat(5_000)),
            TOO_COMPLEX,
        ),
        shape(
            "3,000 overlapping fields under abstract types",
            search(&"...on Artist{x:name}...on Album{x:title}...on Track{x:title}".repeat(330)),
            Outcome::Answered("/data/search/edges", || json!([])),
        ),
        shape(
            "9,000 overlapping fields under abstract types, each with others inside",
            search(&"...on Album{artist{name id}}...on Track{artist{name id}}".repeat(1_000)),
            Outcome::Answered("/data/search/edges", || json!([])),
        ),
        shape(
            "2,000 conditional fragments under abstract types",
            format!(
                "query($a:Boolean=true,$b:Boolean=false){}",
                search(
                    &"...on Album@include(if:$a){title}...on Track@skip(if:$b){title}".repeat(450)
                )
            ),
            Outcome::Answered("/data/search/edges", || json!([])),
        ),
        shape(
            "a document that breaks off again and again",
            "{me{id}".repeat(4_000),
            Outcome::Refused("GRAPHQL_PARSE_FAILED"),
        ),
    ]
}

fn numbered(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

/// Selection sets inside one another.
fn nested(levels: usize) -> String {
    format!("{}{}", "{a".repeat(levels), "}".repeat(levels))
}

fn doubling(on: &str, last: &str) -> String {
    format!(
        "{{me{{...F0}}}}{}fragment F30 on {on}{{{last}}}",
        numbered(30, |n| format!(
            "fragment F{n} on {on}{{...F{next} ...F{next}}}",
            next = n + 1
        ))
    )
}

fn chain(length: usize) -> String {
    let mut document = "{me{...F0}}".to_owned();
    for n in 0..length {
        let _ = write!(document, "fragment F{n} on User{{...F{}}}", n + 1);
    }
    let _ = write!(document, "fragment F{length} on User{{id}}");
    document
}

/// A search that finds nothing, with these fields for each thing it would find.
fn search(fields: &str) -> String {
    format!("{{search(query:\"zzzzzzzzzz\"){{edges{{node{{{fields}}}}}}}}}")
}

/// Sends an operation and judges what comes back.
async fn check(http: &reqwest::Client, endpoint: &str, shape: &Shape) {
    let name = shape.name;
    let sent = http
        .post(endpoint)
        .json(&json!({ "query": shape.document }))
        .send();
    let response = sent.await.unwrap_or_else(|error| panic!("{name}: {error}"));
    let body: Value = response.json().await.expect("GraphQL answers JSON");
    let shown: String = body.to_string().chars().take(600).collect();
    match shape.outcome {
        Outcome::Answered(place, expected) => {
            assert_eq!(body.get("errors"), None, "{name}: {shown}");
            assert_eq!(body.pointer(place), Some(&expected()), "{name}: {shown}");
        }
        Outcome::Refused(code) => {
            let error = &body["errors"][0];
            assert_eq!(error["extensions"]["code"], code, "{name}: {shown}");
            assert_eq!(body.get("data"), None, "{name}: {shown}");
            let message = error["message"].as_str().unwrap_or_default();
            assert!(
                (10..1_000).contains(&message.len()),
                "{name}: no clear message: {shown}"
            );
        }
    }
}

/// What the router's process has used so far: hundredths of a second, and its largest size in KiB.
/// None where the system does not tell in this way.
fn used(federation: &Federation) -> Option<(u64, u64)> {
    let process = federation.process_of("router").as_raw_nonzero();
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The process's name, in parentheses, may contain spaces.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let peak = peak.split_whitespace().next()?.parse().ok()?;
    Some((ticks(11)? + ticks(12)?, peak))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_operations_hurt_nobody_else() {
    let federation = Federation::start().await;
    let (http, endpoint) = (client(), federation.endpoint());
    // Alone first, so that what each costs can be told apart.
    for shape in &shapes() {
        let before = used(&federation);
        check(&http, &endpoint, shape).await;
        if let (Some(before), Some(after)) = (before, used(&federation)) {
            println!(
                "{:>5} ms CPU, {:>6} KiB at most so far, {:>7} bytes: {}",
                (after.0 - before.0) * 10,
                after.1,
                shape.document.len(),
                shape.name
            );
        }
    }
    // Then all at once and in turn, while somebody asks something sensible.
    let stop = Arc::new(AtomicBool::new(false));
    let served = Arc::new(AtomicUsize::new(0));
    let well_behaved = tokio::spawn({
        let (http, endpoint) = (http.clone(), endpoint.clone());
        let (stop, served) = (Arc::clone(&stop), Arc::clone(&served));
        async move {
            let query = json!({ "query": "{ tracks(first: 1) { edges { node { title } } } }" });
            while !stop.load(Ordering::Relaxed) {
                let response = http.post(&endpoint).json(&query).send().await;
                let body: Value = response
                    .expect("it is answered")
                    .json()
                    .await
                    .expect("JSON");
                let title = body.pointer("/data/tracks/edges/0/node/title");
                assert!(title.is_some_and(Value::is_string), "{body}");
                served.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    for _ in 0..3 {
        let before = served.load(Ordering::Relaxed);
        let at_once = shapes().into_iter().map(|shape| {
            let (http, endpoint) = (http.clone(), endpoint.clone());
            tokio::spawn(async move { check(&http, &endpoint, &shape).await })
        });
        for attack in at_once.collect::<Vec<_>>() {
            attack.await.expect("it is dealt with");
        }
        assert!(
            served.load(Ordering::Relaxed) > before,
            "nobody else was answered meanwhile"
        );
    }
    stop.store(true, Ordering::Relaxed);
    well_behaved.await.expect("it was always answered");
}
