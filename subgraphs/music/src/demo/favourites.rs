//! What the demo users love, read strictly from `demo/favourites.tsv`.
//!
//! The users service makes the id of a demo user from the user name: `demo-` and the name. That
//! is all the two services know of each other's demo.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::catalogue::Catalogue;
use super::lines::{LineError, entries, slug};
use crate::ids::{TrackId, UserId};

/// The favourites as text.
pub const TEXT: &str = include_str!("../../demo/favourites.tsv");

/// The favourites in the order of the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Favourites {
    /// All of them.
    pub all: Vec<Favourite>,
}

/// One favourite of the demo.
#[derive(Debug, PartialEq, Eq)]
pub struct Favourite {
    /// Who.
    pub user: UserId,
    /// What.
    pub track: TrackId,
    /// Since when.
    pub favourited_at: DateTime<Utc>,
    /// Why.
    pub note: Option<String>,
}

impl Favourites {
    /// Reads favourites of tracks that are in the catalogue.
    ///
    /// # Errors
    /// Names the first line that is malformed, unknown to the catalogue, or there twice.
    pub fn read(text: &str, catalogue: &Catalogue) -> Result<Self, LineError> {
        let known: HashSet<_> = catalogue.tracks.iter().map(|it| it.id.as_str()).collect();
        let mut seen = HashSet::new();
        let mut favourites = Favourites::default();
        for (line, parts) in entries(text) {
            let problem = |problem: String| LineError { line, problem };
            let [user, since, artist, title, note] = parts.as_slice() else {
                return Err(problem("must have five parts".to_owned()));
            };
            let track = format!("track-{}-{}", slug(artist), slug(title));
            if !known.contains(track.as_str()) {
                return Err(problem(format!(
                    "{title:?} by {artist:?} is not in the catalogue"
                )));
            }
            let favourited_at = DateTime::parse_from_rfc3339(since)
                .map_err(|error| problem(format!("{since:?} is no moment: {error}")))?
                .to_utc();
            let favourite = Favourite {
                user: UserId::stored(format!("demo-{user}")),
                track: TrackId::stored(track),
                favourited_at,
                note: (!note.is_empty()).then(|| (*note).to_owned()),
            };
            if !seen.insert((favourite.user.clone(), favourite.track.clone())) {
                return Err(problem("is there already".to_owned()));
            }
            favourites.all.push(favourite);
        }
        Ok(favourites)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::catalogue;
    use super::*;

    fn read(text: &str) -> Result<Favourites, LineError> {
        let catalogue = Catalogue::read(catalogue::TEXT).expect("the data file is well-formed");
        Favourites::read(text, &catalogue)
    }

    #[test]
    fn every_demo_user_loves_a_handful_and_they_agree_on_some() {
        let favourites = read(TEXT).expect("the data file is well-formed").all;
        let mut of_user: BTreeMap<&str, usize> = BTreeMap::new();
        let mut of_track: BTreeMap<&str, usize> = BTreeMap::new();
        for favourite in &favourites {
            *of_user.entry(favourite.user.as_str()).or_default() += 1;
            *of_track.entry(favourite.track.as_str()).or_default() += 1;
        }
        let users: Vec<_> = of_user.keys().copied().collect();
        assert_eq!(
            users,
            [
                "demo-ada",
                "demo-grace",
                "demo-joni",
                "demo-linus",
                "demo-miles",
                "demo-nina"
            ]
        );
        assert!(
            of_user.values().all(|count| (8..=20).contains(count)),
            "{of_user:?}"
        );
        assert!(
            of_track.values().filter(|count| **count >= 3).count() >= 5,
            "{of_track:?}"
        );
        assert!(favourites.iter().filter(|it| it.note.is_some()).count() >= 20);
    }

    #[test]
    fn what_is_malformed_is_told_with_its_line() {
        let problem = |text| read(text).expect_err("must be refused").to_string();
        assert_eq!(problem("ada"), "line 1: must have five parts");
        assert_eq!(
            problem("ada\t2026-01-01T00:00:00Z\tMiles Davis\tWhat So\t"),
            r#"line 1: "What So" by "Miles Davis" is not in the catalogue"#
        );
        assert_eq!(
            problem("# x\nada\tyesterday\tMiles Davis\tSo What\t"),
            r#"line 2: "yesterday" is no moment: premature end of input"#
        );
        let twice = "ada\t2026-01-01T00:00:00Z\tMiles Davis\tSo What\t\n".repeat(2);
        assert_eq!(problem(&twice), "line 2: is there already");
    }
}
