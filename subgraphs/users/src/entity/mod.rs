//! The tables as sea-orm sees them, and nothing else. Times are milliseconds since 1970 in UTC.

pub(crate) mod account;
pub(crate) mod outbox_event;
pub(crate) mod refresh_token;
pub(crate) mod session;
