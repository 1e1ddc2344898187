//! The processes beside this one: the router, and this program as subgraphs.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::data;

/// The subgraphs. They end when this is dropped.
pub(crate) struct SubgraphsProcess {
    child: Child,
    questions: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    users: SocketAddr,
    music: SocketAddr,
}

impl SubgraphsProcess {
    pub(crate) async fn start(seed: u64) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--be-subgraphs", "--seed", &seed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let questions = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut address = async || {
            let line = answers.next_line().await.unwrap();
            line.expect("the subgraphs say where they are")
                .parse()
                .unwrap()
        };
        let (users, music) = (address().await, address().await);
        Self {
            child,
            questions,
            answers,
            users,
            music,
        }
    }

    /// Connections of the router that the subgraphs see open.
    pub(crate) async fn open_connections(&mut self) -> usize {
        self.questions.write_all(b"open?\n").await.unwrap();
        let line = self.answers.next_line().await.unwrap();
        line.expect("the subgraphs live").parse().unwrap()
    }

    pub(crate) async fn stop(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// The router. It ends when this is dropped.
pub(crate) struct RouterProcess {
    child: Child,
    pub(crate) address: SocketAddr,
    _directory: tempfile::TempDir,
}

impl RouterProcess {
    /// Starts it and waits until it answers.
    pub(crate) async fn start(subgraphs: &SubgraphsProcess) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| -> PathBuf {
            let path = directory.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        write("users.graphql", data::USERS);
        write("music.graphql", data::MUSIC);
        let entry = |name: &str, address: SocketAddr| {
            format!(
                "  {name}: {{ routing_url: 'http://{address}/', schema: {{ file: {name}.graphql }} }}\n"
            )
        };
        let graph = write(
            "supergraph.yaml",
            &format!(
                "subgraphs:\n{}{}",
                entry("users", subgraphs.users),
                entry("music", subgraphs.music)
            ),
        );
        let config = write(
            "router.yaml",
            "traffic_shaping:\n  all: { timeout: 2s, max_response_bytes: 100000, pool_idle_timeout: 1s }\n",
        );
        let mut child = Command::new(env!("CARGO_BIN_EXE_router"))
            .args(["serve", "--listen", "127.0.0.1:0", "--supergraph-config"])
            .arg(graph)
            .arg("--config")
            .arg(config)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut address = None;
        loop {
            let line = log.next_line().await.unwrap();
            let line = line.expect("the router starts");
            if let Some((_, rest)) = line.split_once("GraphQL at http://") {
                address = rest.strip_suffix("/graphql").unwrap().parse().ok();
            }
            if line.contains("serving") || line.contains("ready") {
                break;
            }
        }
        // Somebody must read on, or the router would wait for us; what fails is what is meant to.
        tokio::spawn(async move { while let Ok(Some(_)) = log.next_line().await {} });
        Self {
            child,
            address: address.expect("the router says where it is"),
            _directory: directory,
        }
    }

    /// Its resident memory in kB, where the system tells.
    pub(crate) fn memory(&self) -> Option<u64> {
        let path = format!("/proc/{}/status", self.child.id()?);
        let status = std::fs::read_to_string(path).ok()?;
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
        line.trim().strip_suffix(" kB")?.parse().ok()
    }

    /// How many sockets it has open, where the system tells.
    pub(crate) fn sockets(&self) -> Option<usize> {
        let files = std::fs::read_dir(format!("/proc/{}/fd", self.child.id()?)).ok()?;
        let is_socket = |file: &std::fs::DirEntry| {
            std::fs::read_link(file.path())
                .is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
        };
        Some(files.flatten().filter(is_socket).count())
    }

    pub(crate) async fn stop(mut self) {
        self.child.kill().await.unwrap();
    }
}
