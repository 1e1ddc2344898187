//! Table `playlist_item`: the tracks of playlists, in their order.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "playlist_item")]
pub struct Model {
    /// Opaque id: a track may be on a playlist more than once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The playlist it is on.
    pub playlist_id: String,
    /// The track.
    pub track_id: String,
    /// Its place on the playlist, an order key.
    pub place: String,
    /// Who added it; null when that user is gone.
    pub added_by: Option<String>,
    /// When it was added, in microseconds since 1970.
    pub added_at: i64,
}

/// Joins are written out where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
