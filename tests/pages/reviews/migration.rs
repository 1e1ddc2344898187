//! The tables' history. A migration that has been released is never changed.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async-trait accepts a method only with the lifetimes its trait spells out"
)]

use sea_orm_migration::prelude::*;

/// All migrations of this service, in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(Reviews)]
    }
}

struct Reviews;

impl MigrationName for Reviews {
    fn name(&self) -> &str {
        "m0001_reviews"
    }
}

#[derive(DeriveIden, Clone, Copy)]
enum Review {
    Table,
    AuthorId,
    ItemId,
    Stars,
    Text,
}

#[async_trait::async_trait]
impl MigrationTrait for Reviews {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let review = Table::create()
            .table(Review::Table)
            .col(ColumnDef::new(Review::ItemId).text().not_null())
            .col(ColumnDef::new(Review::AuthorId).text().not_null())
            .col(ColumnDef::new(Review::Stars).integer().not_null())
            .col(ColumnDef::new(Review::Text).text().not_null())
            // One user reviews one item once; and an item's reviews lie side by side.
            .primary_key(Index::create().col(Review::ItemId).col(Review::AuthorId))
            .to_owned();
        manager.create_table(review).await?;
        let of_author = Index::create()
            .name("review_of_author")
            .table(Review::Table)
            .col(Review::AuthorId)
            .col(Review::ItemId)
            .to_owned();
        manager.create_index(of_author).await
    }
}
