//! One explanation, and how it is read from its text.

use crate::Code;

/// What there is to say about a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The code.
    pub code: Code,
    /// What it means: one paragraph, in lines.
    pub meaning: &'static str,
    /// Schemas that together have the problem. None where it cannot be shown in a few lines.
    pub examples: Vec<Example>,
    /// What to change.
    pub fix: &'static str,
}

/// One schema of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The subgraph's name.
    pub name: &'static str,
    /// The text, ending in a line feed. The link to federation is left out where it does not
    /// matter.
    pub sdl: &'static str,
    /// What kind of schema it is.
    pub kind: Kind,
}

/// What an example's text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A subgraph that links federation, though the text may not show it.
    Subgraph,
    /// A subgraph that links nothing.
    FederationOneSubgraph,
    /// A supergraph.
    Supergraph,
}

const FENCE: &str = "```";
const FIX: &str = "**Fix:**";

/// The entries of a topic. What has no known code as heading is left out.
pub(super) fn read(text: &'static str) -> impl Iterator<Item = Explanation> {
    text.split("## ").filter_map(|section| {
        let (heading, body) = section.split_once('\n')?;
        let code = Code::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == heading)?;
        let (rest, fix) = body.split_once(FIX)?;
        let (meaning, mut rest) = rest.split_once(FENCE).unwrap_or((rest, ""));
        let mut examples = Vec::new();
        while let Some((fenced, after)) = rest.split_once(FENCE) {
            examples.extend(example(fenced));
            rest = after.split_once(FENCE).map_or("", |(_, rest)| rest);
        }
        Some(Explanation {
            code,
            meaning: meaning.trim(),
            examples,
            fix: fix.trim(),
        })
    })
}

/// A fence's content, whose first line says what it is.
fn example(fenced: &'static str) -> Option<Example> {
    let (information, sdl) = fenced.split_once('\n')?;
    let mut words = information.split(' ').skip(1);
    let name = words.next()?;
    let kind = match (name, words.next()) {
        ("supergraph", _) => Kind::Supergraph,
        (_, Some("federation-1")) => Kind::FederationOneSubgraph,
        _ => Kind::Subgraph,
    };
    Some(Example { name, sdl, kind })
}

impl Example {
    /// A comment that says whose schema it is.
    pub(super) fn title(&self) -> String {
        match self.kind {
            Kind::Subgraph => format!("# subgraph {}", self.name),
            Kind::FederationOneSubgraph => {
                format!("# subgraph {}, which links no federation", self.name)
            }
            Kind::Supergraph => "# supergraph".to_owned(),
        }
    }
}

#[test]
fn an_entry_is_read_from_its_text() {
    let text = "# Topic\n\n## EXTERNAL_UNUSED\n\nIt means\nthis.\n\n```graphql a\ntype A {\n}\n```\n\n\
                ```graphql b federation-1\ntype B {\n}\n```\n\n**Fix:** do that.\n\n\
                ## NOT_A_CODE\n\nNothing.\n\n## NO_QUERIES\n\nNone.\n\n**Fix:** add one.\n";
    let entries: Vec<_> = read(text).collect();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0].meaning, "It means\nthis.");
    assert_eq!(
        entries[0].examples,
        [
            Example {
                name: "a",
                sdl: "type A {\n}\n",
                kind: Kind::Subgraph
            },
            Example {
                name: "b",
                sdl: "type B {\n}\n",
                kind: Kind::FederationOneSubgraph
            },
        ]
    );
    assert_eq!(entries[0].fix, "do that.");
    assert_eq!(entries[1].meaning, "None.");
    assert!(entries[1].examples.is_empty());
}
