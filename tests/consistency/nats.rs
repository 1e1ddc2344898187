//! A NATS server of a test's own.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::support::environment::{NATS, given};
use crate::support::federation::free_port;

/// A running server.
pub(crate) struct NatsServer {
    program: String,
    port: u16,
    folder: TempDir,
    process: Child,
}

impl NatsServer {
    /// One, where there is its program and ours speaks to it.
    pub(crate) async fn start() -> Option<Self> {
        if !cfg!(feature = "nats") {
            println!("left out over NATS: built without the feature nats");
            return None;
        }
        let Some(program) = given(NATS) else {
            println!("left out over NATS: {NATS} is not set");
            return None;
        };
        let port = free_port();
        let folder = tempfile::tempdir().expect("a folder");
        let process = run(&program, port, folder.path()).await;
        Some(NatsServer {
            program,
            port,
            folder,
            process,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Kills it, and starts it again with what it has.
    pub(crate) async fn restart(&mut self) {
        self.process.kill().await.expect("it can be killed");
        self.process = run(&self.program, self.port, self.folder.path()).await;
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
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    process
}
