//! The plain text that demo data are written in: one entry per line, parts between tabs, `#`
//! for comments. What is wrong is said with the number of its line.

/// A line of a data file that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct LineError {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

/// The entries of a text: the number of the line and its parts.
pub(super) fn entries(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    text.lines()
        .zip(1..)
        .filter(|(line, _)| !line.trim().is_empty() && !line.starts_with('#'))
        .map(|(line, number)| (number, line.split('\t').collect()))
}

/// Part of an id: the name in ASCII, its words joined by dashes. `"Ágætis byrjun"` gives
/// `"agaetis-byrjun"`; a name without a single Latin letter or digit gives nothing.
pub(super) fn slug(name: &str) -> String {
    let key = crate::search_key::search_key(name).replace('\'', "");
    let words = key.split(|letter: char| !letter.is_ascii_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

#[test]
fn a_slug_is_made_of_plain_words() {
    assert_eq!(slug("Ágætis byrjun"), "agaetis-byrjun");
    assert_eq!(slug("Wouldn't It Be Nice"), "wouldnt-it-be-nice");
    assert_eq!(slug("'39"), "39");
    assert_eq!(slug("O... Saya"), "o-saya");
    assert_eq!(slug("戦場"), "");
}
