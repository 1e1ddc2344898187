//! The audit trail: who did what to whose account, written with the change itself. It names ids
//! only, so that it may outlive the accounts.

use chrono::{DateTime, Utc};
use kit::Result;
use kit::relay::{Direction, Page, Slice};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter,
    QueryOrder, QuerySelect,
};

use super::Store;
use crate::entity::audit_event;

/// Names the order of the trail; cursors are bound to it.
pub const AUDIT_ORDER: &str = "auditTrail:id";

/// The actor of what is done on the command line.
pub const OPERATOR: &str = "operator";

/// What was done. The names are stored, and never change their meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Roles were given or taken; the detail has the roles before and after.
    RolesChanged,
    /// The owner set another password.
    PasswordChanged,
    /// Somebody who reads the owner's mail set another password.
    PasswordReset,
    /// The address was proved.
    EmailVerified,
    /// The account has another address.
    EmailChanged,
    /// A refresh token was used twice, and its session ended.
    RefreshTokenReused,
    /// The owner ended sessions; the detail has how many.
    SessionsEnded,
    /// The owner asked for all that is kept of them.
    DataExported,
    /// The account was deleted.
    AccountDeleted,
    /// An app was allowed to act for the account; the detail has the app and its scopes.
    ConsentGiven,
    /// An app is no longer allowed to.
    ConsentWithdrawn,
    /// An app was registered, or registered anew; the subject is its id.
    ClientRegistered,
    /// An app was removed; the subject is its id.
    ClientRemoved,
}

/// An entry of the trail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    /// Grows with time.
    pub id: i64,
    /// When it was done.
    pub occurred_at: DateTime<Utc>,
    /// Who did it: the id of an account, or [`OPERATOR`].
    pub actor: String,
    /// Whom it was done to: the id of an account or an app.
    pub subject_id: String,
    /// What was done, see [`Action`].
    pub action: String,
    /// What else there is to know.
    pub detail: Option<String>,
}

/// What is to be written down.
#[derive(Clone, Copy, Debug)]
pub struct Deed<'a> {
    /// Who does it.
    pub actor: &'a str,
    /// To whom.
    pub subject: &'a str,
    /// What.
    pub action: Action,
    /// What else there is to know; never anything secret or personal.
    pub detail: Option<&'a str>,
}

impl Action {
    /// The name as it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Action::RolesChanged => "rolesChanged",
            Action::PasswordChanged => "passwordChanged",
            Action::PasswordReset => "passwordReset",
            Action::EmailVerified => "emailVerified",
            Action::EmailChanged => "emailChanged",
            Action::RefreshTokenReused => "refreshTokenReused",
            Action::SessionsEnded => "sessionsEnded",
            Action::DataExported => "dataExported",
            Action::AccountDeleted => "accountDeleted",
            Action::ConsentGiven => "consentGiven",
            Action::ConsentWithdrawn => "consentWithdrawn",
            Action::ClientRegistered => "clientRegistered",
            Action::ClientRemoved => "clientRemoved",
        }
    }
}

impl Store {
    /// A page of the trail, of all accounts or of one, oldest first. Costs one statement.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_trail(
        &self,
        subject: Option<&str>,
        page: &Page<i64>,
    ) -> Result<Slice<AuditEvent>> {
        let order = match page.direction() {
            Direction::Forward => Order::Asc,
            Direction::Backward => Order::Desc,
        };
        let mut select = audit_event::Entity::find()
            .order_by(audit_event::Column::Id, order)
            .limit(page.rows_to_fetch());
        if let Some(subject) = subject {
            if !super::can_be_stored(subject) {
                return Ok(page.cut(Vec::new()));
            }
            select = select.filter(audit_event::Column::SubjectId.eq(subject));
        }
        if let Some(after) = &page.after {
            select = select.filter(audit_event::Column::Id.gt(*after));
        }
        if let Some(before) = &page.before {
            select = select.filter(audit_event::Column::Id.lt(*before));
        }
        let rows = select.all(self.database.connection()).await?;
        Ok(page.cut(rows.into_iter().map(AuditEvent::from).collect()))
    }

    /// Writes down what changes nothing in the database by itself.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note(&self, deed: Deed<'_>, now: DateTime<Utc>) -> Result<()> {
        append(self.database.connection(), deed, now).await
    }

    /// All entries about one account, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn audit_events_of(&self, subject: &str) -> Result<Vec<AuditEvent>> {
        let rows = audit_event::Entity::find()
            .filter(audit_event::Column::SubjectId.eq(subject))
            .order_by(audit_event::Column::Id, Order::Asc)
            .all(self.database.connection())
            .await?;
        Ok(rows.into_iter().map(AuditEvent::from).collect())
    }
}

/// Writes down a deed, in the transaction that does it.
pub(super) async fn append(
    db: &impl ConnectionTrait,
    deed: Deed<'_>,
    now: DateTime<Utc>,
) -> Result<()> {
    let row = audit_event::ActiveModel {
        id: ActiveValue::NotSet,
        occurred_at: ActiveValue::Set(now.timestamp_millis()),
        actor: ActiveValue::Set(deed.actor.to_owned()),
        subject_id: ActiveValue::Set(deed.subject.to_owned()),
        action: ActiveValue::Set(deed.action.as_str().to_owned()),
        detail: ActiveValue::Set(deed.detail.map(str::to_owned)),
    };
    row.insert(db).await?;
    Ok(())
}

impl From<audit_event::Model> for AuditEvent {
    fn from(row: audit_event::Model) -> Self {
        AuditEvent {
            id: row.id,
            occurred_at: super::time(row.occurred_at),
            actor: row.actor,
            subject_id: row.subject_id,
            action: row.action,
            detail: row.detail,
        }
    }
}
