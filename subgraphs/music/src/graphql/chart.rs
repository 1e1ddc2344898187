//! `chart`: what was loved most this week.

use async_graphql::{Context, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kit::{Failure, Result};

use super::loaders::loaders;
use super::track::Track;
use crate::store::{Store, charts};

/// Places of a chart when nobody says how many.
const DEFAULT_PLACES: i32 = 20;

/// What was loved most in the last seven days, as it was counted last.
#[derive(Debug)]
pub struct Chart {
    as_of: Option<DateTime<Utc>>,
    entries: Vec<ChartEntry>,
}

/// A track on a chart.
#[derive(Debug, SimpleObject)]
pub struct ChartEntry {
    /// The place, from 1.
    place: i32,
    /// How many users began to love it in these days, of those whose love this chart counts.
    loved_by: i32,
    /// The track.
    track: Track,
}

/// What was loved most in the last seven days, as it was counted last.
#[Object]
impl Chart {
    /// When it was counted; null before the first time.
    async fn as_of(&self) -> Option<DateTime<Utc>> {
        self.as_of
    }

    /// In order, the most loved first.
    async fn entries(&self) -> &[ChartEntry] {
        &self.entries
    }
}

/// The chart of this scope.
pub async fn chart(ctx: &Context<'_>, scope: charts::Scope, first: Option<i32>) -> Result<Chart> {
    let first = first.unwrap_or(DEFAULT_PLACES);
    let places = usize::try_from(first).unwrap_or_default();
    if !(1..=charts::MAX_PLACES).contains(&places) {
        return Err(Failure::bad_input(
            "first",
            format!(
                "`first` must be between 1 and {}, and is {first}",
                charts::MAX_PLACES
            ),
        ));
    }
    let chart = ctx.data::<Store>()?.chart(scope, places).await?;
    let ids: Vec<_> = chart.entries.iter().map(|it| it.track.clone()).collect();
    let tracks = loaders(ctx)?.load_many(ids).await?;
    // What was deleted since it was counted is left out.
    let entry = |(place, entry): (i32, charts::Entry)| {
        let track = tracks.get(&entry.track).cloned().map(Track)?;
        Some(ChartEntry {
            place,
            loved_by: entry.loved,
            track,
        })
    };
    Ok(Chart {
        as_of: chart.as_of,
        entries: (1..).zip(chart.entries).filter_map(entry).collect(),
    })
}
