//! Finds the documents that hold the words of a text, by the index of each database: FTS5 on
//! SQLite, a `tsvector` on Postgres.
//!
//! A text of one letter fits a third of the catalogue, and whatever had to be put in order then
//! would take long. So the documents are asked for by popularity, the most loved first, and the
//! database stops as soon as there are enough: popularity is a word of its own in the index.
//!
//! Words reach the database as one value, within quotes. They hold letters and digits only, so
//! nothing a client types can be syntax there.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use super::super::Store;
use super::documents::{
    GENRES_SEPARATED_BY, MOST_POPULAR, beginning_word, decade_word, genre_word, popularity_word,
};
use super::{Kind, MAX_HITS, Wanted, decade_of};

/// Documents with exactly the name that are looked at, whatever their popularity.
const OF_THIS_NAME: usize = 100;

/// A document that holds the words.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) kind: Kind,
    pub(super) thing: String,
    pub(super) name: String,
    pub(super) artist: String,
    pub(super) genres: Vec<String>,
    pub(super) popularity: i32,
    release_year: Option<i32>,
}

impl Candidate {
    /// The first of the ten years in which it was released.
    pub(super) fn decade(&self) -> Option<i32> {
        self.release_year.map(decade_of)
    }

    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        let genres: String = row.try_get_by_index(4)?;
        let genres = genres.split(GENRES_SEPARATED_BY);
        Ok(Candidate {
            kind: Kind::numbered(row.try_get_by_index(0)?),
            thing: row.try_get_by_index(1)?,
            name: row.try_get_by_index(2)?,
            artist: row.try_get_by_index(3)?,
            genres: genres
                .filter(|it| !it.is_empty())
                .map(str::to_owned)
                .collect(),
            release_year: row.try_get_by_index(5)?,
            popularity: row.try_get_by_index(6)?,
        })
    }
}

impl Store {
    /// The documents in which there are, for each word, that word, one that begins with it, or
    /// one of those that may have been meant: [`MAX_HITS`] and one more at most, the most
    /// popular ones.
    pub(super) async fn search_candidates(
        &self,
        wanted: &Wanted,
        meant: &[Vec<String>],
    ) -> Result<Vec<Candidate>, DbErr> {
        let connection = self.connection();
        let statement = statement(connection.get_database_backend(), wanted, meant);
        let rows = connection.query_all_raw(statement).await?;
        rows.iter().map(Candidate::read).collect()
    }
}

/// The statement behind a search.
pub(super) fn statement(backend: DbBackend, wanted: &Wanted, meant: &[Vec<String>]) -> Statement {
    const COLUMNS: &str = "kind, thing_id, name, artist, genres, release_year, popularity";
    let mut values: Vec<Value> = vec![wanted.text.as_str().into()];
    let mut parts = vec![format!(
        "SELECT {COLUMNS} FROM (SELECT {COLUMNS} FROM search_document WHERE name = $1 \
         ORDER BY kind, popularity DESC, thing_id LIMIT {OF_THIS_NAME}) AS of_this_name"
    )];
    if !wanted.words.is_empty() {
        let (from, matches) = match backend {
            DbBackend::Postgres => ("search_document AS d", "d.words @@ CAST($N AS tsquery)"),
            _ => (
                "search_text JOIN search_document AS d ON d.id = search_text.rowid",
                "search_text MATCH $N",
            ),
        };
        let columns = COLUMNS.replace(", ", ", d.");
        for popularity in (0..=MOST_POPULAR).rev() {
            values.push(condition(backend, wanted, meant, popularity).into());
            let matches = matches.replace("$N", &format!("${}", values.len()));
            parts.push(format!(
                "SELECT {COLUMNS} FROM (SELECT d.{columns} FROM {from} WHERE {matches} \
                 LIMIT {}) AS of_popularity_{popularity}",
                MAX_HITS + 1
            ));
        }
    }
    let sql = format!(
        "SELECT {COLUMNS} FROM ({}) AS found LIMIT {}",
        parts.join(" UNION ALL "),
        MAX_HITS + 1
    );
    Statement::from_sql_and_values(backend, sql, values)
}

/// What a document of this popularity must hold, in the language of the database's index.
fn condition(
    backend: DbBackend,
    wanted: &Wanted,
    meant: &[Vec<String>],
    popularity: i32,
) -> String {
    let language = match backend {
        DbBackend::Postgres => Language::TSQUERY,
        _ => Language::FTS5,
    };
    let words = wanted.words.iter().zip(meant).map(|(word, meant)| {
        let begins = match beginning_word(word) {
            Some(beginning) => (language.whole)(&beginning),
            None => (language.beginning)(word),
        };
        let others = meant.iter().map(|it| (language.whole)(it));
        let any: Vec<String> = [begins].into_iter().chain(others).collect();
        format!("({})", any.join(language.or))
    });
    let decade = wanted.decade.map(decade_word);
    let genre = wanted.genre.as_deref().map(genre_word);
    let fixed = [Some(popularity_word(popularity)), decade, genre];
    let fixed = fixed.iter().flatten().map(|it| (language.whole)(it));
    let all: Vec<String> = words.chain(fixed).collect();
    all.join(language.and)
}

struct Language {
    and: &'static str,
    or: &'static str,
    whole: fn(&str) -> String,
    beginning: fn(&str) -> String,
}

impl Language {
    const TSQUERY: Language = Language {
        and: " & ",
        or: " | ",
        whole: |word| format!("'{word}'"),
        beginning: |word| format!("'{word}':*"),
    };
    const FTS5: Language = Language {
        and: " AND ",
        or: " OR ",
        whole: |word| format!("\"{word}\""),
        beginning: |word| format!("\"{word}\"*"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search_key::search_key;

    fn texts(backend: DbBackend, text: &str) -> Vec<Value> {
        let wanted = Wanted::new(&search_key(text));
        let meant = vec![Vec::new(); wanted.words.len()];
        let statement = statement(backend, &wanted, &meant);
        statement.values.map(|it| it.0).unwrap_or_default()
    }

    #[test]
    fn what_is_typed_is_words_within_quotes_and_nothing_else() {
        let hostile = "a' | !b:* <-> \"c\" NEAR(d) beginnings:e -f ^g {h} (i) \\";
        let postgres = texts(DbBackend::Postgres, hostile);
        let short = |word: &str| format!("('\u{e004}{word}')");
        let mut expected: Vec<String> = ["a", "b", "c", "near", "d"].map(short).to_vec();
        expected.push("('beginnings':*)".to_owned());
        expected.extend(["e", "f", "g", "h", "i"].map(short));
        expected.push(format!("'{}'", popularity_word(MOST_POPULAR)));
        let most_loved = Value::from(expected.join(" & "));
        assert_eq!(postgres.get(1), Some(&most_loved));
        let sqlite = texts(DbBackend::Sqlite, "a\" OR something*");
        let most_loved = Value::from(format!(
            "(\"\u{e004}a\") AND (\"\u{e004}or\") AND (\"something\"*) AND \"{}\"",
            popularity_word(MOST_POPULAR)
        ));
        assert_eq!(sqlite.get(1), Some(&most_loved));
    }
}
