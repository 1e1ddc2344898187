//! The whole federation, started as a user starts it: the launcher's own program, in its own process.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};

use super::databases::Databases;
use super::metrics::Metrics;

/// Longer than anything takes on a busy machine. A test that fails fails by this.
const PATIENCE: Duration = Duration::from_secs(180);

/// A launcher and its services. Dropping it kills the launcher, and its services follow.
pub(crate) struct Federation {
    launcher: Child,
    transcript: Transcript,
    ports: Ports,
    data: TempDir,
}

/// Three ports that were free a moment ago.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ports {
    pub(crate) router: u16,
    pub(crate) users: u16,
    pub(crate) music: u16,
}

/// What the launcher has written so far.
#[derive(Clone, Default)]
struct Transcript(Arc<Mutex<String>>);

// === impl Ports ===

impl Ports {
    /// Finds free ports. They are looked for where the system does not hand out ports by itself,
    /// so that nobody else is given one of them before the services listen.
    pub(crate) fn free() -> Self {
        Ports {
            router: free_port(),
            users: free_port(),
            music: free_port(),
        }
    }

    pub(crate) fn all(self) -> [u16; 3] {
        [self.router, self.users, self.music]
    }

    fn flags(self) -> [String; 6] {
        [
            "--router-port".to_owned(),
            self.router.to_string(),
            "--users-port".to_owned(),
            self.users.to_string(),
            "--music-port".to_owned(),
            self.music.to_string(),
        ]
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 10_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Programs that run at the same time begin at different places.
    let start = u16::try_from(std::process::id() % u32::from(COUNT)).expect("it is below COUNT");
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(step < COUNT, "no port is free");
        let port = FIRST + (start.wrapping_mul(7) % COUNT + step) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

// === impl Federation ===

impl Federation {
    /// Starts everything from a folder, and waits until all of it is ready.
    pub(crate) async fn start_in(folder: &Path) -> Self {
        Federation::start_with(folder, &[]).await
    }

    /// Starts everything in the repository, on these databases.
    pub(crate) async fn start_on(databases: &Databases) -> Self {
        let flags = databases.flags();
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        Federation::start_with(Path::new(env!("CARGO_MANIFEST_DIR")), &flags).await
    }

    async fn start_with(folder: &Path, flags: &[&str]) -> Self {
        let data = tempfile::tempdir().expect("a temporary folder");
        let ports = Ports::free();
        let mut command = launcher(ports, data.path());
        let mut launcher = command
            .args(flags)
            .current_dir(folder)
            .spawn()
            .expect("the launcher can be started");
        let transcript = Transcript::default();
        transcript.follow(launcher.stdout.take().expect("it is piped"));
        transcript.follow(launcher.stderr.take().expect("it is piped"));
        let federation = Federation {
            launcher,
            transcript,
            ports,
            data,
        };
        federation.reads("MusicWallet is ready.", 1).await;
        federation
    }

    /// Starts everything in the repository.
    pub(crate) async fn start() -> Self {
        Federation::start_in(Path::new(env!("CARGO_MANIFEST_DIR"))).await
    }

    pub(crate) fn ports(&self) -> Ports {
        self.ports
    }

    pub(crate) fn data_folder(&self) -> &Path {
        self.data.path()
    }

    /// The router's endpoint.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}/graphql", self.ports.router)
    }

    /// The page of the playground.
    pub(crate) fn playground(&self) -> String {
        format!("http://127.0.0.1:{}/", self.ports.router)
    }

    /// What a service counts.
    pub(crate) async fn metrics(&self, service: &str) -> Metrics {
        let port = match service {
            "users" => self.ports.users,
            "music" => self.ports.music,
            _ => self.ports.router,
        };
        Metrics::read(&format!("http://127.0.0.1:{port}/metrics")).await
    }

    /// Stops everything, and waits for its end.
    pub(crate) async fn stop(mut self) {
        self.signal(Signal::TERM);
        self.ended().await;
    }

    /// Everything the launcher has written.
    pub(crate) fn transcript(&self) -> String {
        self.transcript.text()
    }

    /// Waits until a text has been written so many times.
    pub(crate) async fn reads(&self, text: &str, times: usize) {
        let read = async {
            while self.transcript.text().matches(text).count() < times {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let read = tokio::time::timeout(PATIENCE, read).await;
        assert!(
            read.is_ok(),
            "`{text}` was not written {times} times:\n{}",
            self.transcript()
        );
    }

    /// The process of a service.
    pub(crate) fn process_of(&self, service: &str) -> Pid {
        let all = self.processes();
        let (_, pid) = all
            .iter()
            .find(|(name, _)| name == service)
            .unwrap_or_else(|| panic!("{service} does not run:\n{}", self.transcript()));
        *pid
    }

    /// The processes of all services, with their names.
    pub(crate) fn processes(&self) -> Vec<(String, Pid)> {
        let launcher = self.launcher.id().expect("the launcher runs");
        let output = std::process::Command::new("ps")
            .args(["-A", "-o", "ppid=,pid=,args="])
            .output()
            .expect("ps runs");
        String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| {
                let mut words = line.split_whitespace();
                let parent: u32 = words.next()?.parse().ok()?;
                let pid = Pid::from_raw(words.next()?.parse().ok()?)?;
                let service = words.skip_while(|word| *word != "service").nth(1)?;
                (parent == launcher).then(|| (service.to_owned(), pid))
            })
            .collect()
    }

    /// Sends the launcher a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let id = self.launcher.id().expect("the launcher runs");
        let pid = Pid::from_raw(i32::try_from(id).expect("a process id")).expect("a process id");
        kill_process(pid, signal).expect("it is our process");
    }

    /// Waits for the launcher's end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(PATIENCE, self.launcher.wait()).await;
        ended
            .unwrap_or_else(|_| panic!("the launcher does not end:\n{}", self.transcript()))
            .expect("it is our process")
    }
}

/// Waits until none of these processes is left.
pub(crate) async fn gone(processes: &[(String, Pid)]) {
    let gone = async {
        for (_, pid) in processes {
            while runs(*pid) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    let gone = tokio::time::timeout(PATIENCE, gone).await;
    assert!(gone.is_ok(), "one of {processes:?} is still there");
}

/// Whether a process runs. One that has ended may be listed until somebody asks for its status,
/// which the init process of some containers never does.
fn runs(pid: Pid) -> bool {
    let output = std::process::Command::new("ps")
        .args(["-o", "stat=", "-p", &pid.as_raw_nonzero().to_string()])
        .output()
        .expect("ps runs");
    let state = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    !state.is_empty() && !state.starts_with('Z')
}

/// Runs a launcher that is expected to give up by itself.
pub(crate) async fn refused(ports: Ports, data: &Path, flags: &[&str]) -> Output {
    let mut command = launcher(ports, data);
    let output = command.args(flags).output();
    tokio::time::timeout(PATIENCE, output)
        .await
        .expect("the launcher gives up")
        .expect("the launcher can be started")
}

fn launcher(ports: Ports, data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_musicwallet"));
    command
        .args(ports.flags())
        .args([OsStr::new("--data-dir"), data.as_os_str()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

// === impl Transcript ===

impl Transcript {
    fn text(&self) -> String {
        self.0.lock().expect("nobody panics with it").clone()
    }

    fn follow(&self, source: impl AsyncRead + Unpin + Send + 'static) {
        let transcript = self.clone();
        tokio::spawn(async move {
            let mut lines = BufReader::new(source).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let mut text = transcript.0.lock().expect("nobody panics with it");
                text.push_str(&line);
                text.push('\n');
            }
        });
    }
}
