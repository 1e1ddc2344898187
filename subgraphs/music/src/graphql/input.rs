//! What arguments may hold: every text, number and id that a client sends passes here.

use chrono::{Datelike, Utc};
use kit::{Failure, Result};

use crate::search_key::search_key;

/// Characters of a name or title at most.
pub const MAX_NAME: usize = 200;

/// Characters of a note at most.
pub const MAX_NOTE: usize = 500;

/// Characters of a description at most.
pub const MAX_DESCRIPTION: usize = 1_000;

/// Characters of a text to look for at most.
pub const MAX_SEARCH: usize = 100;

/// Characters of a genre at most.
pub const MAX_GENRE: usize = 50;

/// Genres of an artist at most.
pub const MAX_GENRES: usize = 10;

/// The year of the oldest recording of a voice.
pub const FIRST_YEAR: i32 = 1860;

/// Seconds a track may last: a day.
pub const MAX_DURATION: i32 = 86_400;

/// The highest place on an album.
pub const MAX_TRACK_NUMBER: i32 = 999;

/// A name or title: something visible, and not too long.
pub fn name(argument: &'static str, text: &str) -> Result<String> {
    let name = plain_text(argument, text, MAX_NAME)?;
    // A name made of accents alone would have an empty key, and match every search.
    if search_key(&name).is_empty() {
        return Err(Failure::bad_input(
            argument,
            format!("`{argument}` must not be empty"),
        ));
    }
    Ok(name)
}

/// A note: none when there is nothing to read in it.
pub fn note(argument: &'static str, text: Option<&str>) -> Result<Option<String>> {
    lines(argument, text, MAX_NOTE)
}

fn lines(argument: &'static str, text: Option<&str>, max: usize) -> Result<Option<String>> {
    let Some(text) = text else { return Ok(None) };
    let too_long = text.chars().count() > max;
    // Unlike names, notes may have several lines.
    let unreadable = text
        .chars()
        .any(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t'));
    if too_long {
        return Err(longer_than(argument, max));
    }
    if unreadable {
        return Err(has_control_characters(argument));
    }
    Ok(Some(text.trim().to_owned()).filter(|it| !it.is_empty()))
}

/// A description: none when there is nothing to read in it.
pub fn description(argument: &'static str, text: Option<&str>) -> Result<Option<String>> {
    lines(argument, text, MAX_DESCRIPTION)
}

/// A text to look for, as a search key.
pub fn search_text(argument: &'static str, text: &str) -> Result<String> {
    let key = search_key(&plain_text(argument, text, MAX_SEARCH)?);
    if key.is_empty() {
        return Err(Failure::bad_input(
            argument,
            format!("`{argument}` must not be empty"),
        ));
    }
    Ok(key)
}

/// A country code: ISO 3166-1 alpha-2, two capital letters.
pub fn country(argument: &'static str, code: &str) -> Result<String> {
    if code.len() == 2 && code.bytes().all(|it| it.is_ascii_uppercase()) {
        return Ok(code.to_owned());
    }
    Err(Failure::bad_input(
        argument,
        format!(
            "`{argument}` must be a country code of two capital letters (ISO 3166-1), such as SE"
        ),
    ))
}

/// A genre in the form it is stored in: lower case.
pub fn genre(argument: &'static str, text: &str) -> Result<String> {
    let genre = plain_text(argument, text, MAX_GENRE)?.to_lowercase();
    let genre = genre.split_whitespace().collect::<Vec<_>>().join(" ");
    if genre.is_empty() {
        return Err(Failure::bad_input(
            argument,
            format!("`{argument}` must not be empty"),
        ));
    }
    Ok(genre)
}

/// The genres of an artist, each once.
pub fn genres(argument: &'static str, texts: &[String]) -> Result<Vec<String>> {
    if texts.len() > MAX_GENRES {
        return Err(Failure::bad_input(
            argument,
            format!("`{argument}` must be {MAX_GENRES} genres at most"),
        ));
    }
    let mut genres = Vec::with_capacity(texts.len());
    for text in texts {
        let genre = genre(argument, text)?;
        if !genres.contains(&genre) {
            genres.push(genre);
        }
    }
    Ok(genres)
}

/// A year of release: up to next year, for what is announced.
pub fn release_year(argument: &'static str, year: i32) -> Result<i32> {
    between(argument, year, FIRST_YEAR, Utc::now().year() + 1)
}

/// The first of ten years.
pub fn decade(argument: &'static str, year: i32) -> Result<i32> {
    if year % 10 == 0 {
        return between(argument, year, FIRST_YEAR, Utc::now().year() + 1);
    }
    Err(Failure::bad_input(
        argument,
        format!("`{argument}` must be the first year of a decade, such as 1970"),
    ))
}

/// The length of a track in seconds.
pub fn duration(argument: &'static str, seconds: i32) -> Result<i32> {
    between(argument, seconds, 1, MAX_DURATION)
}

/// A place on an album.
pub fn track_number(argument: &'static str, number: i32) -> Result<i32> {
    between(argument, number, 1, MAX_TRACK_NUMBER)
}

/// A span of years whose ends are in order.
pub fn years(
    from: (&'static str, Option<i32>),
    to: (&'static str, Option<i32>),
) -> Result<(Option<i32>, Option<i32>)> {
    if let (Some(first), Some(last)) = (from.1, to.1)
        && first > last
    {
        return Err(Failure::bad_input(
            from.0,
            format!("`{}` must not be after `{}`", from.0, to.0),
        ));
    }
    Ok((from.1, to.1))
}

/// An id in a filter. Text that no id can be is refused: it is a mistake, not a question.
pub fn id<Id>(
    argument: &'static str,
    text: Option<&str>,
    parse: impl Fn(&str) -> Option<Id>,
) -> Result<Option<Id>> {
    let Some(text) = text else { return Ok(None) };
    match parse(text) {
        Some(id) => Ok(Some(id)),
        None => Err(Failure::bad_input(
            argument,
            format!("`{argument}` is not an id"),
        )),
    }
}

/// Text of one line, without blanks around it.
fn plain_text(argument: &'static str, text: &str, max: usize) -> Result<String> {
    if text.chars().count() > max {
        return Err(longer_than(argument, max));
    }
    if text.chars().any(char::is_control) {
        return Err(has_control_characters(argument));
    }
    Ok(text.trim().to_owned())
}

fn longer_than(argument: &'static str, max: usize) -> Failure {
    Failure::bad_input(
        argument,
        format!("`{argument}` must not be longer than {max} characters"),
    )
}

fn has_control_characters(argument: &'static str) -> Failure {
    Failure::bad_input(
        argument,
        format!("`{argument}` must not contain control characters"),
    )
}

fn between(argument: &'static str, number: i32, min: i32, max: i32) -> Result<i32> {
    if (min..=max).contains(&number) {
        return Ok(number);
    }
    Err(Failure::bad_input(
        argument,
        format!("`{argument}` must be between {min} and {max}, and is {number}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal<T: std::fmt::Debug>(result: Result<T>) -> String {
        result.expect_err("must be refused").message().to_owned()
    }

    #[test]
    fn names_are_trimmed_and_never_empty() {
        assert_eq!(name("name", " Sigur Rós ").expect("a name"), "Sigur Rós");
        for empty in ["", "  ", "\u{301}"] {
            assert_eq!(refusal(name("name", empty)), "`name` must not be empty");
        }
        let refused = refusal(name("name", "a\0b"));
        assert_eq!(refused, "`name` must not contain control characters");
        let refused = refusal(name("name", &"é".repeat(201)));
        assert_eq!(refused, "`name` must not be longer than 200 characters");
        assert!(name("name", &"é".repeat(200)).is_ok());
    }

    #[test]
    fn a_note_may_have_lines_and_an_empty_one_is_none() {
        let two_lines = note("note", Some("one\ntwo ")).expect("a note");
        assert_eq!(two_lines.as_deref(), Some("one\ntwo"));
        assert_eq!(note("note", Some(" \n ")).expect("no note"), None);
        assert_eq!(
            refusal(note("note", Some("a\0"))),
            "`note` must not contain control characters"
        );
        assert!(note("note", Some(&"x".repeat(501))).is_err());
    }

    #[test]
    fn genres_are_lower_case_and_each_once() {
        let texts = ["Hip  Hop", "soul", "hip hop"].map(str::to_owned);
        assert_eq!(
            genres("genres", &texts).expect("genres"),
            ["hip hop", "soul"]
        );
        let eleven: Vec<_> = (0..11).map(|it| format!("g{it}")).collect();
        assert_eq!(
            refusal(genres("genres", &eleven)),
            "`genres` must be 10 genres at most"
        );
    }

    #[test]
    fn numbers_out_of_range_are_told_the_range() {
        assert_eq!(
            refusal(duration("durationSeconds", 0)),
            "`durationSeconds` must be between 1 and 86400, and is 0"
        );
        assert!(release_year("releaseYear", 1859).is_err());
        assert!(release_year("releaseYear", 1959).is_ok());
        assert_eq!(
            refusal(years(
                ("releasedFrom", Some(2000)),
                ("releasedTo", Some(1990))
            )),
            "`releasedFrom` must not be after `releasedTo`"
        );
    }

    #[test]
    fn a_country_is_two_capital_letters() {
        assert!(country("country", "SE").is_ok());
        for wrong in ["se", "SWE", "", "S\u{c9}"] {
            assert!(country("country", wrong).is_err(), "{wrong}");
        }
    }
}
