//! The charts: what was loved most in the last seven days, everywhere, from each country, and of
//! each genre.
//!
//! How many love a track lately is kept for each chart it is on, in an order that a chart is read
//! from. Whoever adds a favourite does not touch these numbers, or all who love the same new song
//! would wait for each other: triggers only note what changed, and a job counts it every few
//! seconds (`count`). So a refresh costs what happened since the last one, and neither what there
//! is nor what was loved in a week.
//!
//! Replicas take turns: whoever claims a refresh does it for all.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use kit::Result;
use kit::metrics::{Metrics, Value};
use kit::server::Stop;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait, Statement};
use tokio::time::Instant;

use super::page::{self, Page, SortDirection};
use super::{Store, from_micros, to_micros};
use crate::entity::chart_tally;
use crate::ids::TrackId;

mod count;

use count::Progress;

/// Tracks on a chart at most.
pub const MAX_PLACES: usize = 100;

/// Favourites of this time count.
const DAYS: i64 = 7;

/// How often it is looked how old they are.
const WATCH_EVERY: Duration = Duration::from_secs(5);

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
    /// The track.
    pub track: TrackId,
    /// How many began to love it.
    pub loved: i32,
}

/// A chart as it was counted last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chart {
    /// When; none before all was counted for the first time.
    pub as_of: Option<DateTime<Utc>>,
    /// In order.
    pub entries: Vec<Entry>,
}

/// Refreshes the charts now and from time to time, until the service ends.
pub async fn keep(store: Store, every: Duration, mut stop: Stop) {
    loop {
        let refreshed = tokio::select! {
            // What was not committed is counted by whoever is next.
            () = stop.requested() => return,
            refreshed = store.refresh_charts(Utc::now(), every) => refreshed,
        };
        if let Err(error) = refreshed {
            tracing::warn!(%error, "the charts could not be refreshed");
        }
        if !stop.sleep(every).await {
            return;
        }
    }
}

/// Publishes how old the charts are, until the service ends: every replica does, whichever counts.
pub async fn watch(store: Store, lag: Value, mut stop: Stop) {
    let mut as_of = None;
    loop {
        // While nobody answers, they grow older.
        if let Ok(counted_at) = store.charts_counted_at().await {
            as_of = counted_at;
        }
        if let Some(as_of) = as_of {
            let seconds = (Utc::now() - as_of).num_seconds();
            lag.set(u64::try_from(seconds).unwrap_or_default());
        }
        if !stop.sleep(WATCH_EVERY).await {
            return;
        }
    }
}

/// The number for [`watch`].
pub fn lag_in(metrics: &Metrics) -> Value {
    let about =
        "Seconds since the charts were right; 0 before they were counted for the first time.";
    metrics.gauge("charts_lag_seconds", about, &[])
}

impl Store {
    /// The beginning of a chart; two statements.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn chart(&self, scope: Scope, places: usize) -> Result<Chart> {
        let key = scope.key();
        let (mut charts, as_of) = tokio::try_join!(
            self.most_loved_lately([scope], places),
            self.charts_counted_at()
        )?;
        // Before, it would be one of whose love happened to be counted first.
        let entries = as_of.and_then(|_| charts.remove(&key));
        Ok(Chart {
            as_of,
            entries: entries.unwrap_or_default(),
        })
    }

    /// The beginnings of charts, by the keys of their scopes. Those without tracks are not among
    /// them. One statement.
    pub(super) async fn most_loved_lately(
        &self,
        scopes: impl IntoIterator<Item = Scope>,
        places: usize,
    ) -> Result<HashMap<String, Vec<Entry>>> {
        use chart_tally::{Column, Entity};
        let keys: BTreeSet<String> = scopes.into_iter().map(|it| it.key()).collect();
        let keyset = page::Keyset::new(
            Entity,
            Column::Lovers,
            Column::TrackId,
            SortDirection::Descending,
        );
        let parents = page::named_in(Column::Scope, keys.iter().map(String::as_str));
        let slices = page::read_by_parent(
            self.connection(),
            Entity::find(),
            &keyset,
            &Page::first(places),
            parents,
        )
        .await?;
        let charts = slices.into_iter().map(|(scope, slice)| {
            let entries = slice.rows.into_iter().map(|row| Entry {
                track: TrackId::stored(row.track_id),
                loved: row.lovers,
            });
            (scope, entries.collect())
        });
        Ok(charts.collect())
    }

    async fn charts_counted_at(&self) -> Result<Option<DateTime<Utc>>> {
        let connection = self.connection();
        let statement = Statement::from_string(
            connection.get_database_backend(),
            "SELECT as_of FROM chart_count",
        );
        let micros = match connection.query_one_raw(statement).await? {
            Some(row) => row.try_get_by_index::<Option<i64>>(0)?,
            None => None,
        };
        Ok(micros.map(from_micros))
    }

    /// Counts what changed, unless somebody did so since `every` before `now`; whether it did.
    ///
    /// # Errors
    /// When the database fails. What was counted until then stays counted.
    pub async fn refresh_charts(&self, now: DateTime<Utc>, every: Duration) -> Result<bool, DbErr> {
        if !self.claim_charts(now, every).await? {
            return Ok(false);
        }
        let began = Instant::now();
        loop {
            let batch = Instant::now();
            let so_far = TimeDelta::from_std(began.elapsed()).unwrap_or_default();
            match self.count_some(now + so_far).await? {
                Progress::Done => return Ok(true),
                // At least half of the time is for others.
                Progress::More => tokio::time::sleep(batch.elapsed()).await,
            }
        }
    }

    async fn claim_charts(&self, now: DateTime<Utc>, every: Duration) -> Result<bool, DbErr> {
        let every = TimeDelta::from_std(every).unwrap_or(TimeDelta::MAX);
        let connection = self.connection();
        // A little less, so that a replica that is due does not wait for another turn.
        let due = now.checked_sub_signed(every * 9 / 10).unwrap_or(now);
        let claim = Statement::from_sql_and_values(
            connection.get_database_backend(),
            "UPDATE chart_count SET claimed_at = $1 WHERE claimed_at <= $2",
            [to_micros(now).into(), to_micros(due).into()],
        );
        Ok(connection.execute_raw(claim).await?.rows_affected() > 0)
    }
}
