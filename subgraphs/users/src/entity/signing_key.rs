//! `signing_key`: the keys that sign tokens, without their private halves.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_key")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: String,
    /// Grows with each rotation.
    pub sequence: i64,
    /// What the private half is derived with; none for the key in the file itself.
    pub salt: Option<String>,
    /// The public half (RFC 7517).
    pub jwk: String,
    pub created_at: i64,
    pub active_from: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
