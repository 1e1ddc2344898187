//! User names: 3 to 32 letters, digits, `_`, `.` and `-`, beginning with a letter.

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
