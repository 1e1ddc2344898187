//! Sessions and their refresh tokens. Both go with the account they belong to.

use sea_orm_migration::prelude::*;

use super::m0001_accounts::Account;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden, Clone, Copy)]
enum Session {
    Table,
    Id,
    AccountId,
    CreatedAt,
    ExpiresAt,
}

#[derive(DeriveIden, Clone, Copy)]
enum RefreshToken {
    Table,
    Hash,
    SessionId,
    IssuedAt,
    ExpiresAt,
    UsedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let session = Table::create()
            .table(Session::Table)
            .col(ColumnDef::new(Session::Id).text().not_null().primary_key())
            .col(ColumnDef::new(Session::AccountId).text().not_null())
            .col(ColumnDef::new(Session::CreatedAt).big_integer().not_null())
            .col(ColumnDef::new(Session::ExpiresAt).big_integer().not_null())
            .foreign_key(
                ForeignKey::create()
                    .from(Session::Table, Session::AccountId)
                    .to(Account::Table, Account::Id)
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(session).await?;
        let refresh_token = Table::create()
            .table(RefreshToken::Table)
            .col(
                ColumnDef::new(RefreshToken::Hash)
                    .text()
                    .not_null()
                    .primary_key(),
            )
            .col(ColumnDef::new(RefreshToken::SessionId).text().not_null())
            .col(
                ColumnDef::new(RefreshToken::IssuedAt)
                    .big_integer()
                    .not_null(),
            )
            .col(
                ColumnDef::new(RefreshToken::ExpiresAt)
                    .big_integer()
                    .not_null(),
            )
            .col(ColumnDef::new(RefreshToken::UsedAt).big_integer())
            .foreign_key(
                ForeignKey::create()
                    .from(RefreshToken::Table, RefreshToken::SessionId)
                    .to(Session::Table, Session::Id)
                    .on_delete(ForeignKeyAction::Cascade),
            )
            .to_owned();
        manager.create_table(refresh_token).await?;
        // Without these, a cascade would read the whole table.
        let of_account = Index::create()
            .name("session_of_account")
            .table(Session::Table)
            .col(Session::AccountId)
            .to_owned();
        manager.create_index(of_account).await?;
        let by_end = Index::create()
            .name("session_by_end")
            .table(Session::Table)
            .col(Session::ExpiresAt)
            .to_owned();
        manager.create_index(by_end).await?;
        let tokens_by_end = Index::create()
            .name("refresh_token_by_end")
            .table(RefreshToken::Table)
            .col(RefreshToken::ExpiresAt)
            .to_owned();
        manager.create_index(tokens_by_end).await?;
        let of_session = Index::create()
            .name("refresh_token_of_session")
            .table(RefreshToken::Table)
            .col(RefreshToken::SessionId)
            .to_owned();
        manager.create_index(of_session).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(RefreshToken::Table).to_owned())
            .await?;
        manager
            .drop_table(Table::drop().table(Session::Table).to_owned())
            .await
    }
}
