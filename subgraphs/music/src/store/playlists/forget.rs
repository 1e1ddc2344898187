//! Takes a user out of all playlists, for when the account is gone.
//!
//! What the user owned is deleted, and told to who listens. What others own stays, without a word
//! of the user: who worked on it, and who added what.

use chrono::{DateTime, Utc};
use kit::lists::among;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryFilter,
    Statement,
};

use crate::entity::{playlist, playlist_collaborator, playlist_item};
use crate::events::{Event, PlaylistChange};
use crate::ids::{PlaylistId, UserId};
use crate::store::to_micros;

/// All playlists with a trace of the user, locked as an edit would lock them; in one order, so that
/// two who lock several do not wait for each other.
const LOCK: &str = "SELECT id, owner_id FROM playlist WHERE id IN (
        SELECT id FROM playlist WHERE owner_id = $1
        UNION SELECT playlist_id FROM playlist_collaborator WHERE user_id = $1
        UNION SELECT playlist_id FROM playlist_item WHERE added_by = $1
    ) ORDER BY id";

/// Removes a user's playlists, and every trace of the user in those of others. Returns what is to
/// be told when the transaction is committed. The caller keeps out writes for this user.
pub(in crate::store) async fn forget_in_playlists(
    transaction: &DatabaseTransaction,
    user: &UserId,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, DbErr> {
    let owned = lock_and_tell_owned(transaction, user).await?;
    playlist::Entity::delete_many()
        .filter(playlist::Column::OwnerId.eq(user.as_str()))
        .exec(transaction)
        .await?;
    let worked_on = end_collaborations(transaction, user, now).await?;
    playlist_item::Entity::update_many()
        .col_expr(
            playlist_item::Column::AddedBy,
            Expr::val(Option::<String>::None),
        )
        .filter(playlist_item::Column::AddedBy.eq(user.as_str()))
        .exec(transaction)
        .await?;
    let event = |change| {
        move |playlist| Event::Playlist {
            playlist: PlaylistId::stored(playlist),
            change,
        }
    };
    let deleted = owned.into_iter().map(event(PlaylistChange::Deleted));
    let left = worked_on
        .into_iter()
        .map(event(PlaylistChange::Collaborators));
    Ok(deleted.chain(left).collect())
}

/// Those of the locked playlists that the user owns.
async fn lock_and_tell_owned(
    transaction: &DatabaseTransaction,
    user: &UserId,
) -> Result<Vec<String>, DbErr> {
    let backend = transaction.get_database_backend();
    let lock = match backend {
        DbBackend::Postgres => format!("{LOCK} FOR UPDATE"),
        _ => LOCK.to_owned(),
    };
    let statement = Statement::from_sql_and_values(backend, lock, [user.as_str().into()]);
    let mut owned = Vec::new();
    for row in transaction.query_all_raw(statement).await? {
        let (id, owner): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        if owner == user.as_str() {
            owned.push(id);
        }
    }
    Ok(owned)
}

/// Ends all collaborations of the user; the playlists that were worked on.
async fn end_collaborations(
    transaction: &DatabaseTransaction,
    user: &UserId,
    now: DateTime<Utc>,
) -> Result<Vec<String>, DbErr> {
    let ended = playlist_collaborator::Entity::delete_many()
        .filter(playlist_collaborator::Column::UserId.eq(user.as_str()))
        .exec_with_returning(transaction)
        .await?;
    let worked_on: Vec<String> = ended.into_iter().map(|it| it.playlist_id).collect();
    playlist::Entity::update_many()
        .col_expr(
            playlist::Column::Version,
            Expr::col(playlist::Column::Version).add(1),
        )
        .col_expr(playlist::Column::UpdatedAt, Expr::val(to_micros(now)))
        .filter(among(transaction, playlist::Column::Id, &worked_on))
        .exec(transaction)
        .await?;
    Ok(worked_on)
}
