//! Giving and taking roles: for admins, and for whoever has the command line. Each change is in
//! the audit trail.

use chrono::Utc;
use kit::auth::{Caller, Role, SignedIn};
use kit::{Failure, Result};

use crate::account::Account;
use crate::services::Services;
use crate::store::{OPERATOR, Store};

/// The caller, who must be an admin, in person and by the database: a token outlives the loss of a
/// role by minutes.
///
/// # Errors
/// `UNAUTHENTICATED` or `FORBIDDEN` when that is not so.
pub async fn admin<'a>(store: &Store, caller: &'a Caller) -> Result<&'a SignedIn> {
    let admin = caller.in_person()?;
    caller.with_role(&[Role::Admin])?;
    let stored = store
        .accounts_by_id(std::slice::from_ref(&admin.id))
        .await?;
    match stored.get(&admin.id) {
        Some(account) if account.roles.contains(&Role::Admin) => Ok(admin),
        _ => Err(Failure::forbidden("This needs the role admin")),
    }
}

/// Gives an account these roles, besides `user`, and takes all others. Tokens name them from the
/// next refresh on.
///
/// # Errors
/// `FORBIDDEN` unless an admin asks, `NOT_FOUND` when there is no such account, `BAD_USER_INPUT`
/// when admins would take the role from themselves: so there is always one left.
pub async fn change_roles(
    services: &Services,
    caller: &Caller,
    account_id: &str,
    roles: &[Role],
) -> Result<Account> {
    let admin = admin(&services.store, caller).await?;
    if admin.id == account_id && !roles.contains(&Role::Admin) {
        return Err(Failure::bad_input(
            "roles",
            "Admins cannot take the role from themselves: ask another one",
        ));
    }
    set(&services.store, account_id, roles, &admin.id).await
}

/// The same for whoever has the command line.
///
/// # Errors
/// `NOT_FOUND` when there is no such account.
pub async fn change_roles_as_operator(
    store: &Store,
    account_id: &str,
    roles: &[Role],
) -> Result<Account> {
    set(store, account_id, roles, OPERATOR).await
}

async fn set(store: &Store, account_id: &str, roles: &[Role], actor: &str) -> Result<Account> {
    let mut roles = roles.to_vec();
    roles.push(Role::User);
    roles.sort_unstable();
    roles.dedup();
    let account = store
        .set_roles(account_id, &roles, actor, Utc::now())
        .await?
        .ok_or_else(|| Failure::not_found("There is no account with this id"))?;
    tracing::info!(user.id = account_id, actor, "roles were changed");
    Ok(account)
}
