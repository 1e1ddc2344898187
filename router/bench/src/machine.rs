//! What the figures depend on besides the code: machine, kernel, commit, kind of build.

use std::fs::read_to_string;
use std::process::{Command, Stdio};

/// Describes the machine and the build in lines of a Markdown list.
pub(crate) fn describe() -> String {
    let processor = read_to_string("/proc/cpuinfo")
        .ok()
        .as_deref()
        .and_then(processor_name)
        .unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let kernel =
        read_to_string("/proc/sys/kernel/osrelease").unwrap_or_else(|_| "unknown".to_owned());
    let commit = commit().unwrap_or_else(|| "unknown".to_owned());
    let build = if cfg!(debug_assertions) {
        "debug: these figures say nothing about speed"
    } else {
        "release"
    };
    format!(
        "- machine: {processor}, {cores} cores, Linux {}\n- commit: {commit}\n- build: {build}\n",
        kernel.trim()
    )
}

fn processor_name(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo
        .lines()
        .find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The commit that the sources are at, where git is there to tell.
fn commit() -> Option<String> {
    let output = Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=10"])
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
}

#[test]
fn the_first_processor_names_them_all() {
    let cpuinfo =
        "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nprocessor\t: 1\nmodel name\t: Other\n";
    assert_eq!(processor_name(cpuinfo).as_deref(), Some("Some CPU @ 2 GHz"));
    assert_eq!(processor_name("processor\t: 0\n"), None);
}
