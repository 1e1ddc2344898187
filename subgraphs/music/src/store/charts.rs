//! The charts: what was loved most in the last seven days, everywhere, from each country, and of
//! each genre.
//!
//! A chart is counted anew from the favourites of these days, by a job, and read as it was counted
//! last. So it is right by construction: a favourite that is taken back, a user who is gone and
//! one who moved are just not counted any more. Counts kept with every favourite would be read as
//! fast, but all who love the same new song would wait for each other to write them, and to take
//! one back one would have to know where its user lived when it was given. What a refresh costs
//! depends on the favourites of a week, whatever there is besides.
//!
//! Replicas take turns: whoever claims a refresh does it for all.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kit::server::Stop;
use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

use super::{Store, from_micros, to_micros};
use crate::ids::TrackId;

/// Tracks on a chart at most.
pub const MAX_PLACES: usize = 100;

/// Favourites of this time count.
const DAYS: i64 = 7;

/// Whose love is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// Everybody's.
    World,
    /// That of users who live in this country, ISO 3166-1 alpha-2.
    Country(String),
    /// Everybody's love of music by artists who play this genre, in lower case.
    Genre(String),
}

impl Scope {
    /// As the table has it.
    pub(super) fn key(&self) -> String {
        match self {
            Scope::World => "world".to_owned(),
            Scope::Country(code) => format!("country:{code}"),
            Scope::Genre(genre) => format!("genre:{genre}"),
        }
    }
}

/// A track on a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// From 1.
    pub place: i32,
    /// The track.
    pub track: TrackId,
    /// How many began to love it.
    pub loved: i32,
}

/// A chart as it was counted last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chart {
    /// When; none before it was counted for the first time.
    pub as_of: Option<DateTime<Utc>>,
    /// In order.
    pub entries: Vec<Entry>,
}

/// Refreshes the charts now and from time to time, until the service ends.
pub async fn keep(store: Store, every: Duration, mut stop: Stop) {
    loop {
        if let Err(error) = store.refresh_charts(Utc::now(), every).await {
            tracing::warn!(%error, "the charts could not be refreshed");
        }
        if !stop.sleep(every).await {
            return;
        }
    }
}

impl Store {
    /// The beginning of a chart; two statements.
    pub async fn chart(&self, scope: &Scope, places: usize) -> Result<Chart, DbErr> {
        let connection = self.connection();
        let backend = connection.get_database_backend();
        let statement = Statement::from_sql_and_values(
            backend,
            "SELECT place, track_id, loved FROM chart WHERE scope = $1 AND place <= $2 ORDER BY place",
            [
                scope.key().into(),
                i32::try_from(places).unwrap_or(i32::MAX).into(),
            ],
        );
        let as_of = Statement::from_string(backend, "SELECT as_of FROM chart_refresh");
        let (rows, as_of) = tokio::try_join!(
            connection.query_all_raw(statement),
            connection.query_one_raw(as_of)
        )?;
        let mut chart = Chart::default();
        if let Some(row) = as_of {
            let micros: Option<i64> = row.try_get_by_index(0)?;
            chart.as_of = micros.map(from_micros);
        }
        for row in rows {
            chart.entries.push(Entry {
                place: row.try_get_by_index(0)?,
                track: TrackId::stored(row.try_get_by_index::<String>(1)?),
                loved: row.try_get_by_index(2)?,
            });
        }
        Ok(chart)
    }

    /// Counts the charts anew, unless somebody did so since `every` before `now`; whether it did.
    pub async fn refresh_charts(&self, now: DateTime<Utc>, every: Duration) -> Result<bool, DbErr> {
        let every = TimeDelta::from_std(every).unwrap_or(TimeDelta::MAX);
        let connection = self.connection();
        let backend = connection.get_database_backend();
        // A little less, so that a replica that is due does not wait for another turn.
        let due = now.checked_sub_signed(every * 9 / 10).unwrap_or(now);
        let claim = Statement::from_sql_and_values(
            backend,
            "UPDATE chart_refresh SET claimed_at = $1 WHERE claimed_at <= $2",
            [to_micros(now).into(), to_micros(due).into()],
        );
        if connection.execute_raw(claim).await?.rows_affected() == 0 {
            return Ok(false);
        }
        let counted = self.count_charts(now).await?;
        self.write_charts(now, counted).await?;
        Ok(true)
    }

    /// Each chart as it is now, by the key of its scope.
    async fn count_charts(&self, now: DateTime<Utc>) -> Result<BTreeMap<String, Vec<Row>>, DbErr> {
        let since = now - TimeDelta::days(DAYS);
        let connection = self.connection();
        let statement = Statement::from_sql_and_values(
            connection.get_database_backend(),
            format!("{COUNT} WHERE place <= {MAX_PLACES} ORDER BY scope, place"),
            [to_micros(since).into(), to_micros(now).into()],
        );
        read(connection.query_all_raw(statement).await?)
    }

    /// Writes the charts that are not as they were.
    async fn write_charts(
        &self,
        now: DateTime<Utc>,
        counted: BTreeMap<String, Vec<Row>>,
    ) -> Result<(), DbErr> {
        let transaction = self.database().begin_write().await?;
        let backend = transaction.get_database_backend();
        // Who was slow must not replace what was counted later.
        let done = Statement::from_sql_and_values(
            backend,
            "UPDATE chart_refresh SET as_of = $1 WHERE as_of IS NULL OR as_of < $1",
            [to_micros(now).into()],
        );
        if transaction.execute_raw(done).await?.rows_affected() == 0 {
            return Ok(());
        }
        let stored = Statement::from_string(
            backend,
            "SELECT scope, place, track_id, loved FROM chart ORDER BY scope, place",
        );
        let stored = read(transaction.query_all_raw(stored).await?)?;
        let scopes: BTreeSet<&String> = counted.keys().chain(stored.keys()).collect();
        for scope in scopes {
            let rows = counted.get(scope);
            if rows == stored.get(scope) {
                continue;
            }
            let remove = Statement::from_sql_and_values(
                backend,
                "DELETE FROM chart WHERE scope = $1",
                [scope.as_str().into()],
            );
            transaction.execute_raw(remove).await?;
            if let Some(rows) = rows {
                let insert = insert(backend, scope, rows);
                transaction.execute_raw(insert).await?;
            }
        }
        transaction.commit().await
    }
}

/// Place, track and how many love it.
type Row = (i32, String, i32);

/// All charts, counted. `$1` to `$2` is the time of which favourites count. Those of genres are
/// counted from the tracks and not from the favourites once more.
const COUNT: &str = "
    WITH loved AS (
        SELECT favourite.track_id, listener.country, COUNT(*) AS lovers
        FROM favourite LEFT JOIN listener ON listener.user_id = favourite.user_id
        WHERE favourite.favourited_at >= $1 AND favourite.favourited_at <= $2
        GROUP BY favourite.track_id, listener.country),
    everywhere AS (
        SELECT track_id, SUM(lovers) AS lovers FROM loved GROUP BY track_id),
    counted AS (
        SELECT 'world' AS scope, track_id, lovers FROM everywhere
        UNION ALL
        SELECT 'country:' || country, track_id, lovers FROM loved WHERE country IS NOT NULL
        UNION ALL
        SELECT 'genre:' || artist_genre.genre, everywhere.track_id, everywhere.lovers
        FROM everywhere
        JOIN track ON track.id = everywhere.track_id
        JOIN artist_genre ON artist_genre.artist_id = track.artist_id),
    placed AS (
        SELECT scope, track_id, lovers,
            ROW_NUMBER() OVER (PARTITION BY scope ORDER BY lovers DESC, track_id) AS place
        FROM counted)
    SELECT scope, CAST(place AS INTEGER) AS place, track_id, CAST(lovers AS INTEGER) AS loved FROM placed";

fn read(rows: Vec<sea_orm::QueryResult>) -> Result<BTreeMap<String, Vec<Row>>, DbErr> {
    let mut charts: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in rows {
        let scope: String = row.try_get_by_index(0)?;
        charts.entry(scope).or_default().push((
            row.try_get_by_index(1)?,
            row.try_get_by_index(2)?,
            row.try_get_by_index(3)?,
        ));
    }
    Ok(charts)
}

fn insert(backend: sea_orm::DbBackend, scope: &str, rows: &[Row]) -> Statement {
    let tuples: Vec<String> = (0..rows.len())
        .map(|row| format!("($1, ${}, ${}, ${})", 3 * row + 2, 3 * row + 3, 3 * row + 4))
        .collect();
    let values = rows.iter().flat_map(|(place, track, loved)| {
        [(*place).into(), track.as_str().into(), (*loved).into()]
    });
    let values: Vec<Value> = [scope.into()].into_iter().chain(values).collect();
    let sql = format!(
        "INSERT INTO chart (scope, place, track_id, loved) VALUES {}",
        tuples.join(", ")
    );
    Statement::from_sql_and_values(backend, sql, values)
}
