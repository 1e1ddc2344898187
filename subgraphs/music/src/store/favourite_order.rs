//! The order in which a user arranged their favourites: one of them moved.
//!
//! A favourite's place is an order key (see [`crate::order_key`]), so a move writes one row. Only
//! where favourites have been put at the very same place so often that keys became long, those
//! around get new ones.

use kit::Result;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder, QuerySelect, Select,
};

use super::favourites::{Favourite, FavouriteTarget};
use super::{Store, listeners, take_turn};
use crate::entity::favourite;
use crate::events::{Event, FavouriteChange};
use crate::ids::{TrackId, UserId};
use crate::order_key;

/// How many favourites on each side get new places together.
const NEIGHBOURS: u64 = 200;

/// What moving a favourite came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It stands there now.
    Done(Favourite),
    /// The user does not love the track that is to be moved.
    NotAFavourite,
    /// The user does not love the track behind which it is to stand.
    NoTarget,
}

impl Store {
    /// Moves a favourite in its user's order.
    pub async fn move_favourite(
        &self,
        user: &UserId,
        track: &TrackId,
        target: &FavouriteTarget,
    ) -> Result<Moved> {
        let transaction = self.database().begin_write().await?;
        listeners::refuse_departed(&transaction, user).await?;
        take_turn(&transaction, &format!("order of the favourites of {user}")).await?;
        let Some(row) = find(&transaction, user, track).await? else {
            return Ok(Moved::NotAFavourite);
        };
        if *target == FavouriteTarget::After(track.clone()) {
            return Ok(Moved::Done(row.into()));
        }
        let Some(mut place) = place_at(&transaction, user, track, target).await? else {
            return Ok(Moved::NoTarget);
        };
        if place.len() > order_key::MAX_LENGTH {
            renew_places_around(&transaction, user, &place).await?;
            let Some(renewed) = place_at(&transaction, user, track, target).await? else {
                return Ok(Moved::NoTarget);
            };
            place = renewed;
        }
        let mut row = row.into_active_model();
        row.place = ActiveValue::Set(place);
        let row = row.update(&transaction).await?;
        let event = Event::Favourites {
            user: user.clone(),
            track: Some(track.clone()),
            change: FavouriteChange::Moved,
        };
        self.commit(transaction, vec![event]).await?;
        Ok(Moved::Done(row.into()))
    }
}

async fn find(
    transaction: &DatabaseTransaction,
    user: &UserId,
    track: &TrackId,
) -> Result<Option<favourite::Model>, DbErr> {
    let key = (user.as_str().to_owned(), track.as_str().to_owned());
    favourite::Entity::find_by_id(key).one(transaction).await
}

/// A place at the target, as if the moved favourite were gone; `None` when there is no target.
/// The list runs from the greatest place to the least.
async fn place_at(
    transaction: &DatabaseTransaction,
    user: &UserId,
    moved: &TrackId,
    target: &FavouriteTarget,
) -> Result<Option<String>, DbErr> {
    use favourite::Column;
    let others = of_user(user)
        .filter(Column::TrackId.ne(moved.as_str()))
        .order_by_desc(Column::Place)
        .order_by_desc(Column::TrackId);
    match target {
        FavouriteTarget::Beginning => {
            let first = others.one(transaction).await?;
            Ok(Some(order_key::between(
                first.as_ref().map(|it| it.place.as_str()),
                None,
            )))
        }
        FavouriteTarget::After(track) => {
            let Some(target) = find(transaction, user, track).await? else {
                return Ok(None);
            };
            let next = others
                .filter(Column::Place.lt(&target.place))
                .one(transaction)
                .await?;
            Ok(Some(order_key::between(
                next.as_ref().map(|it| it.place.as_str()),
                Some(&target.place),
            )))
        }
    }
}

fn of_user(user: &UserId) -> Select<favourite::Entity> {
    favourite::Entity::find().filter(favourite::Column::UserId.eq(user.as_str()))
}

/// Spreads the places of those around evenly, in the order they are in. The outermost on each side
/// keep theirs; they are so many favourites away that their keys are short.
async fn renew_places_around(
    transaction: &DatabaseTransaction,
    user: &UserId,
    place: &str,
) -> Result<(), DbErr> {
    use favourite::Column;
    let mut above = of_user(user)
        .filter(Column::Place.gte(place))
        .order_by_asc(Column::Place)
        .order_by_asc(Column::TrackId)
        .limit(NEIGHBOURS)
        .all(transaction)
        .await?;
    let mut below = of_user(user)
        .filter(Column::Place.lt(place))
        .order_by_desc(Column::Place)
        .order_by_desc(Column::TrackId)
        .limit(NEIGHBOURS)
        .all(transaction)
        .await?;
    let outermost = |rows: &mut Vec<favourite::Model>| {
        let more = rows.len() as u64 == NEIGHBOURS;
        if more { rows.pop() } else { None }
    };
    let (low, high) = (outermost(&mut below), outermost(&mut above));
    below.reverse();
    below.append(&mut above);
    let places = order_key::spread(
        below.len(),
        low.as_ref().map(|it| it.place.as_str()),
        high.as_ref().map(|it| it.place.as_str()),
    );
    for (row, place) in below.into_iter().zip(places) {
        favourite::Entity::update_many()
            .col_expr(Column::Place, Expr::val(place))
            .filter(Column::UserId.eq(&row.user_id))
            .filter(Column::TrackId.eq(&row.track_id))
            .exec(transaction)
            .await?;
    }
    Ok(())
}
