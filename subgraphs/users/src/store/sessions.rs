//! Sessions: begun by a sign-in, kept alive by rotating refresh tokens, ended by deletion.
//!
//! ```text
//! sign in ──▶ token 1 ──refresh──▶ token 2 ──refresh──▶ token 3
//!               └── used again: stolen, by this client or another ──▶ the session ends
//! ```
//!
//! A session that ended has no row, and none of its tokens is known any more. An app that acts for
//! an account has sessions of its own.

use chrono::{DateTime, Duration, Utc};
use kit::Result;
use sea_orm::sea_query::{ExprTrait, Query, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter,
    QueryOrder,
};

use super::audit::{self, Action, Deed};
use super::outbox::{self, Fact};
use super::{OneTimeToken, Store, accounts, can_be_stored, jobs, one_time_tokens, time};
use crate::account::{Account, AccountDraft};
use crate::entity::{account, refresh_token, session};
use crate::mail::AccountMail;
use crate::security::opaque_token::TokenHash;
use crate::security::random;

/// How long a session lasts without being refreshed.
pub const REFRESH_LIFETIME: Duration = Duration::days(30);

/// Sessions an account may have, and as many with each app; beginning one more ends the one that
/// was unused longest.
pub const MAX_SESSIONS: u64 = 50;

/// Who begins a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// What the client says it is.
    pub software: Option<String>,
    /// The app that will act by it, unless it is MusicWallet's own page.
    pub app: Option<AppGrant>,
}

/// An app and what it may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppGrant {
    /// The app's id.
    pub client_id: String,
    /// What it may do, separated by blanks.
    pub scope: String,
}

/// A session that has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Its id, which access tokens name (claim `sid`).
    pub id: String,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was refreshed, or began.
    pub last_used_at: DateTime<Utc>,
    /// When it ends, unless it is refreshed.
    pub expires_at: DateTime<Utc>,
    /// Who began it.
    pub origin: Origin,
}

/// What became of a refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It was good, and the next one is stored.
    Renewed {
        /// Whose session it is.
        account: Box<Account>,
        /// The session.
        session: Box<OpenSession>,
    },
    /// It was unknown, or too old.
    Refused,
    /// It was used before: somebody has a copy. The session has ended.
    Reused,
}

impl Store {
    /// Creates an account, signs it in, and sends the mail that asks to prove the address. Returns
    /// the account and its session's id.
    ///
    /// # Errors
    /// `CONFLICT` when the name or the address is taken; then nothing has changed.
    pub async fn register(
        &self,
        draft: AccountDraft,
        session: (&Origin, &TokenHash),
        proof: (OneTimeToken<'_>, &AccountMail),
    ) -> Result<(Account, String)> {
        let now = draft.created_at;
        let transaction = self.database.begin_write().await?;
        let account = accounts::insert(&transaction, draft).await?;
        let session_id = begin(&transaction, &account.id, session.0, now, REFRESH_LIFETIME).await?;
        add_token(&transaction, &session_id, session.1, now).await?;
        one_time_tokens::put(&transaction, proof.0, now).await?;
        jobs::enqueue_mail(&transaction, proof.1, now).await?;
        outbox::record(&transaction, Fact::UserRegistered, &account.id, now).await?;
        transaction.commit().await?;
        Ok((account, session_id))
    }

    /// Begins a session that a refresh token keeps alive. Returns its id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin_session(
        &self,
        account_id: &str,
        token: &TokenHash,
        origin: &Origin,
        now: DateTime<Utc>,
    ) -> Result<String> {
        let transaction = self.database.begin_write().await?;
        let session_id = begin(&transaction, account_id, origin, now, REFRESH_LIFETIME).await?;
        add_token(&transaction, &session_id, token, now).await?;
        transaction.commit().await?;
        Ok(session_id)
    }

    /// Exchanges a refresh token of this client (`None` is MusicWallet's own page) for the next
    /// one. Of several who present the same token at
    /// the same moment, one is renewed and the session ends with the second.
    ///
    /// # Errors
    /// When the database fails; then the token is still good.
    pub async fn rotate(
        &self,
        presented: &TokenHash,
        next: &TokenHash,
        client_id: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<Rotation> {
        let transaction = self.database.begin_write().await?;
        let known = refresh_token::Entity::find_by_id(presented.as_str())
            .one(&transaction)
            .await?;
        let Some(known) = known else {
            return Ok(Rotation::Refused);
        };
        let session = session::Entity::find_by_id(&known.session_id)
            .one(&transaction)
            .await?;
        // A token in the wrong hands is refused, and stays good in the right ones: whoever has it
        // cannot use it up (RFC 6749, section 5.2).
        let Some(session) = session.filter(|it| it.client_id.as_deref() == client_id) else {
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
            let deed = Deed {
                actor: &session.account_id,
                subject: &session.account_id,
                action: Action::RefreshTokenReused,
                detail: session.client_id.as_deref(),
            };
            audit::append(&transaction, deed, now).await?;
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
            .col_expr(session::Column::LastUsedAt, now.timestamp_millis().into())
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
            session: Box::new(session.into()),
        })
    }

    /// The sessions of this account that have not ended, the one used last first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sessions_of(
        &self,
        account_id: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<OpenSession>> {
        let mut sessions: Vec<OpenSession> = session::Entity::find()
            .filter(session::Column::AccountId.eq(account_id))
            .filter(session::Column::ExpiresAt.gt(now.timestamp_millis()))
            .order_by(session::Column::Id, Order::Asc)
            .all(self.database.connection())
            .await?
            .into_iter()
            .map(OpenSession::from)
            .collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.last_used_at));
        Ok(sessions)
    }

    /// Whether this session has not ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_is_open(&self, session_id: &str, now: DateTime<Utc>) -> Result<bool> {
        let found = session::Entity::find_by_id(session_id)
            .filter(session::Column::ExpiresAt.gt(now.timestamp_millis()))
            .one(self.database.connection())
            .await?;
        Ok(found.is_some())
    }

    /// Ends a session of this account. False when there is none, or it has ended already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_session(&self, account_id: &str, session_id: &str) -> Result<bool> {
        if !can_be_stored(session_id) {
            return Ok(false);
        }
        let ended = session::Entity::delete_many()
            .filter(session::Column::Id.eq(session_id))
            .filter(session::Column::AccountId.eq(account_id))
            .exec(self.database.connection())
            .await?;
        Ok(ended.rows_affected > 0)
    }

    /// Ends all sessions of this account but the one given, those of apps too. Returns how many.
    ///
    /// # Errors
    /// When the database fails; then none has ended.
    pub async fn end_other_sessions(
        &self,
        account_id: &str,
        kept: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<u64> {
        let transaction = self.database.begin_write().await?;
        let ended = end_all_but(&transaction, account_id, kept).await?;
        let deed = Deed {
            actor: account_id,
            subject: account_id,
            action: Action::SessionsEnded,
            detail: Some(&ended.to_string()),
        };
        audit::append(&transaction, deed, now).await?;
        transaction.commit().await?;
        Ok(ended)
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

impl From<session::Model> for OpenSession {
    fn from(row: session::Model) -> Self {
        OpenSession {
            created_at: time(row.created_at),
            last_used_at: time(row.last_used_at.unwrap_or(row.created_at)),
            expires_at: time(row.expires_at),
            origin: Origin {
                software: row.software,
                app: row.client_id.map(|client_id| AppGrant {
                    client_id,
                    scope: row.scope.unwrap_or_default(),
                }),
            },
            id: row.id,
        }
    }
}

/// Ends the sessions of an account, but one. Returns how many.
pub(super) async fn end_all_but(
    db: &impl ConnectionTrait,
    account_id: &str,
    kept: Option<&str>,
) -> Result<u64> {
    let mut others =
        session::Entity::delete_many().filter(session::Column::AccountId.eq(account_id));
    if let Some(kept) = kept {
        others = others.filter(session::Column::Id.ne(kept));
    }
    Ok(others.exec(db).await?.rows_affected)
}

/// Begins a session, without a token yet.
pub(super) async fn begin(
    db: &impl ConnectionTrait,
    account_id: &str,
    origin: &Origin,
    now: DateTime<Utc>,
    lifetime: Duration,
) -> Result<String> {
    let app = origin.app.as_ref();
    let of_the_same_app = || -> SimpleExpr {
        match app {
            Some(app) => session::Column::ClientId.eq(app.client_id.as_str()),
            None => session::Column::ClientId.is_null(),
        }
    };
    let kept = Query::select()
        .column(session::Column::Id)
        .from(session::Entity)
        .and_where(session::Column::AccountId.eq(account_id))
        .and_where(of_the_same_app())
        .order_by(session::Column::ExpiresAt, Order::Desc)
        .order_by(session::Column::Id, Order::Desc)
        .limit(MAX_SESSIONS - 1)
        .to_owned();
    session::Entity::delete_many()
        .filter(
            session::Column::AccountId
                .eq(account_id)
                .and(of_the_same_app()),
        )
        .filter(session::Column::Id.not_in_subquery(kept))
        .exec(db)
        .await?;
    let session_id = random::id()?;
    let row = session::ActiveModel {
        id: ActiveValue::Set(session_id.clone()),
        account_id: ActiveValue::Set(account_id.to_owned()),
        created_at: ActiveValue::Set(now.timestamp_millis()),
        expires_at: ActiveValue::Set((now + lifetime).timestamp_millis()),
        last_used_at: ActiveValue::Set(None),
        software: ActiveValue::Set(origin.software.clone()),
        client_id: ActiveValue::Set(app.map(|app| app.client_id.clone())),
        scope: ActiveValue::Set(app.map(|app| app.scope.clone())),
    };
    row.insert(db).await?;
    Ok(session_id)
}

/// Adds a refresh token to a session.
pub(super) async fn add_token(
    db: &impl ConnectionTrait,
    session_id: &str,
    token: &TokenHash,
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
