//! What user names look like, which addresses were proved, and what sessions are used by.
//!
//! Accounts are filled in batches. Of two that look alike already, the older one gets the
//! skeleton; the other one keeps its name and none, so that nobody loses a name they have.

use kit::migrate::online;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, Statement, Value};

use crate::rules::skeleton;

/// Accounts that are filled by one statement.
const BATCH: usize = 500;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(false)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column, kind) in [
            ("account", "username_skeleton", "text"),
            ("account", "email_verified_at", "bigint"),
            ("session", "last_used_at", "bigint"),
            ("session", "software", "text"),
            ("session", "client_id", "text"),
            ("session", "scope", "text"),
        ] {
            online::add_column(manager, table, column, kind).await?;
        }
        fill_skeletons(manager).await?;
        online::create_index(
            manager,
            "UNIQUE INDEX",
            "account_username_skeleton_unique",
            "account (username_skeleton)",
        )
        .await
    }
}

/// Goes through the accounts by id, so that each batch begins where the last one ended.
async fn fill_skeletons(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let connection = manager.get_connection();
    let backend = connection.get_database_backend();
    let mut last = String::new();
    loop {
        let select =
            format!("SELECT id, username FROM account WHERE id > $1 ORDER BY id LIMIT {BATCH}");
        let select = Statement::from_sql_and_values(backend, select, [last.as_str().into()]);
        let mut values: Vec<Value> = Vec::new();
        for row in connection.query_all_raw(select).await? {
            last = row.try_get_by_index(0)?;
            let username: String = row.try_get_by_index(1)?;
            values.push(last.as_str().into());
            values.push(skeleton(&username).into());
        }
        if values.is_empty() {
            break;
        }
        let places: Vec<_> = (0..values.len() / 2)
            .map(|it| format!("(${}, ${})", 2 * it + 1, 2 * it + 2))
            .collect();
        // Both databases name the columns of a list of values like this.
        let fill = format!(
            "UPDATE account SET username_skeleton = filled.column2 \
             FROM (VALUES {}) AS filled WHERE account.id = filled.column1",
            places.join(", ")
        );
        let fill = Statement::from_sql_and_values(backend, fill, values);
        connection.execute_raw(fill).await?;
    }
    let later_ones = "UPDATE account SET username_skeleton = NULL WHERE id IN (SELECT id FROM (\
        SELECT id, ROW_NUMBER() OVER (PARTITION BY username_skeleton ORDER BY created_at, id) AS place \
        FROM account WHERE username_skeleton IS NOT NULL) AS placed WHERE place > 1)";
    connection.execute_unprepared(later_ones).await?;
    Ok(())
}
