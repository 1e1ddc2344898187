//! Search over artists, albums and tracks at once: by words, their beginnings, and with mistakes.
//!
//! `documents` keeps one document for each thing, with the words of its name and of who made it,
//! and writes it in the transaction that changes the thing. `candidates` finds documents by an
//! index, the most loved first and so many at most; `rank` puts them in order, the same on every
//! database; `spelling` knows which words were meant when nothing fits as typed.
//! [`catch_up`] makes documents that are missing or outdated.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use kit::Result;
use kit::relay::{self, Slice};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Store;
use crate::ids::{AlbumId, ArtistId, TrackId};
use crate::search_words;

mod candidates;
pub mod catch_up;
pub(crate) mod documents;
mod rank;
mod spelling;

use candidates::Candidate;
use rank::Fit;

/// Hits that are put in order at most. Of more, the most loved ones are.
pub const MAX_HITS: usize = 1_000;

/// A page of hits.
pub type Page = relay::Page<Position>;

/// What is searched, in the order in which equals are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Artist,
    Album,
    Track,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Artist, Kind::Album, Kind::Track];

    fn number(self) -> i32 {
        match self {
            Kind::Artist => 0,
            Kind::Album => 1,
            Kind::Track => 2,
        }
    }

    /// The table that holds such things.
    fn table(self) -> &'static str {
        match self {
            Kind::Artist => "artist",
            Kind::Album => "album",
            Kind::Track => "track",
        }
    }

    fn numbered(number: i32) -> Self {
        match number {
            0 => Kind::Artist,
            1 => Kind::Album,
            _ => Kind::Track,
        }
    }
}

/// The first of the ten years in which this one lies.
fn decade_of(year: i32) -> i32 {
    year.div_euclid(10) * 10
}

/// What a hit points at.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Found {
    /// An artist.
    Artist(ArtistId),
    /// An album.
    Album(AlbumId),
    /// A track.
    Track(TrackId),
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    words: Vec<String>,
    /// The words as one text.
    text: String,
    /// Only music of artists who play this, in lower case.
    pub genre: Option<String>,
    /// Only music of these ten years, by the first of them.
    pub decade: Option<i32>,
}

impl Wanted {
    /// What fits this search key.
    pub fn new(key: &str) -> Self {
        Wanted {
            words: search_words::words(key),
            text: search_words::joined(key),
            genre: None,
            decade: None,
        }
    }

    /// How many words are looked for.
    pub fn word_count(&self) -> usize {
        self.words.len()
    }

    /// Tells apart what is looked for.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.text.as_bytes());
        hash.update([0]);
        hash.update(self.genre.as_deref().unwrap_or_default().as_bytes());
        hash.update(self.decade.unwrap_or_default().to_le_bytes());
        let digest = hash.finalize();
        digest
            .iter()
            .take(8)
            .map(|it| format!("{it:02x}"))
            .collect()
    }

    fn admits(&self, candidate: &Candidate) -> bool {
        let plays = |genre: &String| candidate.genres.contains(genre);
        self.genre.as_ref().is_none_or(plays)
            && self.decade.is_none_or(|it| candidate.decade() == Some(it))
    }
}

/// Where a hit stands among the hits for one text: fit, popularity, kind, name, id. It is what a
/// cursor holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position(u8, i32, i32, String, String);

/// One hit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What was found.
    pub found: Found,
    /// Where it stands.
    pub position: Position,
    genres: Vec<String>,
    decade: Option<i32>,
}

/// All hits for a text, the best first, [`MAX_HITS`] at most.
#[derive(Clone, Debug)]
pub struct Hits {
    all: Vec<Hit>,
    /// Whether there are no others.
    pub complete: bool,
}

impl Hits {
    /// A page of them, read forwards.
    pub fn page(&self, page: &Page) -> Slice<Hit> {
        let begin = match &page.after {
            Some(after) => self
                .all
                .partition_point(|hit| hit.position.cmp(after) != Ordering::Greater),
            None => 0,
        };
        let rows = usize::try_from(page.rows_to_fetch()).unwrap_or(usize::MAX);
        page.cut(self.all.iter().skip(begin).take(rows).cloned().collect())
    }

    /// How many hits are of each genre, the most frequent genre first.
    pub fn genres(&self) -> Vec<(String, usize)> {
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for genre in self.all.iter().flat_map(|hit| &hit.genres) {
            *counts.entry(genre).or_default() += 1;
        }
        let mut counts: Vec<_> = counts
            .into_iter()
            .map(|(genre, count)| (genre.to_owned(), count))
            .collect();
        counts.sort_unstable_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
        counts
    }

    /// How many hits are of each decade, the earliest first. Artists are of none.
    pub fn decades(&self) -> Vec<(i32, usize)> {
        let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
        for decade in self.all.iter().filter_map(|hit| hit.decade) {
            *counts.entry(decade).or_default() += 1;
        }
        counts.into_iter().collect()
    }
}

impl Store {
    /// What fits a text, the best first. It costs one statement, and two more when
    /// nothing fits as typed.
    pub async fn search(&self, wanted: &Wanted) -> Result<Hits> {
        let as_typed: Vec<Vec<String>> = vec![Vec::new(); wanted.words.len()];
        let mut candidates = self.search_candidates(wanted, &as_typed).await?;
        if candidates.is_empty() {
            let meant = self.words_near(&wanted.words).await?;
            if meant.iter().any(|it| !it.is_empty()) {
                candidates = self.search_candidates(wanted, &meant).await?;
            }
        }
        let complete = candidates.len() <= MAX_HITS;
        let mut all: Vec<Hit> = candidates
            .into_iter()
            .take(MAX_HITS)
            .filter(|it| wanted.admits(it))
            .map(|it| hit(wanted, it))
            .collect();
        all.sort_unstable_by(|one, other| one.position.cmp(&other.position));
        // What has exactly the name is found twice.
        all.dedup_by(|one, other| one.position == other.position);
        Ok(Hits { all, complete })
    }
}

fn hit(wanted: &Wanted, candidate: Candidate) -> Hit {
    let fit = Fit::of(
        &wanted.words,
        &wanted.text,
        &candidate.name,
        &candidate.artist,
    );
    let decade = candidate.decade();
    let Candidate { kind, thing, .. } = candidate;
    let position = Position(
        fit as u8,
        -candidate.popularity,
        kind.number(),
        candidate.name,
        thing.clone(),
    );
    Hit {
        found: match kind {
            Kind::Artist => Found::Artist(ArtistId::stored(thing)),
            Kind::Album => Found::Album(AlbumId::stored(thing)),
            Kind::Track => Found::Track(TrackId::stored(thing)),
        },
        position,
        genres: candidate.genres,
        decade,
    }
}
