//! How well a document fits a text. It is decided here and not in the database, so that the order
//! is the same everywhere.

/// How a document fits, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// The text is the name.
    Name,
    /// The name begins with the text.
    Beginning,
    /// The text stands in the name, from the beginning of a word on.
    Within,
    /// The words are in the name, in any order.
    Words,
    /// Words of the name begin with the words.
    BeginningsOfWords,
    /// The words are those of the artist.
    Artist,
    /// Some words, or their beginnings, are of the name and some of the artist.
    NameAndArtist,
    /// It fits only with mistakes forgiven.
    Misspelt,
}

impl Fit {
    /// How a document with this name and artist, as joined words, fits a text with these words.
    pub(super) fn of(words: &[String], text: &str, name: &str, artist: &str) -> Self {
        if name == text {
            return Fit::Name;
        }
        if name.starts_with(text) {
            return Fit::Beginning;
        }
        let mut places = name.match_indices(text).map(|(at, _)| at);
        if places.any(|at| name[..at].ends_with(' ')) {
            return Fit::Within;
        }
        if words.iter().all(|word| has_word(name, word)) {
            return Fit::Words;
        }
        if words.iter().all(|word| has_beginning(name, word)) {
            return Fit::BeginningsOfWords;
        }
        if artist == text {
            return Fit::Artist;
        }
        let either = |word: &String| has_beginning(name, word) || has_beginning(artist, word);
        if words.iter().all(either) {
            return Fit::NameAndArtist;
        }
        Fit::Misspelt
    }
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(' ').any(|it| it == word)
}

fn has_beginning(text: &str, word: &str) -> bool {
    text.split(' ').any(|it| it.starts_with(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search_words::words;

    fn fit(text: &str, name: &str, artist: &str) -> Fit {
        Fit::of(&words(text), text, name, artist)
    }

    #[test]
    fn the_closer_a_name_is_to_the_text_the_better_it_fits() {
        for (text, name, expected) in [
            ("blue", "blue", Fit::Name),
            ("blue", "blue in green", Fit::Beginning),
            ("blu", "blue in green", Fit::Beginning),
            ("blue", "kind of blue", Fit::Within),
            ("green blue", "blue in green", Fit::Words),
            ("gree blu", "blue in green", Fit::BeginningsOfWords),
            ("miles davis", "blue in green", Fit::Artist),
            ("miles blu", "blue in green", Fit::NameAndArtist),
            ("bleu", "blue in green", Fit::Misspelt),
            // Not from the beginning of a word on.
            ("een", "blue in green", Fit::Misspelt),
        ] {
            assert_eq!(fit(text, name, "miles davis"), expected, "{text} in {name}");
        }
    }
}
