//! Random documents over the schema of the validation tests.

use std::fmt::Write;
use std::ops::Range;

use super::Random;

const DIRECTIVES: &[&str] = &[
    "",
    "",
    "",
    "@include(if: $a)",
    "@skip(if: $a)",
    "@include(if: $b)",
    "@skip(if: true)",
];

/// A query of `$a` and `$b` on `pet`, with named fragments of which each spreads later ones only.
/// `leaves` are the fields it selects.
pub(super) fn document(random: &mut Random, leaves: &[&str]) -> String {
    let fragments = random.below(4);
    let mut definitions = String::new();
    let mut uses = String::from("u: id @include(if: $a) u: id @include(if: $b)");
    for index in 0..fragments {
        let on = random.pick(&["Pet", "Dog", "Cat", "Any"]);
        let body = selection(random, leaves, 2, index + 1..fragments);
        // `Any` is a union and has no fields of its own.
        let body = if on == "Any" {
            format!("{{ ... on Pet {body} }}")
        } else {
            body
        };
        let _ = write!(definitions, " fragment F{index} on {on} {body}");
        // Every fragment must be used, but not every one must contribute.
        let _ = write!(uses, " ...F{index} @skip(if: true)");
    }
    let body = selection(random, leaves, 4, 0..fragments);
    format!("query ($a: Boolean!, $b: Boolean!) {{ pet {{ {uses} ... {body} }} }}{definitions}")
}

fn selection(
    random: &mut Random,
    leaves: &[&str],
    depth: usize,
    fragments: Range<usize>,
) -> String {
    let mut text = String::from("{ id ");
    for _ in 0..random.below(5) {
        let directive = random.pick(DIRECTIVES);
        if depth > 0 && random.below(2) == 0 {
            let head = random.pick(&[
                "friend",
                "friend",
                "... on Dog",
                "... on Cat",
                "... on Pet",
                "...",
            ]);
            let below = selection(random, leaves, depth - 1, fragments.clone());
            let _ = write!(text, "{head} {directive} {below} ");
        } else if !fragments.is_empty() && random.below(3) == 0 {
            let fragment = fragments.start + random.below(fragments.len());
            let _ = write!(text, "...F{fragment} {directive} ");
        } else {
            let _ = write!(text, "{} {directive} ", random.pick(leaves));
        }
    }
    text.push('}');
    text
}
