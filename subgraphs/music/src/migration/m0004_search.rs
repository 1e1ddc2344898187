//! What search looks at: a document for each artist, album and track, and the words of all with
//! their variants.
//!
//! The tables are made empty. The service fills them while it runs, as it would any document that
//! is missing, so no replica has to wait for that.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async-trait accepts a method only with the lifetimes its trait spells out"
)]

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

/// Writes go to the index at once: what waits in its list has to be read by every search.
const POSTGRES: &[&str] = &[
    "CREATE TABLE search_document (
        id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind INTEGER NOT NULL,
        thing_id TEXT COLLATE \"C\" NOT NULL,
        name TEXT COLLATE \"C\" NOT NULL,
        artist TEXT NOT NULL,
        genres TEXT NOT NULL,
        release_year INTEGER,
        popularity INTEGER NOT NULL,
        fingerprint BIGINT NOT NULL,
        words TSVECTOR NOT NULL,
        UNIQUE (kind, thing_id))",
    "CREATE INDEX search_document_by_words ON search_document USING gin (words) WITH (fastupdate = off)",
    "CREATE TABLE search_variant (
        variant TEXT COLLATE \"C\" NOT NULL,
        word TEXT COLLATE \"C\" NOT NULL,
        PRIMARY KEY (variant, word))",
];

/// The index over the words holds no text of its own, and triggers keep it in step with the table.
/// Words are separated by blanks already and may hold letters of the private use area, so the
/// simplest way to take them apart is the right one.
const SQLITE: &[&str] = &[
    "CREATE TABLE search_document (
        id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL,
        thing_id TEXT NOT NULL,
        name TEXT NOT NULL,
        artist TEXT NOT NULL,
        genres TEXT NOT NULL,
        release_year INTEGER,
        popularity INTEGER NOT NULL,
        fingerprint INTEGER NOT NULL,
        words TEXT NOT NULL,
        UNIQUE (kind, thing_id))",
    "CREATE VIRTUAL TABLE search_text USING fts5(
        words, content='search_document', content_rowid='id', tokenize='ascii', detail='none', prefix='1 2 3')",
    "CREATE TRIGGER search_document_inserted AFTER INSERT ON search_document BEGIN
        INSERT INTO search_text(rowid, words) VALUES (new.id, new.words);
    END",
    "CREATE TRIGGER search_document_deleted AFTER DELETE ON search_document BEGIN
        INSERT INTO search_text(search_text, rowid, words) VALUES ('delete', old.id, old.words);
    END",
    "CREATE TRIGGER search_document_updated AFTER UPDATE ON search_document BEGIN
        INSERT INTO search_text(search_text, rowid, words) VALUES ('delete', old.id, old.words);
        INSERT INTO search_text(rowid, words) VALUES (new.id, new.words);
    END",
    "CREATE TABLE search_variant (
        variant TEXT NOT NULL,
        word TEXT NOT NULL,
        PRIMARY KEY (variant, word)) WITHOUT ROWID",
];

/// For what has exactly the name that is looked for.
const BY_NAME: &str = "CREATE INDEX search_document_by_name ON search_document (name, kind, popularity DESC, thing_id)";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        let statements = match manager.get_database_backend() {
            DbBackend::Postgres => POSTGRES,
            _ => SQLITE,
        };
        for statement in statements.iter().chain(&[BY_NAME]) {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        if manager.get_database_backend() != DbBackend::Postgres {
            connection
                .execute_unprepared("DROP TABLE search_text")
                .await?;
        }
        for table in ["search_variant", "search_document"] {
            let drop = format!("DROP TABLE {table}");
            connection.execute_unprepared(&drop).await?;
        }
        Ok(())
    }
}
