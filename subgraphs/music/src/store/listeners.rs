//! Who is there and from where, and who is gone: what this service keeps of users.
//!
//! A user who is gone must not come back by a write that was under way: a favourite, say, from
//! another replica, with a token that has not expired. So whoever writes for a user first asks,
//! within the transaction, whether the user is gone (`refuse_departed`). On Postgres they hold a
//! lock from then on, which they share among each other and not with the departure: either their
//! write is there when the departure looks for what is to be removed, or they see that it
//! happened. On SQLite one transaction writes at a time.

use chrono::{DateTime, Utc};
use kit::lists::among;
use kit::{Code, Failure, Result};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QuerySelect, Statement,
};

use super::{Store, to_micros};
use crate::entity::{departed_user, listener};
use crate::ids::UserId;

/// Where something may be kept of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// From where they listen.
    Listener,
    /// What they love.
    Favourite,
    /// What they own.
    Playlist,
    /// What they work on.
    Collaboration,
    /// What they added.
    Item,
}

impl Trace {
    /// All of them.
    pub const ALL: [Trace; 5] = [
        Trace::Listener,
        Trace::Favourite,
        Trace::Playlist,
        Trace::Collaboration,
        Trace::Item,
    ];

    /// The table, and its column that says who; each has an index that begins with it.
    const fn column(self) -> (&'static str, &'static str) {
        match self {
            Trace::Listener => ("listener", "user_id"),
            Trace::Favourite => ("favourite", "user_id"),
            Trace::Playlist => ("playlist", "owner_id"),
            Trace::Collaboration => ("playlist_collaborator", "user_id"),
            Trace::Item => ("playlist_item", "added_by"),
        }
    }
}

impl Store {
    /// The next users after this one, in order of their ids, of whom there is such a trace.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users_with(
        &self,
        trace: Trace,
        after: Option<&UserId>,
        limit: u64,
    ) -> Result<Vec<UserId>> {
        let (table, column) = trace.column();
        let statement = Statement::from_sql_and_values(
            self.database().backend(),
            format!(
                "SELECT DISTINCT {column} FROM {table} WHERE {column} > $1
                 ORDER BY {column} LIMIT {limit}"
            ),
            [after.map_or("", UserId::as_str).into()],
        );
        let rows = self.connection().query_all_raw(statement).await?;
        let ids = rows.iter().map(|row| row.try_get_by_index::<String>(0));
        let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
        Ok(ids.into_iter().map(UserId::stored).collect())
    }

    /// Whether this user's account is gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_departed(&self, user: &UserId) -> Result<bool> {
        Ok(is_departed(self.connection(), user).await?)
    }
}

/// Fails for a user whose account is gone, and lets nobody go until the transaction ends. To be
/// called before anything else is locked.
pub(super) async fn refuse_departed(
    transaction: &DatabaseTransaction,
    user: &UserId,
) -> Result<()> {
    keep_from_departing(transaction, user).await?;
    // A statement of its own: it sees what was committed while the lock was waited for.
    if is_departed(transaction, user).await? {
        let message = "This account was deleted: nothing is kept for it any more";
        return Err(Failure::new(Code::AccountDeleted, message));
    }
    Ok(())
}

/// Lets nobody note until the transaction ends that this user is gone. To be called before anything
/// else is locked.
pub(super) async fn keep_from_departing(
    transaction: &DatabaseTransaction,
    user: &UserId,
) -> Result<(), DbErr> {
    lock(transaction, "pg_advisory_xact_lock_shared", user).await
}

/// Waits for writes for this user, and keeps others out until the transaction ends. To be called
/// before anything else is locked.
pub(super) async fn lock_out(
    transaction: &DatabaseTransaction,
    user: &UserId,
) -> Result<(), DbErr> {
    lock(transaction, "pg_advisory_xact_lock", user).await
}

/// Notes that a user is gone; one who was noted already is gone since then.
pub(super) async fn note_departure(
    transaction: &DatabaseTransaction,
    user: &UserId,
    departed_at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = departed_user::Model {
        user_id: user.as_str().to_owned(),
        departed_at: to_micros(departed_at),
    };
    departed_user::Entity::insert(row.into_active_model())
        .on_conflict_do_nothing()
        .exec_without_returning(transaction)
        .await?;
    listener::Entity::delete_by_id(user.as_str())
        .exec(transaction)
        .await?;
    Ok(())
}

/// Notes from where users listen, but for those who are gone.
pub(super) async fn note_listeners(
    transaction: &DatabaseTransaction,
    listeners: impl IntoIterator<Item = listener::Model>,
) -> Result<(), DbErr> {
    use departed_user::Column;
    let mut listeners: Vec<_> = listeners.into_iter().collect();
    if listeners.is_empty() {
        return Ok(());
    }
    let departed: Vec<String> = departed_user::Entity::find()
        .select_only()
        .column(Column::UserId)
        .filter(among(
            transaction,
            Column::UserId,
            listeners.iter().map(|it| it.user_id.as_str()),
        ))
        .into_tuple()
        .all(transaction)
        .await?;
    listeners.retain(|it| !departed.contains(&it.user_id));
    if listeners.is_empty() {
        return Ok(());
    }
    let latest = OnConflict::column(listener::Column::UserId)
        .update_column(listener::Column::Country)
        .to_owned();
    listener::Entity::insert_many(
        listeners
            .into_iter()
            .map(IntoActiveModel::into_active_model),
    )
    .on_conflict(latest)
    .exec_without_returning(transaction)
    .await?;
    Ok(())
}

/// Whether this user is gone.
pub(super) async fn is_departed(
    connection: &impl ConnectionTrait,
    user: &UserId,
) -> Result<bool, DbErr> {
    let found = departed_user::Entity::find_by_id(user.as_str())
        .one(connection)
        .await?;
    Ok(found.is_some())
}

/// Takes a lock that belongs to this user, by this function of Postgres.
async fn lock(
    transaction: &DatabaseTransaction,
    function: &str,
    user: &UserId,
) -> Result<(), DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        let statement = Statement::from_sql_and_values(
            DbBackend::Postgres,
            format!("SELECT {function}(hashtextextended($1, 0))"),
            [format!("what is kept of {user}").into()],
        );
        transaction.query_one_raw(statement).await?;
    }
    Ok(())
}
