//! Sessions: begun by a sign-in, kept alive by rotating refresh tokens, ended by deletion.
//!
//! ```text
//! sign in ──▶ token 1 ──refresh──▶ token 2 ──refresh──▶ token 3
//!               └── used again: stolen, by this client or another ──▶ the session ends
//! ```
//!
//! A session that ended has no row, and none of its tokens is known any more.

use chrono::{DateTime, Duration, Utc};
use kit::Result;
use sea_orm::sea_query::Query;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter,
};

use super::{Store, accounts};
use crate::account::{Account, AccountDraft};
use crate::entity::{account, refresh_token, session};
use crate::security::random;
use crate::security::refresh_token::RefreshTokenHash;

/// How long a session lasts without being refreshed.
pub const REFRESH_LIFETIME: Duration = Duration::days(30);

/// Sessions an account may have; beginning one more ends the one that was unused longest.
pub const MAX_SESSIONS: u64 = 50;

/// What became of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was good, and the next one is stored.
    Renewed {
        /// Whose session it is.
        account: Box<Account>,
        /// The session.
        session_id: String,
    },
    /// It was unknown, or too old.
    Refused,
    /// It was used before: somebody has a copy. The session has ended.
    Reused,
}

impl Store {
    /// Creates an account and signs it in. Returns the account and its session's id.
    ///
    /// # Errors
    /// `CONFLICT` when the name or the address is taken; then nothing has changed.
    pub async fn register(
        &self,
        draft: AccountDraft,
        token: &RefreshTokenHash,
    ) -> Result<(Account, String)> {
        let now = draft.created_at;
        let transaction = self.database.begin_write().await?;
        let account = accounts::insert(&transaction, draft).await?;
        let session_id = begin(&transaction, &account.id, token, now).await?;
        transaction.commit().await?;
        Ok((account, session_id))
    }

    /// Begins a session. Returns its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_session(
        &self,
        account_id: &str,
        token: &RefreshTokenHash,
        now: DateTime<Utc>,
    ) -> Result<String> {
        let transaction = self.database.begin_write().await?;
        let session_id = begin(&transaction, account_id, token, now).await?;
        transaction.commit().await?;
        Ok(session_id)
    }

    /// Exchanges a refresh token for the next one. Of several who present the same token at
    /// the same moment, one is renewed and the session ends with the second.
    ///
    /// # Errors
    /// When the database fails; then the token is still good.
    pub async fn rotate(
        &self,
        presented: &RefreshTokenHash,
        next: &RefreshTokenHash,
        now: DateTime<Utc>,
    ) -> Result<Rotation> {
        let transaction = self.database.begin_write().await?;
        let known = refresh_token::Entity::find_by_id(presented.as_str())
            .one(&transaction)
            .await?;
        let Some(known) = known else {
            return Ok(Rotation::Refused);
        };
        let used_now = refresh_token::Entity::update_many()
            .col_expr(refresh_token::Column::UsedAt, now.timestamp_millis().into())
            .filter(refresh_token::Column::Hash.eq(presented.as_str()))
            .filter(refresh_token::Column::UsedAt.is_null())
            .exec(&transaction)
            .await?;
        if used_now.rows_affected == 0 {
            session::Entity::delete_by_id(&known.session_id)
                .exec(&transaction)
                .await?;
            transaction.commit().await?;
            return Ok(Rotation::Reused);
        }
        if known.expires_at <= now.timestamp_millis() {
            return Ok(Rotation::Refused);
        }
        let session = session::Entity::update_many()
            .col_expr(
                session::Column::ExpiresAt,
                (now + REFRESH_LIFETIME).timestamp_millis().into(),
            )
            .filter(session::Column::Id.eq(&known.session_id))
            .exec_with_returning(&transaction)
            .await?;
        let Some(session) = session.into_iter().next() else {
            return Ok(Rotation::Refused);
        };
        let account = account::Entity::find_by_id(&session.account_id)
            .one(&transaction)
            .await?;
        let Some(account) = account else {
            return Ok(Rotation::Refused);
        };
        add_token(&transaction, &session.id, next, now).await?;
        transaction.commit().await?;
        Ok(Rotation::Renewed {
            account: Box::new(account.into()),
            session_id: session.id,
        })
    }

    /// Ends a session of this account. That it has ended already is no error.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session(&self, account_id: &str, session_id: &str) -> Result<()> {
        session::Entity::delete_many()
            .filter(session::Column::Id.eq(session_id))
            .filter(session::Column::AccountId.eq(account_id))
            .exec(self.database.connection())
            .await?;
        Ok(())
    }

    /// Sets a new password and ends all sessions but the one given. `None` when there is no
    /// such account.
    ///
    /// # Errors
    /// When the database fails; then nothing has changed.
    pub async fn set_password(
        &self,
        account_id: &str,
        password_hash: String,
        keep_session: Option<&str>,
    ) -> Result<Option<Account>> {
        let transaction = self.database.begin_write().await?;
        let changed = account::Entity::update_many()
            .col_expr(account::Column::PasswordHash, password_hash.into())
            .filter(account::Column::Id.eq(account_id))
            .exec_with_returning(&transaction)
            .await?;
        let mut others =
            session::Entity::delete_many().filter(session::Column::AccountId.eq(account_id));
        if let Some(kept) = keep_session {
            others = others.filter(session::Column::Id.ne(kept));
        }
        others.exec(&transaction).await?;
        transaction.commit().await?;
        Ok(changed.into_iter().next().map(Account::from))
    }

    /// Forgets sessions that nobody refreshed in time, and used tokens too old to matter.
    /// Returns how many rows went.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_expired_sessions(&self, now: DateTime<Utc>) -> Result<u64> {
        let deleted = session::Entity::delete_many()
            .filter(session::Column::ExpiresAt.lte(now.timestamp_millis()))
            .exec(self.database.connection())
            .await?;
        let tokens = refresh_token::Entity::delete_many()
            .filter(refresh_token::Column::ExpiresAt.lte(now.timestamp_millis()))
            .exec(self.database.connection())
            .await?;
        Ok(deleted.rows_affected + tokens.rows_affected)
    }
}

async fn begin(
    db: &impl ConnectionTrait,
    account_id: &str,
    token: &RefreshTokenHash,
    now: DateTime<Utc>,
) -> Result<String> {
    let kept = Query::select()
        .column(session::Column::Id)
        .from(session::Entity)
        .and_where(session::Column::AccountId.eq(account_id))
        .order_by(session::Column::ExpiresAt, Order::Desc)
        .order_by(session::Column::Id, Order::Desc)
        .limit(MAX_SESSIONS - 1)
        .to_owned();
    session::Entity::delete_many()
        .filter(session::Column::AccountId.eq(account_id))
        .filter(session::Column::Id.not_in_subquery(kept))
        .exec(db)
        .await?;
    let session_id = random::id()?;
    let row = session::ActiveModel {
        id: ActiveValue::Set(session_id.clone()),
        account_id: ActiveValue::Set(account_id.to_owned()),
        created_at: ActiveValue::Set(now.timestamp_millis()),
        expires_at: ActiveValue::Set((now + REFRESH_LIFETIME).timestamp_millis()),
    };
    row.insert(db).await?;
    add_token(db, &session_id, token, now).await?;
    Ok(session_id)
}

async fn add_token(
    db: &impl ConnectionTrait,
    session_id: &str,
    token: &RefreshTokenHash,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = refresh_token::ActiveModel {
        hash: ActiveValue::Set(token.as_str().to_owned()),
        session_id: ActiveValue::Set(session_id.to_owned()),
        issued_at: ActiveValue::Set(now.timestamp_millis()),
        expires_at: ActiveValue::Set((now + REFRESH_LIFETIME).timestamp_millis()),
        used_at: ActiveValue::Set(None),
    };
    row.insert(db).await?;
    Ok(())
}
