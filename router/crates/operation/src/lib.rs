//! A client's document becomes a validated operation in normal form, or errors that say where.
mod model;

pub use model::*;
