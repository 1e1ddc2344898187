//! Genres: which there are, and the tracks of each.

use std::collections::HashMap;

use kit::Result;
use kit::relay::{self, Slice};
use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, Statement};

use super::artists::plays;
use super::page::{self, Page, SortDirection};
use super::tracks::{self, TrackSort};
use super::{Store, Track};
use crate::entity::track;

/// The order of a genre's tracks, the other way round: the most loved come first.
pub const ORDER_OF_TRACKS: TrackSort = TrackSort::FavouriteCount;

/// A page of genres; a genre stands where its name puts it.
pub type GenrePage = relay::Page<String>;

/// The genres behind a name: from one to the next by the index, however many artists play each.
/// `$1` is the name, `$2` how many.
const NEXT_GENRES: &str = "
    WITH RECURSIVE found (genre, place) AS (
        SELECT (SELECT genre FROM artist_genre WHERE genre > $1 ORDER BY genre LIMIT 1), 1
        UNION ALL
        SELECT (SELECT genre FROM artist_genre WHERE genre > found.genre ORDER BY genre LIMIT 1), place + 1
        FROM found WHERE genre IS NOT NULL AND place < $2)
    SELECT genre FROM found WHERE genre IS NOT NULL";

impl Store {
    /// A page, read forwards, of the genres that artists play, by name.
    pub async fn genres(&self, page: &GenrePage) -> Result<Slice<String>, DbErr> {
        let behind = page.after.as_deref().unwrap_or_default();
        let count = i32::try_from(page.rows_to_fetch()).unwrap_or(i32::MAX);
        let connection = self.connection();
        let statement = Statement::from_sql_and_values(
            connection.get_database_backend(),
            NEXT_GENRES,
            [behind.into(), count.into()],
        );
        let rows = connection.query_all_raw(statement).await?;
        let names: Result<Vec<String>, DbErr> =
            rows.iter().map(|row| row.try_get_by_index(0)).collect();
        Ok(page.cut(names?))
    }

    /// Whether anybody plays this genre.
    pub async fn is_genre(&self, name: &str) -> Result<bool, DbErr> {
        let connection = self.connection();
        let statement = Statement::from_sql_and_values(
            connection.get_database_backend(),
            "SELECT 1 FROM artist_genre WHERE genre = $1 LIMIT 1",
            [name.into()],
        );
        Ok(connection.query_one_raw(statement).await?.is_some())
    }

    /// The same page of the tracks of each of these genres, the most loved first.
    pub async fn tracks_of_genres(
        &self,
        genres: &[String],
        page: &Page,
    ) -> Result<HashMap<String, Slice<Track>>> {
        let keyset = tracks::keyset(ORDER_OF_TRACKS, SortDirection::Descending);
        let parents = page::Parents {
            ids: genres.iter().map(String::as_str).collect(),
            belongs: |genre| plays(Expr::col((track::Entity, track::Column::ArtistId)), genre),
        };
        let selection = track::Entity::find();
        let pages =
            page::read_by_parent(self.connection(), selection, &keyset, page, parents).await?;
        Ok(pages
            .into_iter()
            .map(|(genre, slice)| (genre, page::map(slice, Track::from)))
            .collect())
    }
}
