//! Table `artist_genre`: which genres an artist plays.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "artist_genre")]
pub struct Model {
    /// The artist.
    #[sea_orm(primary_key, auto_increment = false)]
    pub artist_id: String,
    /// The genre in lower case.
    #[sea_orm(primary_key, auto_increment = false)]
    pub genre: String,
    /// Its place in the list, from 0: the most telling genre comes first.
    pub place: i32,
}

/// Joins are written out where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
