//! Favourites by the hundred: found by id or by name, and added in one transaction.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use kit::Result;
use kit::lists::among;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Statement, Value,
};

use super::{Store, listeners, to_micros};
use crate::entity::{favourite, track};
use crate::events::{Event, FavouriteChange};
use crate::ids::{TrackId, UserId};
use crate::order_key;
use crate::transfer::line::{TrackName, Wanted};

/// Lines that are added together at most.
pub const LINES_AT_ONCE: usize = 500;

/// What one line came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOutcome {
    /// A new favourite.
    Added,
    /// A favourite already, which stays as it is.
    Unchanged,
    /// There is no such track.
    NoSuchTrack,
    /// Several tracks have this name.
    Ambiguous,
}

/// Tracks by what lines call them.
#[derive(Default)]
struct Found {
    ids: HashSet<String>,
    names: HashMap<TrackName, HashSet<String>>,
}

impl Store {
    /// Adds the favourites that these lines ask for, all or, when the database fails, none; what
    /// each line came to. Lines without a date are as of `began`, and in the chosen order
    /// earlier lines come first. A user who is gone is refused.
    pub async fn import_favourites(
        &self,
        user: &UserId,
        lines: &[Wanted],
        began: DateTime<Utc>,
    ) -> Result<Vec<LineOutcome>> {
        let found = self.find_tracks(lines).await?;
        let mut outcomes = Vec::with_capacity(lines.len());
        let mut rows: HashMap<String, favourite::Model> = HashMap::new();
        for wanted in lines {
            let track = match found.track(wanted) {
                Ok(track) => track,
                Err(outcome) => {
                    outcomes.push(outcome);
                    continue;
                }
            };
            // Of two lines for one track the first counts.
            let new = !rows.contains_key(&track);
            outcomes.push(if new {
                LineOutcome::Added
            } else {
                LineOutcome::Unchanged
            });
            if new {
                rows.insert(track.clone(), row(user, track, wanted, began));
            }
        }
        if rows.is_empty() {
            return Ok(outcomes);
        }
        let known = self.add_rows(user, rows).await?;
        for (outcome, wanted) in outcomes.iter_mut().zip(lines) {
            if *outcome == LineOutcome::Added
                && found.track(wanted).is_ok_and(|it| known.contains(&it))
            {
                *outcome = LineOutcome::Unchanged;
            }
        }
        Ok(outcomes)
    }

    /// Adds rows, but for those that are there; the tracks of these.
    async fn add_rows(
        &self,
        user: &UserId,
        mut rows: HashMap<String, favourite::Model>,
    ) -> Result<HashSet<String>> {
        let transaction = self.database().begin_write().await?;
        listeners::refuse_departed(&transaction, user).await?;
        lock_tracks(&transaction, rows.keys()).await?;
        let known: Vec<String> = favourite::Entity::find()
            .select_only()
            .column(favourite::Column::TrackId)
            .filter(favourite::Column::UserId.eq(user.as_str()))
            .filter(self.among(favourite::Column::TrackId, rows.keys()))
            .into_tuple()
            .all(&transaction)
            .await?;
        for track in &known {
            rows.remove(track);
        }
        let mut events = Vec::new();
        if !rows.is_empty() {
            let tracks: Vec<String> = rows.keys().cloned().collect();
            let new = rows.into_values().map(IntoActiveModel::into_active_model);
            favourite::Entity::insert_many(new)
                .exec_without_returning(&transaction)
                .await?;
            count_up(&transaction, &tracks).await?;
            events.push(Event::Favourites {
                user: user.clone(),
                track: None,
                change: FavouriteChange::Imported,
            });
            events.extend(tracks.into_iter().map(|track| Event::Loved {
                track: TrackId::stored(track),
                user: user.clone(),
            }));
        }
        self.commit(transaction, events).await?;
        Ok(known.into_iter().collect())
    }

    async fn find_tracks(&self, lines: &[Wanted]) -> Result<Found> {
        let ids: HashSet<&str> = lines
            .iter()
            .filter_map(|it| it.track.as_ref())
            .map(TrackId::as_str)
            .collect();
        let mut found = Found::default();
        if !ids.is_empty() {
            let known: Vec<String> = track::Entity::find()
                .select_only()
                .column(track::Column::Id)
                .filter(self.among(track::Column::Id, ids))
                .into_tuple()
                .all(self.connection())
                .await?;
            found.ids.extend(known);
        }
        let names: HashSet<(&str, &str)> = lines
            .iter()
            .filter(|it| {
                !it.track
                    .as_ref()
                    .is_some_and(|id| found.ids.contains(id.as_str()))
            })
            .filter_map(|it| it.name.as_ref())
            .map(|name| (name.artist.as_str(), name.title.as_str()))
            .collect();
        if names.is_empty() {
            return Ok(found);
        }
        let statement = named_tracks(self.database().backend(), &names);
        for row in self.connection().query_all_raw(statement).await? {
            let name = TrackName {
                artist: row.try_get_by_index(0)?,
                title: row.try_get_by_index(1)?,
                album: None,
            };
            let (album, id): (String, String) =
                (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
            let of_album = TrackName {
                album: Some(album),
                ..name.clone()
            };
            found.names.entry(name).or_default().insert(id.clone());
            found.names.entry(of_album).or_default().insert(id);
        }
        Ok(found)
    }
}

impl Found {
    /// The track that a line means.
    fn track(&self, wanted: &Wanted) -> Result<String, LineOutcome> {
        if let Some(id) = &wanted.track
            && self.ids.contains(id.as_str())
        {
            return Ok(id.as_str().to_owned());
        }
        let named = wanted.name.as_ref().and_then(|name| self.names.get(name));
        let mut named = named.into_iter().flatten();
        match (named.next(), named.next()) {
            (Some(id), None) => Ok(id.clone()),
            (Some(_), Some(_)) => Err(LineOutcome::Ambiguous),
            (None, _) => Err(LineOutcome::NoSuchTrack),
        }
    }
}

fn row(user: &UserId, track: String, wanted: &Wanted, began: DateTime<Utc>) -> favourite::Model {
    // A microsecond apart, so that the order of the file stays.
    let line = i64::try_from(wanted.line).unwrap_or(i64::MAX);
    let as_of_line = to_micros(began).saturating_sub(line);
    favourite::Model {
        user_id: user.as_str().to_owned(),
        track_id: track,
        favourited_at: wanted.favourited_at.map_or(as_of_line, to_micros),
        note: wanted.note.clone(),
        place: order_key::of_number(as_of_line),
    }
}

/// Finds tracks by the keys of their artist and title, each pair over the two indexes.
fn named_tracks(backend: DbBackend, names: &HashSet<(&str, &str)>) -> Statement {
    let mut sql = "WITH wanted(artist_key, title_key) AS (VALUES ".to_owned();
    let mut values: Vec<Value> = Vec::with_capacity(2 * names.len());
    for (place, (artist, title)) in names.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = match backend {
            DbBackend::Postgres => write!(sql, "{comma}(${}, ${})", 2 * place + 1, 2 * place + 2),
            _ => write!(sql, "{comma}(?, ?)"),
        };
        values.push((*artist).into());
        values.push((*title).into());
    }
    sql.push_str(
        ") SELECT artist.name_key, track.title_key, album.title_key, track.id
         FROM wanted
         JOIN artist ON artist.name_key = wanted.artist_key
         JOIN track ON track.artist_id = artist.id AND track.title_key = wanted.title_key
         JOIN album ON album.id = track.album_id",
    );
    Statement::from_sql_and_values(backend, sql, values)
}

/// Lets one transaction at a time change the favourites of these tracks; in one order, so that
/// two imports do not wait for each other.
async fn lock_tracks(
    transaction: &DatabaseTransaction,
    tracks: impl Iterator<Item = &String>,
) -> Result<(), DbErr> {
    let _: Vec<String> = track::Entity::find()
        .select_only()
        .column(track::Column::Id)
        .filter(among(transaction, track::Column::Id, tracks))
        .order_by_asc(track::Column::Id)
        .lock_exclusive()
        .into_tuple()
        .all(transaction)
        .await?;
    Ok(())
}

async fn count_up(transaction: &DatabaseTransaction, tracks: &[String]) -> Result<(), DbErr> {
    use track::Column;
    track::Entity::update_many()
        .col_expr(
            Column::FavouriteCount,
            Expr::col(Column::FavouriteCount).add(1),
        )
        .filter(among(transaction, Column::Id, tracks))
        .exec(transaction)
        .await?;
    Ok(())
}
