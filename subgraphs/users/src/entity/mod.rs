//! The tables as sea-orm sees them, and nothing else. Times are milliseconds since 1970 in UTC.

pub(crate) mod account;
pub(crate) mod attempt;
pub(crate) mod audit_event;
pub(crate) mod browser_cookie;
pub(crate) mod job;
pub(crate) mod oauth_client;
pub(crate) mod oauth_code;
pub(crate) mod oauth_consent;
pub(crate) mod one_time_token;
pub(crate) mod outbox_event;
pub(crate) mod outbox_mark;
pub(crate) mod refresh_token;
pub(crate) mod session;
pub(crate) mod signing_key;
