//! The mails that an account's owner gets, as data. A link in one of them is a secret: whoever
//! opens it acts for the owner, once.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A mail to the owner of an account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountMail {
    /// Whose account it is about. Mail for an account that is gone need not be sent.
    pub account_id: String,
    /// Where it goes, which need not be the account's address now.
    pub to: String,
    /// The display name to greet: written by a stranger, so never to be trusted as markup or
    /// as part of a header.
    pub name: String,
    /// What it says.
    pub message: Message,
}

/// What a mail says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Message {
    /// The address was proved for the first time.
    Welcome,
    /// Prove that you read mail to this address.
    Verification {
        /// The page that asks for it, with the one-time token in it.
        link: String,
        /// How long the link works.
        valid_minutes: i64,
    },
    /// Choose a new password.
    PasswordReset {
        /// The page that asks for it, with the one-time token in it.
        link: String,
        /// How long the link works.
        valid_minutes: i64,
    },
    /// The account has another address now; this goes to the old one.
    EmailChanged {
        /// The new address.
        new_address: String,
    },
}

impl AccountMail {
    /// The name of the message, for logs and lists.
    pub fn kind(&self) -> &'static str {
        match self.message {
            Message::Welcome => "welcome",
            Message::Verification { .. } => "verification",
            Message::PasswordReset { .. } => "passwordReset",
            Message::EmailChanged { .. } => "emailChanged",
        }
    }
}

impl fmt::Debug for AccountMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountMail")
            .field("account_id", &self.account_id)
            .field("message", &self.kind())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Message(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_survives_being_stored_and_never_shows_its_link() {
        let mail = AccountMail {
            account_id: "a1".to_owned(),
            to: "ada@example.org".to_owned(),
            name: "Ada".to_owned(),
            message: Message::PasswordReset {
                link: "https://example.org/reset?token=secret".to_owned(),
                valid_minutes: 30,
            },
        };
        let stored = serde_json::to_string(&mail).expect("JSON");
        assert!(stored.contains("\"kind\":\"passwordReset\""), "{stored}");
        assert_eq!(
            serde_json::from_str::<AccountMail>(&stored).expect("a mail"),
            mail
        );
        let shown = format!("{mail:?} {:?}", mail.message);
        assert!(!shown.contains("secret") && !shown.contains('@'), "{shown}");
    }
}
