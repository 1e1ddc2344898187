//! The service as its clients meet it: over HTTP, with a real database, on SQLite and, where
//! one is at hand, on Postgres.
//!
//! Set `MUSICWALLET_TEST_POSTGRES_URL` to a server where databases may be created; each test
//! makes its own and drops it. Without it, the Postgres variants say that they were left out.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on has failed; clippy sees only functions marked as tests"
)]

/// Makes of each named `async fn(&Served)` one test per kind of database.
macro_rules! on_both_databases {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $name() {
                    let served = crate::support::Served::on_sqlite().await;
                    super::$name(&served).await;
                    served.close().await;
                }
            )+
        }

        mod postgres {
            $(
                #[tokio::test]
                async fn $name() {
                    let Some(served) = crate::support::Served::on_postgres().await else {
                        println!("left out: MUSICWALLET_TEST_POSTGRES_URL is not set");
                        return;
                    };
                    super::$name(&served).await;
                    served.close().await;
                }
            )+
        }
    };
}

mod accounts;
mod attempts;
mod crashes;
mod demo;
mod entities;
mod export;
mod facts;
mod injection;
mod jobs;
mod key_rotation;
mod lists;
mod lookalikes;
mod mail;
mod mailed_links;
mod migrations;
#[cfg(feature = "nats")]
mod nats;
mod oauth;
mod privacy;
mod process;
mod profile;
mod refusals;
mod roles;
mod session_list;
mod sessions;
mod support;
mod tokens;
mod traces;
