//! A service of the tests in a process of its own: the test program, started anew to be that service; and a router.
//!
//! A program that has such services has a test that does nothing but be one where it is asked to:
//!
//! ```ignore
//! #[test]
//! fn is_a_service_where_it_is_asked_to() {
//!     if let Some(arguments) = service_process::asked_to_serve() { … }
//! }
//! ```

use std::io::Read as _;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

use super::environment::{SERVE, given};
use super::federation::free_port;
use super::folder::Folder;
use super::http::client;
use super::metrics::Metrics;

/// The test that becomes the service.
const TEST: &str = "is_a_service_where_it_is_asked_to";

/// A running service. Dropping it kills the process.
pub(crate) struct ServiceProcess {
    child: Child,
    port: u16,
}

impl ServiceProcess {
    /// Starts this program as the service with this name and these flags, and waits until it is ready.
    pub(crate) async fn start(name: &str, flags: &[&str]) -> Self {
        let port = free_port();
        let listen = format!("127.0.0.1:{port}");
        let line = [&[name, "--listen", &listen], flags].concat().join("\n");
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command
            .args(["--exact", TEST, "--nocapture"])
            .env(SERVE, line)
            .stdout(Stdio::null());
        ServiceProcess::run(command, port, name).await
    }

    /// Starts users or music as the launcher does, with these flags.
    pub(crate) async fn of_the_federation(name: &str, flags: &[&str]) -> Self {
        let port = free_port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_musicwallet"));
        command
            .args(["service", name, "--listen", &format!("127.0.0.1:{port}")])
            .args(flags)
            .env_remove("DATABASE_URL");
        ServiceProcess::run(command, port, name).await
    }

    /// Starts a router over the `supergraph.yaml` and the `router.yaml` of a folder, which follows their changes.
    pub(crate) async fn router(folder: &Folder) -> Self {
        let port = free_port();
        let mut command = Command::new(env!("CARGO_BIN_EXE_musicwallet"));
        command
            .args([
                "service",
                "router",
                "serve",
                "--hot-reload",
                "--log",
                "warn",
            ])
            .args([
                "--supergraph-config",
                "supergraph.yaml",
                "--config",
                "router.yaml",
            ])
            .args(["--listen", &format!("127.0.0.1:{port}")])
            .current_dir(folder.path());
        ServiceProcess::run(command, port, "router").await
    }

    /// Runs a command that is a service at this port, and waits until it is ready.
    pub(crate) async fn run(mut command: Command, port: u16, name: &str) -> Self {
        let child = command.stdin(Stdio::piped()).kill_on_drop(true).spawn();
        let child = child.expect("the program can be started");
        let mut service = ServiceProcess { child, port };
        service.wait_until_ready(name).await;
        service
    }

    async fn wait_until_ready(&mut self, name: &str) {
        let url = format!("http://127.0.0.1:{}/health?ready", self.port);
        let client = client();
        for _ in 0..1_200 {
            if client
                .get(&url)
                .send()
                .await
                .is_ok_and(|it| it.status().is_success())
            {
                return;
            }
            let ended = self.child.try_wait().expect("it is our process");
            assert!(
                ended.is_none(),
                "{name} ended before it was ready: {ended:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{name} is not ready");
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/graphql", self.port)
    }

    /// What it counts.
    pub(crate) async fn metrics(&self) -> Metrics {
        Metrics::read(&format!("http://127.0.0.1:{}/metrics", self.port)).await
    }

    /// Ends it, as a deployment ends the version before.
    pub(crate) async fn stop(mut self) {
        self.child.kill().await.expect("it is our process");
    }
}

/// The command line of the service that this process is to be, if it is to be one. It ends with the
/// process that started it, however that ends.
pub(crate) fn asked_to_serve() -> Option<Vec<String>> {
    let line = given(SERVE)?;
    std::thread::spawn(|| {
        let _ = std::io::stdin().lock().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    Some(line.split('\n').map(str::to_owned).collect())
}
