//! Makes the documents that are missing or outdated, and removes those of things that are gone.
//!
//! Documents change with what they are about, but for three reasons to look: tables that were
//! filled before there was a search, replicas of an older version that edit the catalogue, and
//! popularity, which would otherwise be written with favourites. All things are read in pages by
//! id, beside the traffic; only what differs is written.

use std::collections::HashSet;
use std::time::Duration;

use kit::server::Stop;
use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::super::Store;
use super::Kind;
use super::documents::{self, Hold, Of};

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(3_600);

/// How soon again when it failed.
const AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Things that are read at once.
const ROWS: usize = 1_000;

/// Catches up now and from time to time, until the service ends.
pub async fn keep(store: Store, mut stop: Stop) {
    loop {
        let pause = match store.catch_up_search().await {
            Ok(0) => EVERY,
            Ok(documents) => {
                tracing::info!(search.documents = documents, "brought search up to date");
                EVERY
            }
            Err(error) => {
                tracing::warn!(%error, "search could not be brought up to date");
                AFTER_FAILURE
            }
        };
        if !stop.sleep(pause).await {
            return;
        }
    }
}

impl Store {
    /// Brings all documents up to date; how many were not.
    pub async fn catch_up_search(&self) -> Result<u64, DbErr> {
        let mut changed = 0;
        let mut known = HashSet::new();
        for kind in Kind::ALL {
            let mut behind = String::new();
            loop {
                let of = Of::Behind(&behind, ROWS);
                let made = documents::make(self.connection(), kind, of, Hold::Nothing).await?;
                let outdated: Vec<String> = made
                    .iter()
                    .filter(|(document, stored)| *stored != Some(document.fingerprint()))
                    .map(|(document, _)| document.thing.clone())
                    .collect();
                if !outdated.is_empty() {
                    let transaction = self.database().begin_write().await?;
                    let hold = Hold::All;
                    documents::refresh_holding(&transaction, kind, &outdated, hold, &mut known)
                        .await?;
                    transaction.commit().await?;
                    changed += outdated.len() as u64;
                }
                match made.last() {
                    Some((last, _)) if made.len() == ROWS => behind.clone_from(&last.thing),
                    _ => break,
                }
            }
            changed += self.remove_orphans(kind).await?;
        }
        Ok(changed)
    }

    async fn remove_orphans(&self, kind: Kind) -> Result<u64, DbErr> {
        let table = kind.table();
        let connection = self.connection();
        let statement = Statement::from_string(
            connection.get_database_backend(),
            format!(
                "DELETE FROM search_document WHERE kind = {} \
                 AND NOT EXISTS (SELECT 1 FROM {table} WHERE {table}.id = search_document.thing_id)",
                kind.number()
            ),
        );
        Ok(connection.execute_raw(statement).await?.rows_affected())
    }
}
