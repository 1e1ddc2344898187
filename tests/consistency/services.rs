//! Users and music as processes of their own, which can be killed and started again where they were.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::books::Books;
use crate::nats::NatsServer;
use crate::support::databases::Databases;
use crate::support::federation::Ports;
use crate::support::http::client;
use crate::support::metrics::Metrics;
use crate::support::service_process::ServiceProcess;

const TOKEN: &str = "a-token-for-facts";

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Both services, running or not.
pub(crate) struct Services {
    pub(crate) users: Service,
    pub(crate) music: Service,
}

/// One service, always at the same place.
pub(crate) struct Service {
    name: &'static str,
    flags: Vec<String>,
    port: u16,
    url: String,
    running: Option<ServiceProcess>,
}

impl Services {
    /// Both, not yet started.
    pub(crate) fn new(folder: &TempDir, databases: &Databases, nats: Option<&NatsServer>) -> Self {
        let ports = Ports::free();
        let users = format!("http://127.0.0.1:{}", ports.users);
        let jwks = format!("{users}/.well-known/jwks.json");
        let common = |name: &'static str, port: u16, flags: &[&str]| {
            let folder = folder.path().display().to_string();
            let listen = format!("127.0.0.1:{port}");
            let mut all = vec!["--data-dir", &folder, "--listen", &listen, "--log", "warn"];
            all.extend(flags);
            let mut all: Vec<String> = all.into_iter().map(str::to_owned).collect();
            if let Some(url) = databases.url_of(name) {
                all.extend(["--database-url".to_owned(), url]);
            }
            if let Some(nats) = nats {
                all.extend(["--nats-url".to_owned(), nats.url()]);
            }
            all
        };
        let limit = ["--registration-limit-per-address", "1000000/1h"];
        let mut for_users = vec!["--demo", "--facts-tokens", TOKEN];
        for_users.extend(limit);
        let for_music = [
            "--demo",
            "--users-url",
            &users,
            "--jwks-url",
            &jwks,
            "--facts-token",
            TOKEN,
        ];
        Services {
            users: Service::new(
                "users",
                ports.users,
                common("users", ports.users, &for_users),
            ),
            music: Service::new(
                "music",
                ports.music,
                common("music", ports.music, &for_music),
            ),
        }
    }

    /// Starts both.
    pub(crate) async fn start(&mut self) {
        self.users.start().await;
        self.music.start().await;
    }

    pub(crate) async fn stop(&mut self) {
        self.music.kill().await;
        self.users.kill().await;
    }

    /// Waits until music has acted upon all facts that there are now, as it says itself.
    pub(crate) async fn agree(&self) {
        let (newest, _) = self.feed().await;
        let position = async || -> u64 { self.music.metrics().await.sum("facts_position", "") };
        comes_to(position, newest).await;
    }

    /// Waits until all facts that there are now have been acted upon, by whomever.
    pub(crate) async fn agree_with(&self, books: &Books) {
        let (newest, _) = self.feed().await;
        let position = async || -> u64 {
            let rows = books.rows("SELECT position FROM facts_cursor").await;
            rows[0][0].parse().expect("digits")
        };
        comes_to(position, newest).await;
    }

    /// How many facts there are.
    pub(crate) async fn facts(&self) -> u64 {
        self.feed().await.1
    }

    /// The place of the last fact, and how many there are.
    async fn feed(&self) -> (u64, u64) {
        let (mut newest, mut count) = (0, 0);
        loop {
            let url = format!("{}/facts?limit=1000&after={newest}", self.users.url);
            let answer = client().get(url).bearer_auth(TOKEN).send().await;
            let page: Value = answer.expect("users answers").json().await.expect("JSON");
            let next = page["next"].as_str().expect("a cursor");
            newest = next.parse().expect("digits");
            count += page["facts"].as_array().expect("facts").len() as u64;
            if page["more"] == json!(false) {
                return (newest, count);
            }
        }
    }
}

async fn comes_to(position: impl AsyncFn() -> u64, newest: u64) {
    let end = tokio::time::Instant::now() + PATIENCE;
    while position().await < newest {
        assert!(
            tokio::time::Instant::now() < end,
            "not all facts are acted upon: it should come to {newest}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

impl Service {
    fn new(name: &'static str, port: u16, flags: Vec<String>) -> Self {
        Service {
            name,
            flags,
            port,
            url: format!("http://127.0.0.1:{port}"),
            running: None,
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Another replica, not yet started.
    pub(crate) fn replica(&self) -> Self {
        let port = Ports::free().music;
        let old_address = format!("127.0.0.1:{}", self.port);
        let address = format!("127.0.0.1:{port}");
        let flags = self.flags.iter().map(|flag| {
            if *flag == old_address {
                address.clone()
            } else {
                flag.clone()
            }
        });
        Service::new(self.name, port, flags.collect())
    }

    /// Starts it, and waits until it is ready.
    pub(crate) async fn start(&mut self) {
        let mut command = self.command(&[]);
        command.stdout(Stdio::null());
        self.running = Some(ServiceProcess::run(command, self.port, self.name).await);
    }

    /// Kills it, as `kill -9` does.
    pub(crate) async fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// Runs it with a command, beside the one that serves; what it prints.
    pub(crate) async fn run(&self, command: &str) -> String {
        let output = self.command(&[command]).stdin(Stdio::piped()).spawn();
        let mut process = output.expect("it runs");
        // Open for as long as it runs.
        let input = process.stdin.take();
        let output = process.wait_with_output().await.expect("it ends");
        drop(input);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_musicwallet"));
        command
            .args(["service", self.name])
            .args(&self.flags)
            .args(more)
            .env_clear()
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        command
    }

    pub(crate) async fn metrics(&self) -> Metrics {
        Metrics::read(&format!("{}/metrics", self.url)).await
    }

    /// The answer to a question, or nothing when the service is gone.
    pub(crate) async fn ask(
        &self,
        http: &reqwest::Client,
        token: Option<&str>,
        query: &str,
        variables: Value,
    ) -> Option<Value> {
        ask(http, &self.url, token, query, variables).await
    }
}

/// The answer to a question, or nothing when the service is gone.
pub(crate) async fn ask(
    http: &reqwest::Client,
    url: &str,
    token: Option<&str>,
    query: &str,
    variables: Value,
) -> Option<Value> {
    let mut request = http
        .post(format!("{url}/graphql"))
        .json(&json!({ "query": query, "variables": variables }));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.ok()?.json().await.ok()
}
