//! `job`: work that is to be done after the transaction that gives reason for it.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub kind: String,
    /// What it works on, as JSON. May hold secrets.
    pub payload: String,
    /// The job goes when this account does.
    pub account_id: Option<String>,
    pub created_at: i64,
    /// When it may be begun. While somebody works on it, when others may think they died.
    pub run_at: i64,
    /// How often it was begun.
    pub attempts: i32,
    pub last_error: Option<String>,
    /// When it was given up.
    pub dead_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
