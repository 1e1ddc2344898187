//! Tracks, by curators.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::Utc;
use kit::Result;

use super::super::input;
use super::super::track::Track;
use super::{DeletePayload, authorise_curator, deleted, nothing_with_id};
use crate::ids::{AlbumId, TrackId};
use crate::store::Store;
use crate::store::edit::{Deletion, NewTrack, TrackChange};

#[derive(Debug, Default)]
pub(super) struct TrackMutation;

/// A track to be created.
#[derive(Debug, InputObject)]
struct CreateTrackInput {
    /// The album it is on. This does not change later.
    album_id: ID,
    /// The title.
    title: String,
    /// The length in seconds.
    duration_seconds: i32,
    /// The place on the album, from 1.
    track_number: i32,
}

/// What changes about a track. What is left out stays.
#[derive(Debug, InputObject)]
struct UpdateTrackInput {
    /// The track.
    id: ID,
    /// The new title.
    title: Option<String>,
    /// The new length in seconds.
    duration_seconds: Option<i32>,
    /// The new place on the album.
    track_number: Option<i32>,
}

/// The track to be deleted.
#[derive(Debug, InputObject)]
struct DeleteTrackInput {
    /// The track.
    id: ID,
}

/// The track as it is now.
#[derive(SimpleObject)]
struct TrackPayload {
    /// The track as it is now.
    track: Track,
}

#[Object]
impl TrackMutation {
    /// Creates a track. Needs the role curator or admin.
    #[graphql(tag = "curator")]
    async fn create_track(
        &self,
        ctx: &Context<'_>,
        input: CreateTrackInput,
    ) -> Result<TrackPayload> {
        authorise_curator(ctx)?;
        let no_such_album = || nothing_with_id("input.albumId", "album");
        let new = NewTrack {
            title: input::name("input.title", &input.title)?,
            duration_seconds: input::duration("input.durationSeconds", input.duration_seconds)?,
            track_number: input::track_number("input.trackNumber", input.track_number)?,
            album: AlbumId::parse(&input.album_id).ok_or_else(no_such_album)?,
        };
        let created = ctx.data::<Store>()?.create_track(new, Utc::now()).await?;
        Ok(TrackPayload {
            track: Track(created.ok_or_else(no_such_album)?),
        })
    }

    /// Updates a track. Needs the role curator or admin.
    #[graphql(tag = "curator")]
    async fn update_track(
        &self,
        ctx: &Context<'_>,
        input: UpdateTrackInput,
    ) -> Result<TrackPayload> {
        authorise_curator(ctx)?;
        let title = input.title.as_deref();
        let (seconds, number) = (input.duration_seconds, input.track_number);
        let change = TrackChange {
            title: title.map(|it| input::name("input.title", it)).transpose()?,
            duration_seconds: seconds
                .map(|it| input::duration("input.durationSeconds", it))
                .transpose()?,
            track_number: number
                .map(|it| input::track_number("input.trackNumber", it))
                .transpose()?,
        };
        let updated = match TrackId::parse(&input.id) {
            Some(id) => ctx.data::<Store>()?.update_track(&id, change).await?,
            None => None,
        };
        let track = updated.ok_or_else(|| nothing_with_id("input.id", "track"))?;
        Ok(TrackPayload {
            track: Track(track),
        })
    }

    /// Deletes a track that is nobody's favourite and on no playlist. Needs the role curator or admin.
    #[graphql(tag = "curator")]
    async fn delete_track(
        &self,
        ctx: &Context<'_>,
        input: DeleteTrackInput,
    ) -> Result<DeletePayload> {
        authorise_curator(ctx)?;
        let ended = match TrackId::parse(&input.id) {
            Some(id) => ctx.data::<Store>()?.delete_track(&id).await?,
            None => Deletion::NotFound,
        };
        deleted(
            input.id,
            ended,
            "track",
            "The track is a favourite of somebody or on a playlist, so it stays",
        )
    }
}
