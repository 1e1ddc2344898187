//! What happens to every request before and after its endpoint, one layer per file.
//!
//! The order, with the reason for it, stands in [`crate::http::app`].

mod authenticate;
mod compress;
mod cors;
mod csrf;
mod deadline;
mod measure;
mod request_id;

pub(crate) use authenticate::Authenticate;
pub(crate) use compress::Compress;
pub(crate) use compress::CompressionConfig;
pub(crate) use cors::Cors;
pub(crate) use cors::CorsConfig;
pub(crate) use csrf::Csrf;
pub(crate) use csrf::CsrfConfig;
pub(crate) use deadline::Deadline;
pub(crate) use measure::Measure;
pub(crate) use request_id::RequestId;
