//! The words of a name: what search finds, and what a text to look for is taken apart into.
//!
//! Both go through [`words`], on every database, so a word that is stored and the same word that is
//! typed cannot come apart differently. A word is a run of letters and digits; whatever else a text
//! holds separates words and is never passed on.

/// Words in a text to look for at most.
pub const MAX_WORDS: usize = 16;

/// The words of a search key, in their order: `"blue rondo a la turk (live)"` gives six.
///
/// Scripts that are written without spaces have a word for each character, as nothing else tells
/// where one could begin.
pub fn words(key: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for letter in key.chars() {
        let alone = is_written_without_spaces(letter);
        if (alone || !letter.is_alphanumeric()) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if alone {
            words.push(letter.to_string());
        } else if letter.is_alphanumeric() {
            word.push(letter);
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The words as one text, by which two names are compared: `"so what?"` and `"so, what"` are the
/// same. A name without a word, such as `"!!!"`, stands for itself.
pub fn joined(key: &str) -> String {
    let words = words(key);
    if words.is_empty() {
        return key.to_owned();
    }
    words.join(" ")
}

fn is_written_without_spaces(letter: char) -> bool {
    matches!(letter,
        // Thai and Lao.
        '\u{0e00}'..='\u{0eff}'
        // Kana, and the ideographs of Chinese and Japanese.
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}'
    ) && letter.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_no_letter_or_digit_separates() {
        assert_eq!(words("rock 'n' roll"), ["rock", "n", "roll"]);
        assert_eq!(
            words("99 red-balloons (12\" mix)"),
            ["99", "red", "balloons", "12", "mix"]
        );
        assert_eq!(words("  группа крови. "), ["группа", "крови"]);
        assert_eq!(words("戦場の"), ["戦", "場", "の"]);
    }

    #[test]
    fn nothing_that_a_database_could_take_for_syntax_is_in_a_word() {
        let all: String = (0..=0xffff).filter_map(char::from_u32).collect();
        for word in words(&all) {
            assert!(word.chars().all(char::is_alphanumeric), "{word}");
        }
    }

    #[test]
    fn a_name_without_a_word_stands_for_itself() {
        assert_eq!(joined("so what?"), "so what");
        assert_eq!(joined("!!!"), "!!!");
    }
}
