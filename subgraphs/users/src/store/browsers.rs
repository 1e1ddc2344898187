//! The browsers in which users signed in on our page: known by a cookie, and sessions like others.

use chrono::{DateTime, Duration, Utc};
use kit::Result;
use sea_orm::{ActiveModelTrait, ActiveValue, EntityTrait};

use super::sessions::{self, Origin};
use super::{Store, time};
use crate::account::Account;
use crate::entity::{account, browser_cookie, session};
use crate::security::opaque_token::TokenHash;

/// How long somebody stays signed in on our page.
const BROWSER_LIFETIME: Duration = Duration::hours(12);

impl Store {
    /// Begins a session for a browser that shows this cookie.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_browser_session(
        &self,
        account_id: &str,
        cookie: &TokenHash,
        software: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let origin = Origin {
            software,
            app: None,
        };
        let transaction = self.database.begin_write().await?;
        let session_id =
            sessions::begin(&transaction, account_id, &origin, now, BROWSER_LIFETIME).await?;
        let row = browser_cookie::ActiveModel {
            hash: ActiveValue::Set(cookie.as_str().to_owned()),
            session_id: ActiveValue::Set(session_id),
            authenticated_at: ActiveValue::Set(now.timestamp_millis()),
        };
        row.insert(&transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Who signed in with the browser that shows this cookie, and when.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn browser_session(
        &self,
        cookie: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<(Account, DateTime<Utc>)>> {
        let connection = self.database.connection();
        let cookie = browser_cookie::Entity::find_by_id(cookie.as_str())
            .one(connection)
            .await?;
        let Some(cookie) = cookie else {
            return Ok(None);
        };
        let Some((account_id, _)) = self.session_with_account(&cookie.session_id, now).await?
        else {
            return Ok(None);
        };
        let account = account::Entity::find_by_id(account_id)
            .one(connection)
            .await?;
        Ok(account.map(|account| (account.into(), time(cookie.authenticated_at))))
    }

    /// Ends the session of the browser that shows this cookie.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_browser_session(&self, cookie: &TokenHash) -> Result<()> {
        let connection = self.database.connection();
        let found = browser_cookie::Entity::find_by_id(cookie.as_str())
            .one(connection)
            .await?;
        if let Some(cookie) = found {
            session::Entity::delete_by_id(cookie.session_id)
                .exec(connection)
                .await?;
        }
        Ok(())
    }
}
