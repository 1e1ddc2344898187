//! The documents that are searched: one for each artist, album and track.
//!
//! They are made here and not by triggers, because what a word is must be the same for the
//! catalogue and for the text that is looked for, and no two databases agree on that. Whoever
//! changes the catalogue calls [`refresh`] in the same transaction; what older replicas change
//! meanwhile, [`super::catch_up`] finds.
//!
//! They are a table of their own because an index over the words of `track` would have to be
//! written with every favourite: the count of favourites is a column there.

use std::collections::{BTreeSet, HashMap, HashSet};

use kit::lists;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, QueryResult, Statement, Value,
};
use sha2::{Digest, Sha256};

use super::{Kind, decade_of, spelling};
use crate::search_words;

/// Raised when documents are made differently, so that all are made anew.
const VERSION: u8 = 2;

/// Documents that are written in one statement.
const ROWS: usize = 200;

/// Letters of a beginning that is in the index by itself at most. Where an index has to look up
/// all words that begin so, that takes the longer the shorter the beginning is.
const LONGEST_BEGINNING: usize = 6;

/// Between the genres of a document. No genre holds it.
pub(super) const GENRES_SEPARATED_BY: char = '\n';

/// From how many favourites on something is of the next popularity.
const POPULAR_FROM: [i64; 4] = [8, 128, 2_048, 32_768];

/// The greatest popularity.
pub(super) const MOST_POPULAR: i32 = 4;

/// What search knows of one thing.
#[derive(Clone, Debug)]
pub(super) struct Document {
    kind: Kind,
    pub(super) thing: String,
    artist_id: String,
    name: String,
    artist: String,
    release_year: Option<i32>,
    popularity: i32,
    genres: Vec<String>,
}

impl Document {
    /// Tells apart what is written about a thing.
    pub(super) fn fingerprint(&self) -> i64 {
        let mut hash = Sha256::new();
        hash.update([VERSION]);
        for text in [&self.name, &self.artist].into_iter().chain(&self.genres) {
            hash.update(text.as_bytes());
            hash.update([0]);
        }
        hash.update(self.release_year.unwrap_or_default().to_le_bytes());
        hash.update(self.popularity.to_le_bytes());
        let digest = hash.finalize();
        digest
            .iter()
            .take(8)
            .fold(0, |number, byte| (number << 8) | i64::from(*byte))
    }

    /// The words of the name and of the artist.
    fn words(&self) -> BTreeSet<String> {
        let words = [&self.name, &self.artist]
            .into_iter()
            .map(|it| search_words::words(it));
        words.flatten().collect()
    }

    /// All that is in the index about it, separated by blanks.
    fn indexed(&self) -> String {
        let mut words = self.words();
        let beginnings: Vec<String> = words.iter().flat_map(|it| beginnings(it)).collect();
        words.extend(beginnings);
        words.insert(popularity_word(self.popularity));
        words.extend(self.release_year.map(|it| decade_word(decade_of(it))));
        words.extend(self.genres.iter().map(|it| genre_word(it)));
        words.into_iter().collect::<Vec<_>>().join(" ")
    }

    fn values(&self) -> [Value; 9] {
        [
            self.kind.number().into(),
            self.thing.as_str().into(),
            self.name.as_str().into(),
            self.artist.as_str().into(),
            self.genres.join(&GENRES_SEPARATED_BY.to_string()).into(),
            self.release_year.into(),
            self.popularity.into(),
            self.fingerprint().into(),
            self.indexed().into(),
        ]
    }
}

// Words of the index that nobody can type: they begin with a letter of the private use area, which
// is neither a letter nor a digit.

/// The word for being so popular.
pub(super) fn popularity_word(popularity: i32) -> String {
    format!("\u{e000}{popularity}")
}

/// The word for being of the ten years from this one on.
pub(super) fn decade_word(decade: i32) -> String {
    format!("\u{e001}{decade}")
}

/// The word for being by somebody who plays this.
pub(super) fn genre_word(genre: &str) -> String {
    let letter = |it: char| if it.is_alphanumeric() { it } else { '\u{e003}' };
    format!("\u{e002}{}", genre.chars().map(letter).collect::<String>())
}

/// The word for having a word that begins so; none for a beginning that is too long to be in the
/// index by itself.
pub(super) fn beginning_word(beginning: &str) -> Option<String> {
    let is_short = beginning.chars().nth(LONGEST_BEGINNING).is_none();
    is_short.then(|| format!("\u{e004}{beginning}"))
}

fn beginnings(word: &str) -> impl Iterator<Item = String> {
    let ends = word
        .char_indices()
        .map(|(at, letter)| at + letter.len_utf8());
    ends.filter_map(|end| beginning_word(&word[..end]))
}

/// `$from+1, $from+2, …`; on SQLite without their numbers, because each value that is bound would be looked
/// for among all of them.
pub(super) fn placeholders(backend: DbBackend, from: usize, count: usize) -> String {
    let place = |number: usize| match backend {
        DbBackend::Sqlite => "?".to_owned(),
        _ => format!("${number}"),
    };
    let all: Vec<String> = (from + 1..=from + count).map(place).collect();
    all.join(", ")
}

/// Who may not change what documents are made of until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Nobody is held up.
    Nothing,
    /// Whoever would rename the artists: the things themselves are the transaction's own.
    Artists,
    /// Whoever would change the things or their artists.
    All,
}

/// Brings the documents of these things up to date, within the transaction that changes them.
pub(crate) async fn refresh(
    transaction: &DatabaseTransaction,
    kind: Kind,
    ids: &[String],
) -> Result<(), DbErr> {
    let mut known = HashSet::new();
    refresh_holding(transaction, kind, ids, Hold::Artists, &mut known).await
}

/// As [`refresh`], for the artist, all albums and all tracks of the artist.
pub(crate) async fn refresh_artist(
    transaction: &DatabaseTransaction,
    artist: &str,
) -> Result<(), DbErr> {
    let mut known = HashSet::new();
    for kind in Kind::ALL {
        let ids = match kind {
            Kind::Artist => vec![artist.to_owned()],
            Kind::Album => ids(transaction, "album WHERE artist_id = $1", Some(artist)).await?,
            Kind::Track => ids(transaction, "track WHERE artist_id = $1", Some(artist)).await?,
        };
        refresh_holding(transaction, kind, &ids, Hold::Artists, &mut known).await?;
    }
    Ok(())
}

/// As [`refresh`], for the album and all tracks on it.
pub(crate) async fn refresh_album(
    transaction: &DatabaseTransaction,
    album: &str,
) -> Result<(), DbErr> {
    let tracks = ids(transaction, "track WHERE album_id = $1", Some(album)).await?;
    refresh(transaction, Kind::Album, &[album.to_owned()]).await?;
    refresh(transaction, Kind::Track, &tracks).await
}

/// As [`refresh`], for all there is: for a catalogue that is written anew.
pub(crate) async fn refresh_all(transaction: &DatabaseTransaction) -> Result<(), DbErr> {
    let mut known = HashSet::new();
    for kind in Kind::ALL {
        let ids = ids(transaction, kind.table(), None).await?;
        refresh_holding(transaction, kind, &ids, Hold::Artists, &mut known).await?;
    }
    Ok(())
}

/// Removes the document of a thing that is deleted.
pub(crate) async fn forget(
    transaction: &DatabaseTransaction,
    kind: Kind,
    id: &str,
) -> Result<(), DbErr> {
    let statement = Statement::from_sql_and_values(
        transaction.get_database_backend(),
        "DELETE FROM search_document WHERE kind = $1 AND thing_id = $2",
        [kind.number().into(), id.into()],
    );
    transaction.execute_raw(statement).await.map(drop)
}

/// As [`refresh`]; `known` are words that need not be learnt again, and grows.
pub(super) async fn refresh_holding(
    transaction: &DatabaseTransaction,
    kind: Kind,
    ids: &[String],
    hold: Hold,
    known: &mut HashSet<String>,
) -> Result<(), DbErr> {
    for some in ids.chunks(ROWS) {
        let documents = make(transaction, kind, Of::Ids(some), hold).await?;
        let documents: Vec<Document> = documents.into_iter().map(|it| it.0).collect();
        write(transaction, &documents).await?;
        let words = documents.iter().flat_map(Document::words).collect();
        spelling::learn(transaction, words, known).await?;
    }
    Ok(())
}

/// The ids in a table, or those of them for which a condition on one value holds.
async fn ids(
    connection: &impl ConnectionTrait,
    from: &str,
    value: Option<&str>,
) -> Result<Vec<String>, DbErr> {
    let statement = Statement::from_sql_and_values(
        connection.get_database_backend(),
        format!("SELECT id FROM {from} ORDER BY id"),
        value.map(Value::from),
    );
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Which things documents are made of, by id.
pub(super) enum Of<'a> {
    /// Those with these ids.
    Ids(&'a [String]),
    /// So many behind this id.
    Behind(&'a str, usize),
}

/// Makes the documents of things from what the tables hold now, each with the fingerprint of the
/// one that is stored.
pub(super) async fn make(
    connection: &impl ConnectionTrait,
    kind: Kind,
    of: Of<'_>,
    hold: Hold,
) -> Result<Vec<(Document, Option<i64>)>, DbErr> {
    let backend = connection.get_database_backend();
    let (condition, limit, values): (_, _, Vec<Value>) = match of {
        Of::Ids(ids) => {
            let (condition, ids) = lists::among_text(backend, "thing.id", ids);
            (condition, String::new(), vec![ids])
        }
        Of::Behind(id, count) => (
            "thing.id > $1".to_owned(),
            format!("LIMIT {count}"),
            vec![id.into()],
        ),
    };
    let held = match (backend, hold, kind) {
        (DbBackend::Postgres, Hold::Artists, Kind::Album | Kind::Track) => "FOR SHARE OF artist",
        (DbBackend::Postgres, Hold::All, Kind::Artist) => "FOR SHARE OF thing",
        (DbBackend::Postgres, Hold::All, _) => "FOR SHARE OF thing, artist",
        _ => "",
    };
    let sql = format!(
        "SELECT {} LEFT JOIN search_document AS stored \
         ON stored.kind = {} AND stored.thing_id = thing.id \
         WHERE {condition} ORDER BY thing.id {limit} {held}",
        source(kind),
        kind.number(),
    );
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let mut documents = Vec::new();
    for row in connection.query_all_raw(statement).await? {
        documents.push((read(kind, &row)?, row.try_get_by_index(6)?));
    }
    let artists = documents.iter().map(|it| it.0.artist_id.as_str());
    let genres = genres(connection, artists.collect()).await?;
    for (document, _) in &mut documents {
        document.genres = genres.get(&document.artist_id).cloned().unwrap_or_default();
    }
    Ok(documents)
}

/// Columns and tables from which documents of a kind are made.
fn source(kind: Kind) -> &'static str {
    match kind {
        Kind::Artist => {
            "thing.id, thing.id, thing.name_key, '', NULL, (SELECT CAST(COALESCE(SUM(favourite_count), 0) AS BIGINT) \
             FROM track WHERE track.artist_id = thing.id), stored.fingerprint \
             FROM artist AS thing"
        }
        Kind::Album => {
            "thing.id, artist.id, thing.title_key, artist.name_key, thing.release_year, \
             (SELECT CAST(COALESCE(SUM(favourite_count), 0) AS BIGINT) FROM track \
             WHERE track.album_id = thing.id), stored.fingerprint \
             FROM album AS thing JOIN artist ON artist.id = thing.artist_id"
        }
        Kind::Track => {
            "thing.id, artist.id, thing.title_key, artist.name_key, thing.release_year, \
             CAST(thing.favourite_count AS BIGINT), stored.fingerprint \
             FROM track AS thing JOIN artist ON artist.id = thing.artist_id"
        }
    }
}

fn read(kind: Kind, row: &QueryResult) -> Result<Document, DbErr> {
    let (name, artist): (String, String) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
    let loved: i64 = row.try_get_by_index(5)?;
    let reached = POPULAR_FROM.iter().filter(|it| loved >= **it).count();
    Ok(Document {
        kind,
        thing: row.try_get_by_index(0)?,
        artist_id: row.try_get_by_index(1)?,
        name: search_words::joined(&name),
        artist: search_words::joined(&artist),
        release_year: match kind {
            Kind::Artist => None,
            _ => row.try_get_by_index(4)?,
        },
        popularity: i32::try_from(reached).unwrap_or(MOST_POPULAR),
        genres: Vec::new(),
    })
}

async fn genres(
    connection: &impl ConnectionTrait,
    artists: BTreeSet<&str>,
) -> Result<HashMap<String, Vec<String>>, DbErr> {
    let mut genres: HashMap<String, Vec<String>> = HashMap::new();
    if artists.is_empty() {
        return Ok(genres);
    }
    let backend = connection.get_database_backend();
    let (among, artists) = lists::among_text(backend, "artist_id", artists);
    let sql = format!(
        "SELECT artist_id, genre FROM artist_genre WHERE {among} ORDER BY artist_id, place"
    );
    let statement = Statement::from_sql_and_values(backend, sql, [artists]);
    for row in connection.query_all_raw(statement).await? {
        let artist: String = row.try_get_by_index(0)?;
        genres
            .entry(artist)
            .or_default()
            .push(row.try_get_by_index(1)?);
    }
    Ok(genres)
}

async fn write(transaction: &DatabaseTransaction, documents: &[Document]) -> Result<(), DbErr> {
    if documents.is_empty() {
        return Ok(());
    }
    let backend = transaction.get_database_backend();
    let row = |place: usize| {
        let fields = placeholders(backend, 9 * place, 8);
        let words = placeholders(backend, 9 * place + 8, 1);
        match backend {
            DbBackend::Postgres => {
                format!("({fields}, array_to_tsvector(string_to_array({words}, ' ')))")
            }
            _ => format!("({fields}, {words})"),
        }
    };
    let rows: Vec<String> = (0..documents.len()).map(row).collect();
    let sql = format!(
        "INSERT INTO search_document (kind, thing_id, name, artist, genres, release_year, \
         popularity, fingerprint, words) VALUES {} ON CONFLICT (kind, thing_id) DO UPDATE SET \
         name = excluded.name, artist = excluded.artist, genres = excluded.genres, \
         release_year = excluded.release_year, popularity = excluded.popularity, \
         fingerprint = excluded.fingerprint, words = excluded.words",
        rows.join(", ")
    );
    let values = documents.iter().flat_map(Document::values);
    let statement = Statement::from_sql_and_values(backend, sql, values);
    transaction.execute_raw(statement).await.map(drop)
}
