//! What one line of an import says: a track, by id or by name, with a note and a date maybe.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::cell::unguarded;
use crate::graphql::input;
use crate::ids::TrackId;
use crate::search_key::search_key;

/// Cells of a line at most.
const MAX_CELLS: usize = 64;

/// A favourite as a line asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The line.
    pub line: u64,
    /// The track by its id.
    pub track: Option<TrackId>,
    /// The track by its name, for when there is no such id.
    pub name: Option<TrackName>,
    /// Why, in the user's words.
    pub note: Option<String>,
    /// Since when, if the line says so.
    pub favourited_at: Option<DateTime<Utc>>,
}

/// A track as people name it; search keys all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TrackName {
    /// Who made it.
    pub artist: String,
    /// The title.
    pub title: String,
    /// The album, if it matters.
    pub album: Option<String>,
}

/// The texts of a line, by name.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Texts {
    track_id: Option<String>,
    artist: Option<String>,
    title: Option<String>,
    album: Option<String>,
    note: Option<String>,
    favourited_at: Option<String>,
}

/// Which cell of a line is what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header(Vec<Option<Column>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    TrackId,
    Artist,
    Title,
    Album,
    Note,
    FavouritedAt,
}

impl Column {
    /// Case, blanks and underscores do not matter: `Track ID` is `trackId`.
    fn named(name: &str) -> Option<Self> {
        let name: String = name
            .chars()
            .filter(|it| it.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect();
        Some(match name.as_str() {
            "trackid" => Column::TrackId,
            "artist" => Column::Artist,
            "title" => Column::Title,
            "album" => Column::Album,
            "note" => Column::Note,
            "favouritedat" => Column::FavouritedAt,
            _ => return None,
        })
    }
}

impl Header {
    /// Reads the first line. Columns of other names are passed over.
    ///
    /// # Errors
    /// When it does not name what a track is found by, or names something twice.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        // Some programs begin every file with this mark.
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let cells = cells(bytes)?;
        let columns: Vec<_> = cells.iter().map(|name| Column::named(name)).collect();
        let count = |column| columns.iter().flatten().filter(|it| **it == column).count();
        for (name, cell) in cells.iter().zip(&columns) {
            if cell.is_some_and(|column| count(column) > 1) {
                return Err(format!("The header names `{name:.40}` twice"));
            }
        }
        let by_name = count(Column::Artist) == 1 && count(Column::Title) == 1;
        if count(Column::TrackId) == 0 && !by_name {
            return Err(
                "The first line must be a header that names `trackId`, or `artist` and `title`"
                    .to_owned(),
            );
        }
        Ok(Header(columns))
    }

    /// The texts of a line of CSV.
    fn texts(&self, bytes: &[u8]) -> Result<Texts, String> {
        let mut texts = Texts::default();
        for (cell, column) in cells(bytes)?.into_iter().zip(&self.0) {
            let Some(column) = column else { continue };
            let text = Some(unguarded(&cell).to_owned());
            match column {
                Column::TrackId => texts.track_id = text,
                Column::Artist => texts.artist = text,
                Column::Title => texts.title = text,
                Column::Album => texts.album = text,
                Column::Note => texts.note = text,
                Column::FavouritedAt => texts.favourited_at = text,
            }
        }
        Ok(texts)
    }
}

/// What a line says; without a header it is JSON.
///
/// # Errors
/// The reason why it cannot be understood, for people.
pub fn read(
    line: u64,
    bytes: &[u8],
    header: Option<&Header>,
    now: DateTime<Utc>,
) -> Result<Wanted, String> {
    let texts = match header {
        Some(header) => header.texts(bytes)?,
        None => serde_json::from_slice(bytes)
            .map_err(|error| format!("This is no JSON object of a favourite: {error}"))?,
    };
    texts.understood(line, now)
}

impl Texts {
    fn understood(self, line: u64, now: DateTime<Utc>) -> Result<Wanted, String> {
        let some = |text: Option<String>| text.filter(|it| !it.trim().is_empty());
        let told = |failure: kit::Failure| failure.message().to_owned();
        let id = some(self.track_id);
        let (artist, title) = (some(self.artist), some(self.title));
        let name = match (artist, title) {
            (Some(artist), Some(title)) => Some(TrackName {
                artist: key("artist", &artist)?,
                title: key("title", &title)?,
                album: some(self.album)
                    .map(|album| key("album", &album))
                    .transpose()?,
            }),
            _ => None,
        };
        if id.is_none() && name.is_none() {
            return Err(
                "The line names no track: it needs `trackId`, or `artist` and `title`".to_owned(),
            );
        }
        let favourited_at = some(self.favourited_at)
            .map(|text| moment(text.trim(), now))
            .transpose()?;
        Ok(Wanted {
            line,
            track: id.as_deref().map(str::trim).and_then(TrackId::parse),
            name,
            note: input::note("note", self.note.as_deref()).map_err(told)?,
            favourited_at,
        })
    }
}

fn key(what: &'static str, text: &str) -> Result<String, String> {
    let name = input::name(what, text).map_err(|failure| failure.message().to_owned())?;
    Ok(search_key(&name))
}

fn moment(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, String> {
    let moment = DateTime::parse_from_rfc3339(text)
        .map_err(|_| "`favouritedAt` is no moment such as 2026-01-05T09:00:00Z".to_owned())?
        .with_timezone(&Utc);
    if moment > now || moment < DateTime::UNIX_EPOCH {
        return Err("`favouritedAt` must be between 1970 and now".to_owned());
    }
    Ok(moment)
}

/// The cells of a record of CSV (RFC 4180).
fn cells(bytes: &[u8]) -> Result<Vec<String>, String> {
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    let mut reader = csv_core::Reader::new();
    let mut output = vec![0; bytes.len() + 1];
    let mut ends = [0; MAX_CELLS];
    let mut record = bytes.to_vec();
    record.push(b'\n');
    let (result, _, _, count) = reader.read_record(&record, &mut output, &mut ends);
    if result != csv_core::ReadRecordResult::Record {
        return Err(format!(
            "The line has more than {MAX_CELLS} cells, or is no CSV"
        ));
    }
    let mut cells = Vec::with_capacity(count);
    let mut start = 0;
    for end in ends.into_iter().take(count) {
        let cell = output.get(start..end).unwrap_or_default();
        let cell = std::str::from_utf8(cell).map_err(|_| "The line is not UTF-8".to_owned())?;
        cells.push(cell.to_owned());
        start = end;
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).expect("a moment")
    }

    fn csv(header: &str, line: &str) -> Result<Wanted, String> {
        let header = Header::read(header.as_bytes())?;
        read(7, line.as_bytes(), Some(&header), now())
    }

    #[test]
    fn a_line_of_csv_names_a_track_by_id_or_by_name() {
        let wanted = csv("\u{feff}Track ID,note,extra", "t1,\"why, then\",x").expect("a line");
        assert_eq!(wanted.track, TrackId::parse("t1"));
        assert_eq!(wanted.note.as_deref(), Some("why, then"));
        let wanted = csv(
            "artist,title,album,favourited_at",
            "Sigur Rós,'=Svefn,,2026-01-05T10:00:00+01:00",
        );
        let wanted = wanted.expect("a line");
        let name = TrackName {
            artist: "sigur ros".to_owned(),
            title: "=svefn".to_owned(),
            album: None,
        };
        assert_eq!(wanted.name, Some(name));
        let moment = wanted.favourited_at.expect("a moment").to_rfc3339();
        assert_eq!(moment, "2026-01-05T09:00:00+00:00");
    }

    #[test]
    fn a_header_that_helps_nobody_is_refused() {
        let refused = |header: &str| Header::read(header.as_bytes()).expect_err("refused");
        assert!(refused("").starts_with("The first line must be a header"));
        assert!(refused("artist,note").starts_with("The first line must be a header"));
        assert_eq!(
            refused("trackId,note,NOTE"),
            "The header names `note` twice"
        );
        assert!(refused(&"trackId,".repeat(65)).contains("64 cells"));
    }

    #[test]
    fn rubbish_is_told_what_is_wrong_with_it() {
        let json = |text: &[u8]| read(1, text, None, now()).expect_err("refused");
        assert!(json(b"rubbish").starts_with("This is no JSON object"));
        assert!(json(b"\xff").starts_with("This is no JSON object"));
        assert!(json(b"{\"trackId\": 7}").starts_with("This is no JSON object"));
        for (text, expected) in [
            (
                "{}",
                "The line names no track: it needs `trackId`, or `artist` and `title`",
            ),
            (
                "{\"artist\": \"a\"}",
                "The line names no track: it needs `trackId`, or `artist` and `title`",
            ),
            (
                "{\"trackId\": \"t\", \"favouritedAt\": \"yesterday\"}",
                "`favouritedAt` is no moment such as 2026-01-05T09:00:00Z",
            ),
            (
                "{\"trackId\": \"t\", \"favouritedAt\": \"2999-01-01T00:00:00Z\"}",
                "`favouritedAt` must be between 1970 and now",
            ),
            (
                "{\"trackId\": \"t\", \"note\": \"a\\u0000\"}",
                "`note` must not contain control characters",
            ),
        ] {
            assert_eq!(json(text.as_bytes()), expected);
        }
        assert_eq!(
            csv("trackId", "").expect_err("refused"),
            "The line names no track: it needs `trackId`, or `artist` and `title`"
        );
        let header = Header::read(b"trackId").expect("a header");
        let refused = read(1, b"\xff\xfe", Some(&header), now()).expect_err("refused");
        assert_eq!(refused, "The line is not UTF-8");
    }
}
