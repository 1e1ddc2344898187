//! What owners do for the safety of their account: see and end sessions, prove the address, reset
//! the password, and take their data with them. Nothing of it can be left to an app.

use async_graphql::{Context, ID, Json, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kit::auth::Caller;
use kit::{Failure, Result};

use super::requester;
use super::user::User;
use crate::flows;
use crate::services::Services;
use crate::store::OpenSession;

/// A session of the caller that has not ended.
#[derive(SimpleObject, Clone, Debug)]
pub struct ActiveSession {
    /// Names it to `endSession`.
    id: ID,
    /// Whether it is the one of this request.
    current: bool,
    /// When it began.
    created_at: DateTime<Utc>,
    /// When it was refreshed, or began.
    last_used_at: DateTime<Utc>,
    /// When it ends, unless it is refreshed.
    expires_at: DateTime<Utc>,
    /// What the client said it is; anybody can say anything.
    software: Option<String>,
    /// The id of the app that acts by it; null for MusicWallet's own pages.
    app_id: Option<ID>,
}

/// What owners can see.
#[derive(Clone, Copy, Debug, Default)]
pub struct SecurityQuery;

#[Object]
impl SecurityQuery {
    /// The caller's sessions, the one used last first.
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<ActiveSession>> {
        let caller = Caller::of(ctx).in_person()?;
        let sessions = ctx
            .data::<Services>()?
            .store
            .sessions_of(&caller.id, Utc::now())
            .await?;
        let current = caller.session.as_deref();
        Ok(sessions
            .into_iter()
            .map(|session| ActiveSession::of(session, current))
            .collect())
    }

    /// All that is kept about the caller by this service, as one JSON object. Hashes of passwords
    /// and tokens are not in it.
    async fn account_export(&self, ctx: &Context<'_>) -> Result<Json<serde_json::Value>> {
        let caller = Caller::of(ctx).in_person()?;
        ctx.data::<Services>()?
            .store
            .export_account(&caller.id, Utc::now())
            .await?
            .map(Json)
            .ok_or_else(Failure::unauthenticated)
    }
}

/// What owners can do.
#[derive(Clone, Copy, Debug, Default)]
pub struct SecurityMutation;

#[Object]
impl SecurityMutation {
    /// Ends one of the caller's sessions: its refresh tokens work no more, and its access token
    /// runs out within minutes. False when it had ended already.
    async fn end_session(&self, ctx: &Context<'_>, id: ID) -> Result<bool> {
        let caller = Caller::of(ctx).in_person()?;
        ctx.data::<Services>()?
            .store
            .end_session(&caller.id, &id)
            .await
    }

    /// Ends all of the caller's sessions but this one, those of apps too. Returns how many.
    async fn end_other_sessions(&self, ctx: &Context<'_>) -> Result<i32> {
        let caller = Caller::of(ctx).in_person()?;
        let ended = ctx
            .data::<Services>()?
            .store
            .end_other_sessions(&caller.id, caller.session.as_deref(), Utc::now())
            .await?;
        Ok(i32::try_from(ended).unwrap_or(i32::MAX))
    }

    /// Mails the caller a new link that proves their address. Always true.
    async fn send_email_verification(&self, ctx: &Context<'_>) -> Result<bool> {
        let caller = Caller::of(ctx).in_person()?;
        flows::send_verification(ctx.data::<Services>()?, &requester(ctx), caller).await?;
        Ok(true)
    }

    /// Proves an address with the token of a mailed link, once. Nobody needs to be signed in.
    async fn verify_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret)] token: String,
    ) -> Result<bool> {
        flows::prove_email(ctx.data::<Services>()?, token).await?;
        Ok(true)
    }

    /// Mails a link to a new address, which becomes the account's once the link is opened.
    /// Always true.
    async fn change_email(
        &self,
        ctx: &Context<'_>,
        email: String,
        #[graphql(secret)] password: String,
    ) -> Result<bool> {
        let caller = Caller::of(ctx).in_person()?;
        let services = ctx.data::<Services>()?;
        flows::change_email(services, &requester(ctx), caller, &email, &password).await?;
        Ok(true)
    }

    /// Mails a link that allows to set another password, if there is an account with this
    /// address. Always true.
    async fn send_password_reset(&self, ctx: &Context<'_>, email: String) -> Result<bool> {
        flows::send_reset(ctx.data::<Services>()?, &requester(ctx), &email).await?;
        Ok(true)
    }

    /// Sets another password with the token of a mailed link, once, and ends all sessions.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret)] token: String,
        #[graphql(secret)] new_password: String,
    ) -> Result<User> {
        flows::reset_password(ctx.data::<Services>()?, token, &new_password)
            .await
            .map(User)
    }
}

impl ActiveSession {
    fn of(session: OpenSession, current: Option<&str>) -> Self {
        ActiveSession {
            current: current == Some(session.id.as_str()),
            id: ID(session.id),
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            software: session.origin.software,
            app_id: session.origin.app.map(|app| ID(app.client_id)),
        }
    }
}
