//! Mail leaves with the transaction that gives reason for it.

use chrono::{DateTime, Utc};
use kit::Result;
use sea_orm::ConnectionTrait;

use crate::mail::AccountMail;

/// Has a mail sent once the transaction is committed.
#[expect(clippy::unused_async, reason = "until there is a queue")]
pub(super) async fn enqueue(
    _transaction: &impl ConnectionTrait,
    mail: &AccountMail,
    _now: DateTime<Utc>,
) -> Result<()> {
    tracing::info!(mail = mail.kind(), "a mail is due");
    Ok(())
}
