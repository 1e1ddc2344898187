//! Carries out a plan: subgraph responses become the bytes of the client's answer.
//!
//! In goes an [`Executable`] (a plan, compiled once), the request's variables, and a
//! [`SubgraphClient`], the only way out. Back comes an [`Answer`]. Nothing here knows HTTP, files,
//! the environment or a clock, and no task is spawned: all requests are polled in the caller's.
//!
//! Reading order, which is the order of a request's life:
//!
//! 1. `executable` and `compile`: what can be worked out before the first request is.
//! 2. `execute`, `schedule` and `fetch`: fetches start as soon as those they need have ended;
//!    `contextual` puts those together that depend on contexts. `subscription` is the same for each event.
//! 3. `entities`: representations are written from slots, and entities attached to objects.
//! 4. `read`: one pass over a body, guided by its shape, fills the slots of the `arena`.
//! 5. `frames` and `walk`: how the objects of a position are found through its layers.
//! 6. `write`: one pass over the answer's shape copies slices of the bodies; `answer` is what comes out.
//! 7. `errors`: the slow path. Errors of subgraphs get paths in the client's terms.
//!
//! # What is allocated
//! Per request: the arena (one vector), the output (one vector, sized from earlier answers, and one of pieces
//! where long values are given on), the
//! errors' text if there are any, and a handful of small vectors whose length is the number of
//! fetches. Per fetch: its request body, unless it has no variables, in which case it is shared
//! by all requests; a stack for the lists that are being read; for an entity fetch also its table
//! of representations, its list of places and a stack of frames; and one future, when several
//! fetches are in flight at once. Tables and stacks begin with the room that earlier requests
//! needed. Nothing is allocated per value, except for text with escapes where a name is expected.

mod answer;
mod arena;
mod client;
mod compile;
mod contextual;
mod entities;
mod errors;
mod executable;
mod execute;
mod fetch;
mod frames;
mod inclusions;
mod json_text;
mod limits;
mod read;
mod schedule;
mod short;
mod size_hint;
mod state;
mod subscription;
mod walk;
mod write;

pub use answer::{Answer, AnswerBody};
pub use client::{SendError, SubgraphClient, SubgraphRequest};
pub use executable::Executable;
pub use execute::{Request, execute};
pub use limits::Limits;
pub use subscription::{execute_event, opening_request};
