//! Writes the answer in one pass, by copying slices of the bodies, or by giving long ones on as they are.
//!
//! A null where none may stand takes its parent with it: each value that may be null remembers
//! where it began in the output, and is cut back to there ([`Bubble`]).

mod leaf;
mod object;
mod output;

use bytes::Bytes;
use schema::Name;

use crate::arena::Store;
use crate::compile::write::WriteFieldShape;
use crate::errors::{ClientError, MAX_ERRORS, PathStep, code};
use crate::executable::Executable;
use crate::frames::{Absence, Frames};
use crate::inclusions::Inclusions;
use crate::state::Execution;

pub(crate) use output::Output;

/// What became of `data`.
#[derive(Debug)]
pub(crate) struct Written {
    /// Whether a null reached the root.
    pub(crate) is_null: bool,
    /// What was found to be missing only now.
    pub(crate) errors: Vec<ClientError>,
}

/// A null that its place does not allow; an error explains it already.
struct Bubble;

struct Writer<'w> {
    executable: &'w Executable,
    store: &'w Store,
    included: &'w Inclusions,
    introspection: &'w [(Name, Bytes)],
    frames: Frames,
    out: &'w mut Output,
    /// Their paths grow from the inside out while the writer returns.
    errors: Vec<ClientError>,
    /// Set once there is more than the limits allow; then all bubbles up to the root.
    is_too_large: bool,
}

/// Appends the value of `data`.
pub(crate) fn write_data(
    execution: &Execution<'_>,
    introspection: &[(Name, Bytes)],
    out: &mut Output,
) -> Written {
    let start = out.text.len();
    let mut writer = Writer {
        executable: execution.executable,
        store: &execution.store,
        included: &execution.included,
        introspection,
        frames: Frames::default(),
        out,
        errors: Vec::new(),
        is_too_large: execution.store.is_too_large,
    };
    let is_null = writer.is_too_large || writer.root().is_err();
    let is_too_large = writer.is_too_large;
    let mut errors = std::mem::take(&mut writer.errors);
    if is_null {
        out.truncate(start);
        out.text.extend_from_slice(b"null");
    }
    for error in &mut errors {
        error.path.reverse();
    }
    if is_too_large {
        let message = "The answer is larger than an answer may be.";
        errors = vec![ClientError::new(message, code::ANSWER_TOO_LARGE)];
    }
    Written { is_null, errors }
}

impl Writer<'_> {
    /// Writes null, or lets it bubble; reports what no error has explained.
    fn null(
        &mut self,
        field: &WriteFieldShape,
        level: usize,
        absence: Absence,
        subgraph: Option<&Name>,
    ) -> Result<(), Bubble> {
        let may_be_null = field.nullable.get(level).copied().unwrap_or(true);
        match absence {
            Absence::Explained => {}
            Absence::LeftOut => self.report(|| {
                let (parent, name) = (&field.parent_type, &field.name);
                let who = subgraph
                    .map(|it| format!("The subgraph \"{it}\""))
                    .unwrap_or_default();
                let message = format!("{who} left out {parent}.{name}.");
                let mut error = ClientError::new(message, code::MALFORMED_RESPONSE);
                error.service = subgraph.cloned();
                error
            }),
            Absence::Null if may_be_null => {}
            Absence::Null => self.report(|| {
                let (parent, name) = (&field.parent_type, &field.name);
                let message = format!("Cannot return null for non-nullable field {parent}.{name}.");
                ClientError::new(message, code::UNEXPECTED_NULL)
            }),
        }
        if !may_be_null {
            return Err(Bubble);
        }
        self.out.text.extend_from_slice(b"null");
        Ok(())
    }

    fn report(&mut self, error: impl FnOnce() -> ClientError) {
        // One more than an answer may have shows that there were more.
        if self.errors.len() <= MAX_ERRORS {
            self.errors.push(error());
        }
    }

    /// Adds a step to the paths of the errors found since there were `before` of them.
    fn errors_were_below(&mut self, before: usize, step: impl Fn() -> PathStep) {
        for error in self.errors.iter_mut().skip(before) {
            error.path.push(step());
        }
    }

    /// Ends a value that began at `start` and may have lost a part: the value becomes null if its
    /// place allows that, else the null goes on upwards.
    fn settle(
        &mut self,
        field: &WriteFieldShape,
        level: usize,
        start: usize,
        written: Result<(), Bubble>,
    ) -> Result<(), Bubble> {
        if written.is_ok() || self.is_too_large {
            return written;
        }
        self.out.truncate(start);
        self.null(field, level, Absence::Explained, None)
    }
}
