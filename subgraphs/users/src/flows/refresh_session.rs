//! Refreshing: a refresh token is exchanged, once, for the next pair of tokens.

use chrono::Utc;
use kit::{Code, Failure, Result};

use super::{Session, hand_out};
use crate::security::opaque_token::OpaqueToken;
use crate::services::Services;
use crate::store::Rotation;

/// Renews the session that the token belongs to.
///
/// # Errors
/// `UNAUTHENTICATED` when the token is unknown, too old, or was used before; in the last
/// case the session ends for everybody who holds a token of it.
pub async fn refresh_session(services: &Services, presented: String) -> Result<Session> {
    let refused = || {
        Failure::new(
            Code::Unauthenticated,
            "The session has ended: sign in again",
        )
    };
    let presented = OpaqueToken::received(presented).ok_or_else(refused)?;
    let now = Utc::now();
    let next = OpaqueToken::new()?;
    match services
        .store
        .rotate(&presented.hash(), &next.hash(), None, now)
        .await?
    {
        Rotation::Renewed { account, session } => {
            hand_out(services, *account, &session.id, next, now)
        }
        Rotation::Refused => Err(refused()),
        Rotation::Reused => {
            tracing::warn!("a refresh token was used twice: its session was ended");
            Err(refused())
        }
    }
}
