//! How problems look: on a terminal, as JSON, as annotations in a pull request.

mod github;
mod json;
mod text;

pub use github::github;
pub use json::json;
pub(crate) use text::Paint;
pub use text::{Colour, text};
