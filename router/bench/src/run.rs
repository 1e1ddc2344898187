//! `bench run`: every system in turn, round by round, over each workload.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use tokio::process::Command;
use tokio::time::Instant;

use crate::cli;
use crate::cores::Cores;
use crate::floor::{Line, Scene};
use crate::load::{Limits, Load, LoadError, control};
use crate::mock::Call;
use crate::report::{self, Measurement, Row};
use crate::system::{self, Kind, Running, Stage, System};
use crate::workloads::{self, Exchange, Workload};
use crate::{machine, supergraph};

/// How long a system that listens may take until it answers rightly.
const FIRST_ANSWER: Duration = Duration::from_secs(30);

/// The subgraphs of a workload, and what the systems under test are told of them.
pub(crate) struct Scenery {
    pub(crate) mock: Running,
    graphs: Vec<SocketAddr>,
    pub(crate) stage: Stage,
    pub(crate) exchanges: Vec<Exchange>,
    /// Why the floor cannot take part, if it cannot.
    floorless: Option<String>,
}

/// Measures and prints. True when every measurement came to an end.
///
/// # Errors
/// When nothing can be measured at all.
pub(crate) async fn run(options: &cli::Run) -> anyhow::Result<bool> {
    let systems = systems(options)?;
    // Before we confine ourselves to some of the cores.
    let machine = machine::describe();
    let cores = if options.no_pin {
        Cores::Anywhere("as was asked for")
    } else {
        Cores::part().await
    };
    let scratch = tempfile::tempdir().context("creating a folder for logs and schemas")?;
    let mut report = format!(
        "{machine}- cores: {cores}\n- rounds: {} of {} s each, after {} s of warm-up\n",
        options.rounds, options.seconds, options.warm_up
    );
    eprint!("{report}");
    let mut clean = true;
    for workload in workloads::ALL {
        let wanted =
            options.workloads.is_empty() || options.workloads.iter().any(|it| it == workload.name);
        if !wanted {
            continue;
        }
        let rows = measure_workload(workload, &systems, options, &cores, scratch.path())
            .await
            .with_context(|| format!("workload `{}`", workload.name))?;
        clean &= rows.iter().all(|row| row.rounds.iter().all(Result::is_ok));
        report.push('\n');
        report.push_str(&report::workload(workload, &rows));
    }
    println!("{report}");
    Ok(clean)
}

/// The floor, ours, and the others.
fn systems(options: &cli::Run) -> anyhow::Result<Vec<System>> {
    let mut systems = vec![System {
        name: "floor".to_owned(),
        kind: Kind::Floor,
    }];
    if !options.without_ours {
        systems.push(System {
            name: "ours".to_owned(),
            kind: Kind::Ours(router_program(options.router_binary.as_deref())?),
        });
    }
    for (name, command) in &options.routers {
        if systems.iter().any(|it| it.name == *name) {
            anyhow::bail!("`--router {name}=…` is given twice");
        }
        systems.push(System {
            name: name.clone(),
            kind: Kind::Other(command.clone()),
        });
    }
    Ok(systems)
}

/// The router's program, by its whole path: it is run in another folder.
///
/// # Errors
/// When it is not there.
pub(crate) fn router_program(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => PathBuf::from(system::own_program()?).with_file_name("router"),
    };
    path.canonicalize().with_context(|| {
        format!(
            "there is no router at {}; build it (`cargo build --release -p router`) or name it by --router-binary",
            path.display()
        )
    })
}

async fn measure_workload(
    workload: &'static Workload,
    systems: &[System],
    options: &cli::Run,
    cores: &Cores,
    scratch: &Path,
) -> anyhow::Result<Vec<Row>> {
    let scenery = Scenery::build(workload, systems, cores, scratch).await?;
    let mut rows: Vec<_> = systems
        .iter()
        .map(|system| Row {
            system: system.clone(),
            rounds: Vec::new(),
        })
        .collect();
    for round in 0..options.rounds as usize {
        // Each begins in turn, so that no one is always measured after the same one.
        for index in 0..rows.len() {
            let position = (round + index) % rows.len();
            let Some(row) = rows.get_mut(position) else {
                continue;
            };
            let result = scenery.measure(&row.system, options, cores).await;
            let result = result.map_err(|error| format!("{error:#}"));
            let told = result.as_ref().map_or_else(Clone::clone, report::progress);
            eprintln!(
                "{} round {} {}: {told}",
                workload.name,
                round + 1,
                row.system.name
            );
            row.rounds.push(result);
        }
    }
    scenery.mock.stop().await;
    Ok(rows)
}

impl Scenery {
    /// Starts the subgraphs, and prepares what the systems are told of them. Without a router among the
    /// systems, the floor can play nothing where there are several subgraphs.
    ///
    /// # Errors
    /// When the subgraphs do not start, or a file cannot be written.
    pub(crate) async fn build(
        workload: &'static Workload,
        systems: &[System],
        cores: &Cores,
        scratch: &Path,
    ) -> anyhow::Result<Self> {
        let exchanges = workload.exchanges()?;
        let mut graphs = Vec::new();
        for _ in workload.universe.graphs {
            graphs.push(system::free_address().await?);
        }
        let mock = start_mock(workload, &graphs, scratch).await?;
        let urls: Vec<_> = graphs.iter().map(|address| url(*address)).collect();
        let supergraph = scratch.join(format!("{}.graphql", workload.name));
        std::fs::write(&supergraph, supergraph::sdl(workload.universe, &urls))
            .context("writing the supergraph")?;
        let mut scenery = Self {
            mock,
            graphs,
            stage: Stage {
                scratch: scratch.to_owned(),
                supergraph,
                floor_arguments: Vec::new(),
            },
            exchanges,
            floorless: None,
        };
        if workload.has_one_graph() {
            let to = scenery.mock.address.to_string();
            scenery.stage.floor_arguments = vec!["--to".to_owned(), to];
        } else {
            match scenery.write_script(systems, cores, workload.name).await {
                Ok(file) => {
                    scenery.stage.floor_arguments =
                        vec!["--script".to_owned(), file.display().to_string()];
                }
                Err(error) => {
                    scenery.floorless = Some(format!("there is nothing to play: {error:#}"));
                }
            }
        }
        Ok(scenery)
    }

    /// Lets the first router answer every request once, alone, and writes down what it asks.
    async fn write_script(
        &self,
        systems: &[System],
        cores: &Cores,
        name: &str,
    ) -> anyhow::Result<PathBuf> {
        let model = systems
            .iter()
            .find(|it| !matches!(it.kind, Kind::Floor))
            .context("only a router shows which requests the subgraphs need")?;
        let router = model.start(&self.stage, cores).await?;
        self.first_answer(&router).await?;
        let mut load = Load::open(router.address, &self.exchanges).await?;
        let mut scenes = Vec::new();
        for (client, exchange) in self.exchanges.iter().enumerate() {
            control(self.mock.address, "POST", "/recording").await?;
            load.ask_once(client).await?;
            let calls = control(self.mock.address, "GET", "/recording").await?;
            scenes.push(Scene {
                request: String::from_utf8_lossy(&exchange.request).into_owned(),
                rounds: self.rounds(serde_json::from_slice(&calls)?)?,
                answer: String::from_utf8_lossy(&exchange.answer).into_owned(),
            });
        }
        router.stop().await;
        tell_recorded(name, &model.name, &scenes);
        let file = self.stage.scratch.join(format!("{name}-script.json"));
        std::fs::write(&file, serde_json::to_vec(&scenes)?)
            .context("writing the floor's script")?;
        Ok(file)
    }

    fn rounds(&self, calls: Vec<Call>) -> anyhow::Result<Vec<Vec<Line>>> {
        let mut rounds: Vec<Vec<Line>> = Vec::new();
        for call in calls {
            let address = self
                .graphs
                .get(call.graph)
                .context("a recorded call has no subgraph")?;
            let line = Line {
                url: url(*address),
                body: call.body,
            };
            rounds.resize_with(rounds.len().max(call.round), Vec::new);
            if let Some(round) = rounds.last_mut() {
                round.push(line);
            }
        }
        Ok(rounds)
    }

    async fn measure(
        &self,
        system: &System,
        options: &cli::Run,
        cores: &Cores,
    ) -> anyhow::Result<Measurement> {
        if let (Kind::Floor, Some(reason)) = (&system.kind, &self.floorless) {
            anyhow::bail!("{reason}");
        }
        let running = system.start(&self.stage, cores).await?;
        let measured = self.measure_running(&running, options).await;
        let measured =
            measured.with_context(|| format!("while it was asked{}", running.last_lines()));
        running.stop().await;
        measured
    }

    async fn measure_running(
        &self,
        running: &Running,
        options: &cli::Run,
    ) -> anyhow::Result<Measurement> {
        running.wait_until_idle().await?;
        let idle = running.watched.memory()?.resident;
        self.first_answer(running).await?;
        let mut load = Load::open(running.address, &self.exchanges).await?;
        let limits = |seconds| Limits {
            requests: options.requests,
            time: Duration::from_secs(seconds),
        };
        load.run(limits(options.warm_up)).await?;
        let subgraph_requests = self.subgraph_requests().await?;
        let cpu = running.watched.cpu_time()?;
        let outcome = load.run(limits(options.seconds)).await?;
        let cpu = running.watched.cpu_time()?.saturating_sub(cpu);
        let memory = running.watched.memory()?;
        Ok(Measurement {
            requests: outcome.latencies.total(),
            elapsed: outcome.elapsed,
            cpu,
            p50: outcome.latencies.quantile(500),
            p99: outcome.latencies.quantile(990),
            idle,
            loaded: memory.resident,
            peak: memory.peak,
            subgraph_requests: self
                .subgraph_requests()
                .await?
                .saturating_sub(subgraph_requests),
        })
    }

    /// Waits for the first right answer. Some listen before they have read their schema.
    pub(crate) async fn first_answer(&self, running: &Running) -> Result<(), LoadError> {
        let deadline = Instant::now() + FIRST_ANSWER;
        let first = self.exchanges.split_at(self.exchanges.len().min(1)).0;
        loop {
            let answered = match Load::open(running.address, first).await {
                Ok(mut load) => load.ask_once(0).await,
                Err(error) => Err(error),
            };
            match answered {
                Err(_) if Instant::now() < deadline => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                answered => return answered,
            }
        }
    }

    async fn subgraph_requests(&self) -> anyhow::Result<u64> {
        let count = control(self.mock.address, "GET", "/requests").await?;
        let count = std::str::from_utf8(&count)?;
        count.parse().context("the mock's count is no number")
    }
}

/// Says how a router answers, for whoever wonders what the floor plays.
fn tell_recorded(workload: &str, router: &str, scenes: &[Scene]) {
    let shape = |scene: &Scene| scene.rounds.iter().map(Vec::len).collect::<Vec<_>>();
    if let Some(first) = scenes.first() {
        eprintln!(
            "{workload}: the floor plays what {router} asks; in each round so many requests: {:?}",
            shape(first)
        );
    }
}

async fn start_mock(
    workload: &Workload,
    graphs: &[SocketAddr],
    scratch: &Path,
) -> anyhow::Result<Running> {
    let first = *graphs.first().context("the workload has no subgraphs")?;
    // It inherits the cores of this process, which are not those of the system under test.
    let mut command = Command::new(system::own_program()?);
    command.args(["mock", "--workload", workload.name]);
    for graph in graphs {
        command.args(["--listen", &graph.to_string()]);
    }
    Running::start(command, first, scratch.join("mock.log"))
        .await
        .context("starting the subgraphs")
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}/graphql")
}
