//! Fills a database with accounts, and measures a running service.
//!
//! ```sh
//! cargo run --profile profiling -p users --example load -- fill sqlite://users.sqlite 1000000
//! cargo run --profile profiling -p users --example load -- measure http://127.0.0.1:4001 1000000
//! SIGN_IN_LIMIT_PER_ACCOUNT=1000000/1s cargo run --profile profiling -p users &
//! cargo run --profile profiling -p users --example load -- guess http://127.0.0.1:4001 1000
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail};
use async_graphql::connection::CursorType as _;
use kit::database::Database;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tokio::time::Instant;

/// Rows in one statement.
const ROWS: u64 = 1_000;

/// Requests of each kind.
const REQUESTS: u64 = 5_000;

/// When the first account was created, in milliseconds; the others follow, 250 ms apart.
const BEGIN: u64 = 1_700_000_000_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["fill", database, count] => fill(database, count.parse()?).await,
        ["measure", service, count] => measure(service, count.parse()?).await,
        ["guess", service, count] => guess(service, count.parse()?).await,
        _ => bail!(
            "usage: load fill DATABASE_URL COUNT | load measure SERVICE_URL COUNT | load guess SERVICE_URL COUNT"
        ),
    }
}

/// Accounts without passwords, `load0000001` and so on, with ids that tell their number.
async fn fill(url: &str, count: u64) -> anyhow::Result<()> {
    let database = Database::connect(url).await?;
    database.migrate::<users::migration::Migrator>().await?;
    let mut number = 0;
    while number < count {
        let until = (number + ROWS).min(count);
        let rows: Vec<String> = (number..until)
            .map(|n| {
                format!(
                    "('{}', 'load{n:07}', 'load{n:07}@example.org', '', 'Load {n}', 'user', {}, 'load{n:07}')",
                    id(n),
                    BEGIN + n * 250
                )
            })
            .collect();
        let insert = format!(
            "INSERT INTO account (id, username, email, password_hash, display_name, roles, created_at, username_skeleton) VALUES {} ON CONFLICT DO NOTHING",
            rows.join(",")
        );
        database.connection().execute_unprepared(&insert).await?;
        number = until;
    }
    database.connection().execute_unprepared("ANALYZE").await?;
    println!("{count} accounts");
    Ok(())
}

/// An id that is spread like a random one, so that looking accounts up touches all of the index.
fn id(number: u64) -> String {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    format!("{mixed:016x}{number:016x}")
}

#[derive(Clone)]
struct Service {
    client: reqwest::Client,
    url: String,
}

impl Service {
    async fn ask(
        &self,
        token: Option<&str>,
        query: &str,
        variables: Value,
    ) -> anyhow::Result<Value> {
        let mut request = self
            .client
            .post(format!("{}/graphql", self.url))
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer: Value = request.send().await?.json().await?;
        if answer.get("errors").is_some() {
            bail!("{answer}");
        }
        Ok(answer)
    }
}

/// The password of the account that measures.
const PASSWORD: &str = "correct horse battery";

/// A new account at this service, with its access token.
async fn register(url: &str) -> anyhow::Result<(Service, String, String)> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let service = Service {
        client: reqwest::Client::new(),
        url: url.to_owned(),
    };
    let name = format!("m{}", number());
    let register = "mutation ($input: RegisterInput!) { register(input: $input) { accessToken } }";
    let input = json!({ "input": { "username": name, "email": format!("{name}@example.org"), "password": PASSWORD } });
    let answer = service.ask(None, register, input).await?;
    let token = answer["data"]["register"]["accessToken"]
        .as_str()
        .context("a token")?;
    Ok((service, name, token.to_owned()))
}

const SIGN_IN: &str = "mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }";

/// Whether the time of an answer tells an unknown user from a wrong password: so many of both, in
/// turn, and how often the unknown user took longer. If it tells nothing, that is half of the pairs.
async fn guess(url: &str, count: usize) -> anyhow::Result<()> {
    let (service, name, _) = register(url).await?;
    let mut unknown = Vec::new();
    let mut wrong = Vec::new();
    for turn in 0..count * 2 {
        let is_unknown = turn % 2 == 0;
        let login = if is_unknown {
            format!("u{}", number())
        } else {
            name.clone()
        };
        let input = json!({ "input": { "username": login, "password": "wrong horse battery" } });
        let began = Instant::now();
        let Err(refusal) = service.ask(None, SIGN_IN, input).await else {
            bail!("a wrong password was right");
        };
        let took = began.elapsed();
        if !refusal.to_string().contains("UNAUTHENTICATED") {
            bail!("{refusal}");
        }
        if is_unknown { &mut unknown } else { &mut wrong }.push(took);
    }
    wrong.sort_unstable();
    unknown.sort_unstable();
    let shorter: usize = unknown
        .iter()
        .map(|it| wrong.partition_point(|other| other < it))
        .sum();
    let median = |times: &[Duration]| times.get(times.len() / 2).copied().unwrap_or_default();
    let pairs = (count * count) as f64;
    println!(
        "median {:.2?} for an unknown user and {:.2?} for a wrong password; the unknown user took longer in {:.1} % of the pairs, where chance alone gives 50 ± {:.1}",
        median(&unknown),
        median(&wrong),
        100.0 * shorter as f64 / pairs,
        // Twice the standard error when both are one distribution (Mann and Whitney).
        200.0 * ((2 * count + 1) as f64 / (12.0 * pairs)).sqrt(),
    );
    Ok(())
}

async fn measure(url: &str, count: u64) -> anyhow::Result<()> {
    let (service, name, token) = register(url).await?;
    let token = token.as_str();

    println!("| request | p50 | p99 | max |\n|---|---|---|---|");
    let user = "query ($id: ID!) { user(id: $id) { username displayName } }";
    time("`user(id)`", async |_| {
        let variables = json!({ "id": id(number() % count) });
        service.ask(None, user, variables).await
    })
    .await?;
    let list = "query ($after: String) { users(first: 20, after: $after) { edges { node { username } } pageInfo { endCursor } } }";
    time("`users(first: 20)` anywhere", async |_| {
        let number = number() % count;
        let variables = json!({ "after": cursor(number) });
        service.ask(None, list, variables).await
    })
    .await?;
    time("the smallest query, anonymous", async |_| {
        service.ask(None, "{ __typename }", json!({})).await
    })
    .await?;
    time("the same with a token to verify", async |_| {
        service.ask(Some(token), "{ __typename }", json!({})).await
    })
    .await?;
    beside_sign_ins(&service, &name, count).await
}

/// How long looking users up takes while as many as possible sign in.
async fn beside_sign_ins(service: &Service, name: &str, count: u64) -> anyhow::Result<()> {
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicU64::new(0));
    let mut people = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (service, stop, done) = (service.clone(), stop.clone(), done.clone());
        let input = json!({ "input": { "username": name, "password": PASSWORD } });
        people.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                if service.ask(None, SIGN_IN, input.clone()).await.is_ok() {
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
        });
    }
    let began = Instant::now();
    let user = "query ($id: ID!) { user(id: $id) { username displayName } }";
    time("`user(id)` beside 16 who sign in", async |_| {
        let variables = json!({ "id": id(number() % count) });
        service.ask(None, user, variables).await
    })
    .await?;
    stop.store(true, Ordering::Relaxed);
    let (done, seconds) = (done.load(Ordering::Relaxed), began.elapsed().as_secs_f64());
    while people.join_next().await.is_some() {}
    println!("\n{done} sign-ins in {seconds:.1} s");
    Ok(())
}

/// Times requests one after the other, as the client sees them, warm.
async fn time(
    what: &str,
    mut request: impl AsyncFnMut(u64) -> anyhow::Result<Value>,
) -> anyhow::Result<()> {
    for turn in 0..REQUESTS / 5 {
        request(turn).await?;
    }
    let mut times = Vec::new();
    for turn in 0..REQUESTS {
        let began = Instant::now();
        request(turn).await?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| {
        times
            .get(times.len() * share / 100)
            .copied()
            .unwrap_or_default()
    };
    let ms = |time: Duration| format!("{:.2} ms", time.as_secs_f64() * 1000.0);
    let longest = times.last().copied().unwrap_or_default();
    println!(
        "| {what} | {} | {} | {} |",
        ms(at(50)),
        ms(at(99)),
        ms(longest)
    );
    Ok(())
}

/// The cursor of an account in the list, as the service writes it.
fn cursor(number: u64) -> Option<String> {
    let key = (BEGIN + number * 250, id(number));
    let cursor = kit::relay::Cursor::new(users::store::USERS_ORDER, &key);
    cursor.ok().map(|cursor| cursor.encode_cursor())
}

fn number() -> u64 {
    users::security::random::bytes::<8>().map_or(0, u64::from_le_bytes)
}
