//! The table: medians over the rounds, and each system's CPU time against the floor's.

use std::fmt::Write as _;
use std::time::Duration;

use crate::system::{Kind, System};
use crate::workloads::Workload;

/// What one system came to in one round of a workload.
#[derive(Clone, Debug)]
pub(crate) struct Measurement {
    /// Requests that were answered, all rightly.
    pub(crate) requests: u64,
    pub(crate) elapsed: Duration,
    /// The system's user and system time, for all requests.
    pub(crate) cpu: Duration,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
    /// Resident bytes before the first request, after the last, and at most.
    pub(crate) idle: u64,
    pub(crate) loaded: u64,
    pub(crate) peak: u64,
    /// Requests that reached the subgraphs, for all requests.
    pub(crate) subgraph_requests: u64,
}

impl Measurement {
    fn cpu_micros(&self) -> f64 {
        self.per_request(self.cpu.as_secs_f64() * 1e6)
    }

    fn per_request(&self, value: f64) -> f64 {
        value / self.requests.max(1) as f64
    }

    /// How many cores it kept busy. Below one, its core waited for the load or the subgraphs.
    fn busy(&self) -> f64 {
        self.cpu.as_secs_f64() / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    fn requests_per_second(&self) -> f64 {
        self.requests as f64 / self.elapsed.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// A system with what it came to in each round, or why it did not.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) system: System,
    pub(crate) rounds: Vec<Result<Measurement, String>>,
}

const HEAD: &str = "\
| system | CPU per request | to the floor | requests/s | busy | p50 | p99 | memory idle | loaded | peak | subgraph requests |
|---|---|---|---|---|---|---|---|---|---|---|
";

/// One workload's section, in Markdown.
pub(crate) fn workload(workload: &Workload, rows: &[Row]) -> String {
    let mut text = format!(
        "### `{}`: {}, {} connection{}\n\n{HEAD}",
        workload.name,
        workload.about,
        workload.connections,
        if workload.connections == 1 { "" } else { "s" }
    );
    let floor = rows
        .iter()
        .find(|row| matches!(row.system.kind, Kind::Floor));
    for row in rows {
        line(row, floor, &mut text);
    }
    let failures = rows.iter().flat_map(|row| {
        let name = &row.system.name;
        row.rounds
            .iter()
            .enumerate()
            .filter_map(move |(round, result)| Some((name, round + 1, result.as_ref().err()?)))
    });
    for (index, (name, round, reason)) in failures.enumerate() {
        if index == 0 {
            text.push('\n');
        }
        let _ = writeln!(text, "{name} failed in round {round}: {reason}");
    }
    text
}

/// One line about a round, for whoever waits.
pub(crate) fn progress(measurement: &Measurement) -> String {
    format!(
        "{} requests, {} CPU per request, {:.0} requests/s, p99 {}",
        measurement.requests,
        micros(measurement.cpu_micros()),
        measurement.requests_per_second(),
        micros(measurement.p99.as_secs_f64() * 1e6),
    )
}

fn line(row: &Row, floor: Option<&Row>, text: &mut String) {
    let good: Vec<_> = row.rounds.iter().flatten().collect();
    let name = &row.system.name;
    if good.is_empty() {
        let _ = writeln!(text, "| {name} | failed | | | | | | | | | |");
        return;
    }
    let of = |value: fn(&Measurement) -> f64| median(good.iter().map(|it| value(it)).collect());
    let peak = good.iter().map(|it| it.peak).max().unwrap_or_default();
    let _ = writeln!(
        text,
        "| {name} | {} | {} | {:.0} | {:.0} % | {} | {} | {} | {} | {} | {:.2} |",
        micros(of(Measurement::cpu_micros)),
        floor.map_or_else(String::new, |floor| ratio(row, floor)),
        of(Measurement::requests_per_second),
        of(Measurement::busy) * 100.0,
        micros(of(|it| it.p50.as_secs_f64() * 1e6)),
        micros(of(|it| it.p99.as_secs_f64() * 1e6)),
        mebibytes(of(|it| it.idle as f64)),
        mebibytes(of(|it| it.loaded as f64)),
        mebibytes(peak as f64),
        of(|it| it.per_request(it.subgraph_requests as f64)),
    );
}

/// The median of the ratios in each round where both came to an end, and their range.
fn ratio(row: &Row, floor: &Row) -> String {
    let ratios: Vec<_> = row
        .rounds
        .iter()
        .zip(&floor.rounds)
        .filter_map(|(ours, floor)| {
            let floor = floor.as_ref().ok()?.cpu_micros();
            let ours = ours.as_ref().ok()?.cpu_micros();
            // A run too short for the kernel's clock says nothing.
            (floor > 0.0).then(|| ours / floor)
        })
        .collect();
    if ratios.is_empty() {
        return String::new();
    }
    let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
    let most = ratios.iter().copied().fold(0.0, f64::max);
    format!("{:.2} ({least:.2} to {most:.2})", median(ratios))
}

/// The middle value, or the mean of the two in the middle; zero when there are none.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let upper = values.len() / 2;
    let lower = values.len().saturating_sub(1) / 2;
    match (values.get(lower), values.get(upper)) {
        (Some(lower), Some(upper)) => f64::midpoint(*lower, *upper),
        _ => 0.0,
    }
}

/// Microseconds, with a unit that keeps the number short.
fn micros(value: f64) -> String {
    if value >= 1_000.0 {
        format!("{:.2} ms", value / 1_000.0)
    } else if value >= 100.0 {
        format!("{value:.0} µs")
    } else {
        format!("{value:.1} µs")
    }
}

fn mebibytes(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / 1024.0 / 1024.0)
}

#[cfg(test)]
fn row(name: &str, kind: Kind, cpu_micros: &[Option<u64>]) -> Row {
    let measurement = |micros: &Option<u64>| {
        let micros = micros.ok_or_else(|| "the answer is wrong".to_owned())?;
        Ok(Measurement {
            requests: 1_000,
            elapsed: Duration::from_millis(500),
            cpu: Duration::from_micros(micros * 1_000),
            p50: Duration::from_micros(150),
            p99: Duration::from_micros(12_300),
            idle: 4 << 20,
            loaded: 8 << 20,
            peak: (8 << 20) + micros * (1 << 20),
            subgraph_requests: 1_500,
        })
    };
    Row {
        system: System {
            name: name.to_owned(),
            kind,
        },
        rounds: cpu_micros.iter().map(measurement).collect(),
    }
}

#[test]
fn the_table_has_medians_and_tells_failures() {
    let small = crate::workloads::find("small").unwrap();
    let rows = [
        row("floor", Kind::Floor, &[Some(20), Some(40), Some(20)]),
        row(
            "ours",
            Kind::Ours("router".into()),
            &[Some(30), Some(44), Some(31)],
        ),
        row("half", Kind::Other(String::new()), &[Some(60), None, None]),
        row("none", Kind::Other(String::new()), &[None]),
    ];
    expect_test::expect![[r#"
        ### `small`: one subgraph request, an answer of about 219 B, 50 connections

        | system | CPU per request | to the floor | requests/s | busy | p50 | p99 | memory idle | loaded | peak | subgraph requests |
        |---|---|---|---|---|---|---|---|---|---|---|
        | floor | 20.0 µs | 1.00 (1.00 to 1.00) | 2000 | 4 % | 150 µs | 12.30 ms | 4.0 MiB | 8.0 MiB | 48.0 MiB | 1.50 |
        | ours | 31.0 µs | 1.50 (1.10 to 1.55) | 2000 | 6 % | 150 µs | 12.30 ms | 4.0 MiB | 8.0 MiB | 52.0 MiB | 1.50 |
        | half | 60.0 µs | 3.00 (3.00 to 3.00) | 2000 | 12 % | 150 µs | 12.30 ms | 4.0 MiB | 8.0 MiB | 68.0 MiB | 1.50 |
        | none | failed | | | | | | | | | |

        half failed in round 2: the answer is wrong
        half failed in round 3: the answer is wrong
        none failed in round 1: the answer is wrong
    "#]].assert_eq(&workload(small, &rows));
}

#[test]
fn medians_of_few_values() {
    assert_eq!(median(Vec::new()).to_bits(), 0.0_f64.to_bits());
    assert_eq!(median(vec![3.0]).to_bits(), 3.0_f64.to_bits());
    assert_eq!(median(vec![4.0, 1.0]).to_bits(), 2.5_f64.to_bits());
    assert_eq!(median(vec![9.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
}
