//! Apps sign users in: by codes, by refresh tokens, and in their own name; and what tricksters try.

mod codes;
mod endpoints;
mod library;
mod listed;
mod pages;
mod refresh;
mod support;
mod tricks;
