//! What the tests stand on: small real subgraphs, a router in front of them, and a client.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use reqwest::Response;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// What every federated subgraph schema starts with.
pub(crate) const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@shareable", "@override"])"#;

/// How a subgraph answers: status and body for a request's JSON.
type Answers = dyn Fn(&Value) -> (StatusCode, String) + Send + Sync;

/// A subgraph on a port of its own.
pub(crate) struct Subgraph {
    pub(crate) name: &'static str,
    pub(crate) sdl: String,
    address: SocketAddr,
    seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    task: JoinHandle<()>,
}

impl Subgraph {
    /// A subgraph that gives `data` to every query but the one for its schema.
    pub(crate) async fn with_data(name: &'static str, sdl: &str, data: Value) -> Self {
        let body = json!({ "data": data }).to_string();
        Self::start(name, sdl, move |_| (StatusCode::OK, body.clone())).await
    }

    /// A subgraph that answers as told; it gives its schema to whoever asks for it.
    pub(crate) async fn start(
        name: &'static str,
        sdl: &str,
        answers: impl Fn(&Value) -> (StatusCode, String) + Send + Sync + 'static,
    ) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, name, sdl, Arc::new(answers))
    }

    /// The same on a port that was taken before.
    pub(crate) fn on(
        listener: tokio::net::TcpListener,
        name: &'static str,
        sdl: &str,
        answers: Arc<Answers>,
    ) -> Self {
        let sdl = format!("{LINK}\n{sdl}");
        let seen: Arc<Mutex<Vec<(HeaderMap, Bytes)>>> = Arc::default();
        let handler = {
            let seen = Arc::clone(&seen);
            let sdl = sdl.clone();
            move |headers: HeaderMap, body: Bytes| async move {
                let request: Value = serde_json::from_slice(&body).unwrap();
                if request["query"].as_str().unwrap().contains("_service") {
                    let answer = json!({ "data": { "_service": { "sdl": sdl } } });
                    return (StatusCode::OK, JSON, answer.to_string());
                }
                // Some answers wait; a thread of the runtime that waits holds up other tasks.
                let (status, answer) = tokio::task::spawn_blocking(move || answers(&request))
                    .await
                    .unwrap();
                seen.lock().unwrap().push((headers, body));
                (status, JSON, answer)
            }
        };
        let app = Router::new().route("/graphql", post(handler));
        Self {
            seen,
            ..Self::around(listener, name, sdl, app)
        }
    }

    /// A subgraph that is this app; its schema has its `@link`.
    pub(crate) fn around(
        listener: tokio::net::TcpListener,
        name: &'static str,
        sdl: String,
        app: Router,
    ) -> Self {
        Self {
            name,
            sdl,
            address: listener.local_addr().unwrap(),
            seen: Arc::default(),
            task: tokio::spawn(async move {
                axum::serve(listener, app).await.unwrap();
            }),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/graphql", self.address)
    }

    /// The requests that came so far, schema requests left out.
    pub(crate) fn requests(&self) -> Vec<(HeaderMap, Value)> {
        let seen = self.seen.lock().unwrap();
        seen.iter()
            .map(|(headers, body)| (headers.clone(), serde_json::from_slice(body).unwrap()))
            .collect()
    }

    /// The last request's body as it came.
    pub(crate) fn last_body(&self) -> String {
        let seen = self.seen.lock().unwrap();
        String::from_utf8(seen.last().unwrap().1.to_vec()).unwrap()
    }

    /// Ends it, so that its port refuses connections.
    pub(crate) async fn stop(self) -> SocketAddr {
        self.task.abort();
        let _ = self.task.await;
        self.address
    }
}

const JSON: [(&str, &str); 1] = [("content-type", "application/json")];

/// A router that runs in this process on a port of its own.
pub(crate) struct RunningRouter {
    pub(crate) address: SocketAddr,
    pub(crate) directory: tempfile::TempDir,
    pub(crate) client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), router::ServeError>>,
}

/// Writes a `supergraph.yaml` over the subgraphs, their schemas in files.
pub(crate) fn write_supergraph_yaml(directory: &Path, subgraphs: &[&Subgraph]) -> PathBuf {
    let mut yaml = "federation_version: 2\nsubgraphs:\n".to_owned();
    for subgraph in subgraphs {
        let file = format!("{}.graphql", subgraph.name);
        std::fs::write(directory.join(&file), &subgraph.sdl).unwrap();
        yaml.push_str(&format!(
            "  {}:\n    routing_url: {}\n    schema:\n      file: ./{file}\n",
            subgraph.name,
            subgraph.url()
        ));
    }
    let path = directory.join("supergraph.yaml");
    std::fs::write(&path, yaml).unwrap();
    path
}

impl RunningRouter {
    /// A router over the subgraphs, ready to answer.
    pub(crate) async fn over(subgraphs: &[&Subgraph], config: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        write_supergraph_yaml(directory.path(), subgraphs);
        let router = Self::start(directory, config).await;
        router.until_ready().await;
        router
    }

    /// A router over one subgraph `music` at this address, with this schema; ready to answer.
    pub(crate) async fn over_url(url: &str, sdl: &str, config: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let yaml = format!(
            "subgraphs:\n  music:\n    routing_url: {url}\n    schema: {{ sdl: '{sdl}' }}\n"
        );
        std::fs::write(directory.path().join("supergraph.yaml"), yaml).unwrap();
        let router = Self::start(directory, config).await;
        router.until_ready().await;
        router
    }

    /// A router over the `supergraph.yaml` in the directory; ready or not.
    pub(crate) async fn start(directory: tempfile::TempDir, config: &str) -> Self {
        let options = router::ServeOptions {
            supergraph_config: Some(directory.path().join("supergraph.yaml")),
            ..router::ServeOptions::default()
        };
        Self::start_with(directory, config, options).await
    }

    /// A router over the graph that the options name; ready or not.
    pub(crate) async fn start_with(
        directory: tempfile::TempDir,
        config: &str,
        options: router::ServeOptions,
    ) -> Self {
        let config_path = directory.path().join("router.yaml");
        std::fs::write(&config_path, config).unwrap();
        let server = router::Server::bind(router::ServeOptions {
            config: Some(config_path),
            listen: options.listen.or_else(|| Some("127.0.0.1:0".to_owned())),
            poll_interval: Some(Duration::from_secs(1)),
            ..options
        })
        .await
        .unwrap();
        // Over a Unix socket a test asks in its own way.
        let address = match server.address() {
            router::ListenAddress::Tcp(address) => *address,
            router::ListenAddress::Unix(_) => ([127, 0, 0, 1], 0).into(),
        };
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self {
            address,
            directory,
            client: client(),
            stop: Some(stop),
            task,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) async fn is_ready(&self) -> bool {
        let answer = self.client.get(self.url("/health?ready")).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    pub(crate) async fn until_ready(&self) {
        eventually("the router is ready", || self.is_ready()).await;
    }

    /// The page of its numbers.
    pub(crate) async fn metrics(&self) -> String {
        let page = self.client.get(self.url("/metrics")).send().await;
        page.unwrap().text().await.unwrap()
    }

    /// Sends a query; gives status and body.
    pub(crate) async fn query(&self, query: &str) -> (u16, Value) {
        self.post(json!({ "query": query })).await
    }

    /// Sends a JSON body; gives status and body.
    pub(crate) async fn post(&self, body: Value) -> (u16, Value) {
        let answer = self
            .client
            .post(self.url("/graphql"))
            .json(&body)
            .send()
            .await
            .unwrap();
        read(answer).await
    }

    /// Asks it to stop and waits until it has.
    pub(crate) async fn stop(mut self) -> Result<(), router::ServeError> {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        self.task.await.unwrap()
    }

    /// Waits until it ends by itself.
    pub(crate) async fn ended(self) -> Result<(), router::ServeError> {
        self.task.await.unwrap()
    }
}

/// A client that keeps to itself: no proxy of the environment, no waiting for ever.
pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

/// Status and JSON body.
pub(crate) async fn read(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"));
    (status, body)
}

/// The code of the first error.
pub(crate) fn code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"]
        .as_str()
        .unwrap_or_else(|| panic!("no code: {body}"))
}

/// The message of the first error.
pub(crate) fn message(body: &Value) -> &str {
    body["errors"][0]["message"]
        .as_str()
        .unwrap_or_else(|| panic!("no message: {body}"))
}

/// Waits until something holds, and fails when it never does.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came to be that {what}");
}
