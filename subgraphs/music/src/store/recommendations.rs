//! What a user might like: what those love who love the same, first those of the same country.
//!
//! From a user's latest favourites to those who love these too lately, and from the most similar
//! of them to what they love besides. Each step reads so many rows at most, by an index, so
//! nobody's cost depends on how many favourites there are, nor on how popular a track is. What is
//! missing is filled up with the chart of the country, and then with what is loved most of all.
//!
//! For many users at once the steps are the same statements, with shorter lists for each.

use std::collections::{BTreeSet, HashMap, HashSet};

use kit::lists::Kind;
use kit::{Result, lists};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement,
};
use serde_json::json;

use super::charts::{MAX_PLACES, Scope};
use super::favourites::FavouriteSort;
use super::page::Page;
use super::{Favourite, Store, Track};
use crate::entity::{listener, track};
use crate::ids::{TrackId, UserId};

/// Favourites of a user from which it begins, the latest.
const SEEDS: usize = 30;

/// Users who are looked at for each of these, the latest who love it.
const LOVERS: usize = 40;

/// Similar users whose favourites are considered.
const NEIGHBOURS: usize = 40;

/// Favourites of each of these, the latest.
const OF_NEIGHBOUR: usize = 30;

/// Rows of one step, for all users together.
const ROWS: usize = 4_000;

/// Tracks that are recommended to a user at most.
const CANDIDATES: usize = 150;

/// How much more a user of the same country counts than one of another.
const SAME_COUNTRY: u32 = 2;

/// A user to recommend to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listener {
    /// Who.
    pub user: UserId,
    /// Where from, ISO 3166-1 alpha-2, if that is known.
    pub country: Option<String>,
}

/// How similar others are to each listener.
type Similar = HashMap<Listener, Vec<(UserId, u32)>>;

impl Store {
    /// For each listener tracks that they do not love yet, the one they will most likely love
    /// first.
    pub async fn recommendations(
        &self,
        listeners: &[Listener],
    ) -> Result<HashMap<Listener, Vec<Track>>> {
        let similar = self.similar_to(listeners).await?;
        let mut candidates = self.loved_by_similar(&similar).await?;
        let charts = self.charts_of(listeners).await?;
        let most_loved = self.most_loved_tracks().await?;
        let mut all: HashSet<TrackId> = HashSet::new();
        for listener in listeners {
            let ranked = candidates.entry(listener.clone()).or_default();
            let scope = listener.country.clone().map(Scope::Country);
            let chart = scope.and_then(|it| charts.get(&it.key()));
            let fill = chart.into_iter().flatten().chain(&most_loved);
            ranked.extend(fill.cloned());
            let mut seen = HashSet::new();
            ranked.retain(|track| seen.insert(track.clone()));
            ranked.truncate(CANDIDATES.max(2 * MAX_PLACES));
            all.extend(ranked.iter().cloned());
        }
        let all: Vec<TrackId> = all.into_iter().collect();
        let loved = self.loved_among(&candidates).await?;
        let tracks = self.tracks_by_id(&all).await?;
        let recommended = listeners.iter().map(|listener| {
            let ranked = candidates.get(listener).into_iter().flatten();
            let unknown = ranked
                .filter(|track| !loved.contains(&(listener.user.clone(), (*track).clone())))
                .filter_map(|track| tracks.get(track).cloned());
            (listener.clone(), unknown.collect())
        });
        Ok(recommended.collect())
    }

    /// The users who love the same as each listener, the most similar first.
    async fn similar_to(&self, listeners: &[Listener]) -> Result<Similar> {
        let users: BTreeSet<&UserId> = listeners.iter().map(|it| &it.user).collect();
        let users: Vec<UserId> = users.into_iter().cloned().collect();
        let seeds = self
            .latest_favourites(&users, share(SEEDS, users.len()))
            .await?;
        let tracks: BTreeSet<&TrackId> = seeds.values().flatten().map(|it| &it.track).collect();
        let tracks: Vec<TrackId> = tracks.into_iter().cloned().collect();
        let page = Page::first(share(LOVERS, tracks.len()));
        let lovers = self.favourites_of_tracks(&tracks, &page).await?;
        let mut shared: HashMap<&UserId, HashMap<&UserId, u32>> = HashMap::new();
        for user in &users {
            let counts = shared.entry(user).or_default();
            let seeds = seeds.get(user).into_iter().flatten();
            let others = seeds.filter_map(|seed| lovers.get(&seed.track));
            for other in others.flat_map(|slice| &slice.rows) {
                if other.user != *user {
                    *counts.entry(&other.user).or_default() += 1;
                }
            }
        }
        let everybody: HashSet<&UserId> =
            shared.values().flat_map(|it| it.keys().copied()).collect();
        let countries = self.countries_of(everybody).await?;
        let mut similar = Similar::new();
        for listener in listeners {
            let counts = shared.get(&listener.user).into_iter().flatten();
            let mut neighbours: Vec<(UserId, u32)> = counts
                .map(|(user, count)| {
                    let here = listener.country.is_some()
                        && countries.get(*user) == listener.country.as_ref();
                    let weight = if here { count * SAME_COUNTRY } else { *count };
                    ((*user).clone(), weight)
                })
                .collect();
            neighbours.sort_unstable_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
            neighbours.truncate(share(NEIGHBOURS, listeners.len()));
            similar.insert(listener.clone(), neighbours);
        }
        Ok(similar)
    }

    /// What these love, for each listener, what is loved by the most similar first.
    async fn loved_by_similar(&self, similar: &Similar) -> Result<HashMap<Listener, Vec<TrackId>>> {
        let neighbours: BTreeSet<&UserId> = similar.values().flatten().map(|it| &it.0).collect();
        let neighbours: Vec<UserId> = neighbours.into_iter().cloned().collect();
        let count = share(OF_NEIGHBOUR, neighbours.len());
        let favourites = self.latest_favourites(&neighbours, count).await?;
        let mut candidates = HashMap::new();
        for (listener, neighbours) in similar {
            let mut scores: HashMap<&TrackId, u32> = HashMap::new();
            for (neighbour, weight) in neighbours {
                for favourite in favourites.get(neighbour).into_iter().flatten() {
                    *scores.entry(&favourite.track).or_default() += weight;
                }
            }
            let mut ranked: Vec<_> = scores.into_iter().collect();
            ranked.sort_unstable_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
            ranked.truncate(CANDIDATES);
            let ranked = ranked.into_iter().map(|(track, _)| track.clone());
            candidates.insert(listener.clone(), ranked.collect());
        }
        Ok(candidates)
    }

    async fn latest_favourites(
        &self,
        users: &[UserId],
        count: usize,
    ) -> Result<HashMap<UserId, Vec<Favourite>>> {
        let page = Page::first(count);
        let slices = self
            .favourites_of_users(users, FavouriteSort::Time, &page)
            .await?;
        let rows = slices.into_iter().map(|(user, slice)| (user, slice.rows));
        Ok(rows.collect())
    }

    async fn countries_of(&self, users: HashSet<&UserId>) -> Result<HashMap<UserId, String>> {
        use listener::Column;
        if users.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = listener::Entity::find()
            .filter(self.among(Column::UserId, users.into_iter().map(UserId::as_str)))
            .filter(Column::Country.is_not_null())
            .all(self.connection())
            .await?;
        let known = rows.into_iter().filter_map(|row| {
            let user = UserId::stored(row.user_id);
            row.country.map(|country| (user, country))
        });
        Ok(known.collect())
    }

    /// The charts of the listeners' countries, by the key of their scope.
    async fn charts_of(&self, listeners: &[Listener]) -> Result<HashMap<String, Vec<TrackId>>> {
        let countries = listeners.iter().filter_map(|it| it.country.clone());
        let scopes = countries.map(Scope::Country);
        let charts = self.most_loved_lately(scopes, MAX_PLACES).await?;
        let charts = charts.into_iter().map(|(scope, entries)| {
            let tracks = entries.into_iter().map(|entry| entry.track);
            (scope, tracks.collect())
        });
        Ok(charts.collect())
    }

    async fn most_loved_tracks(&self) -> Result<Vec<TrackId>> {
        use track::Column;
        let ids: Vec<String> = track::Entity::find()
            .select_only()
            .column(Column::Id)
            .order_by_desc(Column::FavouriteCount)
            .order_by_desc(Column::Id)
            .limit(2 * MAX_PLACES as u64)
            .into_tuple()
            .all(self.connection())
            .await?;
        Ok(ids.into_iter().map(TrackId::stored).collect())
    }

    /// Which listener loves which of their candidates already.
    ///
    /// Asked for pair by pair: of a list of users and one of tracks a database does not know which is the
    /// shorter way to them.
    async fn loved_among(
        &self,
        candidates: &HashMap<Listener, Vec<TrackId>>,
    ) -> Result<HashSet<(UserId, TrackId)>> {
        let connection = self.connection();
        let backend = connection.get_database_backend();
        let pairs = candidates.iter().flat_map(|(listener, tracks)| {
            let user = listener.user.as_str();
            tracks
                .iter()
                .map(move |track| json!([user, track.as_str()]))
        });
        let columns = [("user_id", Kind::Text), ("track_id", Kind::Text)];
        let (pairs, values) = lists::records(backend, "pair", &columns, pairs);
        // A value, and no join, for which a database might read all favourites instead.
        let sql = format!(
            "SELECT pair.user_id, pair.track_id FROM {pairs} WHERE (SELECT 1 FROM favourite \
             WHERE favourite.user_id = pair.user_id AND favourite.track_id = pair.track_id) = 1"
        );
        let statement = Statement::from_sql_and_values(backend, sql, [values]);
        let rows = connection.query_all_raw(statement).await?;
        let loved = rows.iter().map(|row| {
            let (user, track): (String, String) =
                (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            Ok((UserId::stored(user), TrackId::stored(track)))
        });
        loved.collect()
    }
}

/// How long a list may be of which so many are read at once.
fn share(length: usize, lists: usize) -> usize {
    (ROWS / lists.max(1)).clamp(1, length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_lists_are_shorter_than_few() {
        assert_eq!(share(LOVERS, 1), LOVERS);
        assert_eq!(share(LOVERS, 1_000), 4);
        assert_eq!(share(LOVERS, 1_000_000), 1);
    }
}
