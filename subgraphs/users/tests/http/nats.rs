//! Facts on their way to NATS JetStream, with a server of the test's own.
//!
//! Set `MUSICWALLET_TEST_NATS_SERVER` to the program `nats-server`. Without it, these tests say that
//! they were left out.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use async_nats::jetstream::{self, consumer};
use futures_util::StreamExt;
use kit::metrics::Metrics;
use kit::server::Stop;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use users::facts::publisher::{JetStream, Publisher};

use crate::support::{PASSWORD, Served, access, user_id};

struct NatsServer {
    program: String,
    port: u16,
    folder: tempfile::TempDir,
    process: Child,
}

impl NatsServer {
    async fn start() -> Option<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "tests are told by the environment what there is"
        )]
        let Ok(program) = std::env::var("MUSICWALLET_TEST_NATS_SERVER") else {
            println!("left out: MUSICWALLET_TEST_NATS_SERVER is not set");
            return None;
        };
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let folder = tempfile::tempdir().expect("a folder");
        let process = run(&program, port, folder.path()).await;
        Some(NatsServer {
            program,
            port,
            folder,
            process,
        })
    }

    fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    async fn stop(&mut self) {
        self.process.kill().await.expect("ends");
    }

    async fn start_again(&mut self) {
        self.process = run(&self.program, self.port, self.folder.path()).await;
    }

    /// What the stream has, from its beginning.
    async fn stored(&self, count: usize) -> Vec<(String, Value)> {
        let client = async_nats::connect(self.url()).await.expect("connects");
        let context = jetstream::new(client);
        let mut tries = 0;
        let mut stream = loop {
            match context.get_stream("MUSICWALLET_USERS").await {
                Ok(stream) => break stream,
                Err(error) if tries == 100 => panic!("no stream: {error}"),
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
            tries += 1;
        };
        for _ in 0..200 {
            let info = stream.info().await.expect("answers");
            if usize::try_from(info.state.messages).is_ok_and(|there| there >= count) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let there = stream.info().await.expect("answers").state.messages;
        assert_eq!(usize::try_from(there).ok(), Some(count));
        let reader = consumer::pull::OrderedConfig::default();
        let consumer = stream.create_consumer(reader).await.expect("reads");
        let messages = consumer.messages().await.expect("reads").take(count);
        messages
            .map(|message| {
                let message = message.expect("a message");
                let body = serde_json::from_slice(&message.payload).expect("JSON");
                (message.subject.to_string(), body)
            })
            .collect()
            .await
    }
}

async fn run(program: &str, port: u16, folder: &Path) -> Child {
    let process = Command::new(program)
        .args(["-a", "127.0.0.1", "-p", &port.to_string(), "-js", "-sd"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("nats-server runs");
    for _ in 0..100 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    process
}

async fn served_with(nats: &NatsServer) -> Served {
    let url = nats.url();
    Served::on_sqlite_with(|config| config.facts.nats_url = Some(url)).await
}

const UPDATE: &str =
    "mutation ($name: String!) { updateProfile(input: { displayName: $name }) { id } }";
const DELETE: &str = "mutation ($password: String!) { deleteAccount(password: $password) }";

#[tokio::test]
async fn facts_are_published_in_their_order_also_those_of_an_outage() {
    let Some(mut nats) = NatsServer::start().await else {
        return;
    };
    let served = served_with(&nats).await;
    let ada = served.register("ada").await;
    assert_eq!(nats.stored(1).await.len(), 1);
    nats.stop().await;
    let token = access(&ada);
    for name in ["One", "Two"] {
        served
            .ask_as(token, UPDATE, json!({ "name": name }))
            .await
            .data();
    }
    served
        .ask_as(token, DELETE, json!({ "password": PASSWORD }))
        .await
        .data();
    nats.start_again().await;
    let stored = nats.stored(4).await;
    let subjects: Vec<_> = stored.iter().map(|(subject, _)| subject.as_str()).collect();
    assert_eq!(
        subjects,
        [
            "musicwallet.user.registered",
            "musicwallet.user.profileChanged",
            "musicwallet.user.profileChanged",
            "musicwallet.user.deleted"
        ]
    );
    let (_, feed) = served.facts("").await;
    let bodies: Vec<_> = stored.into_iter().map(|(_, body)| body).collect();
    assert_eq!(feed["facts"], Value::Array(bodies));
    assert_eq!(feed["facts"][3]["subject"], json!(user_id(&ada)));
    served.close().await;
}

#[tokio::test]
async fn what_is_published_again_is_stored_once() {
    let Some(nats) = NatsServer::start().await else {
        return;
    };
    let served = Served::on_sqlite().await;
    served.create_accounts(3).await;
    let metrics = Metrics::new("users", served.store.database().statements().clone());
    let stream = JetStream::new(
        &nats.url(),
        "MUSICWALLET_USERS",
        "musicwallet",
        Duration::ZERO,
    );
    let publisher = Publisher::new(served.store.clone(), stream, &metrics);
    let stop = Stop::never();
    assert_eq!(publisher.publish_some(&stop).await.expect("published"), 3);
    // As if the process had ended before the mark moved.
    served
        .store
        .advance_mark("nats", 0)
        .await
        .expect("set back");
    assert_eq!(publisher.publish_some(&stop).await.expect("published"), 3);
    assert_eq!(nats.stored(3).await.len(), 3);
    // While another process has the lease, nobody else publishes.
    let now = chrono::Utc::now();
    let leased = served
        .store
        .lease_mark("nats", now, chrono::Duration::seconds(60))
        .await;
    assert!(leased.expect("leased"));
    served.register("grace").await;
    assert_eq!(publisher.publish_some(&stop).await.expect("waits"), 0);
    let position = served.store.mark("nats").await.expect("read");
    served
        .store
        .advance_mark("nats", position)
        .await
        .expect("given back");
    assert_eq!(publisher.publish_some(&stop).await.expect("published"), 1);
    assert_eq!(nats.stored(4).await.len(), 4);
    served.close().await;
}
