//! What people write about themselves: a display name of one line, and a short biography.
//!
//! Any script is welcome. What cannot be seen is not, for it makes texts differ that look the
//! same, or turns around the text beside it.

use kit::{Failure, Result};

const MAX_NAME_CHARACTERS: usize = 80;
const MAX_BIO_CHARACTERS: usize = 500;

/// The name that others see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisplayName(String);

/// A few sentences about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bio(String);

impl DisplayName {
    /// Understands `text`, sent as `argument`. Blanks around it are dropped.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when it is empty, too long, or has control characters.
    pub fn parse(argument: &'static str, text: &str) -> Result<Self> {
        let name = text.trim();
        let length = name.chars().count();
        if length == 0 || length > MAX_NAME_CHARACTERS || name.chars().any(is_unseen) {
            return Err(Failure::bad_input(
                argument,
                format!("A display name is one line of 1 to {MAX_NAME_CHARACTERS} characters"),
            ));
        }
        Ok(DisplayName(name.to_owned()))
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name itself.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Bio {
    /// Understands `text`, sent as `argument`. Blanks around it are dropped; an empty one is
    /// none.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when it is too long, or has control characters other than line breaks.
    pub fn parse(argument: &'static str, text: &str) -> Result<Option<Self>> {
        let bio = text.trim();
        let strange = |it: char| is_unseen(it) && it != '\n';
        if bio.chars().count() > MAX_BIO_CHARACTERS || bio.chars().any(strange) {
            return Err(Failure::bad_input(
                argument,
                format!("A biography has at most {MAX_BIO_CHARACTERS} characters"),
            ));
        }
        Ok((!bio.is_empty()).then(|| Bio(bio.to_owned())))
    }

    /// The biography itself.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Control characters, and those that format text or stand for nothing: marks of direction,
/// spaces without width, fillers and tags. The joiners stay: Indic names and emoji need them.
fn is_unseen(it: char) -> bool {
    it.is_control()
        || matches!(it,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_name_is_one_trimmed_line() {
        let name = DisplayName::parse("displayName", "  Ada Lovelace ").expect("valid");
        assert_eq!(name.into_string(), "Ada Lovelace");
        for text in ["", "  ", "a\nb", "a\u{0}b", &"a".repeat(81)] {
            assert!(DisplayName::parse("displayName", text).is_err(), "{text:?}");
        }
        assert!(DisplayName::parse("displayName", &"ä".repeat(80)).is_ok());
    }

    #[test]
    fn what_cannot_be_seen_is_refused_and_every_script_is_welcome() {
        for text in [
            "Ada\u{202e}ecalevoL",
            "A\u{200b}da",
            "\u{feff}Ada",
            "\u{3164}",
            "Ada\u{e0041}",
        ] {
            assert!(DisplayName::parse("displayName", text).is_err(), "{text:?}");
        }
        for text in ["Ада Лавлейс", "エイダ", "क्‍षमा", "👩‍🚀 Ada", "Ñandú"]
        {
            assert!(DisplayName::parse("displayName", text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn an_empty_biography_is_none() {
        assert_eq!(Bio::parse("bio", " \n ").expect("valid"), None);
        let two_lines = Bio::parse("bio", "one\ntwo").expect("valid");
        assert_eq!(two_lines.map(Bio::into_string).as_deref(), Some("one\ntwo"));
        assert!(Bio::parse("bio", &"a".repeat(501)).is_err());
        assert!(Bio::parse("bio", "bell\u{7}").is_err());
    }
}
