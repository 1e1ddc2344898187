//! What users allow apps: consents, codes, and the sessions that come of them.

use chrono::{DateTime, Duration, Utc};
use kit::Result;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, ActiveValue, ColumnTrait, EntityTrait, QueryFilter};

use super::audit::{self, Action, Deed};
use super::sessions::{self, AppGrant, OpenSession, Origin, REFRESH_LIFETIME};
use super::{Store, can_be_stored, time};
use crate::account::Account;
use crate::entity::{account, oauth_code, oauth_consent, refresh_token, session};
use crate::security::access_token;
use crate::security::opaque_token::TokenHash;

/// How long a code waits to be exchanged (RFC 6749, section 4.1.2, allows ten minutes).
const CODE_LIFETIME: Duration = Duration::seconds(60);

/// How long a used code is remembered, so that using it again is seen.
const CODE_MEMORY: Duration = Duration::days(1);

/// What a code was given for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeGrant {
    /// The app it was given to.
    pub client_id: String,
    /// Where it was sent.
    pub redirect_uri: String,
    /// What was allowed, separated by blanks.
    pub scope: String,
    /// What the app wants to find in the ID token.
    pub nonce: Option<String>,
    /// The SHA-256 of what the app will prove itself with (RFC 7636).
    pub code_challenge: String,
    /// When the user gave their password.
    pub authenticated_at: DateTime<Utc>,
}

/// A code that is to be stored.
#[derive(Clone, Copy, Debug)]
pub struct NewCode<'a> {
    /// Its hash.
    pub hash: &'a TokenHash,
    /// Who allowed it.
    pub account_id: &'a str,
    /// What it is given for.
    pub grant: &'a CodeGrant,
}

/// What became of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeUse {
    /// It is unknown, too old, or of another app.
    Refused,
    /// It was used before: whatever it gave has ended (RFC 6749, section 4.1.2).
    Replayed,
    /// It was good.
    Exchanged {
        /// Who allowed it.
        account: Box<Account>,
        /// The session it gave.
        session_id: String,
    },
}

impl Store {
    /// What a user allowed an app so far, separated by blanks.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn consent(&self, account_id: &str, client_id: &str) -> Result<Option<String>> {
        let key = (account_id.to_owned(), client_id.to_owned());
        let found = oauth_consent::Entity::find_by_id(key)
            .one(self.database.connection())
            .await?;
        Ok(found.map(|consent| consent.scope))
    }

    /// Remembers what a user allows an app.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn give_consent(
        &self,
        account_id: &str,
        grant: &AppGrant,
        now: DateTime<Utc>,
    ) -> Result<()> {
        use oauth_consent::Column;
        let transaction = self.database.begin_write().await?;
        let row = oauth_consent::ActiveModel {
            account_id: ActiveValue::Set(account_id.to_owned()),
            client_id: ActiveValue::Set(grant.client_id.clone()),
            scope: ActiveValue::Set(grant.scope.clone()),
            granted_at: ActiveValue::Set(now.timestamp_millis()),
        };
        oauth_consent::Entity::insert(row)
            .on_conflict(
                OnConflict::columns([Column::AccountId, Column::ClientId])
                    .update_columns([Column::Scope, Column::GrantedAt])
                    .to_owned(),
            )
            .exec_without_returning(&transaction)
            .await?;
        let deed = Deed {
            actor: account_id,
            subject: account_id,
            action: Action::ConsentGiven,
            detail: Some(&format!("{}: {}", grant.client_id, grant.scope)),
        };
        audit::append(&transaction, deed, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Forgets what a user allowed an app, and ends its sessions. False when there was nothing.
    ///
    /// # Errors
    /// When the database fails; then nothing has changed.
    pub async fn withdraw_consent(
        &self,
        account_id: &str,
        client_id: &str,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        if !can_be_stored(client_id) {
            return Ok(false);
        }
        let transaction = self.database.begin_write().await?;
        let removed =
            oauth_consent::Entity::delete_by_id((account_id.to_owned(), client_id.to_owned()))
                .exec(&transaction)
                .await?;
        let ended = session::Entity::delete_many()
            .filter(session::Column::AccountId.eq(account_id))
            .filter(session::Column::ClientId.eq(client_id))
            .exec(&transaction)
            .await?;
        if removed.rows_affected + ended.rows_affected == 0 {
            return Ok(false);
        }
        let deed = Deed {
            actor: account_id,
            subject: account_id,
            action: Action::ConsentWithdrawn,
            detail: Some(client_id),
        };
        audit::append(&transaction, deed, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Stores a code.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_code(&self, code: NewCode<'_>, now: DateTime<Utc>) -> Result<()> {
        let row = oauth_code::ActiveModel {
            hash: ActiveValue::Set(code.hash.as_str().to_owned()),
            client_id: ActiveValue::Set(code.grant.client_id.clone()),
            account_id: ActiveValue::Set(code.account_id.to_owned()),
            redirect_uri: ActiveValue::Set(code.grant.redirect_uri.clone()),
            scope: ActiveValue::Set(code.grant.scope.clone()),
            nonce: ActiveValue::Set(code.grant.nonce.clone()),
            code_challenge: ActiveValue::Set(code.grant.code_challenge.clone()),
            authenticated_at: ActiveValue::Set(code.grant.authenticated_at.timestamp_millis()),
            expires_at: ActiveValue::Set((now + CODE_LIFETIME).timestamp_millis()),
            session_id: ActiveValue::Set(None),
        };
        row.insert(self.database.connection()).await?;
        Ok(())
    }

    /// What a code was given to this app for, be it used or not.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn code(&self, hash: &TokenHash, client_id: &str) -> Result<Option<CodeGrant>> {
        let found = oauth_code::Entity::find_by_id(hash.as_str())
            .filter(oauth_code::Column::ClientId.eq(client_id))
            .one(self.database.connection())
            .await?;
        Ok(found.map(CodeGrant::from))
    }

    /// Exchanges a code for a session, with a refresh token if there is one.
    ///
    /// # Errors
    /// When the database fails; then the code is still good.
    pub async fn use_code(
        &self,
        hash: &TokenHash,
        origin: &Origin,
        refresh_token: Option<&TokenHash>,
        now: DateTime<Utc>,
    ) -> Result<CodeUse> {
        let transaction = self.database.begin_write().await?;
        let found = oauth_code::Entity::find_by_id(hash.as_str())
            .one(&transaction)
            .await?;
        let Some(code) = found else {
            return Ok(CodeUse::Refused);
        };
        let account = account::Entity::find_by_id(&code.account_id)
            .one(&transaction)
            .await?;
        let Some(account) = account else {
            return Ok(CodeUse::Refused);
        };
        let lifetime = match refresh_token {
            Some(_) => REFRESH_LIFETIME,
            // It ends with its only access token.
            None => access_token::LIFETIME,
        };
        let session_id =
            sessions::begin(&transaction, &code.account_id, origin, now, lifetime).await?;
        if let Some(token) = refresh_token {
            sessions::add_token(&transaction, &session_id, token, now).await?;
        }
        let used_now = oauth_code::Entity::update_many()
            .col_expr(oauth_code::Column::SessionId, session_id.clone().into())
            .filter(oauth_code::Column::Hash.eq(hash.as_str()))
            .filter(oauth_code::Column::SessionId.is_null())
            .filter(oauth_code::Column::ExpiresAt.gt(now.timestamp_millis()))
            .exec(&transaction)
            .await?;
        if used_now.rows_affected == 0 {
            transaction.rollback().await?;
            return self.refuse_code(hash).await;
        }
        transaction.commit().await?;
        Ok(CodeUse::Exchanged {
            account: Box::new(account.into()),
            session_id,
        })
    }

    /// Ends what a code gave, if it was used.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refuse_code(&self, hash: &TokenHash) -> Result<CodeUse> {
        let connection = self.database.connection();
        let code = oauth_code::Entity::find_by_id(hash.as_str())
            .one(connection)
            .await?;
        let Some(session_id) = code.and_then(|code| code.session_id) else {
            return Ok(CodeUse::Refused);
        };
        session::Entity::delete_by_id(session_id)
            .exec(connection)
            .await?;
        Ok(CodeUse::Replayed)
    }

    /// The session of an unused refresh token, with the account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_of_refresh_token(
        &self,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<(String, OpenSession)>> {
        let token = refresh_token::Entity::find_by_id(hash.as_str())
            .filter(refresh_token::Column::UsedAt.is_null())
            .filter(refresh_token::Column::ExpiresAt.gt(now.timestamp_millis()))
            .one(self.database.connection())
            .await?;
        match token {
            Some(token) => self.session_with_account(&token.session_id, now).await,
            None => Ok(None),
        }
    }

    /// A session that has not ended, with the id of its account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_with_account(
        &self,
        session_id: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<(String, OpenSession)>> {
        let found = session::Entity::find_by_id(session_id)
            .filter(session::Column::ExpiresAt.gt(now.timestamp_millis()))
            .one(self.database.connection())
            .await?;
        Ok(found.map(|row| (row.account_id.clone(), row.into())))
    }

    /// Forgets codes that were used or too old long ago. Returns how many went.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_old_codes(&self, now: DateTime<Utc>) -> Result<u64> {
        let deleted = oauth_code::Entity::delete_many()
            .filter(oauth_code::Column::ExpiresAt.lte((now - CODE_MEMORY).timestamp_millis()))
            .exec(self.database.connection())
            .await?;
        Ok(deleted.rows_affected)
    }
}

impl From<oauth_code::Model> for CodeGrant {
    fn from(row: oauth_code::Model) -> Self {
        CodeGrant {
            client_id: row.client_id,
            redirect_uri: row.redirect_uri,
            scope: row.scope,
            nonce: row.nonce,
            code_challenge: row.code_challenge,
            authenticated_at: time(row.authenticated_at),
        }
    }
}
