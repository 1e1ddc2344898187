//! What the users service told of users: from where those who are there listen, who is gone for
//! good, and how far its facts have been acted upon.

#![expect(
    elided_lifetimes_in_paths,
    reason = "async-trait accepts a method only with the lifetimes its trait spells out"
)]

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

use super::columns::{bytewise_text, index};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden, Clone, Copy)]
enum Listener {
    Table,
    UserId,
    Country,
}

#[derive(DeriveIden, Clone, Copy)]
enum DepartedUser {
    Table,
    UserId,
    DepartedAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum FactsCursor {
    Table,
    Feed,
    Position,
    StreamSequence,
    OccurredAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in [listener(backend), departed_user(backend), cursor(backend)] {
            manager.create_table(table).await?;
        }
        manager
            .create_index(index(
                "listener_by_country",
                Listener::Table,
                [Listener::Country, Listener::UserId],
            ))
            .await?;
        // There from the beginning, so that whoever moves it can lock it.
        let beginning = Query::insert()
            .into_table(FactsCursor::Table)
            .columns([FactsCursor::Feed, FactsCursor::Position])
            .values_panic(["users".into(), 0.into()])
            .to_owned();
        manager.execute(beginning).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            Table::drop().table(FactsCursor::Table).to_owned(),
            Table::drop().table(DepartedUser::Table).to_owned(),
            Table::drop().table(Listener::Table).to_owned(),
        ] {
            manager.drop_table(table).await?;
        }
        Ok(())
    }
}

fn listener(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(Listener::Table)
        .col(bytewise_text(backend, Listener::UserId).primary_key())
        .col(ColumnDef::new(Listener::Country).text())
        .to_owned()
}

fn departed_user(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(DepartedUser::Table)
        .col(bytewise_text(backend, DepartedUser::UserId).primary_key())
        .col(
            ColumnDef::new(DepartedUser::DepartedAt)
                .big_integer()
                .not_null(),
        )
        .to_owned()
}

fn cursor(backend: DbBackend) -> TableCreateStatement {
    use FactsCursor as C;
    Table::create()
        .table(C::Table)
        .col(bytewise_text(backend, C::Feed).primary_key())
        .col(ColumnDef::new(C::Position).big_integer().not_null())
        .col(ColumnDef::new(C::StreamSequence).big_integer())
        .col(ColumnDef::new(C::OccurredAt).big_integer())
        .to_owned()
}
