//! Who is looking: the signed-in user, as far as this service has to know.

use async_graphql::Context;
use kit::auth::Caller;
use kit::{Failure, Result};

use crate::ids::UserId;

/// What an app needs to be allowed to see what only its user sees.
pub(crate) const SCOPE: &str = "musicwallet";

/// The user for whom the answer is, by their own hand or by an app that they allowed to see what
/// is theirs; `None` when there is nobody.
pub(super) fn viewer(ctx: &Context<'_>) -> Option<UserId> {
    let Caller::User(user) = Caller::of(ctx) else {
        return None;
    };
    let allowed = user.app.as_ref().is_none_or(|app| app.may(SCOPE));
    if allowed {
        UserId::parse(&user.id)
    } else {
        None
    }
}

/// Whether the caller may see what only this user sees.
pub(super) fn may_see_private(ctx: &Context<'_>, user: &UserId) -> bool {
    may_see_private_of(Caller::of(ctx), user)
}

/// Whether this caller may see what only this user sees.
pub(super) fn may_see_private_of(caller: &Caller, user: &UserId) -> bool {
    caller.may_read_private(user.as_str(), SCOPE)
}

/// The id of the signed-in caller, who changes something.
///
/// # Errors
/// `UNAUTHENTICATED` when nobody is signed in.
pub(super) fn caller(ctx: &Context<'_>) -> Result<UserId> {
    let user = Caller::of(ctx).signed_in()?;
    // The token is genuine, so an id of another shape is a fault of whoever signed it.
    UserId::parse(&user.id).ok_or_else(|| Failure::internal("a token names an impossible user id"))
}
