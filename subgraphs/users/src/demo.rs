//! Demo users, for trying things out. They have one password, and it is no secret.
//!
//! The id of a demo user is `demo-` and the user name. Other services rely on that for their
//! own demo data, for they share no code with this one.

use chrono::{DateTime, Utc};
use kit::auth::Role;
use kit::{Code, Failure, Result};

use crate::account::AccountDraft;
use crate::rules::{Country, DisplayName, EmailAddress, NewPassword, Username};
use crate::security::password_hasher::PasswordHasher;
use crate::store::Store;

/// User name and password of a demo user, to be shown to whoever starts a demo. All demo
/// users have this password.
pub const DEMO_SIGN_IN: (&str, &str) = ("ada", "listen-to-this");

/// When the first demo user registered; the others follow a day apart, so that their order
/// in lists is always the same.
const FIRST_DAY: &str = "2026-01-05T09:00:00Z";

struct DemoUser {
    username: &'static str,
    display_name: &'static str,
    country: &'static str,
    extra_role: Option<Role>,
}

const USERS: [DemoUser; 6] = [
    demo("ada", "Ada Brightwater", "GB", None),
    demo("grace", "Grace Okonjo", "NG", Some(Role::Admin)),
    demo("linus", "Linus Halvorsen", "FI", None),
    demo("nina", "Nina Castellanos", "BR", Some(Role::Curator)),
    demo("miles", "Miles Whitaker", "US", None),
    demo("joni", "Joni Tremblay", "CA", None),
];

const fn demo(
    username: &'static str,
    display_name: &'static str,
    country: &'static str,
    extra_role: Option<Role>,
) -> DemoUser {
    DemoUser {
        username,
        display_name,
        country,
        extra_role,
    }
}

/// Creates the demo users, if there is no account yet. Returns how many were created.
///
/// # Errors
/// When the database fails.
pub async fn seed(store: &Store, hasher: &PasswordHasher) -> Result<usize> {
    if !store.has_no_accounts().await? {
        return Ok(0);
    }
    let first_day: DateTime<Utc> = FIRST_DAY.parse().map_err(Failure::internal)?;
    let mut created = 0;
    let mut shared_hash = None;
    for (days, user) in (0_i64..).zip(USERS) {
        let username = Username::parse("username", user.username)?;
        let email = EmailAddress::parse("email", &format!("{}@example.org", user.username))?;
        let password_hash = match &shared_hash {
            Some(hash) => String::clone(hash),
            None => {
                let password = NewPassword::parse("password", DEMO_SIGN_IN.1, &username, &email)?;
                // One hash for all: the password is public, and hashing is slow on purpose.
                shared_hash.insert(hasher.hash(&password).await?).clone()
            }
        };
        let draft = AccountDraft {
            id: format!("demo-{}", user.username),
            username,
            email,
            password_hash,
            display_name: DisplayName::parse("displayName", user.display_name)?,
            country: Some(Country::parse("country", user.country)?),
            roles: [Some(Role::User), user.extra_role]
                .into_iter()
                .flatten()
                .collect(),
            created_at: first_day + chrono::Duration::days(days),
        };
        match store.create_account(draft).await {
            Ok(_) => created += 1,
            // Another process seeds the same database at this moment.
            Err(failure) if failure.code() == Code::Conflict => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(created)
}
