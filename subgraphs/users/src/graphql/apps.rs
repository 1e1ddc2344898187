//! Apps that sign in by OAuth: registered by admins, and allowed, or not any more, by users.

use std::fmt;

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kit::Result;
use kit::auth::Caller;

use crate::flows;
use crate::oauth::registration::{self, Wanted};
use crate::services::Services;
use crate::store::{Client, GrantType};

/// How an app comes to tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum AppGrantType {
    /// A user signs in on MusicWallet's page and allows it.
    AuthorizationCode,
    /// It exchanges a refresh token, which it got so.
    RefreshToken,
    /// In its own name.
    ClientCredentials,
}

/// An app that may ask for tokens.
#[derive(SimpleObject, Clone, Debug)]
pub struct App {
    /// Its `client_id`.
    id: ID,
    /// What users are shown.
    name: String,
    /// Whether it authenticates with a secret.
    confidential: bool,
    /// Where codes may be sent.
    redirect_uris: Vec<String>,
    /// What it may ask for.
    scopes: Vec<String>,
    /// How it may come to tokens.
    grant_types: Vec<AppGrantType>,
    /// When it was registered.
    created_at: DateTime<Utc>,
}

/// An app, and its secret, which is shown this once.
#[derive(SimpleObject)]
pub struct RegisteredApp {
    app: App,
    /// Its `client_secret`; null for an app that can keep none.
    secret: Option<String>,
}

/// What an app shall be.
#[derive(InputObject, Debug)]
pub struct RegisterAppInput {
    /// What users are shown: 1 to 80 characters.
    name: String,
    /// Whether it can keep a secret: a server can, a page or an app on a device cannot.
    confidential: bool,
    /// Where codes may be sent: compared exactly, except for the port of a loopback address.
    #[graphql(default)]
    redirect_uris: Vec<String>,
    /// What it may ask for, of `openid`, `profile`, `email`, `offline_access` and `musicwallet`.
    scopes: Vec<String>,
    /// How it may come to tokens.
    #[graphql(default_with = "vec![AppGrantType::AuthorizationCode, AppGrantType::RefreshToken]")]
    grant_types: Vec<AppGrantType>,
}

/// Who may ask for tokens.
#[derive(Clone, Copy, Debug, Default)]
pub struct AppQuery;

#[Object]
impl AppQuery {
    /// All apps that may ask for tokens. For admins.
    #[graphql(tag = "admin")]
    async fn apps(&self, ctx: &Context<'_>) -> Result<Vec<App>> {
        let store = &ctx.data::<Services>()?.store;
        flows::admin(store, Caller::of(ctx)).await?;
        Ok(store.clients().await?.into_iter().map(App::from).collect())
    }
}

/// Registering and allowing apps.
#[derive(Clone, Copy, Debug, Default)]
pub struct AppMutation;

#[Object]
impl AppMutation {
    /// Registers an app. For admins.
    #[graphql(tag = "admin")]
    async fn register_app(
        &self,
        ctx: &Context<'_>,
        input: RegisterAppInput,
    ) -> Result<RegisteredApp> {
        let store = &ctx.data::<Services>()?.store;
        let admin = flows::admin(store, Caller::of(ctx)).await?;
        let wanted = Wanted {
            name: input.name,
            confidential: input.confidential,
            redirect_uris: input.redirect_uris,
            scopes: input.scopes,
            grant_types: input.grant_types.into_iter().map(GrantType::from).collect(),
        };
        let (client, secret) = registration::register(store, wanted, &admin.id, Utc::now()).await?;
        Ok(RegisteredApp {
            app: client.into(),
            secret,
        })
    }

    /// Removes an app and ends its sessions. False when there is none. For admins.
    #[graphql(tag = "admin")]
    async fn remove_app(&self, ctx: &Context<'_>, id: ID) -> Result<bool> {
        let store = &ctx.data::<Services>()?.store;
        let admin = flows::admin(store, Caller::of(ctx)).await?;
        store.remove_client(&id, &admin.id, Utc::now()).await
    }

    /// Takes back what the caller allowed an app, and ends its sessions. False when it was
    /// allowed nothing.
    async fn withdraw_app(&self, ctx: &Context<'_>, id: ID) -> Result<bool> {
        let caller = Caller::of(ctx).in_person()?;
        ctx.data::<Services>()?
            .store
            .withdraw_consent(&caller.id, &id, Utc::now())
            .await
    }
}

impl fmt::Debug for RegisteredApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisteredApp")
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

impl From<Client> for App {
    fn from(client: Client) -> Self {
        App {
            id: ID(client.id),
            name: client.name,
            confidential: client.secret.is_some(),
            redirect_uris: client.redirect_uris,
            scopes: client.scopes,
            grant_types: client
                .grant_types
                .into_iter()
                .map(AppGrantType::from)
                .collect(),
            created_at: client.created_at,
        }
    }
}

impl From<AppGrantType> for GrantType {
    fn from(grant: AppGrantType) -> Self {
        match grant {
            AppGrantType::AuthorizationCode => GrantType::AuthorizationCode,
            AppGrantType::RefreshToken => GrantType::RefreshToken,
            AppGrantType::ClientCredentials => GrantType::ClientCredentials,
        }
    }
}

impl From<GrantType> for AppGrantType {
    fn from(grant: GrantType) -> Self {
        match grant {
            GrantType::AuthorizationCode => AppGrantType::AuthorizationCode,
            GrantType::RefreshToken => AppGrantType::RefreshToken,
            GrantType::ClientCredentials => AppGrantType::ClientCredentials,
        }
    }
}
