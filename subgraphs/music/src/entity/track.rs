//! Table `track`.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "track")]
pub struct Model {
    /// Opaque id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The album it is on.
    pub album_id: String,
    /// The artist of that album; repeated here so that one index serves the artist's tracks.
    pub artist_id: String,
    /// The title as shown.
    pub title: String,
    /// The title as searched and sorted.
    pub title_key: String,
    /// Length in seconds.
    pub duration_seconds: i32,
    /// Place on the album, from 1.
    pub track_number: i32,
    /// Year of the album; repeated here so that one index serves the order by year.
    pub release_year: i32,
    /// How many favourites point here; changed with them in one transaction.
    pub favourite_count: i32,
    /// When the track entered the catalogue, in microseconds since 1970.
    pub added_at: i64,
}

/// Joins are written out where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
