//! Reads a body in one pass, guided by its shape, into slots.
//!
//! The body is first checked to be UTF-8 (that pass is many times faster than the other), so that
//! slices of it can be given on as they are. All of its JSON is validated, also what is skipped:
//! a body that is not JSON to its last byte is refused as a whole. Values of a wrong kind inside
//! valid JSON cost only themselves: their slot is [`SlotValue::Failed`], and a [`Fault`] says why.
//!
//! Of keys that stand twice in one object, the last counts, as with most parsers.
//!
//! [`SlotValue::Failed`]: crate::arena::SlotValue::Failed

mod as_it_stands;
mod block;
mod body;
mod cursor;
mod leaf;
mod list;
mod object;
pub(crate) mod raw;
mod skip;

pub(crate) use body::{Reply, read_reply};
pub(crate) use cursor::Malformed;

use crate::arena::{ForeignType, SlotValue};
use crate::compile::types::{TypeId, TypeTable};
use cursor::Cursor;
use plan::FetchId;

/// The most faults of one body that are told one by one.
const MAX_FAULTS: usize = 100;

/// A step of a path in a subgraph's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A response key.
    Key(String),
    /// An index in a list.
    Index(u32),
}

/// A value that is not what was due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where it stands in the subgraph's answer; innermost step first while it is being read.
    pub(crate) path: Vec<Step>,
    /// What is wrong with it.
    pub(crate) problem: Problem,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Of another kind than was due.
    WrongKind {
        /// What was due, with its article.
        due: &'static str,
    },
    /// An object of which the subgraph did not say the type, though it was asked.
    NoTypeName,
    /// An object that says it is of another type than it can be.
    OtherType {
        /// The type that was due.
        due: String,
    },
}

/// The state of reading one body.
struct Reader<'r> {
    cursor: Cursor<'r>,
    fetch: FetchId,
    types: &'r TypeTable,
    arena: &'r mut Vec<SlotValue>,
    max_slots: usize,
    foreign_types: &'r mut Vec<ForeignType>,
    /// The items of the lists that are being read, innermost last: they move to the arena when
    /// their list ends, so that they stand together there.
    items: Vec<SlotValue>,
    /// The most items there were.
    most_items: usize,
    /// The type of the last object: the next one in a list is likely to be of the same.
    last_type: TypeId,
    faults: Vec<Fault>,
    /// How many faults were found beyond [`MAX_FAULTS`].
    more_faults: usize,
    /// Whether fields are read in runs.
    runs_are_allowed: bool,
    /// How many bytes were read that could not be given on as they stand after all.
    read_in_vain: usize,
}

impl Reader<'_> {
    /// Notes a fault at the value at hand; the path grows on the way out.
    fn fault(&mut self, problem: Problem) -> SlotValue {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(Fault {
                path: Vec::new(),
                problem,
            });
        } else {
            self.more_faults += 1;
        }
        SlotValue::Failed
    }

    /// Adds a step to the paths of the faults found since there were `before` of them.
    fn faults_were_below(&mut self, before: usize, step: impl Fn() -> Step) {
        for fault in self.faults.iter_mut().skip(before) {
            fault.path.push(step());
        }
    }
}
