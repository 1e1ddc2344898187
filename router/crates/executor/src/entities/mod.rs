//! Entity fetches: what is sent of which objects, and which objects the answers belong to.
//!
//! Each list of entities goes through three steps. [`ask`] walks the objects at its position and
//! writes their representations into the request's body; [`dedup`] finds those that are there
//! already; [`attach`] hands each entity of the answer to the objects it was asked for.

mod ask;
mod attach;
mod dedup;
mod representation;

pub(crate) use ask::{Asked, ask};
pub(crate) use attach::{Mismatch, attach, attach_failed};
pub(crate) use representation::{open_object, type_name};
