//! Roles, and the audit trail that shows who gave them: for admins.

use async_graphql::connection::{Connection, Edge};
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kit::Result;
use kit::auth::Caller;
use kit::relay::{Cursor, Page};

use super::user::{Role, User};
use crate::flows;
use crate::services::Services;
use crate::store::{AUDIT_ORDER, AuditEvent};

/// Who did what to whose account, or to which app.
#[derive(SimpleObject, Clone, Debug)]
pub struct AuditEntry {
    /// When it was done.
    occurred_at: DateTime<Utc>,
    /// The id of the user who did it, or `operator` for the command line and the configuration.
    actor: String,
    /// The id of the account or the app.
    subject: ID,
    /// What was done, such as `rolesChanged`.
    action: String,
    /// What else there is to know.
    detail: Option<String>,
}

/// The trail.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditQuery;

#[Object]
impl AuditQuery {
    /// The audit trail, of all accounts and apps or of one, oldest entry first: the first 20,
    /// unless `first` or `last` say otherwise (at most 100). For admins.
    #[graphql(tag = "admin")]
    async fn audit_trail(
        &self,
        ctx: &Context<'_>,
        subject: Option<ID>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Cursor, AuditEntry>> {
        let store = &ctx.data::<Services>()?.store;
        flows::admin(store, Caller::of(ctx)).await?;
        let page = Page::parse(
            first,
            after.as_deref(),
            last,
            before.as_deref(),
            AUDIT_ORDER,
        )?;
        let slice = store
            .audit_trail(subject.as_deref().map(String::as_str), &page)
            .await?;
        let mut connection = Connection::new(slice.has_previous, slice.has_next);
        for event in slice.rows {
            let cursor = Cursor::new(AUDIT_ORDER, &event.id)?;
            connection.edges.push(Edge::new(cursor, event.into()));
        }
        Ok(connection)
    }
}

/// Roles.
#[derive(Clone, Copy, Debug, Default)]
pub struct RoleMutation;

#[Object]
impl RoleMutation {
    /// Gives a user these roles, besides `USER`, and takes all others. Their tokens name them
    /// from the next refresh on, within 15 minutes. For admins.
    #[graphql(tag = "admin")]
    async fn set_roles(&self, ctx: &Context<'_>, user_id: ID, roles: Vec<Role>) -> Result<User> {
        let roles: Vec<_> = roles.into_iter().map(kit::auth::Role::from).collect();
        flows::change_roles(ctx.data::<Services>()?, Caller::of(ctx), &user_id, &roles)
            .await
            .map(User)
    }
}

impl From<AuditEvent> for AuditEntry {
    fn from(event: AuditEvent) -> Self {
        AuditEntry {
            occurred_at: event.occurred_at,
            actor: event.actor,
            subject: ID(event.subject_id),
            action: event.action,
            detail: event.detail,
        }
    }
}
