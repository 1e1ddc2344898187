//! The tables' history. A migration that has been released is never changed.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async_trait makes another signature of `SchemaManager<'_>` than of the trait's `SchemaManager`"
)]

use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

mod m0001_accounts;
mod m0002_sessions;
mod m0003_outbox;
mod m0004_account_details;
mod m0005_account_security;
mod m0006_oauth;
mod m0007_jobs;

/// All migrations of this service, in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_accounts::Migration),
            Box::new(m0002_sessions::Migration),
            Box::new(m0003_outbox::Migration),
            Box::new(m0004_account_details::Migration),
            Box::new(m0005_account_security::Migration),
            Box::new(m0006_oauth::Migration),
            Box::new(m0007_jobs::Migration),
        ]
    }
}
