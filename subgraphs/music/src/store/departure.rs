//! A user's account is gone, and so is everything that was kept for it.
//!
//! All of it happens in one transaction, but for what charts counted, which goes when these are counted next.
//! The transaction locks first the user, then playlists, then tracks: as every write does, so that none waits for
//! another in a circle.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::listeners;
use super::playlists::forget::forget_in_playlists;
use crate::entity::{favourite, track};
use crate::events::{Event, FavouriteChange};
use crate::ids::UserId;

/// Removes all that is kept for a user. Returns what is to be told when the transaction is
/// committed.
pub(super) async fn remove(
    transaction: &DatabaseTransaction,
    user: &UserId,
    departed_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<Event>, DbErr> {
    listeners::lock_out(transaction, user).await?;
    listeners::note_departure(transaction, user, departed_at).await?;
    let mut events = forget_in_playlists(transaction, user, now).await?;
    if remove_favourites(transaction, user).await? {
        events.push(Event::Favourites {
            user: user.clone(),
            track: None,
            change: FavouriteChange::Removed,
        });
    }
    Ok(events)
}

/// Removes a user's favourites, and counts them no more; whether there were any.
async fn remove_favourites(
    transaction: &DatabaseTransaction,
    user: &UserId,
) -> Result<bool, DbErr> {
    // In the order in which imports lock tracks too.
    let _: Vec<String> = track::Entity::find()
        .select_only()
        .column(track::Column::Id)
        .filter(track::Column::Id.in_subquery(tracks_of(user)))
        .order_by_asc(track::Column::Id)
        .lock_exclusive()
        .into_tuple()
        .all(transaction)
        .await?;
    let count = track::Column::FavouriteCount;
    track::Entity::update_many()
        .col_expr(count, Expr::col(count).sub(1))
        .filter(track::Column::Id.in_subquery(tracks_of(user)))
        .exec(transaction)
        .await?;
    let removed = favourite::Entity::delete_many()
        .filter(favourite::Column::UserId.eq(user.as_str()))
        .exec(transaction)
        .await?;
    Ok(removed.rows_affected > 0)
}

/// The tracks that a user loves.
fn tracks_of(user: &UserId) -> SelectStatement {
    Query::select()
        .column(favourite::Column::TrackId)
        .from(favourite::Entity)
        .and_where(favourite::Column::UserId.eq(user.as_str()))
        .to_owned()
}
