//! User names: 3 to 32 letters, digits, `_`, `.` and `-`, beginning with a letter.
//!
//! The letters are those of ASCII, so a name that is written with Cyrillic, full-width or invisible
//! characters to look like another one is no name at all (people write theirs as they like in the
//! display name). What can still be confused within ASCII has one [`skeleton`](Username::skeleton),
//! as Unicode calls it (UTS #39, section 4), and two accounts cannot have the same: `adam` keeps
//! `adarn` away, and `paul.0` keeps `paul_o`.

use kit::{Failure, Result};

/// A user name in lower case: two that differ in case only are the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Understands `text`, sent as `argument`.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when it cannot be a user name.
    pub fn parse(argument: &'static str, text: &str) -> Result<Self> {
        let refuse = || {
            Failure::bad_input(
                argument,
                "A user name has 3 to 32 of the letters a to z, digits, `_`, `.` and `-`, \
                 and begins with a letter",
            )
        };
        // The length is checked first: lower-casing a large text is work for nothing.
        if !(3..=32).contains(&text.len()) {
            return Err(refuse());
        }
        let name = text.to_ascii_lowercase();
        let begins_well = name.starts_with(|it: char| it.is_ascii_lowercase());
        let goes_on_well = name
            .bytes()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || b"_.-".contains(&it));
        if begins_well && goes_on_well {
            Ok(Username(name))
        } else {
            Err(refuse())
        }
    }

    /// The name in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the name looks like: equal for names that are easily taken for each other.
    pub fn skeleton(&self) -> String {
        skeleton(&self.0)
    }
}

/// The skeleton of a name in lower case. The first three rules are those of Unicode's table of
/// confusables for these characters; that separators and `vv` look alike is our own addition.
pub(crate) fn skeleton(name: &str) -> String {
    name.replace('0', "o")
        .replace('1', "l")
        .replace('m', "rn")
        .replace('w', "vv")
        .replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_distinguish_names() {
        let name = Username::parse("username", "Ada.Love-lace_1").expect("valid");
        assert_eq!(name.as_str(), "ada.love-lace_1");
    }

    #[test]
    fn names_that_look_alike_have_one_skeleton() {
        let skeleton = |text: &str| Username::parse("username", text).expect(text).skeleton();
        for (one, other) in [
            ("adam", "adarn"),
            ("paul", "pau1"),
            ("bo-derek", "b0.derek"),
            ("ada_love", "ada.love"),
            ("wanda", "vvanda"),
            ("Ada", "ada"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} {other}");
        }
        for (one, other) in [("ada", "adah"), ("adalove", "ada.love"), ("ian", "lan")] {
            assert_ne!(skeleton(one), skeleton(other), "{one} {other}");
        }
    }

    #[test]
    fn names_in_lookalike_characters_are_no_names() {
        for text in [
            "аdа",         // Cyrillic
            "ａｄａ",      // full width
            "ad\u{200b}a", // a space without width
            "ada\u{202e}", // text that runs backwards from here
            "𝐚𝐝𝐚",         // mathematical
            "adａ",
            "ɑdɑ",
        ] {
            assert!(Username::parse("username", text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn names_that_break_the_rule_are_refused() {
        let long = "a".repeat(33);
        for text in [
            "",
            "ab",
            &long,
            "1ada",
            "_ada",
            "ada lovelace",
            "adä",
            "ada\n",
            "ada@x",
        ] {
            let failure = Username::parse("input.username", text).expect_err(text);
            assert_eq!(failure.argument(), Some("input.username"));
        }
        assert!(Username::parse("username", "abc").is_ok());
        assert!(Username::parse("username", &"a".repeat(32)).is_ok());
    }
}
