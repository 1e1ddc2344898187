//! Starts the service over a filled database as a process of its own, and asks it.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::Instant;

use crate::fill::user_id;
use crate::world::{Chance, World, word};

/// Where the service listens.
const LISTEN: &str = "127.0.0.1:4093";

/// Requests of each kind; fewer of those that take so long that [`PATIENCE`] ends before.
const REQUESTS: usize = 3_000;

/// How long requests of one kind are sent.
const PATIENCE: Duration = Duration::from_secs(60);

const FAVOURITES: &str = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { \
    favouriteCount favourites(first: 20) { edges { note node { title artist { name } } } pageInfo { endCursor } } } } }";

const SEARCH: &str = "query ($query: String!) { search(query: $query) { \
    edges { node { ... on Artist { name } ... on Album { title } ... on Track { title artist { name } } } } \
    facets { genres { genre count } decades { decade count } } } }";

const TRACKS: &str = "query ($genre: String!) { tracks(first: 20, filter: { genre: $genre }, \
    orderBy: { field: FAVOURITE_COUNT, direction: DESC }) { edges { node { title } } } }";

const LOVERS: &str = "query ($id: ID!) { track(id: $id) { favouriteCount \
    favouritedBy(first: 20) { edges { favouritedAt } } } }";

const CHART: &str = "query ($country: String) { \
    chart(country: $country) { entries { place lovedBy track { title artist { name } } } } }";

const RECOMMENDATIONS: &str = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { \
    recommendations(first: 20) { title artist { name } } } } }";

struct Service {
    client: reqwest::Client,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    Users,
    Searches,
    Lists,
}

/// Measures these parts.
pub(crate) async fn measure(database: &str, world: &World, parts: &[Part]) -> anyhow::Result<()> {
    // Installed for the client; a second time is no error to us.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut process = Command::new(std::env::current_exe()?)
        .args(["serve", "--listen", LISTEN, "--log", "error"])
        .args(["--database-url", database])
        // Nobody signs in here.
        .args(["--jwks-url", "http://127.0.0.1:9/"])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let pid = process.id().context("the service runs")?;
    let service = Service {
        client: reqwest::Client::new(),
    };
    service.wait_until_ready().await?;
    println!("memory before: {} MiB", memory(pid)? / 1024);
    println!("| what | requests | p50 | p99 | longest | statements |\n|---|---|---|---|---|---|");
    for part in parts {
        match part {
            Part::Users => ask_for_users(&service, world).await?,
            Part::Searches => ask_for_searches(&service, world).await?,
            Part::Lists => ask_for_lists(&service, world).await?,
        }
    }
    println!("memory at most: {} MiB", memory(pid)? / 1024);
    process.kill().await?;
    Ok(())
}

async fn ask_for_users(service: &Service, world: &World) -> anyhow::Result<()> {
    let mut chance = Chance::new(1, 1);
    service
        .time(
            "a user with the first 20 favourites",
            FAVOURITES,
            || json!({ "of": [user(chance.below(world.users))] }),
        )
        .await?;
    let mut chance = Chance::new(2, 1);
    service
        .time(
            "20 users with the first 20 favourites each",
            FAVOURITES,
            || {
                let users: Vec<Value> = (0..20).map(|_| user(chance.below(world.users))).collect();
                json!({ "of": users })
            },
        )
        .await?;
    for count in [1, 20] {
        let mut chance = Chance::new(9, count);
        service
            .time(
                &format!("recommendations for {count}"),
                RECOMMENDATIONS,
                || {
                    let users: Vec<Value> = (0..count)
                        .map(|_| user(chance.below(world.users)))
                        .collect();
                    json!({ "of": users })
                },
            )
            .await?;
    }
    Ok(())
}

async fn ask_for_searches(service: &Service, world: &World) -> anyhow::Result<()> {
    let mut chance = Chance::new(3, 1);
    service
        .time(
            "search for words of a title, and the beginning of one",
            SEARCH,
            || {
                let title = world.track_title(chance.below(world.tracks));
                let shortened = (title.len() as u64).saturating_sub(chance.below(4));
                json!({ "query": beginning(&title, shortened.max(2)) })
            },
        )
        .await?;
    let mut chance = Chance::new(4, 1);
    service
        .time(
            "search for one word, the frequent ones most",
            SEARCH,
            || json!({ "query": word(chance.skewed(40_000)) }),
        )
        .await?;
    let mut chance = Chance::new(5, 1);
    service
        .time(
            "search for the first letter or two of a word",
            SEARCH,
            || {
                let word = word(chance.skewed(40_000));
                json!({ "query": beginning(&word, 1 + chance.below(2)) })
            },
        )
        .await?;
    let mut chance = Chance::new(6, 1);
    service
        .time(
            "search for an artist, with two letters swapped",
            SEARCH,
            || {
                let mut name = world.artist_name(chance.below(world.artists)).into_bytes();
                name.swap(2, 3);
                json!({ "query": String::from_utf8_lossy(&name) })
            },
        )
        .await?;
    Ok(())
}

async fn ask_for_lists(service: &Service, world: &World) -> anyhow::Result<()> {
    let mut chance = Chance::new(10, 1);
    service
        .time(
            "the chart of everywhere or of a country",
            CHART,
            || match chance.below(3) {
                0 => json!({}),
                _ => json!({ "country": world.country(chance.next()) }),
            },
        )
        .await?;
    let mut chance = Chance::new(7, 1);
    service
        .time(
            "the most loved tracks of a genre",
            TRACKS,
            || json!({ "genre": world.genres(chance.below(world.artists))[0] }),
        )
        .await?;
    let mut chance = Chance::new(8, 1);
    service
        .time(
            "a track with the first 20 who love it",
            LOVERS,
            || json!({ "id": format!("t{}", chance.skewed(world.tracks)) }),
        )
        .await
}

/// So many letters, or as many as there are.
fn beginning(text: &str, letters: u64) -> String {
    let letters = usize::try_from(letters).unwrap_or(usize::MAX);
    text.chars().take(letters).collect()
}

fn user(number: u64) -> Value {
    json!({ "__typename": "User", "id": user_id(number), "country": "SE" })
}

impl Service {
    async fn wait_until_ready(&self) -> anyhow::Result<()> {
        for _ in 0..600 {
            let ready = self
                .client
                .get(format!("http://{LISTEN}/health?ready"))
                .send();
            if ready.await.is_ok_and(|it| it.status().is_success()) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bail!("the service is not ready")
    }

    /// Times requests one after the other, as the client sees them, warm.
    async fn time(
        &self,
        what: &str,
        query: &str,
        mut variables: impl FnMut() -> Value,
    ) -> anyhow::Result<()> {
        let warm = Instant::now() + PATIENCE / 5;
        for _ in 0..REQUESTS / 5 {
            if Instant::now() > warm {
                break;
            }
            self.ask(query, variables()).await?;
        }
        let before = self.statements().await?;
        let mut times = Vec::new();
        let end = Instant::now() + PATIENCE;
        while times.len() < REQUESTS && Instant::now() < end {
            let variables = variables();
            let began = Instant::now();
            self.ask(query, variables).await?;
            times.push(began.elapsed());
        }
        let statements = (self.statements().await? - before) as f64 / times.len() as f64;
        times.sort_unstable();
        let at = |share: usize| {
            let place = (times.len() * share / 100).min(times.len() - 1);
            format!("{:.1} ms", times[place].as_secs_f64() * 1000.0)
        };
        println!(
            "| {what} | {} | {} | {} | {} | {statements:.1} |",
            times.len(),
            at(50),
            at(99),
            at(100)
        );
        Ok(())
    }

    async fn ask(&self, query: &str, variables: Value) -> anyhow::Result<()> {
        let question = json!({ "query": query, "variables": variables });
        let url = format!("http://{LISTEN}/graphql");
        let answer = self.client.post(url).json(&question).send().await?;
        let answer = answer.text().await?;
        ensure!(!answer.contains("\"errors\":"), "{variables}: {answer}");
        Ok(())
    }

    /// SQL statements that the service has sent so far.
    async fn statements(&self) -> anyhow::Result<u64> {
        let metrics = self.client.get(format!("http://{LISTEN}/metrics")).send();
        let metrics = metrics.await?.text().await?;
        let line = metrics
            .lines()
            .find(|it| it.starts_with("sql_statements_total"));
        let count = line.and_then(|it| it.rsplit(' ').next());
        Ok(count.context("statements are counted")?.parse()?)
    }
}

/// The most memory that a process ever had, in KiB.
fn memory(pid: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kib.context("the status tells it")?.parse()?)
}
