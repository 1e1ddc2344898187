//! Entity fetches: what is sent of which objects, and which objects the answers belong to.
//!
//! Each list of entities goes through three steps. [`ask`] walks the objects at its position and
//! writes their representations into the request's body; [`dedup`] finds those that are there
//! already; [`attach`] hands each entity of the answer to the objects it was asked for.
//! Where objects above give values to arguments, `by_context` tells the objects apart by these.

mod ask;
mod attach;
mod by_context;
mod context_value;
mod dedup;
mod representation;

pub(crate) use ask::{Asked, ask};
pub(crate) use attach::{Mismatch, attach, attach_failed};
pub(crate) use by_context::{Group, ask_by_context};
pub(crate) use representation::{open_object, type_name};
