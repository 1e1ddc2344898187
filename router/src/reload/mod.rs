//! Swaps in a new app when the graph or the configuration changes.
//!
//! One task owns everything that changes ([`Live`]); requests only ever load the current app. A
//! change that makes no graph is reported, and the graph that was there stays.

mod live;
mod watch;

pub(crate) use live::{Live, LoadError, Setup};
pub(crate) use watch::{Watch, keep_current};
