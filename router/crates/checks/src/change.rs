//! A change, and how grave it is.

use std::fmt;

use crate::Rule;

/// How grave a change is for the clients of the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// No client can tell, or only one that looks for what is new.
    Safe,
    /// A client that was valid stays valid, but may meet what it did not expect.
    Dangerous,
    /// Some client that was valid is not valid any more, or is refused.
    Breaking,
}

/// One difference between two supergraphs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What kind of difference.
    pub rule: Rule,
    /// Where, as a schema coordinate: `Track`, `Track.title`, `Query.tracks(first:)`, `@log`; a
    /// subgraph's name for differences of the subgraph itself.
    pub coordinate: String,
    /// One sentence without a full stop.
    pub message: String,
    /// The subgraph that it is about, where it is about one.
    pub subgraph: Option<String>,
}

impl Change {
    /// How grave it is.
    pub fn level(&self) -> Level {
        self.rule.level()
    }
}

impl Level {
    /// The level as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Dangerous => "dangerous",
            Self::Breaking => "breaking",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The changes found so far.
#[derive(Default)]
pub(crate) struct Changes(Vec<Change>);

impl Changes {
    pub(crate) fn add(
        &mut self,
        rule: Rule,
        coordinate: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.0.push(Change {
            rule,
            coordinate: coordinate.into(),
            message: message.into(),
            subgraph: None,
        });
    }

    pub(crate) fn add_in(
        &mut self,
        rule: Rule,
        subgraph: &str,
        coordinate: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.0.push(Change {
            rule,
            coordinate: coordinate.into(),
            message: message.into(),
            subgraph: Some(subgraph.to_owned()),
        });
    }

    /// The gravest first, then by coordinate, then as found.
    pub(crate) fn sorted(mut self) -> Vec<Change> {
        self.0.sort_by(|left, right| {
            right
                .level()
                .cmp(&left.level())
                .then_with(|| left.coordinate.cmp(&right.coordinate))
        });
        self.0
    }
}
