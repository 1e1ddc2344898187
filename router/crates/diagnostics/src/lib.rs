//! Problems found in schemas: a code, a place in some subgraph, one sentence, and a remedy.
//!
//! Stages collect [`Problem`]s into [`Problems`] and go on; nothing here decides when to stop.
//! Knows no file, terminal or schema: a [`Span`] names its subgraph and counts lines and columns,
//! and whoever renders excerpts hands in the text. Read [`Code`], then [`Problem`], then [`render`];
//! [`mod@explain`] has what there is to say about each code.

mod code;
pub mod explain;
mod problem;
mod problems;
pub mod render;
mod span;

pub use code::{Code, Level};
pub use problem::{Label, Problem};
pub use problems::Problems;
pub use span::{Position, Span};
