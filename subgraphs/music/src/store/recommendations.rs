//! What a user might like: what is loved most among the music of the user's country.
//!
//! For each country the most loved tracks are read once, whoever asks; what a user already
//! loves is then taken out. So the cost is two statements for one user or for many, and nobody
//! is recommended anything below the most loved [`CANDIDATES`] of the country.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kit::Result;
use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, Order, Query, WindowStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, QueryFilter,
    QuerySelect,
};

use super::{Store, Track};
use crate::entity::{artist, favourite, track};
use crate::ids::{TrackId, UserId};

/// Tracks of one country that are considered.
pub const CANDIDATES: u64 = 500;

/// A user to recommend to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listener {
    /// Who.
    pub user: UserId,
    /// Where from, ISO 3166-1 alpha-2.
    pub country: String,
}

impl Store {
    /// For each listener the most loved tracks from their country that they do not love yet,
    /// the most loved first; at most [`CANDIDATES`].
    pub async fn recommendations(
        &self,
        listeners: &[Listener],
    ) -> Result<HashMap<Listener, Vec<Track>>> {
        let candidates = self.most_loved_by_country(listeners).await?;
        let loved = self.loved_among(listeners, &candidates).await?;
        let recommended = listeners.iter().map(|listener| {
            let of_country = candidates.get(&listener.country).map(Vec::as_slice);
            let unknown = of_country
                .unwrap_or_default()
                .iter()
                .filter(|track| !loved.contains(&(listener.user.clone(), track.id.clone())));
            (listener.clone(), unknown.cloned().collect())
        });
        Ok(recommended.collect())
    }

    async fn most_loved_by_country(
        &self,
        listeners: &[Listener],
    ) -> Result<BTreeMap<String, Vec<Track>>> {
        let countries: BTreeSet<_> = listeners.iter().map(|it| it.country.as_str()).collect();
        let country = (artist::Entity, artist::Column::Country);
        let mut numbering = WindowStatement::partition_by(country);
        numbering
            .order_by((track::Entity, track::Column::FavouriteCount), Order::Desc)
            .order_by((track::Entity, track::Column::Id), Order::Asc);
        let numbered = Query::select()
            .column((track::Entity, Asterisk))
            .column(country)
            .expr_window_as(
                Func::cust(Alias::new("ROW_NUMBER")),
                numbering,
                Alias::new("place"),
            )
            .from(track::Entity)
            .inner_join(artist::Entity, artist_of_track())
            .and_where(Expr::col(country).is_in(countries))
            .to_owned();
        let statement = Query::select()
            .column(Asterisk)
            .from_subquery(numbered, Alias::new("numbered"))
            .and_where(Expr::col(Alias::new("place")).lte(CANDIDATES))
            .order_by(Alias::new("place"), Order::Asc)
            .to_owned();
        let connection = self.connection();
        let statement = connection.get_database_backend().build(&statement);
        let mut by_country: BTreeMap<String, Vec<Track>> = BTreeMap::new();
        for row in connection.query_all_raw(statement).await? {
            let country = row.try_get("", artist::Column::Country.as_str())?;
            let track = track::Model::from_query_result(&row, "")?;
            by_country.entry(country).or_default().push(track.into());
        }
        Ok(by_country)
    }

    /// Which tracks from these countries which listener loves already.
    async fn loved_among(
        &self,
        listeners: &[Listener],
        candidates: &BTreeMap<String, Vec<Track>>,
    ) -> Result<HashSet<(UserId, TrackId)>> {
        if candidates.is_empty() {
            return Ok(HashSet::new());
        }
        // The countries are asked for, not the candidates: those may be more than a statement
        // can hold.
        let of_countries = Query::select()
            .column((track::Entity, track::Column::Id))
            .from(track::Entity)
            .inner_join(artist::Entity, artist_of_track())
            .and_where(
                Expr::col((artist::Entity, artist::Column::Country))
                    .is_in(candidates.keys().map(String::as_str)),
            )
            .to_owned();
        let rows: Vec<(String, String)> = favourite::Entity::find()
            .select_only()
            .column(favourite::Column::UserId)
            .column(favourite::Column::TrackId)
            .filter(favourite::Column::UserId.is_in(listeners.iter().map(|it| it.user.as_str())))
            .filter(favourite::Column::TrackId.in_subquery(of_countries))
            .into_tuple()
            .all(self.connection())
            .await?;
        let pair = |(user, track)| (UserId::stored(user), TrackId::stored(track));
        Ok(rows.into_iter().map(pair).collect())
    }
}

fn artist_of_track() -> Expr {
    Expr::col((artist::Entity, artist::Column::Id)).equals((track::Entity, track::Column::ArtistId))
}
