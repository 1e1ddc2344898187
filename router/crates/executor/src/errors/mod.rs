//! The slow path: errors of subgraphs, in the client's terms.
//!
//! [`client_error`] is what clients get; [`place`] finds where in the answer something of a
//! subgraph's answer belongs; [`reported`] deals with what subgraphs report, [`fault`] with values
//! that are not what was due, [`failure`] with requests that gave nothing at all.

mod client_error;
mod failure;
mod fault;
mod place;
mod reported;

pub(crate) use client_error::{ClientError, MAX_ERRORS, PathStep, code, write_errors};
pub(crate) use failure::{Failure, report_failure};
pub(crate) use fault::{report_faults, report_left_out, report_mismatch};
pub(crate) use reported::report_errors;
