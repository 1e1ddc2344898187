//! Search over the names of artists, albums and tracks at once.
//!
//! A hit contains the text; the better it fits, the earlier it comes: the whole name, the
//! beginning of the name, the beginning of a word in it, anywhere. Among equals come artists,
//! then albums, then tracks, each by name. The text is compared as a search key, so case and
//! accents do not matter, and its `%` and `_` mean themselves.

use kit::Result;
use kit::relay::{self, Slice};
use sea_orm::{ConnectionTrait, Statement};
use serde::{Deserialize, Serialize};

use super::Store;
use crate::ids::{AlbumId, ArtistId, TrackId};
use crate::search_key::escape_like;

/// A page of hits.
pub type Page = relay::Page<Position>;

/// What a hit points at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Found {
    /// An artist.
    Artist(ArtistId),
    /// An album.
    Album(AlbumId),
    /// A track.
    Track(TrackId),
}

/// Where a hit stands among the hits for one text: fit, kind, name, id. It is what a cursor
/// holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position(i64, i64, String, String);

impl Position {
    /// Whether a hit can have this position: text with a NUL is in no database.
    pub fn is_possible(&self) -> bool {
        !self.2.contains('\0') && !self.3.contains('\0')
    }
}

/// One hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What was found.
    pub found: Found,
    /// Where it stands.
    pub position: Position,
}

/// The three tables that are searched: the number that orders and tells the kinds, the table,
/// and its column of search keys.
const SEARCHED: [(i64, &str, &str); 3] = [
    (ARTIST, "artist", "name_key"),
    (ALBUM, "album", "title_key"),
    (TRACK, "track", "title_key"),
];
const ARTIST: i64 = 0;
const ALBUM: i64 = 1;
const TRACK: i64 = 2;

impl Store {
    /// A page, read forwards, of what contains the search key `key`.
    pub async fn search(&self, key: &str, page: &Page) -> Result<Slice<Hit>> {
        let escaped = escape_like(key);
        let mut values: Vec<sea_orm::Value> = vec![
            key.into(),
            format!("{escaped}%").into(),
            format!("% {escaped}%").into(),
            format!("%{escaped}%").into(),
        ];
        let behind = match &page.after {
            Some(Position(fit, kind, name, id)) => {
                values.extend([
                    (*fit).into(),
                    (*kind).into(),
                    name.as_str().into(),
                    id.as_str().into(),
                ]);
                "WHERE (fit, kind, name, id) > ($5, $6, $7, $8)"
            }
            None => "",
        };
        let tables: Vec<_> = SEARCHED.iter().map(|it| select_from(*it)).collect();
        let sql = format!(
            "SELECT fit, kind, name, id FROM ({}) AS hit {behind} \
             ORDER BY fit, kind, name, id LIMIT {}",
            tables.join(" UNION ALL "),
            page.rows_to_fetch(),
        );
        let connection = self.connection();
        let statement =
            Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
        let mut hits = Vec::new();
        for row in connection.query_all_raw(statement).await? {
            let (fit, kind): (i64, i64) = (row.try_get("", "fit")?, row.try_get("", "kind")?);
            let (name, id): (String, String) = (row.try_get("", "name")?, row.try_get("", "id")?);
            let found = match kind {
                ARTIST => Found::Artist(ArtistId::stored(id.clone())),
                ALBUM => Found::Album(AlbumId::stored(id.clone())),
                _ => Found::Track(TrackId::stored(id.clone())),
            };
            hits.push(Hit {
                found,
                position: Position(fit, kind, name, id),
            });
        }
        Ok(page.cut(hits))
    }
}

/// The hits in one table. `$1` is the key, `$2` to `$4` the patterns of ever looser fits.
fn select_from((kind, table, key): (i64, &str, &str)) -> String {
    format!(
        "SELECT CAST(CASE WHEN {key} = $1 THEN 0 \
         WHEN {key} LIKE $2 ESCAPE '\\' THEN 1 \
         WHEN {key} LIKE $3 ESCAPE '\\' THEN 2 ELSE 3 END AS BIGINT) AS fit, \
         CAST({kind} AS BIGINT) AS kind, {key} AS name, id \
         FROM {table} WHERE {key} LIKE $4 ESCAPE '\\'"
    )
}
