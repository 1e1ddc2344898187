//! The demo catalogue, read strictly from `demo/catalogue.tsv`.

use std::collections::HashSet;

use super::lines::{LineError, entries, slug};
use crate::ids::{AlbumId, ArtistId, TrackId};

/// The catalogue as text.
pub const TEXT: &str = include_str!("../../demo/catalogue.tsv");

/// The catalogue, each kind in the order of the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// The artists.
    pub artists: Vec<Artist>,
    /// Their albums.
    pub albums: Vec<Album>,
    /// The albums' tracks.
    pub tracks: Vec<Track>,
}

/// An artist of the demo.
#[derive(Debug, PartialEq, Eq)]
pub struct Artist {
    /// `artist-` and the name.
    pub id: ArtistId,
    /// The name.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// In lower case, the most telling first.
    pub genres: Vec<String>,
}

/// An album of the demo.
#[derive(Debug, PartialEq, Eq)]
pub struct Album {
    /// `album-`, the artist and the title.
    pub id: AlbumId,
    /// Who made it.
    pub artist: ArtistId,
    /// The title.
    pub title: String,
    /// Year of first release.
    pub release_year: i32,
}

/// A track of the demo.
#[derive(Debug, PartialEq, Eq)]
pub struct Track {
    /// `track-`, the artist and the title; an artist has no two tracks of one title here.
    pub id: TrackId,
    /// The album it is on.
    pub album: AlbumId,
    /// The title.
    pub title: String,
    /// Length in seconds.
    pub duration_seconds: i32,
    /// Place on the album.
    pub track_number: i32,
}

impl Catalogue {
    /// Reads a catalogue.
    ///
    /// # Errors
    /// Names the first line that is malformed, out of place, or says something twice.
    pub fn read(text: &str) -> Result<Self, LineError> {
        let mut catalogue = Catalogue::default();
        let mut ids = HashSet::new();
        for (line, parts) in entries(text) {
            catalogue
                .add(&parts)
                .and_then(|id| {
                    if ids.insert(id) {
                        Ok(())
                    } else {
                        Err("is there already".into())
                    }
                })
                .map_err(|problem: String| LineError { line, problem })?;
        }
        Ok(catalogue)
    }

    /// Adds what one line says, and gives its id.
    fn add(&mut self, parts: &[&str]) -> Result<String, String> {
        match parts {
            ["artist", name, country, genres] => self.add_artist(name, country, genres),
            ["album", title, year] => self.add_album(title, year),
            ["track", number, length, title] => self.add_track(number, length, title),
            _ => Err("is no artist, album or track with all its parts".to_owned()),
        }
    }

    fn add_artist(&mut self, name: &str, country: &str, genres: &str) -> Result<String, String> {
        let country = match country {
            "" => None,
            code if code.len() == 2 && code.bytes().all(|it| it.is_ascii_uppercase()) => {
                Some(code.to_owned())
            }
            other => return Err(format!("{other:?} is no country code")),
        };
        let genres: Vec<_> = genres.split("; ").map(str::to_owned).collect();
        if genres
            .iter()
            .any(|genre| genre.is_empty() || *genre != genre.to_lowercase())
        {
            return Err("has a genre that is empty or not in lower case".to_owned());
        }
        let id = format!("artist-{}", named(name)?);
        let artist = ArtistId::stored(id.clone());
        self.artists.push(Artist {
            id: artist,
            name: name.to_owned(),
            country,
            genres,
        });
        Ok(id)
    }

    fn add_album(&mut self, title: &str, year: &str) -> Result<String, String> {
        let artist = self.artists.last().ok_or("has no artist above it")?;
        let release_year = year.parse().map_err(|_| format!("{year:?} is no year"))?;
        let id = format!("album-{}-{}", named(&artist.name)?, named(title)?);
        self.albums.push(Album {
            id: AlbumId::stored(id.clone()),
            artist: artist.id.clone(),
            title: title.to_owned(),
            release_year,
        });
        Ok(id)
    }

    fn add_track(&mut self, number: &str, length: &str, title: &str) -> Result<String, String> {
        let artist = self.artists.last().ok_or("has no artist above it")?;
        let album = self
            .albums
            .last()
            .filter(|album| album.artist == artist.id)
            .ok_or("has no album above it")?;
        let id = format!("track-{}-{}", named(&artist.name)?, named(title)?);
        self.tracks.push(Track {
            id: TrackId::stored(id.clone()),
            album: album.id.clone(),
            title: title.to_owned(),
            duration_seconds: seconds(length).ok_or_else(|| format!("{length:?} is no length"))?,
            track_number: number
                .parse()
                .map_err(|_| format!("{number:?} is no number"))?,
        });
        Ok(id)
    }
}

fn named(name: &str) -> Result<String, String> {
    if name.trim() != name {
        return Err(format!("{name:?} begins or ends with a blank"));
    }
    match slug(name) {
        slug if slug.is_empty() => Err(format!("{name:?} is no name")),
        slug => Ok(slug),
    }
}

/// `"4:05"` is 245 seconds.
fn seconds(length: &str) -> Option<i32> {
    let (minutes, seconds) = length.split_once(':')?;
    if seconds.len() != 2 {
        return None;
    }
    let (minutes, seconds): (u16, u16) = (minutes.parse().ok()?, seconds.parse().ok()?);
    (seconds < 60).then(|| i32::from(minutes) * 60 + i32::from(seconds))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn problem(text: &str) -> String {
        Catalogue::read(text)
            .expect_err("must be refused")
            .to_string()
    }

    #[test]
    fn the_demo_catalogue_is_large_and_plausible() {
        let catalogue = Catalogue::read(TEXT).expect("the data file is well-formed");
        assert!(
            catalogue.artists.len() >= 60,
            "{} artists",
            catalogue.artists.len()
        );
        assert!(
            catalogue.tracks.len() >= 300,
            "{} tracks",
            catalogue.tracks.len()
        );
        for album in &catalogue.albums {
            assert!((1950..=2026).contains(&album.release_year), "{album:?}");
            assert!(
                catalogue.tracks.iter().any(|it| it.album == album.id),
                "{album:?} is empty"
            );
        }
        for track in &catalogue.tracks {
            assert!((60..=1800).contains(&track.duration_seconds), "{track:?}");
            assert!((1..=30).contains(&track.track_number), "{track:?}");
        }
        for artist in &catalogue.artists {
            assert!(
                catalogue.albums.iter().any(|it| it.artist == artist.id),
                "{artist:?}"
            );
        }
    }

    #[test]
    fn the_demo_catalogue_has_variety() {
        let catalogue = Catalogue::read(TEXT).expect("the data file is well-formed");
        let countries: BTreeSet<_> = catalogue
            .artists
            .iter()
            .filter_map(|it| it.country.as_deref())
            .collect();
        let genres: BTreeSet<_> = catalogue.artists.iter().flat_map(|it| &it.genres).collect();
        let decades: BTreeSet<_> = catalogue
            .albums
            .iter()
            .map(|it| it.release_year / 10)
            .collect();
        assert!(countries.len() >= 20 && genres.len() >= 20 && decades.len() >= 7);
    }

    #[test]
    fn no_two_tracks_share_a_place_on_an_album() {
        let catalogue = Catalogue::read(TEXT).expect("the data file is well-formed");
        let places: HashSet<_> = catalogue
            .tracks
            .iter()
            .map(|it| (&it.album, it.track_number))
            .collect();
        assert_eq!(places.len(), catalogue.tracks.len());
    }

    #[test]
    fn ids_derive_from_names() {
        let text =
            "artist\tSigur Rós\tIS\tpost-rock\nalbum\tTakk...\t2005\ntrack\t3\t4:28\tHoppípolla\n";
        let catalogue = Catalogue::read(text).expect("well-formed");
        assert_eq!(
            catalogue.tracks[0].id.as_str(),
            "track-sigur-ros-hoppipolla"
        );
        assert_eq!(catalogue.tracks[0].duration_seconds, 268);
        assert_eq!(catalogue.albums[0].id.as_str(), "album-sigur-ros-takk");
    }

    #[test]
    fn what_is_malformed_is_told_with_its_line() {
        let artist = "# a comment\n\nartist\tX\tGB\tpop\n";
        assert_eq!(problem("album\tY\t1999"), "line 1: has no artist above it");
        assert_eq!(
            problem(&format!("{artist}track\t1\t1:00\tZ")),
            "line 4: has no album above it"
        );
        let album = format!("{artist}album\tY\t1999\n");
        for (entry, expected) in [
            ("track\t1\t1:60\tZ", r#""1:60" is no length"#),
            ("track\t1\t1:0\tZ", r#""1:0" is no length"#),
            ("track\tone\t1:00\tZ", r#""one" is no number"#),
            (
                "track\t1\t1:00",
                "is no artist, album or track with all its parts",
            ),
            ("track\t1\t1:00\t Z", r#"" Z" begins or ends with a blank"#),
            ("album\tY\t1999", "is there already"),
            ("album\tW\tlate", r#""late" is no year"#),
            ("artist\tW\tgb\tpop", r#""gb" is no country code"#),
            (
                "artist\tW\tGB\tPop",
                "has a genre that is empty or not in lower case",
            ),
        ] {
            assert_eq!(
                problem(&format!("{album}{entry}")),
                format!("line 5: {expected}")
            );
        }
    }
}
