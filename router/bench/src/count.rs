//! `bench count`: what the router does for one request, counted by valgrind instead of timed.
//!
//! Counts are the same whatever else the machine does, but for a percent: how bytes fall into pieces on a
//! connection is the kernel's choice. What is done once, at start, falls out: the router answers so many
//! requests, then a new one twice as many, and the difference counts. The kernel's work is not counted.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;

use crate::cli;
use crate::cores::Cores;
use crate::load::{Limits, Load};
use crate::run::{Scenery, router_program};
use crate::system::{Kind, System};
use crate::workloads::{self, Workload};

/// Longer than any run takes.
const PATIENCE: Duration = Duration::from_secs(600);

pub(crate) const INSTRUCTIONS: &[&str] = &["--tool=callgrind", "--callgrind-out-file=/dev/null"];
const ALLOCATIONS: &[&str] = &[
    "--tool=memcheck",
    "--leak-check=no",
    "--undef-value-errors=no",
];

/// Counts and prints a table in Markdown.
///
/// # Errors
/// When valgrind is not there, or a router does not answer rightly.
pub(crate) async fn run(options: &cli::Count) -> anyhow::Result<()> {
    let routers = if options.router_binaries.is_empty() {
        vec![router_program(None)?]
    } else {
        let given = options.router_binaries.iter();
        given
            .map(|file| router_program(Some(file)))
            .collect::<anyhow::Result<_>>()?
    };
    let scratch = tempfile::tempdir().context("creating a folder for logs and schemas")?;
    println!(
        "| workload | router | instructions | allocations | bytes allocated |\n|---|---|--:|--:|--:|"
    );
    for workload in workloads::ALL {
        let is_wanted = match &options.workloads[..] {
            [] => workload.is_quick(),
            wanted => wanted.iter().any(|it| it == workload.name),
        };
        if is_wanted {
            count(workload, &routers, options.requests, scratch.path())
                .await
                .with_context(|| format!("workload `{}`", workload.name))?;
        }
    }
    Ok(())
}

async fn count(
    workload: &'static Workload,
    routers: &[PathBuf],
    requests: u64,
    scratch: &Path,
) -> anyhow::Result<()> {
    let cores = Cores::Anywhere("what is counted needs no core of its own");
    let scenery = Scenery::build(workload, &[], &cores, scratch).await?;
    for router in routers {
        let per_request = |few: u64, many: u64| many.saturating_sub(few) / requests;
        let counted = async |tool, what: fn(&str) -> Option<Vec<u64>>| {
            let few = once(&scenery, &cores, (tool, router), requests).await?;
            let many = once(&scenery, &cores, (tool, router), 2 * requests).await?;
            let few = what(&few).context("valgrind did not say what it counted")?;
            let many = what(&many).context("valgrind did not say what it counted")?;
            anyhow::Ok(
                few.into_iter()
                    .zip(many)
                    .map(|(few, many)| per_request(few, many))
                    .collect::<Vec<_>>(),
            )
        };
        let mut cells = vec![workload.name.to_owned(), router.display().to_string()];
        cells.extend(
            counted(INSTRUCTIONS, instructions)
                .await?
                .iter()
                .map(u64::to_string),
        );
        cells.extend(
            counted(ALLOCATIONS, allocations)
                .await?
                .iter()
                .map(u64::to_string),
        );
        println!("| {} |", cells.join(" | "));
    }
    scenery.mock.stop().await;
    Ok(())
}

/// What valgrind says of a router that answered so many requests.
async fn once(
    scenery: &Scenery,
    cores: &Cores,
    (tool, program): (&'static [&'static str], &Path),
    requests: u64,
) -> anyhow::Result<String> {
    let system = System {
        name: "counted".to_owned(),
        kind: Kind::Counted {
            tool,
            program: program.to_owned(),
        },
    };
    let running = system.start(&scenery.stage, cores).await?;
    scenery.first_answer(&running).await?;
    let exchanges = scenery.exchanges.split_at(1).0;
    let mut load = Load::open(running.address, exchanges).await?;
    let limits = Limits {
        requests,
        time: PATIENCE,
    };
    load.run(limits).await?;
    drop(load);
    running.end().await
}

/// How many instructions callgrind counted.
pub(crate) fn instructions(said: &str) -> Option<Vec<u64>> {
    let (_, rest) = said.rsplit_once("Collected : ")?;
    Some(vec![rest.lines().next()?.trim().parse().ok()?])
}

/// How many allocations memcheck counted, and of how many bytes.
fn allocations(said: &str) -> Option<Vec<u64>> {
    let (_, rest) = said.rsplit_once("total heap usage: ")?;
    let number = |text: &str| text.trim().replace(',', "").parse().ok();
    let (allocations, rest) = rest.split_once(" allocs, ")?;
    let (_, rest) = rest.split_once(" frees, ")?;
    let (bytes, _) = rest.split_once(" bytes")?;
    Some(vec![number(allocations)?, number(bytes)?])
}

#[test]
fn what_valgrind_says_is_understood() {
    let said = "==7== Events    : Ir\n==7== Collected : 40161384\n==7== \n";
    assert_eq!(instructions(said), Some(vec![40_161_384]));
    let said =
        "==9==   total heap usage: 1,234 allocs, 1,200 frees, 5,678,901 bytes allocated\n==9==\n";
    assert_eq!(allocations(said), Some(vec![1_234, 5_678_901]));
    assert_eq!(instructions("killed"), None);
    assert_eq!(allocations("killed"), None);
}
