//! New passwords: long enough, not about the account, and none that everybody tries first.
//!
//! No classes of characters are asked for: they make passwords hard for people and not for
//! machines (NIST SP 800-63B, section 5.1.1.2).

use std::fmt;

use kit::{Failure, Result};

use super::{EmailAddress, Username};

const MIN_CHARACTERS: usize = 10;

/// Longer passwords are refused before any work is spent on them.
pub const MAX_PASSWORD_BYTES: usize = 256;

/// Passwords of ten characters or more that lists of leaked ones begin with.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password that may be set. It is never shown, not even by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct NewPassword(String);

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

impl NewPassword {
    /// Accepts `text`, sent as `argument`, as password of the account with this name and
    /// address.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when it is too short, too long, or easily guessed.
    pub fn parse(
        argument: &'static str,
        text: &str,
        username: &Username,
        email: &EmailAddress,
    ) -> Result<Self> {
        let refuse = |problem: &'static str| Err(Failure::bad_input(argument, problem));
        if text.len() > MAX_PASSWORD_BYTES {
            return refuse("The password is too long: 256 bytes are enough");
        }
        if text.chars().count() < MIN_CHARACTERS {
            return refuse("The password is too weak: it needs 10 characters or more");
        }
        let lower = text.to_lowercase();
        let local_part = email.as_str().split('@').next().unwrap_or_default();
        if [username.as_str(), email.as_str(), local_part].contains(&lower.as_str()) {
            return refuse("The password is too weak: it is the user name or the e-mail address");
        }
        let mut characters = lower.chars();
        let first = characters.next();
        if characters.all(|it| Some(it) == first) {
            return refuse("The password is too weak: it is one character repeated");
        }
        if COMMON.lines().any(|common| common == lower) {
            return refuse(
                "The password is too weak: it is one of those that everybody tries first",
            );
        }
        Ok(NewPassword(text.to_owned()))
    }

    /// The password itself, for hashing.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Option<String> {
        let username = Username::parse("username", "ada.lovelace").expect("valid");
        let email = EmailAddress::parse("email", "countess-ada@example.org").expect("valid");
        let parsed = NewPassword::parse("input.password", text, &username, &email);
        parsed.err().map(|failure| failure.message().to_owned())
    }

    #[test]
    fn weak_passwords_are_refused_with_the_reason() {
        for (text, reason) in [
            ("", "10 characters"),
            ("short9chr", "10 characters"),
            // Characters count, not bytes.
            ("ääääääää9", "10 characters"),
            ("Ada.Lovelace", "the user name"),
            ("countess-ada@example.org", "e-mail address"),
            ("Countess-Ada", "e-mail address"),
            ("aaaaaaaaaaaa", "one character repeated"),
            ("Password123", "everybody tries"),
            ("1234567890", "everybody tries"),
        ] {
            let problem = problem(text).expect(text);
            assert!(problem.contains(reason), "{text}: {problem}");
        }
        assert!(problem(&"x1".repeat(129)).is_some_and(|it| it.contains("too long")));
    }

    #[test]
    fn good_passwords_are_accepted_and_never_shown() {
        assert_eq!(problem("correct horse battery"), None);
        assert_eq!(problem("ünïcödé ist gut"), None);
        let shown = format!("{:?}", NewPassword("correct horse battery".to_owned()));
        assert!(!shown.contains("horse"));
    }

    #[test]
    fn every_listed_password_could_be_chosen_otherwise() {
        for line in COMMON.lines() {
            assert!(
                line.chars().count() >= MIN_CHARACTERS,
                "{line} is too short to be listed"
            );
            assert_eq!(line, line.to_lowercase());
        }
    }
}
