//! Accounts: created, found, changed and deleted.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use kit::auth::Role;
use kit::lists::among;
use kit::{Failure, Result};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, DbErr, EntityTrait,
    PaginatorTrait, QueryFilter, SqlErr,
};

use super::audit::{self, Action, Deed};
use super::outbox::{self, Fact};
use super::{Store, can_be_stored, sessions};
use crate::account::{Account, AccountDraft, Credentials, ProfileChange};
use crate::entity::account;
use crate::rules::{Bio, Country, Username};

impl Store {
    /// The accounts with these ids; ids without an account are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts_by_id(&self, ids: &[String]) -> Result<HashMap<String, Account>> {
        let found = account::Entity::find()
            .filter(among(
                self.database.connection(),
                account::Column::Id,
                ids.iter().filter(|id| can_be_stored(id)),
            ))
            .all(self.database.connection())
            .await?;
        Ok(found
            .into_iter()
            .map(|row| (row.id.clone(), Account::from(row)))
            .collect())
    }

    /// The accounts with these user names; names without an account are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts_by_username(
        &self,
        names: &[Username],
    ) -> Result<HashMap<Username, Account>> {
        let wanted: HashMap<&str, &Username> =
            names.iter().map(|name| (name.as_str(), name)).collect();
        let found = account::Entity::find()
            .filter(among(
                self.database.connection(),
                account::Column::Username,
                wanted.keys().copied(),
            ))
            .all(self.database.connection())
            .await?;
        Ok(found
            .into_iter()
            .filter_map(|row| {
                let name = *wanted.get(row.username.as_str())?;
                Some((name.clone(), Account::from(row)))
            })
            .collect())
    }

    /// The credentials of the account with this user name or e-mail address.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn credentials_by_login(&self, login: &str) -> Result<Option<Credentials>> {
        if !can_be_stored(login) {
            return Ok(None);
        }
        // A user name has no `@`, so a login names one column and one account at most.
        let column = if login.contains('@') {
            account::Column::Email
        } else {
            account::Column::Username
        };
        let found = account::Entity::find()
            .filter(column.eq(login.trim().to_ascii_lowercase()))
            .one(self.database.connection())
            .await?;
        Ok(found.map(Credentials::from))
    }

    /// The credentials of the account with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn credentials_by_id(&self, id: &str) -> Result<Option<Credentials>> {
        let found = account::Entity::find_by_id(id)
            .one(self.database.connection())
            .await?;
        Ok(found.map(Credentials::from))
    }

    /// Whether there is no account at all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_no_accounts(&self) -> Result<bool> {
        Ok(account::Entity::find()
            .count(self.database.connection())
            .await?
            == 0)
    }

    /// Creates an account without signing it in.
    ///
    /// # Errors
    /// `CONFLICT` when the id, the name or the address is taken.
    pub async fn create_account(&self, draft: AccountDraft) -> Result<Account> {
        let transaction = self.database.begin_write().await?;
        let account = insert(&transaction, draft).await?;
        // The account may say that it is older, but others learn of it now.
        outbox::record(&transaction, Fact::UserRegistered, &account.id, Utc::now()).await?;
        transaction.commit().await?;
        Ok(account)
    }

    /// Changes what `change` names of the profile; `None` when there is no such account.
    ///
    /// # Errors
    /// When the database fails; then nothing has changed.
    pub async fn change_profile(
        &self,
        id: &str,
        change: ProfileChange,
        now: DateTime<Utc>,
    ) -> Result<Option<Account>> {
        let mut row = account::ActiveModel {
            ..Default::default()
        };
        if let Some(name) = change.display_name {
            row.display_name = ActiveValue::Set(name.into_string());
        }
        if let Some(bio) = change.bio {
            row.bio = ActiveValue::Set(bio.map(Bio::into_string));
        }
        if let Some(country) = change.country {
            row.country = ActiveValue::Set(country.map(Country::into_string));
        }
        if !row.is_changed() {
            return Ok(self.accounts_by_id(&[id.to_owned()]).await?.remove(id));
        }
        let transaction = self.database.begin_write().await?;
        let changed = account::Entity::update_many()
            .set(row)
            .filter(account::Column::Id.eq(id))
            .exec_with_returning(&transaction)
            .await?;
        let Some(changed) = changed.into_iter().next() else {
            return Ok(None);
        };
        outbox::record(&transaction, Fact::UserProfileChanged, id, now).await?;
        transaction.commit().await?;
        Ok(Some(changed.into()))
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
        now: DateTime<Utc>,
    ) -> Result<Option<Account>> {
        let transaction = self.database.begin_write().await?;
        let changed = account::Entity::update_many()
            .col_expr(account::Column::PasswordHash, password_hash.into())
            .filter(account::Column::Id.eq(account_id))
            .exec_with_returning(&transaction)
            .await?;
        sessions::end_all_but(&transaction, account_id, keep_session).await?;
        let deed = Deed {
            actor: account_id,
            subject: account_id,
            action: Action::PasswordChanged,
            detail: None,
        };
        audit::append(&transaction, deed, now).await?;
        transaction.commit().await?;
        Ok(changed.into_iter().next().map(Account::from))
    }

    /// Deletes the account with everything that hangs on it, and writes the fact into the
    /// outbox in the same transaction. False when there is no such account.
    ///
    /// # Errors
    /// When the database fails; then nothing has changed.
    pub async fn delete_account(&self, id: &str, now: DateTime<Utc>) -> Result<bool> {
        let transaction = self.database.begin_write().await?;
        let deleted = account::Entity::delete_by_id(id).exec(&transaction).await?;
        if deleted.rows_affected == 0 {
            return Ok(false);
        }
        outbox::record(&transaction, Fact::UserDeleted, id, now).await?;
        let deed = Deed {
            actor: id,
            subject: id,
            action: Action::AccountDeleted,
            detail: None,
        };
        audit::append(&transaction, deed, now).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

impl Store {
    /// Gives an account these roles and no others. `None` when there is no such account.
    ///
    /// # Errors
    /// When the database fails; then nothing has changed.
    pub async fn set_roles(
        &self,
        id: &str,
        roles: &[Role],
        actor: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Account>> {
        if !can_be_stored(id) {
            return Ok(None);
        }
        let transaction = self.database.begin_write().await?;
        let before = account::Entity::find_by_id(id).one(&transaction).await?;
        let Some(before) = before else {
            return Ok(None);
        };
        let after = roles_to_text(roles);
        let changed = account::Entity::update_many()
            .col_expr(account::Column::Roles, after.clone().into())
            .filter(account::Column::Id.eq(id))
            .exec_with_returning(&transaction)
            .await?;
        let deed = Deed {
            actor,
            subject: id,
            action: Action::RolesChanged,
            detail: Some(&format!("{} -> {after}", before.roles)),
        };
        audit::append(&transaction, deed, now).await?;
        transaction.commit().await?;
        Ok(changed.into_iter().next().map(Account::from))
    }
}

/// Inserts an account.
///
/// # Errors
/// `CONFLICT` when the name or the address is taken.
pub(super) async fn insert(db: &impl ConnectionTrait, draft: AccountDraft) -> Result<Account> {
    let row = account::ActiveModel {
        id: ActiveValue::Set(draft.id),
        username: ActiveValue::Set(draft.username.as_str().to_owned()),
        email: ActiveValue::Set(draft.email.as_str().to_owned()),
        password_hash: ActiveValue::Set(draft.password_hash),
        display_name: ActiveValue::Set(draft.display_name.into_string()),
        bio: ActiveValue::Set(None),
        country: ActiveValue::Set(draft.country.map(Country::into_string)),
        roles: ActiveValue::Set(roles_to_text(&draft.roles)),
        created_at: ActiveValue::Set(draft.created_at.timestamp_millis()),
        username_skeleton: ActiveValue::Set(Some(draft.username.skeleton())),
        email_verified_at: ActiveValue::Set(None),
    };
    row.insert(db).await.map(Account::from).map_err(taken)
}

/// Says which of the two unique values was taken. The database decides, so that two who
/// register at the same moment cannot both succeed.
fn taken(error: DbErr) -> Failure {
    match error.sql_err() {
        // SQLite names the column, Postgres the index, and both contain the field.
        Some(SqlErr::UniqueConstraintViolation(what)) if what.contains("username") => {
            Failure::conflict(
                "input.username",
                "This user name is taken, or looks like one that is",
            )
        }
        Some(SqlErr::UniqueConstraintViolation(what)) if what.contains("email") => {
            Failure::conflict(
                "input.email",
                "There is an account with this e-mail address",
            )
        }
        Some(SqlErr::UniqueConstraintViolation(_)) => {
            Failure::conflict("id", "There is an account with this id")
        }
        _ => error.into(),
    }
}

fn roles_to_text(roles: &[Role]) -> String {
    let names: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
    names.join(" ")
}

impl From<account::Model> for Account {
    fn from(row: account::Model) -> Self {
        Account {
            id: row.id,
            username: row.username,
            email: row.email,
            display_name: row.display_name,
            bio: row.bio,
            country: row.country,
            roles: row
                .roles
                .split_whitespace()
                .filter_map(Role::parse)
                .collect(),
            created_at: super::time(row.created_at),
            email_verified_at: row.email_verified_at.map(super::time),
        }
    }
}

impl From<account::Model> for Credentials {
    fn from(mut row: account::Model) -> Self {
        let password_hash = std::mem::take(&mut row.password_hash);
        Credentials {
            account: row.into(),
            password_hash,
        }
    }
}
