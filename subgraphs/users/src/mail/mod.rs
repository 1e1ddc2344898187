//! Mail to the people who have an account: what there is to say, see [`messages`].

pub mod messages;

pub use messages::{AccountMail, Message};
