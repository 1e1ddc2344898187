//! Table `album`.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "album")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// Who made it.
    pub artist_id: String,
    /// The title as shown.
    pub title: String,
    /// The title as searched and sorted.
    pub title_key: String,
    /// Year of first release.
    pub release_year: i32,
    /// When the album entered the catalogue, in microseconds since 1970.
    pub added_at: i64,
}

/// Joins are written out where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
