//! The charts as running counts: what is counted on each chart, which favourites are in these counts, and
//! what changed since.
//!
//! Triggers note what changed, whoever changes it: replicas of a version that knows nothing of them run
//! beside newer ones while these are rolled out. Noting only adds rows, so nobody waits for
//! anybody. The triggers come first, and then all favourites of the last days are noted once.
//!
//! The tables `chart` and `chart_refresh` stay as they are, for replicas of the version before.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async-trait accepts a method only with the lifetimes its trait spells out"
)]

use chrono::{TimeDelta, Utc};
use kit::migrate::online;
use sea_orm::{DbBackend, Statement};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

const POSTGRES: [&str; 7] = [
    "CREATE OR REPLACE FUNCTION note_favourites_for_charts() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
         INSERT INTO chart_change (user_id, track_id) SELECT user_id, track_id FROM changed;
         RETURN NULL;
     END $$",
    "CREATE OR REPLACE TRIGGER charts_note_new_favourites AFTER INSERT ON favourite
         REFERENCING NEW TABLE AS changed FOR EACH STATEMENT
         EXECUTE FUNCTION note_favourites_for_charts()",
    "CREATE OR REPLACE TRIGGER charts_note_old_favourites AFTER DELETE ON favourite
         REFERENCING OLD TABLE AS changed FOR EACH STATEMENT
         EXECUTE FUNCTION note_favourites_for_charts()",
    "CREATE OR REPLACE FUNCTION note_listener_for_charts() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
         IF TG_OP <> 'UPDATE' OR NEW.country IS DISTINCT FROM OLD.country THEN
             INSERT INTO chart_change (user_id) VALUES (COALESCE(NEW.user_id, OLD.user_id));
         END IF;
         RETURN NULL;
     END $$",
    "CREATE OR REPLACE TRIGGER charts_note_listeners
         AFTER INSERT OR DELETE OR UPDATE OF country ON listener
         FOR EACH ROW EXECUTE FUNCTION note_listener_for_charts()",
    "CREATE OR REPLACE FUNCTION note_artist_for_charts() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
         INSERT INTO chart_change (artist_id) VALUES (COALESCE(NEW.artist_id, OLD.artist_id));
         RETURN NULL;
     END $$",
    "CREATE OR REPLACE TRIGGER charts_note_genres
         AFTER INSERT OR DELETE OR UPDATE OF genre ON artist_genre
         FOR EACH ROW EXECUTE FUNCTION note_artist_for_charts()",
];

const SQLITE: [(&str, &str, &str); 8] = [
    ("new_favourites", "INSERT ON favourite", FAVOURITE),
    ("old_favourites", "DELETE ON favourite", FAVOURITE),
    ("new_listeners", "INSERT ON listener", LISTENER),
    (
        "moved_listeners",
        "UPDATE OF country ON listener WHEN NEW.country IS NOT OLD.country",
        LISTENER,
    ),
    ("old_listeners", "DELETE ON listener", LISTENER),
    ("new_genres", "INSERT ON artist_genre", ARTIST),
    ("other_genres", "UPDATE OF genre ON artist_genre", ARTIST),
    ("old_genres", "DELETE ON artist_genre", ARTIST),
];

const FAVOURITE: &str = "(user_id, track_id) VALUES (ROW.user_id, ROW.track_id)";
const LISTENER: &str = "(user_id) VALUES (ROW.user_id)";
const ARTIST: &str = "(artist_id) VALUES (ROW.artist_id)";

/// Favourites of how many hours the charts count. Those of one hour are noted in one statement.
const COUNTED_HOURS: i64 = 7 * 24;

/// Those from `$1` up to before `$2`.
const NOTE: &str = "INSERT INTO chart_change (user_id, track_id)
    SELECT user_id, track_id FROM favourite WHERE favourited_at >= $1 AND favourited_at < $2";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for table in tables(manager.get_database_backend()) {
            connection.execute_unprepared(&table).await?;
        }
        for trigger in triggers(manager.get_database_backend()) {
            online::change(manager, &trigger).await?;
        }
        let now = Utc::now();
        let moment = |hours| (now - TimeDelta::hours(hours)).timestamp_micros();
        for hours in (1..=COUNTED_HOURS).rev() {
            let note = Statement::from_sql_and_values(
                connection.get_database_backend(),
                NOTE,
                [moment(hours).into(), moment(hours - 1).into()],
            );
            connection.execute_raw(note).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements: Vec<String> = match manager.get_database_backend() {
            DbBackend::Postgres => [
                "TRIGGER charts_note_new_favourites ON favourite",
                "TRIGGER charts_note_old_favourites ON favourite",
                "TRIGGER charts_note_listeners ON listener",
                "TRIGGER charts_note_genres ON artist_genre",
                "FUNCTION note_favourites_for_charts",
                "FUNCTION note_listener_for_charts",
                "FUNCTION note_artist_for_charts",
            ]
            .map(|it| format!("DROP {it}"))
            .into(),
            _ => SQLITE
                .map(|(name, ..)| format!("DROP TRIGGER charts_note_{name}"))
                .into(),
        };
        for statement in statements {
            online::change(manager, &statement).await?;
        }
        for table in ["chart_count", "chart_change", "chart_vote", "chart_tally"] {
            let drop = Table::drop().table(Alias::new(table)).to_owned();
            manager.drop_table(drop).await?;
        }
        Ok(())
    }
}

fn tables(backend: DbBackend) -> Vec<String> {
    let (text, number) = match backend {
        DbBackend::Postgres => (
            "TEXT COLLATE \"C\"",
            "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
        ),
        _ => ("TEXT", "INTEGER PRIMARY KEY AUTOINCREMENT"),
    };
    vec![
        // What is not in the counts yet: a favourite that came or went, a user who is somewhere
        // else, or an artist who plays something else.
        format!(
            "CREATE TABLE IF NOT EXISTS chart_change (
                id {number}, user_id {text}, track_id {text}, artist_id {text})"
        ),
        // The favourites that are counted, and as of which country.
        format!(
            "CREATE TABLE IF NOT EXISTS chart_vote (
                user_id {text} NOT NULL,
                track_id {text} NOT NULL,
                favourited_at BIGINT NOT NULL,
                country TEXT,
                PRIMARY KEY (user_id, track_id))"
        ),
        "CREATE INDEX IF NOT EXISTS chart_vote_by_time ON chart_vote (favourited_at)".to_owned(),
        format!(
            "CREATE TABLE IF NOT EXISTS chart_tally (
                track_id {text} NOT NULL,
                scope {text} NOT NULL,
                lovers INTEGER NOT NULL,
                PRIMARY KEY (track_id, scope))"
        ),
        "CREATE INDEX IF NOT EXISTS chart_tally_by_lovers
            ON chart_tally (scope, lovers, track_id)"
            .to_owned(),
        // Has one row. What was never claimed is due.
        "CREATE TABLE IF NOT EXISTS chart_count (
            id INTEGER NOT NULL PRIMARY KEY, claimed_at BIGINT NOT NULL, as_of BIGINT)"
            .to_owned(),
        "INSERT INTO chart_count (id, claimed_at) VALUES (1, 0) ON CONFLICT DO NOTHING".to_owned(),
    ]
}

fn triggers(backend: DbBackend) -> Vec<String> {
    if backend == DbBackend::Postgres {
        return POSTGRES.map(str::to_owned).into();
    }
    let trigger = |(name, event, note): (&str, &str, &str)| {
        let row = if event.starts_with("DELETE") {
            "OLD"
        } else {
            "NEW"
        };
        let note = note.replace("ROW", row);
        format!(
            "CREATE TRIGGER IF NOT EXISTS charts_note_{name} AFTER {event} BEGIN
                 INSERT INTO chart_change {note};
             END"
        )
    };
    SQLITE.map(trigger).into()
}
