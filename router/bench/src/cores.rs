//! Which processor cores there are, and who runs on which.

use std::process::Stdio;

use tokio::process::Command;

/// Who runs where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cores {
    /// The system under test has one core, subgraphs and load have the others. As `taskset` wants
    /// them: numbers and ranges, separated by commas.
    Apart { system: String, rest: String },
    /// Wherever the kernel likes, for this reason.
    Anywhere(&'static str),
}

impl Cores {
    /// Gives the first core that we may use to the system under test, and moves this process (and
    /// so what it starts later) to the others.
    pub(crate) async fn part() -> Self {
        let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
            return Self::Anywhere("there is no /proc");
        };
        let allowed = status
            .lines()
            .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
            .and_then(parse_list)
            .unwrap_or_default();
        let Some((first, others)) = allowed
            .split_first()
            .filter(|(_, others)| !others.is_empty())
        else {
            return Self::Anywhere("there is one core only");
        };
        let others: Vec<_> = others.iter().map(ToString::to_string).collect();
        let rest = others.join(",");
        let moved = Command::new("taskset")
            .args([
                "--all-tasks",
                "--cpu-list",
                "--pid",
                &rest,
                &std::process::id().to_string(),
            ])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await;
        if moved.is_ok_and(|status| status.success()) {
            let system = first.to_string();
            return Self::Apart { system, rest };
        }
        Self::Anywhere("taskset is missing or may not do it")
    }

    /// A command that runs `program` on the system's core.
    pub(crate) fn system_command(&self, program: &str) -> Command {
        match self {
            Self::Apart { system, .. } => {
                let mut command = Command::new("taskset");
                // It replaces itself by the program, so that the process's id stays the same.
                command.args(["--cpu-list", system, program]);
                command
            }
            Self::Anywhere(_) => Command::new(program),
        }
    }
}

impl std::fmt::Display for Cores {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Apart { system, rest } => {
                write!(
                    formatter,
                    "system under test on core {system}, subgraphs and load on {rest}"
                )
            }
            Self::Anywhere(reason) => write!(formatter, "not pinned to cores: {reason}"),
        }
    }
}

/// Reads a list such as `0-3,8`.
fn parse_list(text: &str) -> Option<Vec<u32>> {
    let mut cores = Vec::new();
    for part in text.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u32, u32) = (first.parse().ok()?, last.parse().ok()?);
        // No machine has more, and a malformed line must not fill our memory.
        if last > 65_535 {
            return None;
        }
        cores.extend(first..=last);
    }
    Some(cores)
}

#[test]
fn lists_have_numbers_and_ranges() {
    assert_eq!(parse_list("\t0-2,8\n"), Some(vec![0, 1, 2, 8]));
    assert_eq!(parse_list("5"), Some(vec![5]));
    assert_eq!(parse_list(""), None);
    assert_eq!(parse_list("0-x"), None);
    assert_eq!(parse_list("0-4000000000"), None);
}

#[test]
fn the_report_says_how_it_was() {
    let apart = Cores::Apart {
        system: "0".to_owned(),
        rest: "1,2".to_owned(),
    };
    assert_eq!(
        apart.to_string(),
        "system under test on core 0, subgraphs and load on 1,2"
    );
    assert_eq!(
        Cores::Anywhere("there is one core only").to_string(),
        "not pinned to cores: there is one core only"
    );
}
