//! How many favourites each user has, so that nobody counts them to say it.
//!
//! The database keeps the numbers by triggers: replicas of a version that knows nothing of them run
//! beside newer ones while these are rolled out, and their favourites count as well. The triggers
//! come first, and then each user's number is set to what there is.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async-trait accepts a method only with the lifetimes its trait spells out"
)]

use kit::migrate::online;
use sea_orm::{DbBackend, Statement, TransactionTrait};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

use super::batches::Batches;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Once for each statement, whatever it changes. Users are counted in one order, so that two imports
/// do not wait for each other in a circle.
const POSTGRES: [&str; 3] = [
    "CREATE OR REPLACE FUNCTION tally_favourites() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
         IF TG_OP = 'INSERT' THEN
             INSERT INTO favourite_tally (user_id, favourites)
                 SELECT user_id, COUNT(*) FROM changed GROUP BY user_id ORDER BY user_id
                 ON CONFLICT (user_id) DO UPDATE
                     SET favourites = favourite_tally.favourites + excluded.favourites;
         ELSE
             UPDATE favourite_tally SET favourites = favourite_tally.favourites - gone.favourites
                 FROM (SELECT user_id, COUNT(*) AS favourites FROM changed GROUP BY user_id) AS gone
                 WHERE favourite_tally.user_id = gone.user_id;
             DELETE FROM favourite_tally
                 WHERE favourites = 0 AND user_id IN (SELECT user_id FROM changed);
         END IF;
         RETURN NULL;
     END $$",
    "CREATE OR REPLACE TRIGGER favourites_come AFTER INSERT ON favourite
         REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tally_favourites()",
    "CREATE OR REPLACE TRIGGER favourites_go AFTER DELETE ON favourite
         REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tally_favourites()",
];

const SQLITE: [&str; 2] = [
    "CREATE TRIGGER IF NOT EXISTS favourites_come AFTER INSERT ON favourite BEGIN
         INSERT INTO favourite_tally (user_id, favourites) VALUES (NEW.user_id, 1)
             ON CONFLICT (user_id) DO UPDATE SET favourites = favourites + 1;
     END",
    "CREATE TRIGGER IF NOT EXISTS favourites_go AFTER DELETE ON favourite BEGIN
         UPDATE favourite_tally SET favourites = favourites - 1 WHERE user_id = OLD.user_id;
         DELETE FROM favourite_tally WHERE user_id = OLD.user_id AND favourites = 0;
     END",
];

/// Of the users behind `$1` up to `$2`.
const COUNT: &str = "INSERT INTO favourite_tally (user_id, favourites)
    SELECT user_id, COUNT(*) FROM favourite WHERE user_id > $1 AND user_id <= $2 GROUP BY user_id
    ON CONFLICT (user_id) DO UPDATE SET favourites = excluded.favourites";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        let (collation, triggers): (_, &[&str]) = if is_postgres {
            ("COLLATE \"C\"", &POSTGRES)
        } else {
            ("", &SQLITE)
        };
        let table = format!(
            "CREATE TABLE IF NOT EXISTS favourite_tally (
                 user_id TEXT {collation} NOT NULL PRIMARY KEY, favourites INTEGER NOT NULL)"
        );
        manager.get_connection().execute_unprepared(&table).await?;
        for trigger in triggers {
            online::change(manager, trigger).await?;
        }
        let connection = manager.get_connection();
        let mut batches = Batches::default();
        while let Some(users) = batches.next(connection).await? {
            let transaction = connection.begin().await?;
            if is_postgres {
                // Who has added or removed something is waited for, and who wants to waits: what is
                // counted here is all that was tallied, and nothing else is.
                let lock = "LOCK TABLE favourite_tally IN SHARE ROW EXCLUSIVE MODE";
                transaction.execute_unprepared(lock).await?;
            }
            let backend = transaction.get_database_backend();
            let count = Statement::from_sql_and_values(backend, COUNT, users);
            transaction.execute_raw(count).await?;
            transaction.commit().await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements: &[&str] = match manager.get_database_backend() {
            DbBackend::Postgres => &[
                "DROP TRIGGER favourites_come ON favourite",
                "DROP TRIGGER favourites_go ON favourite",
                "DROP FUNCTION tally_favourites",
                "DROP TABLE favourite_tally",
            ],
            _ => &[
                "DROP TRIGGER favourites_come",
                "DROP TRIGGER favourites_go",
                "DROP TABLE favourite_tally",
            ],
        };
        for statement in statements {
            online::change(manager, statement).await?;
        }
        Ok(())
    }
}
