//! What the cases share: a running service, callers, and questions to it.

use std::time::Duration;

use clap::Parser;
use music::Config;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) mod databases;
pub(crate) mod keys;
pub(crate) mod listening;
pub(crate) mod neighbour;

use databases::TestDatabase;
use keys::KeySetServer;

/// Runs a case over each database at hand, with the demo data in it.
pub(crate) async fn on_each_database(case: impl AsyncFn(&Music)) {
    for database in databases::at_hand().await {
        let music = Music::start(database).await;
        case(&music).await;
        music.stop().await;
    }
}

/// A running service.
pub(crate) struct Music {
    url: String,
    client: reqwest::Client,
    keys: KeySetServer,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<anyhow::Result<()>>,
    database: TestDatabase,
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum As<'a> {
    Nobody,
    User(&'a str),
    Curator(&'a str),
    Admin(&'a str),
    /// Whoever this token says.
    Bearer(&'a str),
}

impl Music {
    pub(crate) async fn start(database: TestDatabase) -> Self {
        Music::start_with(database, &[]).await
    }

    /// Starts with these flags too.
    pub(crate) async fn start_with(database: TestDatabase, flags: &[&str]) -> Self {
        // Fails when another case was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let keys = KeySetServer::start().await;
        let usual = [
            "music",
            "--demo",
            "--database-url",
            database.url(),
            "--jwks-url",
            keys.url(),
        ];
        let config =
            Config::try_parse_from(usual.iter().chain(flags)).expect("the flags are known");
        let listener = kit::server::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("bound"));
        let (stop, stopped) = oneshot::channel::<()>();
        let shutdown = async { drop(stopped.await) };
        let ended = tokio::spawn(music::serve(config, listener, shutdown));
        let music = Music {
            url,
            client: reqwest::Client::new(),
            keys,
            stop,
            ended,
            database,
        };
        music.wait_until_ready().await;
        music
    }

    async fn wait_until_ready(&self) {
        for _ in 0..600 {
            assert!(
                !self.ended.is_finished(),
                "the service ended before it was ready"
            );
            let answer = self.client.get(format!("{}/health?ready", self.url)).send();
            // Until it serves, connections wait in the listener's queue.
            if tokio::time::timeout(Duration::from_millis(500), answer)
                .await
                .is_ok_and(|answer| answer.is_ok_and(|it| it.status().is_success()))
            {
                return;
            }
        }
        panic!("the service is not ready");
    }

    pub(crate) async fn stop(self) {
        self.stop
            .send(())
            .expect("the service runs until it is told to stop");
        self.ended.await.expect("no panic").expect("an orderly end");
        self.database.drop().await;
    }

    /// Asks with variables; the whole answer.
    pub(crate) async fn ask(&self, caller: As<'_>, query: &str, variables: Value) -> Value {
        let mut request = self
            .client
            .post(format!("{}/graphql", self.url))
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = self.token_of(caller) {
            request = request.bearer_auth(token);
        }
        request
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("JSON")
    }

    pub(crate) fn token_of(&self, caller: As<'_>) -> Option<String> {
        match caller {
            As::Nobody => None,
            As::User(id) => Some(self.keys.token(id, &["user"])),
            As::Curator(id) => Some(self.keys.token(id, &["user", "curator"])),
            As::Admin(id) => Some(self.keys.token(id, &["user", "admin"])),
            As::Bearer(token) => Some(token.to_owned()),
        }
    }

    /// Asks what must succeed; the data.
    pub(crate) async fn data(&self, caller: As<'_>, query: &str, variables: Value) -> Value {
        let mut answer = self.ask(caller, query, variables).await;
        assert_eq!(answer.get("errors"), None, "{query}");
        answer["data"].take()
    }

    /// Asks what must fail; the only error as `CODE argument: message`.
    pub(crate) async fn refusal(&self, caller: As<'_>, query: &str, variables: Value) -> String {
        let answer = self.ask(caller, query, variables).await;
        let errors = answer["errors"].as_array().cloned().unwrap_or_default();
        assert_eq!(errors.len(), 1, "{query} was answered with {answer}");
        let extensions = &errors[0]["extensions"];
        let code = extensions["code"].as_str().unwrap_or("no code");
        let argument = extensions["argument"].as_str().unwrap_or("-");
        format!(
            "{code} {argument}: {}",
            errors[0]["message"].as_str().unwrap_or_default()
        )
    }

    /// Posts an empty query with this `Authorization` header; status and error code.
    pub(crate) async fn status_with(&self, authorization: &str) -> (u16, Value) {
        let answer = self
            .client
            .post(format!("{}/graphql", self.url))
            .header("authorization", authorization)
            .json(&json!({ "query": "{ __typename }" }))
            .send()
            .await
            .expect("an answer");
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.expect("JSON");
        (status, body["errors"][0]["extensions"]["code"].clone())
    }

    /// Whether there can be several on this database.
    pub(crate) fn takes_replicas(&self) -> bool {
        self.database.takes_replicas()
    }

    /// Another replica on the same database, where that takes several.
    pub(crate) async fn replica(&self) -> Option<Music> {
        if !self.takes_replicas() {
            return None;
        }
        Some(Music::start(self.database.borrowed()).await)
    }

    /// The database's URL.
    pub(crate) fn database_url(&self) -> &str {
        self.database.url()
    }

    /// Where the service is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// A request to the service, by this caller.
    pub(crate) fn post(&self, caller: As<'_>, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.url));
        match self.token_of(caller) {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// A request for something, by this caller.
    pub(crate) fn get(&self, caller: As<'_>, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.get(format!("{}{path}", self.url));
        match self.token_of(caller) {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// What the service says that this number is now.
    pub(crate) async fn metric(&self, name: &str) -> u64 {
        let url = format!("{}/metrics", self.url);
        let text = self.client.get(url).send().await.expect("metrics");
        let text = text.text().await.expect("text");
        let line = text.lines().find(|it| it.starts_with(&format!("{name}{{")));
        let value = line.expect("it is counted").rsplit(' ').next();
        value.expect("a value").parse().expect("a number")
    }

    /// Waits until the service says that this number is so much.
    pub(crate) async fn comes_to(&self, name: &str, value: u64) {
        for _ in 0..800 {
            if self.metric(name).await == value {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{name} is {} and not {value}", self.metric(name).await);
    }

    /// The keys that sign the tokens this service accepts.
    pub(crate) fn keys(&self) -> &KeySetServer {
        &self.keys
    }

    /// SQL statements sent since the start, as the service counts them itself.
    pub(crate) async fn statements(&self) -> u64 {
        let text = self
            .client
            .get(format!("{}/metrics", self.url))
            .send()
            .await;
        let text = text.expect("metrics").text().await.expect("text");
        let line = text
            .lines()
            .find(|line| line.starts_with("sql_statements_total"))
            .expect("statements are counted");
        let count = line.rsplit(' ').next().expect("a value");
        count.parse().expect("a number")
    }

    /// SQL statements that one successful question costs, and its answer.
    pub(crate) async fn cost(&self, query: &str, variables: Value) -> (u64, Value) {
        let before = self.statements().await;
        let data = self.data(As::Nobody, query, variables).await;
        (self.statements().await - before, data)
    }
}

/// The values at `pointer` below each edge of a connection.
pub(crate) fn nodes(connection: &Value, pointer: &str) -> Vec<Value> {
    let edges = connection["edges"].as_array().expect("a connection");
    edges
        .iter()
        .map(|edge| edge.pointer(pointer).expect("a value").clone())
        .collect()
}
