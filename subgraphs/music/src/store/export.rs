//! All favourites of a user with the names of what they are, some hundreds at a time.

use chrono::{DateTime, Utc};
use kit::Result;
use sea_orm::{ConnectionTrait, DbBackend, Statement, Value};

use super::{Store, from_micros};
use crate::ids::{TrackId, UserId};

/// Favourites that are read together.
const AT_ONCE: u32 = 500;

/// A favourite with the names of what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The track.
    pub track: TrackId,
    /// Who made it.
    pub artist: String,
    /// Its title.
    pub title: String,
    /// The album it is on.
    pub album: String,
    /// Since when.
    pub favourited_at: DateTime<Utc>,
    /// Why, in the user's words.
    pub note: Option<String>,
    /// Where it stands.
    pub place: Place,
}

/// Where a favourite stands in its user's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(String, String);

impl Store {
    /// The next favourites of a user in the chosen order, behind this place; none at the end.
    pub async fn export_favourites(
        &self,
        user: &UserId,
        after: Option<&Place>,
    ) -> Result<Vec<Exported>> {
        let backend = self.database().backend();
        let mut values: Vec<Value> = vec![user.as_str().into()];
        let mut condition = String::new();
        if let Some(Place(place, track)) = after {
            condition = match backend {
                DbBackend::Postgres => " AND (f.place, f.track_id) < ($2, $3)",
                _ => " AND (f.place, f.track_id) < (?, ?)",
            }
            .to_owned();
            values.push(place.as_str().into());
            values.push(track.as_str().into());
        }
        let user = match backend {
            DbBackend::Postgres => "$1",
            _ => "?",
        };
        let sql = format!(
            "SELECT f.track_id, artist.name, track.title, album.title, f.favourited_at, f.note, f.place
             FROM favourite AS f
             JOIN track ON track.id = f.track_id
             JOIN album ON album.id = track.album_id
             JOIN artist ON artist.id = track.artist_id
             WHERE f.user_id = {user}{condition}
             ORDER BY f.place DESC, f.track_id DESC LIMIT {AT_ONCE}"
        );
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let rows = self.connection().query_all_raw(statement).await?;
        rows.iter()
            .map(|row| {
                let track: String = row.try_get_by_index(0)?;
                Ok(Exported {
                    artist: row.try_get_by_index(1)?,
                    title: row.try_get_by_index(2)?,
                    album: row.try_get_by_index(3)?,
                    favourited_at: from_micros(row.try_get_by_index(4)?),
                    note: row.try_get_by_index(5)?,
                    place: Place(row.try_get_by_index(6)?, track.clone()),
                    track: TrackId::stored(track),
                })
            })
            .collect()
    }
}
