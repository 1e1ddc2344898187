//! `session`: one row per sign-in that has not ended.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub account_id: String,
    pub created_at: i64,
    pub expires_at: i64,
    /// None until it is refreshed for the first time.
    pub last_used_at: Option<i64>,
    /// What the client says it is.
    pub software: Option<String>,
    /// The app that acts by it; none for MusicWallet's own pages.
    pub client_id: Option<String>,
    /// What the app may do, separated by blanks.
    pub scope: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
