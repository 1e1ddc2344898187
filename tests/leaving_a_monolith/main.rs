//! `docs/leaving-a-monolith.md`, step by step: its schemas are those of two services that run as processes behind a
//! router, and clients ask all the while. No answer may be wrong, and none may fail.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use clap::Parser as _;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use support::folder::Folder;
use support::http::client;
use support::page::block;
use support::service_process::{ServiceProcess, asked_to_serve};

#[path = "../pages/row_service.rs"]
mod row_service;
#[path = "../support/mod.rs"]
mod support;

const PAGE: &str = include_str!("../../docs/leaving-a-monolith.md");

/// Requests that are counted at a step.
const REQUESTS: u64 = 200;

/// So many percent of them at a share of 30. Of 200 requests the standard deviation is 3.2 percent, and those of
/// the other clients that are sent once for two of them shift it by as much: chance alone does not lead out of this.
const ABOUT_A_THIRD: RangeInclusive<u64> = 10..=50;
const NOBODY: RangeInclusive<u64> = 0..=0;
const EVERYBODY: RangeInclusive<u64> = 100..=100;

#[tokio::test]
async fn is_a_service_where_it_is_asked_to() {
    if let Some(arguments) = asked_to_serve() {
        row_service::run(row_service::Config::parse_from(arguments)).await;
    }
}

/// What both services hold once the data are copied.
fn tracks() -> Value {
    let track = |number: u32| json!({ "id": number.to_string(), "title": format!("Track {number}"), "playCount": number * 7 });
    json!((1..=5).map(track).collect::<Vec<_>>())
}

fn rows() -> Value {
    let tracks = tracks();
    let by_id: serde_json::Map<String, Value> = tracks
        .as_array()
        .expect("a list")
        .iter()
        .map(|track| {
            (
                track["id"].as_str().expect("an id").to_owned(),
                json!({ "id": track["id"] }),
            )
        })
        .collect();
    json!({
        "Query": {
            "track": { "by": { "id": by_id } },
            "tracks": tracks.as_array().expect("a list").iter().map(|it| json!({ "id": it["id"] })).collect::<Vec<_>>(),
            "mostPlayed": [{ "id": "5" }, { "id": "4" }],
        },
        "Track": tracks,
    })
}

/// What clients ask, and the only right answer.
fn questions() -> Vec<(&'static str, Value)> {
    let all = tracks();
    let (fourth, fifth) = (all[3].clone(), all[4].clone());
    vec![
        (
            "{ tracks { id title playCount } }",
            json!({ "tracks": all }),
        ),
        (
            "{ track(id: \"4\") { id title playCount } }",
            json!({ "track": fourth }),
        ),
        (
            "{ track(id: \"4\") { playCount } none: track(id: \"9\") { playCount } }",
            json!({ "track": { "playCount": fourth["playCount"] }, "none": null }),
        ),
        (
            "{ tracks { title } }",
            json!({ "tracks": all.as_array().expect("a list").iter()
            .map(|it| json!({ "title": it["title"] })).collect::<Vec<_>>() }),
        ),
        (
            "{ mostPlayed { id title playCount } }",
            json!({ "mostPlayed": [fifth, fourth] }),
        ),
    ]
}

/// A router over both services, and what describes them to it.
struct Move {
    folder: Folder,
    router: ServiceProcess,
    jukebox: ServiceProcess,
    plays: ServiceProcess,
}

async fn row_service(folder: &Folder, name: &str, sdl: &str) -> ServiceProcess {
    let (schema, rows_file) = (
        format!("services/{name}.graphql"),
        format!("services/{name}.json"),
    );
    folder.write(&schema, sdl);
    folder.write(&rows_file, &rows().to_string());
    let [schema, rows_file] = [schema, rows_file].map(|it| folder.file(&it).display().to_string());
    ServiceProcess::start(name, &["--sdl", &schema, "--rows", &rows_file]).await
}

impl Move {
    async fn begin() -> Self {
        let folder = Folder::new();
        let before = block(PAGE, "graphql jukebox");
        let jukebox = row_service(&folder, "jukebox", &before).await;
        // Its schema has other labels later, which make no difference to what it does.
        let plays = row_service(&folder, "plays", &block(PAGE, "graphql plays off")).await;
        folder.write("router.yaml", "override_labels: {}\n");
        describe(&folder, &[("jukebox", &jukebox, &before)]);
        let router = ServiceProcess::router(&folder).await;
        Move {
            folder,
            router,
            jukebox,
            plays,
        }
    }

    /// Deploys these schemas, and waits until the router has followed.
    async fn deploy(&self, jukebox: &str, plays: &str) {
        let before = self.reloads().await;
        describe(
            &self.folder,
            &[
                ("jukebox", &self.jukebox, jukebox),
                ("plays", &self.plays, plays),
            ],
        );
        self.reloaded_since(before).await;
    }

    async fn reloads(&self) -> (u64, u64) {
        let metrics = self.router.metrics().await;
        let count = |outcome: &str| metrics.sum("router_reloads_total", outcome);
        (count("done"), count("refused"))
    }

    async fn reloaded_since(&self, before: (u64, u64)) {
        for _ in 0..1_200 {
            let now = self.reloads().await;
            assert_eq!(now.1, before.1, "every step composes");
            if now.0 > before.0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the router does not follow");
    }

    /// How often each service was asked for the count while so many requests were answered.
    async fn who_answers(&self) -> (u64, u64) {
        let of = async |service: &ServiceProcess| {
            service.metrics().await.sum("asked_total", "\"playCount\"")
        };
        let before = (of(&self.jukebox).await, of(&self.plays).await);
        let http = client();
        // One after the other, for equal requests at the same time are sent once.
        for number in 0..REQUESTS {
            let (query, expected) = &questions()[usize::from(number % 2 == 0)];
            ask(&http, &self.router.endpoint(), query, expected)
                .await
                .expect("a right answer");
        }
        let after = (of(&self.jukebox).await, of(&self.plays).await);
        (after.0 - before.0, after.1 - before.1)
    }

    /// Asserts that so many percent of requests for the count go to the new service.
    async fn assert_share(&self, clients: &Clients, when: &str, share: RangeInclusive<u64>) {
        clients.have_begun_anew().await;
        let (jukebox, plays) = self.who_answers().await;
        let all = jukebox + plays;
        println!("{when}: of {all} requests {plays} went to the new service");
        assert!(all >= REQUESTS, "{when}: {all}");
        match (share.start(), share.end()) {
            (0, 0) => assert_eq!(plays, 0, "{when}"),
            (100, 100) => assert_eq!(jukebox, 0, "{when}"),
            _ => assert!(
                share.contains(&(plays * 100 / all)),
                "{when}: {plays} of {all}"
            ),
        }
    }
}

/// Writes the graph down: new schemas under new names first, then what names them.
fn describe(folder: &Folder, subgraphs: &[(&str, &ServiceProcess, &str)]) {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let mut config = "subgraphs:\n".to_owned();
    for (name, service, sdl) in subgraphs {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let file = format!("schema/{name}-{number}.graphql");
        folder.write(&file, sdl);
        config.push_str(&format!(
            "  {name}:\n    routing_url: {}\n    schema:\n      file: {file}\n",
            service.endpoint()
        ));
    }
    folder.write("supergraph.yaml", &config);
}

async fn ask(
    http: &reqwest::Client,
    url: &str,
    query: &str,
    expected: &Value,
) -> Result<(), String> {
    let answer = http.post(url).json(&json!({ "query": query })).send().await;
    let answer = answer.map_err(|error| format!("{query}: {error}"))?;
    let status = answer.status().as_u16();
    let answer: Value = answer
        .json()
        .await
        .map_err(|error| format!("{query}: {error}"))?;
    if status == 200 && answer == json!({ "data": expected }) {
        return Ok(());
    }
    Err(format!("{query}: {status} {answer}"))
}

/// Clients that ask without a pause until they are told to stop, and keep what was wrong.
struct Clients {
    stop: Arc<AtomicBool>,
    /// How many questions each has had answered.
    answered: Vec<Arc<AtomicU64>>,
    tasks: Vec<JoinHandle<Vec<String>>>,
}

impl Clients {
    /// Several clients, who do not ask for `mostPlayed` until the service that has it is there.
    fn begin(url: &str, has_joined: &Arc<AtomicBool>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let answered: Vec<Arc<AtomicU64>> = (0..2).map(|_| Arc::default()).collect();
        let tasks = answered.iter().map(|answered| {
            let (stop, answered, has_joined) = (
                Arc::clone(&stop),
                Arc::clone(answered),
                Arc::clone(has_joined),
            );
            let url = url.to_owned();
            tokio::spawn(async move {
                let (http, questions) = (client(), questions());
                let mut wrong = Vec::new();
                while !stop.load(Ordering::Relaxed) && wrong.len() < 10 {
                    let known = questions.len() - usize::from(!has_joined.load(Ordering::Relaxed));
                    let number = answered.fetch_add(1, Ordering::Relaxed);
                    let turn = usize::try_from(number).expect("a small number") % known;
                    let (query, expected) = &questions[turn];
                    wrong.extend(ask(&http, &url, query, expected).await.err());
                    // The machine is not theirs alone.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                wrong
            })
        });
        Clients {
            tasks: tasks.collect(),
            stop,
            answered,
        }
    }

    /// Waits until whatever they ask is asked of the graph that is served now.
    async fn have_begun_anew(&self) {
        for answered in &self.answered {
            let before = answered.load(Ordering::Relaxed);
            for _ in 0..1_200 {
                if answered.load(Ordering::Relaxed) > before + 1 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }

    /// How many questions they asked, and what was wrong with the answers.
    async fn end(self) -> (u64, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        let mut wrong = Vec::new();
        for task in self.tasks {
            wrong.extend(task.await.expect("no panic"));
        }
        let asked = self.answered.iter().map(|it| it.load(Ordering::Relaxed));
        (asked.sum(), wrong)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_field_moves_and_no_client_notices() {
    let mut all = Move::begin().await;
    let has_joined = Arc::new(AtomicBool::new(false));
    let clients = Clients::begin(&all.router.endpoint(), &has_joined);
    let jukebox = block(PAGE, "graphql jukebox");
    let [off, some] = ["off", "some"].map(|step| block(PAGE, &format!("graphql plays {step}")));

    all.deploy(&jukebox, &off).await;
    has_joined.store(true, Ordering::Relaxed);
    all.assert_share(&clients, "at 0 percent", NOBODY).await;

    all.deploy(&jukebox, &some).await;
    all.assert_share(&clients, "at 30 percent", ABOUT_A_THIRD)
        .await;

    // Back again, for something did not please.
    all.deploy(&jukebox, &off).await;
    all.assert_share(&clients, "back at 0 percent", NOBODY)
        .await;

    // The same by a name, whose share the router's configuration has.
    let named = off.replace("percent(0)", "plays-count");
    assert_ne!(named, off);
    all.deploy(&jukebox, &named).await;
    all.assert_share(&clients, "under a name of which nothing is said", NOBODY)
        .await;
    let before = all.reloads().await;
    all.folder
        .write("router.yaml", &block(PAGE, "yaml override_labels"));
    all.reloaded_since(before).await;
    all.assert_share(&clients, "under a name with a share of 30", ABOUT_A_THIRD)
        .await;
    // The configuration goes before what a label says of itself.
    all.deploy(&jukebox, &some).await;
    let before = all.reloads().await;
    all.folder.write(
        "router.yaml",
        "override_labels: { \"percent(30)\": false }\n",
    );
    all.reloaded_since(before).await;
    all.assert_share(&clients, "stopped by the configuration", NOBODY)
        .await;

    all.deploy(&jukebox, &some.replace("percent(30)", "percent(100)"))
        .await;
    all.assert_share(&clients, "at 100 percent", EVERYBODY)
        .await;

    let whole = block(PAGE, "graphql plays all");
    all.deploy(&jukebox, &whole).await;
    all.assert_share(&clients, "without a label", EVERYBODY)
        .await;

    // The old service without the field takes the place of the one that has it.
    let after = block(PAGE, "graphql jukebox after");
    let old = std::mem::replace(
        &mut all.jukebox,
        row_service(&all.folder, "slimmer", &after).await,
    );
    all.deploy(&after, &whole).await;
    clients.have_begun_anew().await;
    old.stop().await;
    all.assert_share(&clients, "once it is gone from the old service", EVERYBODY)
        .await;

    all.deploy(&after, &block(PAGE, "graphql plays after"))
        .await;
    all.assert_share(&clients, "without the directive", EVERYBODY)
        .await;

    let (asked, wrong) = clients.end().await;
    assert_eq!(wrong, Vec::<String>::new(), "of {asked} answers");
    assert!(asked > 500, "the clients asked {asked} times only");
    println!("{asked} answers meanwhile, all of them right");
}

/// The codes of the hints that composing these has.
fn hints(jukebox: &str, plays: &str) -> Vec<String> {
    let subgraphs = [("jukebox", jukebox), ("plays", plays)].map(|(name, sdl)| {
        subgraph::Subgraph::parse(name, "http://127.0.0.1/graphql", sdl)
            .unwrap_or_else(|problems| panic!("{name}: {problems:?}"))
    });
    let composition = composition::compose(&subgraphs);
    assert!(
        composition.supergraph.is_some(),
        "{:?}",
        composition.problems
    );
    let codes = composition
        .problems
        .iter()
        .map(|problem| problem.code.to_string());
    codes.collect()
}

#[test]
fn composition_tells_at_each_step_what_the_page_says() {
    let part = |head: &str| block(PAGE, &format!("graphql {head}"));
    for (jukebox, plays, hint) in [
        ("jukebox", "plays off", "OVERRIDE_MIGRATION_IN_PROGRESS"),
        ("jukebox", "plays some", "OVERRIDE_MIGRATION_IN_PROGRESS"),
        ("jukebox", "plays all", "OVERRIDDEN_FIELD_CAN_BE_REMOVED"),
        (
            "jukebox after",
            "plays all",
            "OVERRIDE_DIRECTIVE_CAN_BE_REMOVED",
        ),
    ] {
        assert_eq!(
            hints(&part(jukebox), &part(plays)),
            [hint],
            "{jukebox}, {plays}"
        );
        assert!(PAGE.contains(&format!("`{hint}`")), "{hint}");
    }
    assert_eq!(
        hints(&part("jukebox after"), &part("plays after")),
        Vec::<String>::new()
    );
}
