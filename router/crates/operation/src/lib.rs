//! A client's document becomes a validated operation in normal form, or errors that say where.
//!
//! [`ApiSchema`] is made once per graph. For each new document [`prepare`] parses it, bounds it by
//! [`Limits`], validates it and brings the chosen operation into the normal form that the planner
//! reads ([`Operation`]). For each request [`coerce_variables`] checks the client's variables, and
//! [`introspect`] answers `__schema` and `__type`.
//!
//! Knows nothing of subgraphs, plans or HTTP. No input makes it panic, and no input within the
//! limits takes more than some milliseconds.
//!
//! Read [`model`](Operation) first, then `document`, `measure`, `validate`, `normalise`,
//! `variables`, `introspection`: the order in which a document goes through them.

mod api_schema;
mod document;
mod error;
mod input_types;
mod introspection;
mod limits;
mod measure;
mod model;
mod normalise;
mod object_set;
mod prepare;
mod validate;
mod variables;

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod random_tests;

pub use api_schema::{ApiSchema, ApiSchemaError};
pub use document::Document;
pub use error::{ErrorCode, Location, RequestError};
pub use introspection::introspect;
pub use limits::Limits;
pub use model::*;
pub use prepare::{Prepared, prepare, prepare_document, validate};
pub use variables::coerce_variables;
