//! The tables' history. A migration that has been released is never changed.

use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

mod columns;
mod m0001_catalogue;
mod m0002_favourites;
mod m0005_playlists;
mod m0006_favourite_order;

/// All migrations of this service, in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_catalogue::Migration),
            Box::new(m0002_favourites::Migration),
            Box::new(m0005_playlists::Migration),
            Box::new(m0006_favourite_order::Migration),
        ]
    }
}
