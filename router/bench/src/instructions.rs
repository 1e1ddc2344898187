//! `bench instructions`: what the executor does for one answer, counted by callgrind, and whether it is
//! more than it was.
//!
//! No network and no clock takes part, so a count repeats itself on any machine, however busy, as long as
//! the compiler is the same. What is done once, planning and the first answer, falls out: a query is
//! performed so many times, then by a new process twice as many, and the difference counts.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::cli;
use crate::count::{INSTRUCTIONS, instructions};
use crate::rehearsal;

/// Counts that are kept.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// What built the program, as `rustc --version` says it.
    compiler: String,
    /// Instructions for one answer, by the names of rehearsals.
    instructions: BTreeMap<String, u64>,
}

/// Counts and prints a table in Markdown. False: something became dearer than is tolerated.
///
/// # Errors
/// When valgrind is not there, or a file cannot be read or written.
pub(crate) fn run(options: &cli::Instructions) -> anyhow::Result<bool> {
    // Before minutes of counting.
    let before = options.against.as_deref().map(read).transpose()?;
    let compiler = compiler()?;
    if let Some(before) = &before
        && before.compiler != compiler
    {
        eprintln!(
            "not compared: the counts are of {}, and this is {compiler}",
            before.compiler
        );
    }
    let before = before.filter(|it| it.compiler == compiler);
    println!("| answer | instructions | before | change |\n|---|--:|--:|--:|");
    let mut counts = BTreeMap::new();
    let mut dearer = Vec::new();
    for name in rehearsal::NAMES {
        let count = count(name, options.times).with_context(|| format!("rehearsal `{name}`"))?;
        let known = before.as_ref().and_then(|it| it.instructions.get(name));
        match known {
            Some(&known) => {
                let change = change(known, count);
                println!("| {name} | {count} | {known} | {change:+.2} % |");
                if change > options.tolerance {
                    dearer.push(name);
                }
            }
            None => println!("| {name} | {count} | | |"),
        }
        counts.insert(name.to_owned(), count);
    }
    if let Some(file) = &options.save {
        let record = Record {
            compiler,
            instructions: counts,
        };
        let text = serde_json::to_string_pretty(&record)?;
        std::fs::write(file, text + "\n").with_context(|| format!("writing {}", file.display()))?;
    }
    if dearer.is_empty() {
        return Ok(true);
    }
    eprintln!(
        "dearer by more than {} %: {}",
        options.tolerance,
        dearer.join(", ")
    );
    Ok(false)
}

fn read(file: &Path) -> anyhow::Result<Record> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} has no counts", file.display()))
}

fn compiler() -> anyhow::Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let said = Command::new(rustc)
        .arg("--version")
        .output()
        .context("asking rustc for its version")?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// Instructions for one answer.
fn count(name: &str, times: u64) -> anyhow::Result<u64> {
    let few = perform(name, times)?;
    let many = perform(name, 2 * times)?;
    Ok(many.saturating_sub(few) / times)
}

/// What callgrind counts of a process that performs a query so often.
fn perform(name: &str, times: u64) -> anyhow::Result<u64> {
    let program = std::env::current_exe().context("finding this program")?;
    let output = Command::new("valgrind")
        .args(INSTRUCTIONS)
        .arg(program)
        .args(["rehearse", name, "--times", &times.to_string()])
        .output()
        .context("running valgrind")?;
    let said = String::from_utf8_lossy(&output.stderr);
    match instructions(&said).as_deref() {
        Some(&[count]) if output.status.success() => Ok(count),
        _ => bail!("valgrind did not come to its end:\n{said}"),
    }
}

/// How much more it is, in percent.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts are far below 2^52, and this is for reading"
)]
fn change(before: u64, after: u64) -> f64 {
    (after as f64 / before.max(1) as f64 - 1.0) * 100.0
}

#[test]
fn a_change_is_told_in_percent() {
    for (before, after, percent) in [(200, 210, 5.0), (200, 150, -25.0), (7, 7, 0.0)] {
        assert!(
            (change(before, after) - percent).abs() < 1e-9,
            "{before} {after}"
        );
    }
}

#[test]
fn what_is_kept_is_read_again_and_a_damaged_file_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("counts.json");
    let record = Record {
        compiler: "rustc 1.0.0".to_owned(),
        instructions: BTreeMap::from([("small".to_owned(), 7)]),
    };
    std::fs::write(&file, serde_json::to_string(&record).expect("text")).expect("written");
    assert_eq!(read(&file).expect("read"), record);
    std::fs::write(&file, "{}").expect("written");
    let error = read(&file).expect_err("nothing is in it").to_string();
    assert!(error.contains("counts.json"), "{error}");
}
