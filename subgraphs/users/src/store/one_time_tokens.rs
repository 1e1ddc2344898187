//! One-time tokens: what a link in a mail proves. Stored as hashes, used by being deleted, and
//! void as soon as there is a newer one for the same purpose.

use chrono::{DateTime, Duration, Utc};
use kit::{Failure, Result};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, SqlErr};

use super::audit::{self, Action, Deed};
use super::{Store, jobs};
use crate::account::Account;
use crate::entity::{account, one_time_token, session};
use crate::mail::{AccountMail, Message};
use crate::security::opaque_token::TokenHash;

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To prove that one reads mail to the account's address.
    VerifyEmail,
    /// To prove that one reads mail to an address, which becomes the account's.
    ChangeEmail,
    /// To set another password.
    ResetPassword,
}

impl Purpose {
    const fn as_str(self) -> &'static str {
        match self {
            Purpose::VerifyEmail => "verifyEmail",
            Purpose::ChangeEmail => "changeEmail",
            Purpose::ResetPassword => "resetPassword",
        }
    }

    /// How long such a token is good.
    pub const fn lifetime(self) -> Duration {
        match self {
            Purpose::VerifyEmail | Purpose::ChangeEmail => Duration::hours(24),
            // Whoever has it has the account.
            Purpose::ResetPassword => Duration::minutes(30),
        }
    }
}

/// A token as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct OneTimeToken<'a> {
    /// Whose account it acts upon.
    pub account_id: &'a str,
    /// What it is good for.
    pub purpose: Purpose,
    /// Its hash.
    pub hash: &'a TokenHash,
    /// The address it is sent to.
    pub email: &'a str,
}

impl Store {
    /// Stores a token in place of the one before it, and sends the mail with it.
    ///
    /// # Errors
    /// When the database fails; then the token before it is still good.
    pub async fn send_one_time_token(
        &self,
        token: OneTimeToken<'_>,
        mail: &AccountMail,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let transaction = self.database.begin_write().await?;
        put(&transaction, token, now).await?;
        jobs::enqueue_mail(&transaction, mail, now).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The account that a token acts upon, if it is good.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_of_token(
        &self,
        purpose: Purpose,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<Account>> {
        let found = one_time_token::Entity::find()
            .filter(one_time_token::Column::Hash.eq(hash.as_str()))
            .filter(one_time_token::Column::Purpose.eq(purpose.as_str()))
            .filter(one_time_token::Column::ExpiresAt.gt(now.timestamp_millis()))
            .one(self.database.connection())
            .await?;
        match found {
            Some(token) => Ok(self
                .accounts_by_id(std::slice::from_ref(&token.account_id))
                .await?
                .remove(&token.account_id)),
            None => Ok(None),
        }
    }

    /// Uses a token that proves an address. `None` when it is not good, or not any more.
    ///
    /// # Errors
    /// `CONFLICT` when another account has the address by now.
    pub async fn prove_email(
        &self,
        hash: &TokenHash,
        now: DateTime<Utc>,
    ) -> Result<Option<Account>> {
        let transaction = self.database.begin_write().await?;
        let purposes = [Purpose::VerifyEmail, Purpose::ChangeEmail];
        let Some(token) = take(&transaction, &purposes, hash, now).await? else {
            return Ok(None);
        };
        let Some(before) = account::Entity::find_by_id(&token.account_id)
            .one(&transaction)
            .await?
        else {
            return Ok(None);
        };
        let changes = token.purpose == Purpose::ChangeEmail.as_str();
        if !changes && before.email != token.email {
            // The account has another address since.
            return Ok(None);
        }
        let changed = account::Entity::update_many()
            .col_expr(account::Column::Email, token.email.clone().into())
            .col_expr(
                account::Column::EmailVerifiedAt,
                now.timestamp_millis().into(),
            )
            .filter(account::Column::Id.eq(&token.account_id))
            .exec_with_returning(&transaction)
            .await
            .map_err(|error| match error.sql_err() {
                Some(SqlErr::UniqueConstraintViolation(_)) => {
                    Failure::conflict("token", "There is an account with this e-mail address")
                }
                _ => error.into(),
            })?;
        let action = if changes && before.email != token.email {
            Action::EmailChanged
        } else {
            Action::EmailVerified
        };
        let deed = Deed {
            actor: &before.id,
            subject: &before.id,
            action,
            detail: None,
        };
        audit::append(&transaction, deed, now).await?;
        if let Some(mail) = mail_after_proof(&before, &token.email) {
            jobs::enqueue_mail(&transaction, &mail, now).await?;
        }
        transaction.commit().await?;
        Ok(changed.into_iter().next().map(Account::from))
    }

    /// Uses a token that allows to set another password: sets it and ends all sessions. `None`
    /// when it is not good, or not any more.
    ///
    /// # Errors
    /// When the database fails; then the token is still good.
    pub async fn reset_password(
        &self,
        hash: &TokenHash,
        password_hash: String,
        now: DateTime<Utc>,
    ) -> Result<Option<Account>> {
        let transaction = self.database.begin_write().await?;
        let purposes = [Purpose::ResetPassword];
        let Some(token) = take(&transaction, &purposes, hash, now).await? else {
            return Ok(None);
        };
        let changed = account::Entity::update_many()
            .col_expr(account::Column::PasswordHash, password_hash.into())
            .filter(account::Column::Id.eq(&token.account_id))
            .exec_with_returning(&transaction)
            .await?;
        session::Entity::delete_many()
            .filter(session::Column::AccountId.eq(&token.account_id))
            .exec(&transaction)
            .await?;
        let deed = Deed {
            actor: &token.account_id,
            subject: &token.account_id,
            action: Action::PasswordReset,
            detail: None,
        };
        audit::append(&transaction, deed, now).await?;
        transaction.commit().await?;
        Ok(changed.into_iter().next().map(Account::from))
    }

    /// Forgets tokens that are too old. Returns how many went.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_old_tokens(&self, now: DateTime<Utc>) -> Result<u64> {
        let deleted = one_time_token::Entity::delete_many()
            .filter(one_time_token::Column::ExpiresAt.lte(now.timestamp_millis()))
            .exec(self.database.connection())
            .await?;
        Ok(deleted.rows_affected)
    }
}

/// Who proved an address for the first time is welcome; who has another one is told at the old one.
fn mail_after_proof(before: &account::Model, proved: &str) -> Option<AccountMail> {
    let message = if before.email != proved {
        Message::EmailChanged {
            new_address: proved.to_owned(),
        }
    } else if before.email_verified_at.is_none() {
        Message::Welcome
    } else {
        return None;
    };
    Some(AccountMail {
        account_id: before.id.clone(),
        to: before.email.clone(),
        name: before.display_name.clone(),
        message,
    })
}

/// Stores a token in place of the one before it.
pub(super) async fn put(
    db: &impl ConnectionTrait,
    token: OneTimeToken<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    use one_time_token::Column;
    let row = one_time_token::ActiveModel {
        account_id: ActiveValue::Set(token.account_id.to_owned()),
        purpose: ActiveValue::Set(token.purpose.as_str().to_owned()),
        hash: ActiveValue::Set(token.hash.as_str().to_owned()),
        email: ActiveValue::Set(token.email.to_owned()),
        created_at: ActiveValue::Set(now.timestamp_millis()),
        expires_at: ActiveValue::Set((now + token.purpose.lifetime()).timestamp_millis()),
    };
    one_time_token::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([Column::AccountId, Column::Purpose])
                .update_columns([
                    Column::Hash,
                    Column::Email,
                    Column::CreatedAt,
                    Column::ExpiresAt,
                ])
                .to_owned(),
        )
        .exec_without_returning(db)
        .await?;
    Ok(())
}

/// Deletes a good token, which uses it: of several who try at once, one finds it.
async fn take(
    db: &impl ConnectionTrait,
    purposes: &[Purpose],
    hash: &TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<one_time_token::Model>> {
    let taken = one_time_token::Entity::delete_many()
        .filter(one_time_token::Column::Hash.eq(hash.as_str()))
        .filter(one_time_token::Column::Purpose.is_in(purposes.iter().map(|it| it.as_str())))
        .filter(one_time_token::Column::ExpiresAt.gt(now.timestamp_millis()))
        .exec_with_returning(db)
        .await?;
    Ok(taken.into_iter().next())
}
