//! Micro-benchmarks of the executor: whole workloads, and single kinds of work, without a network.
//!
//! With each time stands how much was allocated for one answer.

use bench::rehearsal::{NAMES, Rehearsal};

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// The time from a request to its answer, all subgraphs answering at once.
#[divan::bench(args = NAMES)]
fn answer(bencher: divan::Bencher<'_, '_>, name: &str) {
    match Rehearsal::of(name) {
        Ok(rehearsal) => bencher.bench(|| rehearsal.perform()),
        Err(error) => eprintln!("{name}: {error:#}"),
    }
}
