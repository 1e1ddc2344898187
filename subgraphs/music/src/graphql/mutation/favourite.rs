//! `addFavourite`, `removeFavourite` and `moveFavourite`: all may be repeated without harm.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::Utc;
use kit::{Failure, Result};

use super::super::favourite::FavouriteEdge;
use super::super::input;
use super::super::loaders::loaders;
use super::super::track::Track;
use super::super::user::User;
use super::super::viewer::caller;
use super::nothing_with_id;
use crate::ids::TrackId;
use crate::store::favourites::{FavouriteSort, FavouriteTarget, NoteChange};
use crate::store::{Moved, Store};

#[derive(Debug, Default)]
pub(super) struct FavouriteMutation;

/// What becomes a favourite.
#[derive(Debug, InputObject)]
struct AddFavouriteInput {
    /// The track.
    track_id: ID,
    /// Why, at most 500 characters. Left out, an existing note stays; null removes it.
    note: MaybeUndefined<String>,
}

/// What is no longer a favourite.
#[derive(Debug, InputObject)]
struct RemoveFavouriteInput {
    /// The track.
    track_id: ID,
}

/// Where a favourite goes in the order that the caller chose.
#[derive(Debug, InputObject)]
struct MoveFavouriteInput {
    /// The track.
    track_id: ID,
    /// The favourite behind which it goes. Left out, it goes before all others.
    after_track_id: Option<ID>,
}

/// What moving a favourite did.
#[derive(SimpleObject)]
struct MoveFavouritePayload {
    /// The favourite, with its cursor in the chosen order.
    favourite: FavouriteEdge,
    /// The caller. Null only while the users service cannot say more of them.
    user: Option<User>,
}

/// What adding a favourite did.
#[derive(SimpleObject)]
struct AddFavouritePayload {
    /// The favourite as it is now.
    favourite: FavouriteEdge,
    /// True when it is new, false when the track was a favourite before.
    added: bool,
    /// The caller. Null only while the users service cannot say more of them.
    user: Option<User>,
}

/// What removing a favourite did.
#[derive(SimpleObject)]
struct RemoveFavouritePayload {
    /// True when it was there, false when there was nothing to remove.
    removed: bool,
    /// The track; null when there is no such track.
    track: Option<Track>,
    /// The caller. Null only while the users service cannot say more of them.
    user: Option<User>,
}

#[Object]
impl FavouriteMutation {
    /// Makes a track a favourite of the caller. Doing it again keeps the first date, and
    /// changes the note when one is given.
    async fn add_favourite(
        &self,
        ctx: &Context<'_>,
        input: AddFavouriteInput,
    ) -> Result<AddFavouritePayload> {
        let user = caller(ctx)?;
        let note = match &input.note {
            MaybeUndefined::Undefined => NoteChange::Keep,
            MaybeUndefined::Null => NoteChange::Set(None),
            MaybeUndefined::Value(text) => NoteChange::Set(input::note("input.note", Some(text))?),
        };
        let no_such_track = || nothing_with_id("input.trackId", "track");
        let track = TrackId::parse(&input.track_id).ok_or_else(no_such_track)?;
        let store = ctx.data::<Store>()?;
        let added = store.add_favourite(&user, &track, note, Utc::now()).await?;
        let added = added.ok_or_else(no_such_track)?;
        Ok(AddFavouritePayload {
            favourite: FavouriteEdge::new(added.favourite, FavouriteSort::Time)?,
            added: added.new,
            user: Some(User::known_by_id(user)),
        })
    }

    /// Makes a track no longer a favourite of the caller. One that is none is no error.
    async fn remove_favourite(
        &self,
        ctx: &Context<'_>,
        input: RemoveFavouriteInput,
    ) -> Result<RemoveFavouritePayload> {
        let user = caller(ctx)?;
        let (mut removed, mut track) = (false, None);
        if let Some(id) = TrackId::parse(&input.track_id) {
            removed = ctx.data::<Store>()?.remove_favourite(&user, &id).await?;
            track = loaders(ctx)?.load_one(id).await?.map(Track);
        }
        Ok(RemoveFavouritePayload {
            removed,
            track,
            user: Some(User::known_by_id(user)),
        })
    }

    /// Moves a favourite of the caller in the order that the caller chose (`CHOSEN`).
    async fn move_favourite(
        &self,
        ctx: &Context<'_>,
        input: MoveFavouriteInput,
    ) -> Result<MoveFavouritePayload> {
        let user = caller(ctx)?;
        let not_loved = |argument| {
            Failure::not_found(format!("The track given as `{argument}` is no favourite"))
                .about(argument)
        };
        let (moved, target) = ("input.trackId", "input.afterTrackId");
        let track = TrackId::parse(&input.track_id).ok_or_else(|| not_loved(moved))?;
        let to = match &input.after_track_id {
            None => FavouriteTarget::Beginning,
            Some(id) => {
                FavouriteTarget::After(TrackId::parse(id).ok_or_else(|| not_loved(target))?)
            }
        };
        let store = ctx.data::<Store>()?;
        match store.move_favourite(&user, &track, &to).await? {
            Moved::Done(favourite) => Ok(MoveFavouritePayload {
                favourite: FavouriteEdge::new(favourite, FavouriteSort::Place)?,
                user: Some(User::known_by_id(user)),
            }),
            Moved::NotAFavourite => Err(not_loved(moved)),
            Moved::NoTarget => Err(not_loved(target)),
        }
    }
}
