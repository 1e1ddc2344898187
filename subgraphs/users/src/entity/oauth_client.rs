//! `oauth_client`: the apps that may ask for tokens.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "oauth_client")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: String,
    /// None for apps that can keep no secret.
    pub secret_hash: Option<String>,
    /// Separated by blanks.
    pub redirect_uris: String,
    /// Separated by blanks.
    pub scopes: String,
    /// Separated by blanks.
    pub grant_types: String,
    pub created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
