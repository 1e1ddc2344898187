//! Counts in the charts what changed.
//!
//! Triggers note in `chart_change` which favourites came and went, which users are somewhere else
//! and which artists play something else. A batch of these is looked up as it is now and compared with
//! what is counted: `chart_vote` has each favourite that is, and as of which country. What differs
//! is added to the counts in `chart_tally` and subtracted from them, all in the transaction that
//! removes the notes. So however often a thing is noted, and in whatever order, it is
//! counted once, and what is taken back is taken from where it was counted.
//!
//! One transaction at a time counts. What is committed while it runs is noted as well, and is
//! looked up again by the next one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use kit::lists::{self, Kind};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, QueryResult, Statement, Value};
use serde_json::json;

use super::super::{Store, take_turn, to_micros};
use super::{DAYS, Scope};

/// Notes, and as many favourites for each other reason, that are looked up in one transaction: so few that
/// others who write need not wait for long on SQLite.
const BATCH: usize = 1_000;

/// Whether there is more to count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// All that was noted when this batch began is counted.
    Done,
    /// Another batch is due.
    More,
}

/// A user and a track.
type Pair = (String, String);

/// A favourite that counts.
#[derive(Debug, PartialEq, Eq)]
struct Vote {
    favourited_at: i64,
    country: Option<String>,
}

/// How many lovers a track has more on the chart with this key.
type Deltas = BTreeMap<(String, String), i64>;

/// What a batch of notes tells to look up.
#[derive(Default)]
struct Changes {
    notes: Vec<i64>,
    pairs: BTreeSet<Pair>,
    users: BTreeSet<String>,
    artists: BTreeSet<String>,
}

impl Store {
    /// Counts a batch of what changed, as of now.
    pub(super) async fn count_some(&self, now: DateTime<Utc>) -> Result<Progress, DbErr> {
        let since = to_micros(now - TimeDelta::days(DAYS));
        let transaction = self.database().begin_write().await?;
        take_turn(&transaction, "counting the charts").await?;
        let mut changes = noted(&transaction).await?;
        let mut is_full = changes.notes.len() == BATCH;
        let moved = counted_elsewhere(&transaction, &changes.users).await?;
        // Those who were not reached stay noted.
        let keep_users = moved.len() == BATCH;
        let expired = expired(&transaction, since).await?;
        is_full |= keep_users || expired.len() == BATCH;
        changes.pairs.extend(moved);
        changes.pairs.extend(expired);
        settle(&transaction, changes.pairs, since).await?;
        count_genres_anew(&transaction, changes.artists).await?;
        forget_notes(&transaction, changes.notes, keep_users).await?;
        note_progress(&transaction, now, is_full).await?;
        transaction.commit().await?;
        Ok(if is_full {
            Progress::More
        } else {
            Progress::Done
        })
    }
}

async fn noted(transaction: &DatabaseTransaction) -> Result<Changes, DbErr> {
    let sql = format!(
        "SELECT id, user_id, track_id, artist_id FROM chart_change ORDER BY id LIMIT {BATCH}"
    );
    let mut changes = Changes::default();
    for row in query(transaction, &sql, []).await? {
        changes.notes.push(row.try_get_by_index(0)?);
        let (user, track): (Option<String>, Option<String>) =
            (row.try_get_by_index(1)?, row.try_get_by_index(2)?);
        match (user, track) {
            (Some(user), Some(track)) => drop(changes.pairs.insert((user, track))),
            (Some(user), None) => drop(changes.users.insert(user)),
            (None, _) => changes
                .artists
                .extend(row.try_get_by_index::<Option<String>>(3)?),
        }
    }
    Ok(changes)
}

/// Favourites of these users that are counted where the users do not live.
async fn counted_elsewhere(
    transaction: &DatabaseTransaction,
    users: &BTreeSet<String>,
) -> Result<Vec<Pair>, DbErr> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let backend = transaction.get_database_backend();
    let (among, users) = lists::among_text(backend, "chart_vote.user_id", users);
    let sql = format!(
        "SELECT chart_vote.user_id, chart_vote.track_id
         FROM chart_vote LEFT JOIN listener ON listener.user_id = chart_vote.user_id
         WHERE {among} AND chart_vote.country IS DISTINCT FROM listener.country
         LIMIT {BATCH}"
    );
    pairs(query(transaction, &sql, [users]).await?)
}

/// Favourites that are counted and are too old by now.
async fn expired(transaction: &DatabaseTransaction, since: i64) -> Result<Vec<Pair>, DbErr> {
    let sql = format!(
        "SELECT user_id, track_id FROM chart_vote WHERE favourited_at < $1
         ORDER BY favourited_at LIMIT {BATCH}"
    );
    pairs(query(transaction, &sql, [since.into()]).await?)
}

/// Makes the counts agree with what is loved, as far as these favourites are concerned.
async fn settle(
    transaction: &DatabaseTransaction,
    pairs: BTreeSet<Pair>,
    since: i64,
) -> Result<(), DbErr> {
    if pairs.is_empty() {
        return Ok(());
    }
    let mut counting = votes(transaction, LOVED, &pairs).await?;
    counting.retain(|_, vote| vote.favourited_at >= since);
    let mut counted = votes(transaction, COUNTED, &pairs).await?;
    let mut deltas = Deltas::new();
    let (mut new, mut gone) = (Vec::new(), Vec::new());
    for pair in pairs {
        let (before, after) = (counted.remove(&pair), counting.remove(&pair));
        if before == after {
            continue;
        }
        let (user, track) = &pair;
        if let Some(vote) = before {
            add(&mut deltas, track, vote.country, -1);
        }
        match after {
            Some(vote) => {
                new.push(json!([user, track, vote.favourited_at, vote.country]));
                add(&mut deltas, track, vote.country, 1);
            }
            None => gone.push(json!([user, track])),
        }
    }
    write(transaction, REMOVE_VOTES, &PAIR, gone).await?;
    write(transaction, WRITE_VOTES, &VOTE, new).await?;
    deltas.retain(|_, by| *by != 0);
    add_genres(transaction, &mut deltas).await?;
    let (mut changed, mut fewer) = (Vec::new(), Vec::new());
    for ((track, scope), by) in deltas {
        changed.push(json!([track, scope, by]));
        if by < 0 {
            fewer.push(json!([track, scope]));
        }
    }
    write(transaction, ADD_TO_TALLIES, &TALLY, changed).await?;
    write(transaction, REMOVE_EMPTY_TALLIES, &TALLY[..2], fewer).await
}

fn add(deltas: &mut Deltas, track: &str, country: Option<String>, by: i64) {
    let country = country.map(Scope::Country);
    for scope in [Some(Scope::World), country].into_iter().flatten() {
        *deltas.entry((track.to_owned(), scope.key())).or_default() += by;
    }
}

/// What is added to a track everywhere is added on the charts of its genres.
async fn add_genres(transaction: &DatabaseTransaction, deltas: &mut Deltas) -> Result<(), DbErr> {
    let world = Scope::World.key();
    let everywhere: HashMap<String, i64> = deltas
        .iter()
        .filter(|((_, scope), _)| *scope == world)
        .map(|((track, _), by)| (track.clone(), *by))
        .collect();
    if everywhere.is_empty() {
        return Ok(());
    }
    let backend = transaction.get_database_backend();
    let (among, tracks) = lists::among_text(backend, "track.id", everywhere.keys());
    let sql = format!(
        "SELECT track.id, artist_genre.genre
         FROM track JOIN artist_genre ON artist_genre.artist_id = track.artist_id WHERE {among}"
    );
    for (track, genre) in pairs(query(transaction, &sql, [tracks]).await?)? {
        let by = everywhere.get(&track).copied().unwrap_or_default();
        deltas.insert((track, Scope::Genre(genre).key()), by);
    }
    Ok(())
}

/// Puts the tracks of artists on the charts of the genres that these play now.
async fn count_genres_anew(
    transaction: &DatabaseTransaction,
    artists: BTreeSet<String>,
) -> Result<(), DbErr> {
    if artists.is_empty() {
        return Ok(());
    }
    let backend = transaction.get_database_backend();
    let (among, artists) = lists::among_text(backend, "track.artist_id", artists);
    let world = Scope::World.key();
    let genre = Scope::Genre(String::new()).key();
    for sql in [
        format!(
            "DELETE FROM chart_tally
             WHERE track_id IN (SELECT id FROM track WHERE {among}) AND scope LIKE '{genre}%'"
        ),
        format!(
            "INSERT INTO chart_tally (track_id, scope, lovers)
             SELECT chart_tally.track_id, '{genre}' || artist_genre.genre, chart_tally.lovers
             FROM track
             JOIN chart_tally ON chart_tally.track_id = track.id AND chart_tally.scope = '{world}'
             JOIN artist_genre ON artist_genre.artist_id = track.artist_id
             WHERE {among}"
        ),
    ] {
        execute(transaction, &sql, [artists.clone()]).await?;
    }
    Ok(())
}

async fn forget_notes(
    transaction: &DatabaseTransaction,
    notes: Vec<i64>,
    keep_users: bool,
) -> Result<(), DbErr> {
    let but_users = if keep_users {
        " AND (user_id IS NULL OR track_id IS NOT NULL)"
    } else {
        ""
    };
    let sql = format!("DELETE FROM chart_change WHERE id IN (SELECT id FROM {{}}){but_users}");
    let notes = notes.into_iter().map(|id| json!([id])).collect();
    write(transaction, &sql, &[("id", Kind::Number)], notes).await
}

/// Says as of when the charts are right, if they are, and that there is still somebody who counts.
async fn note_progress(
    transaction: &DatabaseTransaction,
    now: DateTime<Utc>,
    is_full: bool,
) -> Result<(), DbErr> {
    let column = if is_full { "claimed_at" } else { "as_of" };
    let sql =
        format!("UPDATE chart_count SET {column} = $1 WHERE {column} IS NULL OR {column} < $1");
    execute(transaction, &sql, [to_micros(now).into()]).await
}

type Columns = [(&'static str, Kind)];

const PAIR: [(&str, Kind); 2] = [("user_id", Kind::Text), ("track_id", Kind::Text)];

const VOTE: [(&str, Kind); 4] = [
    ("user_id", Kind::Text),
    ("track_id", Kind::Text),
    ("favourited_at", Kind::Number),
    ("country", Kind::Text),
];

const TALLY: [(&str, Kind); 3] = [
    ("track_id", Kind::Text),
    ("scope", Kind::Text),
    ("lovers", Kind::Number),
];

/// When each of these pairs became a favourite, if it is one, and where its user lives. Values, and no joins, for
/// which a database might read all favourites instead.
const LOVED: &str = "SELECT user_id, track_id,
    (SELECT favourited_at FROM favourite
     WHERE favourite.user_id = given.user_id AND favourite.track_id = given.track_id),
    (SELECT country FROM listener WHERE listener.user_id = given.user_id) FROM {}";

/// The same, as it is counted.
const COUNTED: &str = "SELECT user_id, track_id,
    (SELECT favourited_at FROM chart_vote
     WHERE chart_vote.user_id = given.user_id AND chart_vote.track_id = given.track_id),
    (SELECT country FROM chart_vote
     WHERE chart_vote.user_id = given.user_id AND chart_vote.track_id = given.track_id) FROM {}";

const REMOVE_VOTES: &str =
    "DELETE FROM chart_vote WHERE (user_id, track_id) IN (SELECT user_id, track_id FROM {})";

/// SQLite takes the `ON` for one of a join unless there is a condition.
const WRITE_VOTES: &str = "INSERT INTO chart_vote (user_id, track_id, favourited_at, country)
    SELECT user_id, track_id, favourited_at, country FROM {} WHERE true
    ON CONFLICT (user_id, track_id) DO UPDATE
        SET favourited_at = excluded.favourited_at, country = excluded.country";

const ADD_TO_TALLIES: &str = "INSERT INTO chart_tally (track_id, scope, lovers)
    SELECT track_id, scope, lovers FROM {} WHERE true
    ON CONFLICT (track_id, scope) DO UPDATE SET lovers = chart_tally.lovers + excluded.lovers";

const REMOVE_EMPTY_TALLIES: &str = "DELETE FROM chart_tally
    WHERE (track_id, scope) IN (SELECT track_id, scope FROM {}) AND lovers <= 0";

/// Executes a statement over records, which stand where its `{}` does; not when there are none.
async fn write(
    transaction: &DatabaseTransaction,
    sql: &str,
    columns: &Columns,
    records: Vec<serde_json::Value>,
) -> Result<(), DbErr> {
    if records.is_empty() {
        return Ok(());
    }
    let backend = transaction.get_database_backend();
    let (table, records) = lists::records(backend, "given", columns, records);
    execute(transaction, &sql.replace("{}", &table), [records]).await
}

/// The favourites among pairs that a statement finds.
async fn votes(
    transaction: &DatabaseTransaction,
    sql: &str,
    pairs: &BTreeSet<Pair>,
) -> Result<HashMap<Pair, Vote>, DbErr> {
    let backend = transaction.get_database_backend();
    let pairs = pairs.iter().map(|(user, track)| json!([user, track]));
    let (table, pairs) = lists::records(backend, "given", &PAIR, pairs);
    let rows = query(transaction, &sql.replace("{}", &table), [pairs]).await?;
    let mut votes = HashMap::new();
    for row in rows {
        let Some(favourited_at) = row.try_get_by_index(2)? else {
            continue;
        };
        let pair = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let country = row.try_get_by_index(3)?;
        let vote = Vote {
            favourited_at,
            country,
        };
        votes.insert(pair, vote);
    }
    Ok(votes)
}

fn pairs(rows: Vec<QueryResult>) -> Result<Vec<Pair>, DbErr> {
    let pair = |row: QueryResult| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
    rows.into_iter().map(pair).collect()
}

async fn query<const N: usize>(
    transaction: &DatabaseTransaction,
    sql: &str,
    values: [Value; N],
) -> Result<Vec<QueryResult>, DbErr> {
    let backend = transaction.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, values);
    transaction.query_all_raw(statement).await
}

async fn execute<const N: usize>(
    transaction: &DatabaseTransaction,
    sql: &str,
    values: [Value; N],
) -> Result<(), DbErr> {
    let backend = transaction.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, values);
    transaction.execute_raw(statement).await.map(drop)
}
