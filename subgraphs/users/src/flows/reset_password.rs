//! Resetting a forgotten password: a link is mailed to the account's address, and whoever opens it
//! sets another password. All sessions end, for the old password may be known to others.

use std::time::Duration;

use chrono::Utc;
use kit::server::Requester;
use kit::{Failure, Result};
use tokio::time::Instant;

use crate::account::Account;
use crate::limits::Attempt;
use crate::mail::{AccountMail, Message};
use crate::rules::{EmailAddress, NewPassword, Username};
use crate::security::opaque_token::OpaqueToken;
use crate::services::Services;
use crate::store::{OneTimeToken, Purpose};

/// Where the links of these mails lead, below the public URL.
pub(crate) const RESET_PASSWORD_PATH: &str = "/account/reset-password";

/// How long an answer takes, whether there is an account or not: longer than writing to the
/// database does.
const ANSWER_AFTER: Duration = Duration::from_millis(300);

/// Mails a link to this address, if there is an account with it. Whether there is one is not
/// told, neither by the answer nor by the time it takes.
///
/// # Errors
/// `BAD_USER_INPUT` when it is no address, `TOO_MANY_REQUESTS` when too many mails were asked for.
pub async fn send_reset(services: &Services, requester: &Requester, address: &str) -> Result<()> {
    let address = EmailAddress::parse("email", address)?;
    services
        .count(Attempt::Mail(address.as_str()), requester)
        .await?
        .keep();
    let began = Instant::now();
    let sent = send(services, &address).await;
    tokio::time::sleep_until(began + ANSWER_AFTER).await;
    sent
}

async fn send(services: &Services, address: &EmailAddress) -> Result<()> {
    let stored = services
        .store
        .credentials_by_login(address.as_str())
        .await?;
    let Some(account) = stored.map(|it| it.account) else {
        return Ok(());
    };
    let token = OpaqueToken::new()?;
    let hash = token.hash();
    let purpose = Purpose::ResetPassword;
    let link = format!(
        "{}{RESET_PASSWORD_PATH}?token={}",
        services.public_url,
        token.reveal()
    );
    let mail = AccountMail {
        account_id: account.id.clone(),
        to: account.email.clone(),
        name: account.display_name.clone(),
        message: Message::PasswordReset {
            link,
            valid_minutes: purpose.lifetime().num_minutes(),
        },
    };
    let stored = OneTimeToken {
        account_id: &account.id,
        purpose,
        hash: &hash,
        email: &account.email,
    };
    services
        .store
        .send_one_time_token(stored, &mail, Utc::now())
        .await
}

/// Uses the token of such a link.
///
/// # Errors
/// `BAD_USER_INPUT` when the token is unknown, used, too old, or replaced by a newer one, or the
/// new password is too weak; in the last case the token is still good.
pub async fn reset_password(services: &Services, token: String, password: &str) -> Result<Account> {
    let refused = || {
        Failure::bad_input(
            "token",
            "The link works no more: it was used, is too old, or there is a newer one",
        )
    };
    let token = OpaqueToken::received(token).ok_or_else(refused)?;
    let hash = token.hash();
    let account = services
        .store
        .account_of_token(Purpose::ResetPassword, &hash, Utc::now())
        .await?
        .ok_or_else(refused)?;
    let username = Username::parse("username", &account.username)?;
    let email = EmailAddress::parse("email", &account.email)?;
    let password = NewPassword::parse("newPassword", password, &username, &email)?;
    let password_hash = services.hasher.hash(&password).await?;
    let account = services
        .store
        .reset_password(&hash, password_hash, Utc::now())
        .await?
        .ok_or_else(refused)?;
    // Whoever was locked out by somebody else's guesses may sign in now.
    for login in [&account.username, &account.email] {
        services.forget(Attempt::SignIn(login)).await?;
    }
    tracing::info!(user.id = account.id, "a password was reset");
    Ok(account)
}
