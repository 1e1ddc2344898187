//! Changing the address: a link goes to the new one, and the account has it once the link is
//! opened. Then the old one is told.

use kit::Result;
use kit::auth::SignedIn;
use kit::server::Requester;

use super::prove_email::send;
use super::{Proof, prove_password};
use crate::limits::Attempt;
use crate::rules::EmailAddress;
use crate::services::Services;
use crate::store::Purpose;

/// Mails a link to the new address. Whether it is another account's is not told here: the
/// database decides when the link is opened, and only its reader learns of it.
///
/// # Errors
/// `BAD_USER_INPUT` when the password is wrong or the address is none, `TOO_MANY_REQUESTS` when
/// too many mails were asked for.
pub async fn change_email(
    services: &Services,
    requester: &Requester,
    caller: &SignedIn,
    new_address: &str,
    password: &str,
) -> Result<()> {
    let address = EmailAddress::parse("email", new_address)?;
    let proof = Proof {
        argument: "password",
        password,
    };
    let account = prove_password(services, requester, &caller.id, proof).await?;
    services
        .count(Attempt::Mail(&account.id), requester)
        .await?
        .keep();
    send(services, &account, Purpose::ChangeEmail, address.as_str()).await
}
