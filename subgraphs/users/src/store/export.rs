//! All that is kept about one account, for its owner. Hashes of passwords and tokens are left out:
//! they say nothing about a person, and are of use to a thief only.

use chrono::{DateTime, SecondsFormat, Utc};
use kit::Result;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};

use super::audit::{Action, AuditEvent, Deed};
use super::{OpenSession, Store, time};
use crate::account::Account;
use crate::entity::{account, oauth_consent, one_time_token};

impl Store {
    /// The account, its sessions, links that were mailed and wait, what apps were allowed, and
    /// what the audit trail says. `None` when there is no such account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn export_account(&self, id: &str, now: DateTime<Utc>) -> Result<Option<Value>> {
        let connection = self.database.connection();
        let Some(account) = account::Entity::find_by_id(id).one(connection).await? else {
            return Ok(None);
        };
        let deed = Deed {
            actor: id,
            subject: id,
            action: Action::DataExported,
            detail: None,
        };
        self.note(deed, now).await?;
        let sessions = self.sessions_of(id, now).await?;
        let links = one_time_token::Entity::find()
            .filter(one_time_token::Column::AccountId.eq(id))
            .all(connection)
            .await?;
        let apps = oauth_consent::Entity::find()
            .filter(oauth_consent::Column::AccountId.eq(id))
            .all(connection)
            .await?;
        let events = self.audit_events_of(id).await?;
        Ok(Some(json!({
            "exportedAt": text(now),
            "account": account_as_json(&account.into()),
            "sessions": sessions.iter().map(session_as_json).collect::<Vec<_>>(),
            "mailedLinks": links.iter().map(|it| json!({
                "purpose": it.purpose,
                "email": it.email,
                "createdAt": text(time(it.created_at)),
                "expiresAt": text(time(it.expires_at)),
            })).collect::<Vec<_>>(),
            "apps": apps.iter().map(|it| json!({
                "clientId": it.client_id,
                "scope": it.scope,
                "grantedAt": text(time(it.granted_at)),
            })).collect::<Vec<_>>(),
            "auditTrail": events.iter().map(event_as_json).collect::<Vec<_>>(),
        })))
    }
}

fn account_as_json(account: &Account) -> Value {
    json!({
        "id": account.id,
        "username": account.username,
        "email": account.email,
        "emailVerifiedAt": account.email_verified_at.map(text),
        "displayName": account.display_name,
        "bio": account.bio,
        "country": account.country,
        "roles": account.roles.iter().map(|role| role.as_str()).collect::<Vec<_>>(),
        "createdAt": text(account.created_at),
    })
}

fn session_as_json(session: &OpenSession) -> Value {
    json!({
        "id": session.id,
        "createdAt": text(session.created_at),
        "lastUsedAt": text(session.last_used_at),
        "expiresAt": text(session.expires_at),
        "software": session.origin.software,
        "app": session.origin.app.as_ref().map(|app| json!({
            "clientId": app.client_id,
            "scope": app.scope,
        })),
    })
}

fn event_as_json(event: &AuditEvent) -> Value {
    json!({
        "occurredAt": text(event.occurred_at),
        "actor": event.actor,
        "action": event.action,
        "detail": event.detail,
    })
}

fn text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
