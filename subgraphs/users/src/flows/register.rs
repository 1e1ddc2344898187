//! Registering: an account is created and signed in at once.

use std::fmt;

use chrono::Utc;
use kit::Result;
use kit::auth::Role;
use kit::server::Requester;

use super::prove_email::verification_mail;
use super::{Session, hand_out, own_page};
use crate::account::AccountDraft;
use crate::limits::Attempt;
use crate::rules::{Country, DisplayName, EmailAddress, NewPassword, Username};
use crate::security::opaque_token::OpaqueToken;
use crate::security::random;
use crate::services::Services;
use crate::store::{OneTimeToken, Purpose};

/// What somebody says about themselves when they register.
#[derive(Clone, Copy)]
pub struct Registration<'a> {
    /// The wanted user name.
    pub username: &'a str,
    /// Their e-mail address.
    pub email: &'a str,
    /// The wanted password.
    pub password: &'a str,
    /// What others shall see; the user name as typed when left out.
    pub display_name: Option<&'a str>,
    /// Where they live.
    pub country: Option<&'a str>,
}

impl fmt::Debug for Registration<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Registration(…)")
    }
}

/// Creates an account with the role `user`.
///
/// # Errors
/// `BAD_USER_INPUT` when a value breaks a rule, `CONFLICT` when name or address are taken,
/// `TOO_MANY_REQUESTS` when too many accounts came from one address.
pub async fn register(
    services: &Services,
    requester: &Requester,
    wanted: Registration<'_>,
) -> Result<Session> {
    let username = Username::parse("input.username", wanted.username)?;
    let email = EmailAddress::parse("input.email", wanted.email)?;
    let password = NewPassword::parse("input.password", wanted.password, &username, &email)?;
    let display_name = DisplayName::parse(
        "input.displayName",
        wanted.display_name.unwrap_or(wanted.username),
    )?;
    let country = wanted
        .country
        .map(|code| Country::parse("input.country", code))
        .transpose()?;

    services.count(Attempt::Register, requester).await?.keep();
    let now = Utc::now();
    let token = OpaqueToken::new()?;
    let draft = AccountDraft {
        id: random::id()?,
        username,
        email,
        password_hash: services.hasher.hash(&password).await?,
        display_name,
        country,
        roles: vec![Role::User],
        created_at: now,
    };
    let link = OpaqueToken::new()?;
    let link_hash = link.hash();
    let email = draft.email.as_str().to_owned();
    let mail = verification_mail(
        services,
        &draft.id,
        draft.display_name.as_str(),
        &email,
        Purpose::VerifyEmail,
        link,
    );
    let proof = OneTimeToken {
        account_id: &mail.account_id,
        purpose: Purpose::VerifyEmail,
        hash: &link_hash,
        email: &email,
    };
    let (account, session_id) = services
        .store
        .register(draft, (&own_page(requester), &token.hash()), (proof, &mail))
        .await?;
    tracing::info!(user.id = account.id, "an account was created");
    hand_out(services, account, &session_id, token, now)
}
