//! Table `favourite`: who loves which track.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "favourite")]
pub struct Model {
    /// The user, known to the users service.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    /// The track.
    #[sea_orm(primary_key, auto_increment = false)]
    pub track_id: String,
    /// When it became a favourite, in microseconds since 1970.
    pub favourited_at: i64,
    /// Why, in the user's words.
    pub note: Option<String>,
    /// Its place in the order that the user chose, an order key; the greatest comes first.
    pub place: String,
}

/// Joins are written out where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
