//! Table `playlist_collaborator`: who else may edit the items of a playlist.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "playlist_collaborator")]
pub struct Model {
    /// The playlist.
    #[sea_orm(primary_key, auto_increment = false)]
    pub playlist_id: String,
    /// The user, known to the users service.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    /// Since when, in microseconds since 1970.
    pub invited_at: i64,
}

/// Joins are written out where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
