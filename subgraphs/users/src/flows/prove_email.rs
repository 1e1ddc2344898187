//! Proving an address: a link is mailed there, and whoever opens it reads mail to it.

use chrono::Utc;
use kit::auth::SignedIn;
use kit::server::Requester;
use kit::{Failure, Result};

use crate::account::Account;
use crate::limits::Attempt;
use crate::mail::{AccountMail, Message};
use crate::security::opaque_token::OpaqueToken;
use crate::services::Services;
use crate::store::{OneTimeToken, Purpose};

/// Where the links of these mails lead, below the public URL.
pub(crate) const VERIFY_EMAIL_PATH: &str = "/account/verify-email";

/// Mails the caller a new link; the one before it works no more.
///
/// # Errors
/// `BAD_USER_INPUT` when the address is proved already, `TOO_MANY_REQUESTS` when too many mails
/// were asked for.
pub async fn send_verification(
    services: &Services,
    requester: &Requester,
    caller: &SignedIn,
) -> Result<()> {
    let account = services
        .store
        .accounts_by_id(std::slice::from_ref(&caller.id))
        .await?
        .remove(&caller.id)
        .ok_or_else(Failure::unauthenticated)?;
    if account.email_verified_at.is_some() {
        return Err(Failure::bad_input("email", "The address is proved already"));
    }
    services
        .count(Attempt::Mail(&account.id), requester)
        .await?
        .keep();
    send(services, &account, Purpose::VerifyEmail, &account.email).await
}

/// Mails a link to an address of, or for, an account.
pub(super) async fn send(
    services: &Services,
    account: &Account,
    purpose: Purpose,
    address: &str,
) -> Result<()> {
    let token = OpaqueToken::new()?;
    let hash = token.hash();
    let mail = verification_mail(
        services,
        &account.id,
        &account.display_name,
        address,
        purpose,
        token,
    );
    let stored = OneTimeToken {
        account_id: &account.id,
        purpose,
        hash: &hash,
        email: address,
    };
    services
        .store
        .send_one_time_token(stored, &mail, Utc::now())
        .await
}

/// The mail with a link that proves an address.
pub(super) fn verification_mail(
    services: &Services,
    account_id: &str,
    name: &str,
    address: &str,
    purpose: Purpose,
    token: OpaqueToken,
) -> AccountMail {
    AccountMail {
        account_id: account_id.to_owned(),
        to: address.to_owned(),
        name: name.to_owned(),
        message: Message::Verification {
            link: format!(
                "{}{VERIFY_EMAIL_PATH}?token={}",
                services.public_url,
                token.reveal()
            ),
            valid_minutes: purpose.lifetime().num_minutes(),
        },
    }
}

/// Uses the token of such a link.
///
/// # Errors
/// `BAD_USER_INPUT` when it is unknown, used, too old, or replaced by a newer one; `CONFLICT` when
/// another account has the address by now.
pub async fn prove_email(services: &Services, token: String) -> Result<Account> {
    let refused = || {
        Failure::bad_input(
            "token",
            "The link works no more: it was used, is too old, or there is a newer one",
        )
    };
    let token = OpaqueToken::received(token).ok_or_else(refused)?;
    services
        .store
        .prove_email(&token.hash(), Utc::now())
        .await?
        .ok_or_else(refused)
}
