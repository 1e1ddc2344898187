//! Refreshing: a refresh token is exchanged, once, for the next pair of tokens.

use chrono::Utc;
use kit::{Code, Failure, Result};

use super::{Session, hand_out};
use crate::security::refresh_token::RefreshToken;
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
    let presented = RefreshToken::received(presented).ok_or_else(refused)?;
    let now = Utc::now();
    let next = RefreshToken::new()?;
    match services
        .store
        .rotate(&presented.hash(), &next.hash(), now)
        .await?
    {
        Rotation::Renewed {
            account,
            session_id,
        } => hand_out(services, *account, &session_id, next, now),
        Rotation::Refused => Err(refused()),
        Rotation::Reused => {
            tracing::warn!("a refresh token was used twice: its session was ended");
            Err(refused())
        }
    }
}
