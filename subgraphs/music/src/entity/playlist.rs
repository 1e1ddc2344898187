//! Table `playlist`: what a user calls a list of tracks, and who may see it.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "playlist")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Whose it is, known to the users service.
    pub owner_id: String,
    /// The name as shown.
    pub name: String,
    /// What it is about, in the owner's words.
    pub description: Option<String>,
    /// Who may see it: `private`, `by_link` or `public`.
    pub visibility: String,
    /// The hash of the token in its link; there is at most one.
    pub share_token_hash: Option<String>,
    /// Until when the link works, in microseconds since 1970; null for ever.
    pub share_expires_at: Option<i64>,
    /// How many items it has; changed with them in one transaction.
    pub item_count: i32,
    /// How often it was changed.
    pub version: i32,
    /// When it was made, in microseconds since 1970.
    pub created_at: i64,
    /// When it was changed last, in microseconds since 1970.
    pub updated_at: i64,
}

/// Joins are written out where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
