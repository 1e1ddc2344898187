//! Which words were meant: those of the catalogue that are one mistake away from a typed word, or
//! two in a long one. A mistake is a letter too many, one missing, a wrong one, or two swapped.
//!
//! Two words one mistake apart have a common variant, with one letter or none left out of each. So
//! all variants of all words are kept, and looked up by those of the typed word: some ten
//! lookups by key, whatever the number of words. `"bjrok"` and `"björk"` meet at `"bjok"`.

use std::collections::{BTreeSet, HashMap, HashSet};

use kit::{Result, lists};
use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::super::{Store, take_turn};
use super::documents::placeholders;

/// Letters of a word in which a mistake is forgiven at least: with fewer, everything is near.
const SHORTEST: usize = 4;

/// Letters from which on two mistakes are forgiven.
const LONG: usize = 8;

/// Letters of a word at most that is kept here; nobody types more.
const LONGEST: usize = 32;

/// Words that are considered in place of one typed word.
const MAX_MEANT: usize = 8;

/// Rows in one statement.
const ROWS: usize = 1_000;

impl Store {
    /// For each of these words the words of the catalogue that may have been meant instead.
    pub(super) async fn words_near(&self, typed: &[String]) -> Result<Vec<Vec<String>>> {
        let wanted: BTreeSet<String> = typed.iter().flat_map(|word| variants(word)).collect();
        if wanted.is_empty() {
            return Ok(vec![Vec::new(); typed.len()]);
        }
        let connection = self.connection();
        let known = known_words(connection, wanted).await?;
        Ok(typed.iter().map(|word| nearest(word, &known)).collect())
    }
}

async fn known_words(
    connection: &impl ConnectionTrait,
    variants: BTreeSet<String>,
) -> Result<Vec<String>, DbErr> {
    let backend = connection.get_database_backend();
    let (among, variants) = lists::among_text(backend, "variant", variants);
    let sql = format!("SELECT DISTINCT word FROM search_variant WHERE {among}");
    let statement = Statement::from_sql_and_values(backend, sql, [variants]);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Makes words known, but for those that are.
pub(super) async fn learn(
    transaction: &sea_orm::DatabaseTransaction,
    words: BTreeSet<String>,
    known: &mut HashSet<String>,
) -> Result<(), DbErr> {
    let words: Vec<String> = words
        .into_iter()
        .filter(|word| is_kept(word) && !known.contains(word))
        .collect();
    let mut new: BTreeSet<String> = BTreeSet::new();
    for some in words.chunks(ROWS) {
        let stored = stored_words(transaction, some).await?;
        new.extend(some.iter().filter(|it| !stored.contains(*it)).cloned());
    }
    if !new.is_empty() {
        // Two who write the same keys in different orders would wait for each other.
        take_turn(transaction, "words of the catalogue").await?;
    }
    let rows: Vec<(String, &String)> = new
        .iter()
        .flat_map(|word| variants(word).into_iter().map(move |it| (it, word)))
        .collect();
    let backend = transaction.get_database_backend();
    for some in rows.chunks(ROWS) {
        let tuples: Vec<String> = (0..some.len())
            .map(|row| format!("({})", placeholders(backend, 2 * row, 2)))
            .collect();
        let sql = format!(
            "INSERT INTO search_variant (variant, word) VALUES {} ON CONFLICT DO NOTHING",
            tuples.join(", ")
        );
        let values = some
            .iter()
            .flat_map(|(variant, word)| [variant.as_str().into(), word.as_str().into()]);
        let statement = Statement::from_sql_and_values(backend, sql, values);
        transaction.execute_raw(statement).await?;
    }
    known.extend(words);
    Ok(())
}

async fn stored_words(
    connection: &impl ConnectionTrait,
    words: &[String],
) -> Result<HashSet<String>, DbErr> {
    let backend = connection.get_database_backend();
    let (among, words) = lists::among_text(backend, "variant", words);
    let sql = format!("SELECT word FROM search_variant WHERE {among} AND word = variant");
    let statement = Statement::from_sql_and_values(backend, sql, [words]);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

fn is_kept(word: &str) -> bool {
    (SHORTEST..=LONGEST).contains(&word.chars().count())
}

/// The word, and the word without each of its letters.
fn variants(word: &str) -> BTreeSet<String> {
    if !is_kept(word) {
        return BTreeSet::new();
    }
    let without = word.char_indices().map(|(at, letter)| {
        let (before, behind) = (&word[..at], &word[at + letter.len_utf8()..]);
        format!("{before}{behind}")
    });
    without.chain([word.to_owned()]).collect()
}

/// Of these words those that `typed` may stand for, the nearest first.
fn nearest(typed: &str, known: &[String]) -> Vec<String> {
    let letters: Vec<char> = typed.chars().collect();
    if letters.len() < SHORTEST {
        return Vec::new();
    }
    let forgiven = if letters.len() < LONG { 1 } else { 2 };
    let mut distances: HashMap<&String, usize> = HashMap::new();
    for word in known {
        let distance = mistakes(&letters, &word.chars().collect::<Vec<_>>());
        if (1..=forgiven).contains(&distance) {
            distances.insert(word, distance);
        }
    }
    let mut nearest: Vec<_> = distances.into_iter().collect();
    nearest.sort_unstable_by_key(|(word, distance)| (*distance, *word));
    let nearest = nearest.into_iter().take(MAX_MEANT);
    nearest.map(|(word, _)| word.clone()).collect()
}

/// How many mistakes lie between two words (optimal string alignment).
fn mistakes(one: &[char], other: &[char]) -> usize {
    let width = other.len() + 1;
    let mut rows = vec![0_usize; (one.len() + 1) * width];
    for (j, cell) in rows.iter_mut().enumerate().take(width) {
        *cell = j;
    }
    for i in 1..=one.len() {
        rows[i * width] = i;
        for j in 1..width {
            let wrong = usize::from(one[i - 1] != other[j - 1]);
            let mut least = (rows[(i - 1) * width + j] + 1)
                .min(rows[i * width + j - 1] + 1)
                .min(rows[(i - 1) * width + j - 1] + wrong);
            let swapped =
                i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1];
            if swapped {
                least = least.min(rows[(i - 2) * width + j - 2] + 1);
            }
            rows[i * width + j] = least;
        }
    }
    rows[one.len() * width + other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn distance(one: &str, other: &str) -> usize {
        let letters = |word: &str| word.chars().collect::<Vec<_>>();
        mistakes(&letters(one), &letters(other))
    }

    #[test]
    fn every_kind_of_mistake_counts_as_one() {
        for typed in ["bjrk", "bjoork", "bjirk", "bjrok"] {
            assert_eq!(distance(typed, "bjork"), 1, "{typed}");
        }
        assert_eq!(distance("bjork", "bjork"), 0);
        assert_eq!(distance("jbrok", "bjork"), 2);
    }

    #[test]
    fn words_one_mistake_apart_have_a_common_variant() {
        for (typed, word) in [
            ("radiohaed", "radiohead"),
            ("beatels", "beatles"),
            ("nirvanna", "nirvana"),
            ("qeen", "queen"),
            ("wueen", "queen"),
        ] {
            assert!(!variants(typed).is_disjoint(&variants(word)), "{typed}");
        }
    }

    #[test]
    fn the_nearest_come_first_and_short_words_stand_for_themselves() {
        let known = ["metallica", "metallics", "mettalicca", "blue"].map(str::to_owned);
        assert_eq!(
            nearest("metalica", &known),
            ["metallica", "metallics", "mettalicca"]
        );
        assert_eq!(nearest("bleu", &known), ["blue"]);
        assert_eq!(nearest("blu", &known), Vec::<String>::new());
    }
}
