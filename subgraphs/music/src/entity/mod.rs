//! The tables as sea-orm knows them, one file each; they hold columns and nothing else.
//!
//! Times are whole microseconds since 1970 (UTC): a number compares the same on every database,
//! which cursors depend on. Only `store` reads these.

pub mod album;
pub mod artist;
pub mod artist_genre;
pub mod chart_tally;
pub mod departed_user;
pub mod facts_cursor;
pub mod favourite;
pub mod favourite_tally;
pub mod listener;
pub mod playlist;
pub mod playlist_collaborator;
pub mod playlist_item;
pub mod track;
