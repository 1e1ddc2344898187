//! The outbox: what other services must learn of, in the order in which it happened.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden, Clone, Copy)]
enum OutboxEvent {
    Table,
    Id,
    Kind,
    SubjectId,
    OccurredAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut id = ColumnDef::new(OutboxEvent::Id);
        // AUTOINCREMENT on SQLite too: an id must never come again after its row is deleted.
        id.big_integer().not_null().auto_increment().primary_key();
        let outbox_event = Table::create()
            .table(OutboxEvent::Table)
            .col(id)
            .col(ColumnDef::new(OutboxEvent::Kind).text().not_null())
            .col(ColumnDef::new(OutboxEvent::SubjectId).text().not_null())
            .col(
                ColumnDef::new(OutboxEvent::OccurredAt)
                    .big_integer()
                    .not_null(),
            )
            .to_owned();
        manager.create_table(outbox_event).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(OutboxEvent::Table).to_owned())
            .await
    }
}
