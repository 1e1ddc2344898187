//! The music service over HTTP: the real server, on a port of its own, over a real database.
//!
//! Every case runs over SQLite, and over Postgres too when `MUSICWALLET_TEST_POSTGRES_URL`
//! names a server on which databases may be created.

#[cfg(test)]
mod abuse;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod charts;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod departures;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod entities;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod favourite_order;
#[cfg(test)]
mod favourites;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod playlists;
#[cfg(test)]
mod process;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod search;
#[cfg(test)]
mod subscriptions;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod transfer;
