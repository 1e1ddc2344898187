//! What people may call themselves, how they may protect their account, and what settings may be, one
//! rule per file.
//!
//! Each rule turns a text into a type, so that holding the type means having passed the rule.
//! A refusal names the argument and what would be accepted.

mod attempt_limit;
mod country;
mod email_address;
mod password;
mod profile_text;
mod public_url;
mod username;

pub use attempt_limit::{AttemptLimit, NotALimit};
pub use country::Country;
pub use email_address::EmailAddress;
pub use password::{MAX_PASSWORD_BYTES, NewPassword};
pub use profile_text::{Bio, DisplayName};
pub use public_url::public_url;
pub use username::Username;
pub(crate) use username::skeleton;
