//! Accounts as the rest of the crate speaks of them.

use std::fmt;

use chrono::{DateTime, Utc};
use kit::auth::Role;

use crate::rules::{Bio, Country, DisplayName, EmailAddress, Username};

/// A registered user, without what proves who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Opaque and unguessable.
    pub id: String,
    /// Unique, in lower case.
    pub username: String,
    /// Unique, in lower case, and private.
    pub email: String,
    /// What others see.
    pub display_name: String,
    /// A few sentences.
    pub bio: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// At least `user`.
    pub roles: Vec<Role>,
    /// When the account was created, to the millisecond.
    pub created_at: DateTime<Utc>,
    /// When the owner proved that they read mail to the address.
    pub email_verified_at: Option<DateTime<Utc>>,
}

/// An account with the hash of its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Whose they are.
    pub account: Account,
    /// A PHC string.
    pub password_hash: String,
}

/// What a new account is made of.
#[derive(Clone)]
pub struct AccountDraft {
    /// The id it shall have.
    pub id: String,
    /// Its user name.
    pub username: Username,
    /// Its address.
    pub email: EmailAddress,
    /// The PHC string of its password.
    pub password_hash: String,
    /// Its display name.
    pub display_name: DisplayName,
    /// Its country, where given.
    pub country: Option<Country>,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Its beginning.
    pub created_at: DateTime<Utc>,
}

/// What of a profile shall change: the outer option says whether, the inner to what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// A new display name.
    pub display_name: Option<DisplayName>,
    /// A new biography, or none any more.
    pub bio: Option<Option<Bio>>,
    /// A new country, or none any more.
    pub country: Option<Option<Country>>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("account", &self.account.id)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AccountDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountDraft")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
