//! Table `artist`.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "artist")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The name as shown.
    pub name: String,
    /// The name as searched and sorted.
    pub name_key: String,
    /// ISO 3166-1 alpha-2; none when the members come from several.
    pub country: Option<String>,
    /// When the artist entered the catalogue, in microseconds since 1970.
    pub added_at: i64,
}

/// Joins are written out where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
