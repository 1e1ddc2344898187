//! Mutations: what people do with their account and their session. Those about security and about
//! apps are beside this file.

use async_graphql::{Context, MaybeUndefined, Object};
use chrono::Utc;
use kit::auth::Caller;
use kit::{Failure, Result};

use super::inputs::{ChangePasswordInput, RegisterInput, SignInInput, UpdateProfileInput};
use super::requester;
use super::session::Session;
use super::user::User;
use crate::account::ProfileChange;
use crate::flows::{self, PasswordChange, Registration};
use crate::rules::{Bio, Country, DisplayName};
use crate::services::Services;

/// Account and session.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Creates an account, signs it in, and mails a link that proves the address.
    async fn register(&self, ctx: &Context<'_>, input: RegisterInput) -> Result<Session> {
        let wanted = Registration {
            username: &input.username,
            email: &input.email,
            password: &input.password,
            display_name: input.display_name.as_deref(),
            country: input.country.as_deref(),
        };
        let services = ctx.data::<Services>()?;
        Ok(flows::register(services, &requester(ctx), wanted)
            .await?
            .into())
    }

    /// Begins a session for whoever knows the password.
    async fn sign_in(&self, ctx: &Context<'_>, input: SignInInput) -> Result<Session> {
        let services = ctx.data::<Services>()?;
        let (login, password) = (&input.username, &input.password);
        Ok(flows::sign_in(services, &requester(ctx), login, password)
            .await?
            .into())
    }

    /// Exchanges a refresh token for the next pair of tokens. Each one works once; using one
    /// again ends the session.
    async fn refresh_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret)] refresh_token: String,
    ) -> Result<Session> {
        Ok(
            flows::refresh_session(ctx.data::<Services>()?, refresh_token)
                .await?
                .into(),
        )
    }

    /// Ends the session that the access token belongs to: its refresh tokens work no more,
    /// and the access token runs out within minutes. Always true.
    async fn sign_out(&self, ctx: &Context<'_>) -> Result<bool> {
        let caller = Caller::of(ctx).signed_in()?;
        if let Some(session) = &caller.session {
            ctx.data::<Services>()?
                .store
                .end_session(&caller.id, session)
                .await?;
        }
        Ok(true)
    }

    /// Changes the caller's profile.
    async fn update_profile(&self, ctx: &Context<'_>, input: UpdateProfileInput) -> Result<User> {
        let caller = Caller::of(ctx).signed_in()?;
        let change = profile_change(input)?;
        let changed = ctx
            .data::<Services>()?
            .store
            .change_profile(&caller.id, change, Utc::now())
            .await?;
        // A token outlives its account by minutes.
        changed.map(User).ok_or_else(Failure::unauthenticated)
    }

    /// Changes the caller's password and ends all their other sessions.
    async fn change_password(&self, ctx: &Context<'_>, input: ChangePasswordInput) -> Result<User> {
        let caller = Caller::of(ctx).in_person()?;
        let change = PasswordChange {
            current: &input.current_password,
            new: &input.new_password,
        };
        flows::change_password(ctx.data::<Services>()?, &requester(ctx), caller, change)
            .await
            .map(User)
    }

    /// Deletes the caller's account and everything of theirs, here at once and in other
    /// services soon after. Always true.
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(secret)] password: String,
    ) -> Result<bool> {
        let caller = Caller::of(ctx).in_person()?;
        let services = ctx.data::<Services>()?;
        flows::delete_account(services, &requester(ctx), caller, &password).await?;
        Ok(true)
    }
}

/// What the input asks for, by the rules.
fn profile_change(input: UpdateProfileInput) -> Result<ProfileChange> {
    Ok(ProfileChange {
        display_name: match input.display_name {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => {
                let argument = "input.displayName";
                return Err(Failure::bad_input(
                    argument,
                    "A display name cannot be removed",
                ));
            }
            MaybeUndefined::Value(text) => Some(DisplayName::parse("input.displayName", &text)?),
        },
        bio: match input.bio {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(text) => Some(Bio::parse("input.bio", &text)?),
        },
        country: match input.country {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(text) => Some(Some(Country::parse("input.country", &text)?)),
        },
    })
}
