//! Queries: who am I, who is that, who is there.

use async_graphql::connection::{Connection, Edge};
use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, ID, Object};
use kit::auth::Caller;
use kit::relay::{Cursor, Page};
use kit::{Failure, Result};

use super::loaders::AccountLoader;
use super::user::User;
use crate::rules::Username;
use crate::services::Services;
use crate::store::USERS_ORDER;

/// Users.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserQuery;

type UserConnection = Connection<Cursor, User>;

#[Object]
impl UserQuery {
    /// The signed-in user; null when nobody is signed in.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<User>> {
        match Caller::of(ctx) {
            Caller::Anonymous | Caller::App(_) => Ok(None),
            Caller::User(caller) => by_id(ctx, caller.id.clone()).await,
        }
    }

    /// The user with this id, or with this user name; null when there is none. Pass one of
    /// the two.
    async fn user(
        &self,
        ctx: &Context<'_>,
        id: Option<ID>,
        username: Option<String>,
    ) -> Result<Option<User>> {
        match (id, username) {
            (Some(id), None) => by_id(ctx, id.0).await,
            (None, Some(name)) => by_username(ctx, &name).await,
            (None, None) => Err(Failure::bad_input("id", "Pass `id` or `username`")),
            (Some(_), Some(_)) => Err(Failure::bad_input(
                "username",
                "Pass `id` or `username`, not both",
            )),
        }
    }

    /// All users, oldest account first: the first 20, unless `first` or `last` say otherwise
    /// (at most 100).
    async fn users(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<UserConnection> {
        let page = Page::parse(
            first,
            after.as_deref(),
            last,
            before.as_deref(),
            USERS_ORDER,
        )?;
        let slice = ctx.data::<Services>()?.store.accounts(&page).await?;
        let mut connection = Connection::new(slice.has_previous, slice.has_next);
        for account in slice.rows {
            let cursor = Cursor::new(USERS_ORDER, &account.key())?;
            connection.edges.push(Edge::new(cursor, User(account)));
        }
        Ok(connection)
    }

    /// How other services reach a user they only know by id.
    #[graphql(entity)]
    async fn user_by_id(&self, ctx: &Context<'_>, id: ID) -> Result<Option<User>> {
        by_id(ctx, id.0).await
    }

    /// And one that knows the user name, which is unique too.
    #[graphql(entity)]
    async fn user_by_username(&self, ctx: &Context<'_>, username: String) -> Result<Option<User>> {
        by_username(ctx, &username).await
    }
}

async fn by_id(ctx: &Context<'_>, id: String) -> Result<Option<User>> {
    let found = ctx
        .data::<DataLoader<AccountLoader>>()?
        .load_one(id)
        .await?;
    Ok(found.map(User))
}

/// What cannot be a user name is nobody's.
async fn by_username(ctx: &Context<'_>, name: &str) -> Result<Option<User>> {
    let Ok(name) = Username::parse("username", name) else {
        return Ok(None);
    };
    let found = ctx
        .data::<DataLoader<AccountLoader>>()?
        .load_one(name)
        .await?;
    Ok(found.map(User))
}
