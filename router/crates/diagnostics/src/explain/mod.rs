//! The longer explanation of every code: what it means, an example, what to change.
//!
//! The texts stand in Markdown files beside this one, by topic, each entry under its code's name:
//! paragraphs, then fenced schemas whose first word is `graphql` and whose second is the subgraph's
//! name (`graphql music`, and a third word `federation-1` where no link is meant), then the fix.
//! What a terminal shows and what the documentation says are made of the same entries.

mod entry;
mod markdown;
mod terminal;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::Code;

pub use entry::{Example, Explanation, Kind};
pub use markdown::{markdown, markdown_of};
pub use terminal::{list, terminal};

/// A topic: its heading in the documentation, and its entries.
struct Topic {
    heading: &'static str,
    text: &'static str,
}

/// The topics, in the order of the documentation.
const TOPICS: &[Topic] = &[
    Topic {
        heading: "A subgraph's GraphQL",
        text: include_str!("graphql.md"),
    },
    Topic {
        heading: "Links and composed directives",
        text: include_str!("links.md"),
    },
    Topic {
        heading: "Keys, requirements and provisions",
        text: include_str!("field_sets.md"),
    },
    Topic {
        heading: "External fields",
        text: include_str!("externals.md"),
    },
    Topic {
        heading: "Merging",
        text: include_str!("merging.md"),
    },
    Topic {
        heading: "Overriding",
        text: include_str!("override.md"),
    },
    Topic {
        heading: "Interfaces with keys and interface objects",
        text: include_str!("interfaces.md"),
    },
    Topic {
        heading: "Hiding",
        text: include_str!("inaccessible.md"),
    },
    Topic {
        heading: "Contexts",
        text: include_str!("context.md"),
    },
    Topic {
        heading: "Cost",
        text: include_str!("cost.md"),
    },
    Topic {
        heading: "Access",
        text: include_str!("access.md"),
    },
    Topic {
        heading: "Answering queries",
        text: include_str!("satisfiability.md"),
    },
    Topic {
        heading: "Reading a supergraph",
        text: include_str!("supergraph.md"),
    },
    Topic {
        heading: "Differences between subgraphs",
        text: include_str!("hints.md"),
    },
];

static BY_CODE: LazyLock<BTreeMap<Code, Explanation>> = LazyLock::new(|| {
    TOPICS
        .iter()
        .flat_map(|topic| entry::read(topic.text))
        .map(|explanation| (explanation.code, explanation))
        .collect()
});

/// The explanation of a code. There is one for each; none would be a code whose text was forgotten,
/// which a test refuses.
pub fn explain(code: Code) -> Option<&'static Explanation> {
    BY_CODE.get(&code)
}

/// The code with this name, in capitals or not, with underscores or dashes.
///
/// # Errors
/// The code whose name is nearest.
pub fn find(name: &str) -> Result<Code, Code> {
    let wanted = name.trim().to_ascii_uppercase().replace('-', "_");
    let distance = |code: &Code| edits(&wanted, code.as_str());
    let nearest = Code::ALL.iter().copied().min_by_key(distance);
    match nearest {
        Some(code) if code.as_str() == wanted => Ok(code),
        Some(code) => Err(code),
        None => Err(Code::InvalidGraphql),
    }
}

/// How many single-character edits lie between two names, of which only a piece is looked at:
/// whoever asks may write anything.
fn edits(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=a.len()).collect();
    for (j, to) in b.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = j + 1;
        for (i, from) in a.iter().enumerate() {
            let substituted = diagonal + usize::from(*from != to);
            diagonal = row[i + 1];
            row[i + 1] = substituted.min(row[i] + 1).min(diagonal + 1);
        }
    }
    row[a.len()]
}

#[test]
fn every_code_is_explained_once() {
    let mut explained: Vec<Code> = TOPICS
        .iter()
        .flat_map(|topic| entry::read(topic.text))
        .map(|explanation| explanation.code)
        .collect();
    explained.sort_unstable();
    let mut all = Code::ALL.to_vec();
    all.sort_unstable();
    assert_eq!(explained, all);
}

#[test]
fn every_heading_is_a_code_and_every_entry_has_its_parts() {
    for topic in TOPICS {
        let headings = topic.text.lines().filter(|line| line.starts_with("## "));
        assert_eq!(
            headings.count(),
            entry::read(topic.text).count(),
            "{}",
            topic.heading
        );
        for entry in entry::read(topic.text) {
            assert!(entry.meaning.ends_with('.'), "{}", entry.code);
            assert!(entry.fix.ends_with('.'), "{}", entry.code);
            for example in &entry.examples {
                assert!(example.sdl.ends_with("}\n"), "{}", entry.code);
            }
        }
    }
}

#[test]
fn names_are_found_however_they_are_written() {
    assert_eq!(find("EXTERNAL_UNUSED"), Ok(Code::ExternalUnused));
    assert_eq!(find("external-unused "), Ok(Code::ExternalUnused));
    assert_eq!(find("EXTERNAL_UNSED"), Err(Code::ExternalUnused));
    assert_eq!(
        find("INVALID_FIELDS_SHARING"),
        Err(Code::InvalidFieldSharing)
    );
    assert!(find(&"é".repeat(100_000)).is_err());
    assert!(find("").is_err());
}
