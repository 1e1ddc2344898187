//! Apps that may ask for tokens.

use chrono::{DateTime, Utc};
use kit::Result;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};

use super::audit::{self, Action, Deed};
use super::{Store, can_be_stored, time};
use crate::entity::{oauth_client, session};
use crate::security::opaque_token::TokenHash;

/// How an app may come to tokens (RFC 6749, section 1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantType {
    /// A user signs in on our page and allows it.
    AuthorizationCode,
    /// By exchanging a refresh token, which it got so.
    RefreshToken,
    /// In its own name.
    ClientCredentials,
}

impl GrantType {
    /// The name that clients use.
    pub const fn as_str(self) -> &'static str {
        match self {
            GrantType::AuthorizationCode => "authorization_code",
            GrantType::RefreshToken => "refresh_token",
            GrantType::ClientCredentials => "client_credentials",
        }
    }

    /// The grant type of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [
            GrantType::AuthorizationCode,
            GrantType::RefreshToken,
            GrantType::ClientCredentials,
        ]
        .into_iter()
        .find(|it| it.as_str() == name)
    }
}

/// An app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its public id.
    pub id: String,
    /// What users are shown.
    pub name: String,
    /// The hash of its secret; none for an app that can keep no secret.
    pub secret: Option<TokenHash>,
    /// Where codes may be sent, exactly.
    pub redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<String>,
    /// How it may come to tokens.
    pub grant_types: Vec<GrantType>,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
}

impl Store {
    /// The app with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn client(&self, id: &str) -> Result<Option<Client>> {
        if !can_be_stored(id) {
            return Ok(None);
        }
        let found = oauth_client::Entity::find_by_id(id)
            .one(self.database.connection())
            .await?;
        Ok(found.map(Client::from))
    }

    /// All apps, in the order of their ids. There are few: operators register them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn clients(&self) -> Result<Vec<Client>> {
        let rows = oauth_client::Entity::find()
            .order_by(oauth_client::Column::Id, Order::Asc)
            .all(self.database.connection())
            .await?;
        Ok(rows.into_iter().map(Client::from).collect())
    }

    /// Registers an app, or changes the one with its id.
    ///
    /// # Errors
    /// When the database fails; then nothing has changed.
    pub async fn put_client(&self, client: &Client, actor: &str, now: DateTime<Utc>) -> Result<()> {
        use oauth_client::Column;
        let transaction = self.database.begin_write().await?;
        let row = oauth_client::ActiveModel {
            id: ActiveValue::Set(client.id.clone()),
            name: ActiveValue::Set(client.name.clone()),
            secret_hash: ActiveValue::Set(client.secret.as_ref().map(|it| it.as_str().to_owned())),
            redirect_uris: ActiveValue::Set(client.redirect_uris.join(" ")),
            scopes: ActiveValue::Set(client.scopes.join(" ")),
            grant_types: ActiveValue::Set(
                client
                    .grant_types
                    .iter()
                    .map(|it| it.as_str())
                    .collect::<Vec<_>>()
                    .join(" "),
            ),
            created_at: ActiveValue::Set(client.created_at.timestamp_millis()),
        };
        oauth_client::Entity::insert(row)
            .on_conflict(
                OnConflict::column(Column::Id)
                    .update_columns([
                        Column::Name,
                        Column::SecretHash,
                        Column::RedirectUris,
                        Column::Scopes,
                        Column::GrantTypes,
                    ])
                    .to_owned(),
            )
            .exec_without_returning(&transaction)
            .await?;
        let deed = Deed {
            actor,
            subject: &client.id,
            action: Action::ClientRegistered,
            detail: None,
        };
        audit::append(&transaction, deed, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Removes an app with all its sessions. False when there is none.
    ///
    /// # Errors
    /// When the database fails; then nothing has changed.
    pub async fn remove_client(&self, id: &str, actor: &str, now: DateTime<Utc>) -> Result<bool> {
        if !can_be_stored(id) {
            return Ok(false);
        }
        let transaction = self.database.begin_write().await?;
        session::Entity::delete_many()
            .filter(session::Column::ClientId.eq(id))
            .exec(&transaction)
            .await?;
        let removed = oauth_client::Entity::delete_by_id(id)
            .exec(&transaction)
            .await?;
        if removed.rows_affected == 0 {
            return Ok(false);
        }
        let deed = Deed {
            actor,
            subject: id,
            action: Action::ClientRemoved,
            detail: None,
        };
        audit::append(&transaction, deed, now).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

impl From<oauth_client::Model> for Client {
    fn from(row: oauth_client::Model) -> Self {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        Client {
            id: row.id,
            name: row.name,
            secret: row.secret_hash.map(TokenHash::stored),
            redirect_uris: words(&row.redirect_uris),
            scopes: words(&row.scopes),
            grant_types: row
                .grant_types
                .split_whitespace()
                .filter_map(GrantType::parse)
                .collect(),
            created_at: time(row.created_at),
        }
    }
}
