//! Accounts. Names and addresses are unique as stored, which is in lower case; the list of
//! users is read along an index that ends in the id.

use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden, Clone, Copy)]
pub(super) enum Account {
    Table,
    Id,
    Username,
    Email,
    PasswordHash,
    DisplayName,
    Bio,
    Country,
    Roles,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let account = Table::create()
            .table(Account::Table)
            .col(ColumnDef::new(Account::Id).text().not_null().primary_key())
            .col(ColumnDef::new(Account::Username).text().not_null())
            .col(ColumnDef::new(Account::Email).text().not_null())
            .col(ColumnDef::new(Account::PasswordHash).text().not_null())
            .col(ColumnDef::new(Account::DisplayName).text().not_null())
            .col(ColumnDef::new(Account::Bio).text())
            .col(ColumnDef::new(Account::Country).text())
            .col(ColumnDef::new(Account::Roles).text().not_null())
            .col(ColumnDef::new(Account::CreatedAt).big_integer().not_null())
            .to_owned();
        manager.create_table(account).await?;
        for (name, column) in [
            ("account_username_unique", Account::Username),
            ("account_email_unique", Account::Email),
        ] {
            let unique = Index::create()
                .name(name)
                .table(Account::Table)
                .col(column)
                .unique()
                .to_owned();
            manager.create_index(unique).await?;
        }
        let by_age = Index::create()
            .name("account_by_age")
            .table(Account::Table)
            .col(Account::CreatedAt)
            .col(Account::Id)
            .to_owned();
        manager.create_index(by_age).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Account::Table).to_owned())
            .await
    }
}
