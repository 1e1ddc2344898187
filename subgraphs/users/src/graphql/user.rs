//! `User`: an entity by id and by user name. Everything but the e-mail address is public.

use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use kit::auth::Caller;
use kit::graphql::directives::personal;

use crate::account::Account;

/// A user as clients see it.
#[derive(Clone, Debug)]
pub struct User(pub Account);

/// What a user may do beyond their own things.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum Role {
    /// Everybody who registered.
    User,
    /// Edits the catalogue.
    Curator,
    /// May do everything a curator may, and read what only owners read.
    Admin,
}

impl From<Role> for kit::auth::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::User => kit::auth::Role::User,
            Role::Curator => kit::auth::Role::Curator,
            Role::Admin => kit::auth::Role::Admin,
        }
    }
}

impl From<kit::auth::Role> for Role {
    fn from(role: kit::auth::Role) -> Self {
        match role {
            kit::auth::Role::User => Role::User,
            kit::auth::Role::Curator => Role::Curator,
            kit::auth::Role::Admin => Role::Admin,
        }
    }
}

/// A registered user.
#[Object]
impl User {
    /// Opaque; never given to anybody else.
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    /// Unique, in lower case.
    #[graphql(directive = personal::apply())]
    async fn username(&self) -> &str {
        &self.0.username
    }

    /// What others see.
    #[graphql(directive = personal::apply())]
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// A few sentences about the user.
    #[graphql(directive = personal::apply())]
    async fn bio(&self) -> Option<&str> {
        self.0.bio.as_deref()
    }

    /// Where the user lives: a two-letter code of ISO 3166-1.
    #[graphql(directive = personal::apply())]
    async fn country(&self) -> Option<&str> {
        self.0.country.as_deref()
    }

    /// What the user may do.
    async fn roles(&self) -> Vec<Role> {
        self.0.roles.iter().copied().map(Role::from).collect()
    }

    /// When the user registered.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The e-mail address, for the user themselves and for admins. It is null for everybody
    /// else, without an error: a list of users is no failure because it has others in it.
    #[graphql(directive = personal::apply())]
    async fn email(&self, ctx: &Context<'_>) -> Option<&str> {
        Caller::of(ctx)
            .may_read_private(&self.0.id, "email")
            .then_some(self.0.email.as_str())
    }

    /// Whether the user proved that they read mail to the address; null where the address is.
    async fn email_verified(&self, ctx: &Context<'_>) -> Option<bool> {
        Caller::of(ctx)
            .may_read_private(&self.0.id, "email")
            .then_some(self.0.email_verified_at.is_some())
    }
}
