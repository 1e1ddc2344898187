//! E-mail addresses: of the shape that mail servers accept, compared without regard to case.

use kit::{Failure, Result};

/// The longest address a mail path can carry (RFC 5321, section 4.5.3.1).
const MAX_LENGTH: usize = 254;
const MAX_LOCAL_LENGTH: usize = 64;
const MAX_LABEL_LENGTH: usize = 63;

/// Characters a local part may have without quotes, besides letters and digits (RFC 5322).
const LOCAL_PUNCTUATION: &[u8] = b".!#$%&'*+/=?^_`{|}~-";

/// An e-mail address in lower case. Nothing is proved about who reads it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Understands `text`, sent as `argument`.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when it does not look like an address.
    pub fn parse(argument: &'static str, text: &str) -> Result<Self> {
        let text = text.trim();
        match text.rsplit_once('@') {
            Some((local, domain))
                if text.len() <= MAX_LENGTH && is_local_part(local) && is_domain(domain) =>
            {
                Ok(EmailAddress(text.to_ascii_lowercase()))
            }
            _ => Err(Failure::bad_input(
                argument,
                "This is not an e-mail address: it looks like name@example.org",
            )),
        }
    }

    /// The address in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_local_part(local: &str) -> bool {
    (1..=MAX_LOCAL_LENGTH).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || LOCAL_PUNCTUATION.contains(&it))
}

fn is_domain(domain: &str) -> bool {
    domain.contains('.') && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=MAX_LABEL_LENGTH).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_surrounding_blanks_do_not_distinguish_addresses() {
        let address = EmailAddress::parse("email", " Ada+Music@Example.ORG ").expect("valid");
        assert_eq!(address.as_str(), "ada+music@example.org");
    }

    #[test]
    fn what_no_mail_server_accepts_is_refused() {
        let long = format!("{}@example.org", "a".repeat(65));
        let longer = format!("a@{}.org", "abcdefgh.".repeat(30));
        for text in [
            "",
            "@",
            "ada",
            "ada@",
            "@example.org",
            "ada@localhost",
            "a b@example.org",
            "ada@exa mple.org",
            "ada@-a.org",
            "ada@a-.org",
            "ada@a..org",
            ".a@a.org",
            "a.@a.org",
            "a..b@a.org",
            "ada@example.org\r\nBcc: x@y.org",
            "ä@a.org",
            &long,
            &longer,
        ] {
            assert!(EmailAddress::parse("email", text).is_err(), "{text}");
        }
    }
}
