//! How long composing takes and how much memory, and how both grow with the graph.
//!
//! [`wide`] makes graphs like those of large companies: many subgraphs, each with some entities of its
//! own and some fields for those of others; a row has twice the subgraphs of the one before. [`hard`]
//! makes small graphs with very many ways through them, on which a check that tries one way after the
//! other does not come to an end. Every figure is of a process of its own, because a process never
//! tells the memory that it needed for one thing only.

mod hard;
mod wide;

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};
use subgraph::Subgraph;
use tokio::time::Instant;

/// The graphs: numbers of subgraphs of wide ones, and the shapes of hard ones.
const WIDE: [usize; 4] = [48, 95, 190, 380];
const HARD: [hard::Shape; 4] = [
    hard::Shape::new(2, 4, 8),
    hard::Shape::new(2, 6, 9),
    hard::Shape::new(3, 6, 12),
    hard::Shape::new(4, 8, 24),
];

/// A graph to compose.
struct Graph {
    name: String,
    /// Each subgraph's name and SDL.
    subgraphs: Vec<(String, String)>,
}

/// What one process measured.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Figures {
    subgraphs: usize,
    types: usize,
    sdl_bytes: usize,
    parse: Duration,
    compose: Duration,
    print: Duration,
    peak_bytes: u64,
}

impl Figures {
    fn total(&self) -> Duration {
        self.parse + self.compose + self.print
    }
}

fn graphs() -> impl Iterator<Item = Graph> {
    let wide = WIDE.into_iter().map(|subgraphs| Graph {
        name: format!("wide-{subgraphs}"),
        subgraphs: wide::subgraphs(subgraphs),
    });
    let hard = HARD.into_iter().map(|shape| Graph {
        name: shape.name(),
        subgraphs: shape.subgraphs(),
    });
    wide.chain(hard)
}

/// Measures every graph so many times, and prints a table in Markdown.
pub(crate) fn run(rounds: u32) -> anyhow::Result<()> {
    println!("{}", crate::machine::describe());
    println!(
        "| graph | subgraphs | types | SDL | parse | compose | print | together | to the row before | peak memory |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    );
    let mut before: Option<Figures> = None;
    for graph in graphs() {
        let mut measured = (0..rounds)
            .map(|_| in_a_process(&graph.name))
            .collect::<anyhow::Result<Vec<_>>>()?;
        measured.sort_by_key(Figures::total);
        let peak = measured.iter().map(|it| it.peak_bytes).max();
        let Some(median) = measured.get(measured.len() / 2).copied() else {
            bail!("no round was measured");
        };
        println!(
            "{}",
            row(&graph.name, &median, peak.unwrap_or_default(), before)
        );
        before = Some(median);
    }
    Ok(())
}

fn row(name: &str, it: &Figures, peak_bytes: u64, before: Option<Figures>) -> String {
    let millis = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let growth = before
        .filter(|before| {
            before.subgraphs * 2 == it.subgraphs
                || before.subgraphs * 2 == it.subgraphs + 1
                || before.subgraphs * 2 + 1 == it.subgraphs
        })
        .map(|before| {
            let ratio = it.total().as_secs_f64() / before.total().as_secs_f64();
            format!("{ratio:.2}")
        })
        .unwrap_or_default();
    format!(
        "| {name} | {} | {} | {} kB | {} | {} | {} | {} | {growth} | {:.0} MiB |",
        it.subgraphs,
        it.types,
        it.sdl_bytes / 1000,
        millis(it.parse),
        millis(it.compose),
        millis(it.print),
        millis(it.total()),
        peak_bytes as f64 / f64::from(1 << 20)
    )
}

/// Has another process of this program compose the graph once.
fn in_a_process(name: &str) -> anyhow::Result<Figures> {
    let output = Command::new(std::env::current_exe().context("where is this program?")?)
        .args(["compose", "--only", name])
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("measuring {name}"))?;
    if !output.status.success() {
        bail!("measuring {name} failed");
    }
    serde_json::from_slice(&output.stdout).with_context(|| format!("the figures of {name}"))
}

/// Composes one graph, once, and prints the figures as JSON.
pub(crate) fn only(name: &str) -> anyhow::Result<()> {
    let graph = graphs()
        .find(|graph| graph.name == name)
        .with_context(|| format!("there is no graph `{name}`"))?;
    let figures = measure(&graph)?;
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

fn measure(graph: &Graph) -> anyhow::Result<Figures> {
    let start = Instant::now();
    let mut parsed = Vec::with_capacity(graph.subgraphs.len());
    for (name, sdl) in &graph.subgraphs {
        match Subgraph::parse(name, "http://example.org", sdl) {
            Ok(subgraph) => parsed.push(subgraph),
            Err(problems) => bail!("{problems}"),
        }
    }
    let parse = start.elapsed();
    let start = Instant::now();
    let composition = composition::compose(&parsed);
    let compose = start.elapsed();
    let Some(supergraph) = &composition.supergraph else {
        bail!("{}", composition.problems);
    };
    let start = Instant::now();
    let printed = supergraph.model().print();
    let print = start.elapsed();
    if printed.is_empty() {
        bail!("nothing is printed");
    }
    Ok(Figures {
        subgraphs: parsed.len(),
        types: supergraph.model().types.len(),
        sdl_bytes: graph.subgraphs.iter().map(|(_, sdl)| sdl.len()).sum(),
        parse,
        compose,
        print,
        peak_bytes: peak_bytes().context("reading /proc/self/status (is this Linux?)")?,
    })
}

/// The most memory that this process ever had.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    crate::measure::parse_memory(&status).map(|memory| memory.peak)
}

#[test]
fn generated_graphs_compose() {
    for graph in [
        Graph {
            name: "wide-9".to_owned(),
            subgraphs: wide::subgraphs(9),
        },
        Graph {
            name: "hard".to_owned(),
            subgraphs: hard::Shape::new(2, 5, 9).subgraphs(),
        },
    ] {
        let figures = measure(&graph).unwrap();
        assert_eq!(figures.subgraphs, graph.subgraphs.len(), "{}", graph.name);
    }
}

#[test]
fn the_wide_graph_has_the_size_it_is_named_for() {
    let subgraphs = wide::subgraphs(190);
    let bytes: usize = subgraphs.iter().map(|(_, sdl)| sdl.len()).sum();
    assert!((500_000..650_000).contains(&bytes), "{bytes}");
    let own_types: std::collections::BTreeSet<&str> = subgraphs
        .iter()
        .flat_map(|(_, sdl)| sdl.lines())
        .filter_map(|line| {
            let mut words = line.split([' ', '{']);
            ["type", "enum", "input", "union", "interface", "scalar"]
                .contains(&words.next()?)
                .then(|| words.next())?
        })
        .collect();
    assert!(
        (3_800..4_300).contains(&own_types.len()),
        "{}",
        own_types.len()
    );
}

#[test]
fn a_row_tells_the_growth_where_the_graph_doubles() {
    let figures = |subgraphs, millis| Figures {
        subgraphs,
        types: 10,
        sdl_bytes: 12_345,
        parse: Duration::from_millis(millis),
        compose: Duration::from_millis(2 * millis),
        print: Duration::from_millis(millis),
        peak_bytes: 5 << 20,
    };
    assert_eq!(
        row("wide-9", &figures(9, 21), 6 << 20, Some(figures(5, 10))),
        "| wide-9 | 9 | 10 | 12 kB | 21.0 ms | 42.0 ms | 21.0 ms | 84.0 ms | 2.10 | 6 MiB |"
    );
    assert!(row("x", &figures(8, 1), 0, Some(figures(5, 1))).contains("|  | 0 MiB |"));
}
