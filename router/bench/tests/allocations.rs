//! What the executor allocates for an answer of a cached plan.

#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

use bench::rehearsal::Rehearsal;

/// How often something is allocated for one answer, once the plan has learnt how large its answers are.
fn allocations(name: &str) -> u64 {
    let rehearsal = Rehearsal::of(name).unwrap();
    rehearsal.perform().unwrap();
    let counted = allocation_counter::measure(|| {
        rehearsal.perform().unwrap();
    });
    counted.count_total
}

#[test]
fn more_values_take_no_more_allocations() {
    for name in ["entities", "slots", "writing"] {
        let (few, many) = (allocations(&format!("{name}-few")), allocations(name));
        assert_eq!(few, many, "{name}");
    }
}
