//! Mail to the people who have an account: what there is to say ([`messages`]), in words, and where
//! it goes ([`delivery`]). Mail is sent by background jobs, see [`crate::jobs`].

pub mod delivery;
pub mod messages;
mod text;

pub use messages::{AccountMail, Message};
