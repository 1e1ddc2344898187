//! `Session`: what somebody who proved who they are is given.

use std::fmt;

use async_graphql::SimpleObject;
use chrono::{DateTime, Utc};

use super::user::User;
use crate::flows;

/// A session, with the tokens to use it.
#[derive(SimpleObject)]
pub struct Session {
    /// Send it as `Authorization: Bearer …`. Any service of MusicWallet accepts it.
    access_token: String,
    /// When the access token stops being accepted.
    access_token_expires_at: DateTime<Utc>,
    /// Exchange it for the next session tokens with `refreshSession`, once. Using it a second
    /// time ends the session.
    refresh_token: String,
    /// When the refresh token stops being accepted.
    refresh_token_expires_at: DateTime<Utc>,
    /// Whose session it is.
    user: User,
}

impl From<flows::Session> for Session {
    fn from(session: flows::Session) -> Self {
        Session {
            access_token: session.access_token.text,
            access_token_expires_at: session.access_token.expires_at,
            refresh_token: session.refresh_token.reveal(),
            refresh_token_expires_at: session.refresh_token_expires_at,
            user: User(session.account),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user", &self.user.0.id)
            .finish_non_exhaustive()
    }
}
