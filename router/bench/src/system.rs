//! What is measured: the floor, our router, others; each as a process that is started and stopped.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::cores::Cores;
use crate::measure::Watched;

/// How long a process may take until it accepts connections.
const START: Duration = Duration::from_secs(60);
/// How long a process may take until it ends.
const END: Duration = Duration::from_secs(60);
/// How many of its last lines are shown when a process fails.
const LINES_SHOWN: usize = 8;

/// A competitor.
#[derive(Clone, Debug)]
pub(crate) struct System {
    /// Its name in the report.
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

/// How a competitor is started.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// This program, as a proxy.
    Floor,
    /// Our router's program.
    Ours(PathBuf),
    /// Our router's program in a valgrind tool, which is given with its options.
    Counted {
        tool: &'static [&'static str],
        program: PathBuf,
    },
    /// A shell command with placeholders.
    Other(String),
}

/// What a system under test is told.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    /// A folder for files, which goes away with the benchmark.
    pub(crate) scratch: PathBuf,
    /// The supergraph's file.
    pub(crate) supergraph: PathBuf,
    /// What the floor is started with after its own address.
    pub(crate) floor_arguments: Vec<String>,
}

/// A process that runs. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) watched: Watched,
    child: Child,
    log: PathBuf,
}

impl System {
    /// Starts it and waits until it accepts connections.
    ///
    /// # Errors
    /// When it cannot be started, ends early, or takes too long; with its last lines.
    pub(crate) async fn start(&self, stage: &Stage, cores: &Cores) -> anyhow::Result<Running> {
        let address = free_address().await?;
        let listen = address.to_string();
        let command = match &self.kind {
            Kind::Floor => {
                let mut command = cores.system_command(&own_program()?);
                command.args(["floor", "--listen", &listen]);
                command.args(&stage.floor_arguments);
                command
            }
            Kind::Ours(program) => {
                let mut command = cores.system_command(&program.display().to_string());
                command.args(["serve", "--listen", &listen, "--supergraph"]);
                command.arg(&stage.supergraph);
                // Where no configuration of somebody's is found by chance.
                command.current_dir(&stage.scratch);
                command
            }
            Kind::Counted { tool, program } => {
                let mut command = Command::new("valgrind");
                command.args(*tool).arg(program);
                command.args(["serve", "--listen", &listen, "--supergraph"]);
                command.arg(&stage.supergraph);
                command.current_dir(&stage.scratch);
                // Threads that wake each other are what would differ from run to run.
                command.env("TOKIO_WORKER_THREADS", "1");
                command
            }
            Kind::Other(text) => {
                let mut command = cores.system_command("sh");
                // The shell replaces itself, so that it is the router whose time is measured.
                let text = fill(text, address, &stage.supergraph);
                command.args(["-c", &format!("exec {text}")]);
                command
            }
        };
        Running::start(
            command,
            address,
            stage.scratch.join(format!("{}.log", self.name)),
        )
        .await
    }
}

impl Running {
    /// Runs a command that is to listen on `address`; what it prints goes to the file `log`.
    ///
    /// # Errors
    /// As [`System::start`].
    pub(crate) async fn start(
        mut command: Command,
        address: SocketAddr,
        log: PathBuf,
    ) -> anyhow::Result<Self> {
        let output = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let errors = output.try_clone()?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {:?}", command.as_std()))?;
        let id = child.id().context("the process ended at once")?;
        let mut running = Self {
            address,
            watched: Watched::new(id)?,
            child,
            log,
        };
        running.wait_until_listening().await?;
        Ok(running)
    }

    async fn wait_until_listening(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START;
        while TcpStream::connect(self.address).await.is_err() {
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!(
                    "it ended before it listened ({status}){}",
                    self.last_lines()
                );
            }
            if Instant::now() > deadline {
                anyhow::bail!(
                    "it did not listen within {} s{}",
                    START.as_secs(),
                    self.last_lines()
                );
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Waits until it does nothing any more, or for some seconds.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) async fn wait_until_idle(&self) -> anyhow::Result<()> {
        let mut before = self.watched.cpu_time()?;
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(400)).await;
            let now = self.watched.cpu_time()?;
            if now == before {
                break;
            }
            before = now;
        }
        Ok(())
    }

    /// The end of what it printed, to stand after a message; empty when it printed nothing.
    pub(crate) fn last_lines(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<_> = text.lines().collect();
        let shown = lines.split_at(lines.len().saturating_sub(LINES_SHOWN)).1;
        if shown.is_empty() {
            return String::new();
        }
        format!("; it printed:\n    {}", shown.join("\n    "))
    }

    /// Asks it to end, waits until it has, and gives all that it printed.
    ///
    /// # Errors
    /// When it does not end.
    pub(crate) async fn end(mut self) -> anyhow::Result<String> {
        let id = self.child.id().context("it has ended already")?;
        let asked = Command::new("kill").arg(id.to_string()).status().await?;
        anyhow::ensure!(asked.success(), "it cannot be asked to end");
        tokio::time::timeout(END, self.child.wait())
            .await
            .with_context(|| format!("it did not end{}", self.last_lines()))??;
        let text = std::fs::read(&self.log)?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Ends it. Nothing that is measured keeps anything, so it is not asked politely.
    pub(crate) async fn stop(mut self) {
        // What fails here has ended already.
        let _ = self.child.kill().await;
    }
}

/// This program's own path, to start it again in another role.
///
/// # Errors
/// When the system does not tell.
pub(crate) fn own_program() -> anyhow::Result<String> {
    let path = std::env::current_exe().context("finding this program's own file")?;
    Ok(path.display().to_string())
}

/// An address on loopback that nobody listens on. Another process can take it before it is used;
/// whoever then cannot listen says so.
///
/// # Errors
/// When there is none.
pub(crate) async fn free_address() -> anyhow::Result<SocketAddr> {
    let listener = crate::listen(([127, 0, 0, 1], 0).into()).await?;
    listener.local_addr().context("looking for a free port")
}

/// Puts addresses and files into a command's placeholders.
fn fill(command: &str, address: SocketAddr, supergraph: &Path) -> String {
    command
        .replace("{listen}", &address.to_string())
        .replace("{host}", &address.ip().to_string())
        .replace("{port}", &address.port().to_string())
        .replace("{supergraph}", &supergraph.display().to_string())
}

#[test]
fn placeholders_are_filled() {
    let filled = fill(
        "x --at {listen} -h {host} -p {port} -s {supergraph} {else}",
        ([127, 0, 0, 1], 80).into(),
        Path::new("/s.graphql"),
    );
    assert_eq!(
        filled,
        "x --at 127.0.0.1:80 -h 127.0.0.1 -p 80 -s /s.graphql {else}"
    );
}

#[cfg(test)]
fn shell(text: &str) -> System {
    System {
        name: "it".to_owned(),
        kind: Kind::Other(text.to_owned()),
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_process_that_ends_early_tells_its_last_words() {
    let scratch = tempfile::tempdir().unwrap();
    let stage = Stage {
        scratch: scratch.path().to_owned(),
        supergraph: PathBuf::from("/nowhere"),
        floor_arguments: Vec::new(),
    };
    let cores = Cores::Anywhere("a test");
    let error = shell("ls {supergraph}")
        .start(&stage, &cores)
        .await
        .unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("it ended before it listened (exit"),
        "{message}"
    );
    assert!(message.contains("/nowhere"), "{message}");
}
