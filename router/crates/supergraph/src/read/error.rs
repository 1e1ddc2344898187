//! Why a text is no supergraph, and where.

use apollo_compiler::parser::SourceSpan;
use schema::Name;

/// The first reason why a text cannot be read as a supergraph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct ReadError {
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong there.
    pub kind: ReadErrorKind,
}

/// The ways in which a text is no supergraph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// No GraphQL, or cut off.
    #[error("{0}")]
    Syntax(String),
    /// GraphQL, but no supergraph.
    #[error(
        "this is no supergraph: its schema definition links no join specification \
         (`@link(url: \"https://specs.apollo.dev/join/v0.3\", for: EXECUTION)`)"
    )]
    NoJoinLink,
    /// A join specification from the future.
    #[error("join {0} is not supported; v0.1 to v0.5 are")]
    UnsupportedJoinVersion(String),
    /// A linked specification that must be understood and is not.
    #[error("the linked specification {0} must be understood to execute queries, and is not")]
    UnsupportedSpecification(String),
    /// No enum of graphs.
    #[error("the enum `{0}__Graph`, which lists the subgraphs, is missing")]
    NoGraphs(String),
    /// More subgraphs than can be numbered.
    #[error("there are more than 65535 subgraphs")]
    TooManyGraphs,
    /// A value of the enum of graphs without a name and URL.
    #[error("`{0}` lacks `@join__graph(name:, url:)`")]
    GraphWithoutName(Name),
    /// A join names a subgraph that does not exist.
    #[error("`{0}` is no value of `join__Graph`")]
    UnknownGraph(String),
    /// A directive lacks an argument, or it has the wrong kind of value.
    #[error("`@{directive}` needs `{argument}:` to be {expected}")]
    BadArgument {
        /// The directive.
        directive: Name,
        /// The argument.
        argument: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// The text of a key, requirement or provision is no selection.
    #[error("`{text}` is no selection of fields: {message}")]
    BadFieldSet {
        /// The text.
        text: String,
        /// What is wrong with it.
        message: String,
    },
    /// A type is referred to and not defined.
    #[error("the type `{0}` is not defined")]
    UnknownType(Name),
    /// A type is defined twice.
    #[error("`{0}` is defined twice")]
    DefinedTwice(Name),
    /// Something that no composer writes.
    #[error("a supergraph cannot contain {0}")]
    Unexpected(&'static str),
    /// A root operation type with a name of its own.
    #[error("the {operation} root is called `{name}`; in a supergraph it is called `{expected}`")]
    RootName {
        /// `query`, `mutation` or `subscription`.
        operation: &'static str,
        /// Its name.
        name: Name,
        /// What it should be called.
        expected: &'static str,
    },
}

impl ReadError {
    /// An error at a place of the text, or at its beginning where no place is known.
    pub(super) fn new(sdl: &str, place: Option<SourceSpan>, kind: ReadErrorKind) -> Self {
        let offset = place.map_or(0, |place| place.offset());
        let before = sdl.get(..offset).unwrap_or(sdl);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .map_or(0, |it| it.chars().count())
            + 1;
        let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            line: number(line),
            column: number(column),
            kind,
        }
    }
}
