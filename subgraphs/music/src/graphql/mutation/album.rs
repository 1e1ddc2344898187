//! Albums, by curators.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::Utc;
use kit::Result;

use super::super::album::Album;
use super::super::input;
use super::{DeletePayload, authorise_curator, deleted, nothing_with_id};
use crate::ids::{AlbumId, ArtistId};
use crate::store::Store;
use crate::store::edit::{AlbumChange, Deletion, NewAlbum};

#[derive(Debug, Default)]
pub(super) struct AlbumMutation;

/// An album to be created.
#[derive(Debug, InputObject)]
struct CreateAlbumInput {
    /// Who made it. This does not change later.
    artist_id: ID,
    /// The title.
    title: String,
    /// The year of first release.
    release_year: i32,
}

/// What changes about an album. What is left out stays.
#[derive(Debug, InputObject)]
struct UpdateAlbumInput {
    /// The album.
    id: ID,
    /// The new title.
    title: Option<String>,
    /// The new year of first release.
    release_year: Option<i32>,
}

/// The album to be deleted.
#[derive(Debug, InputObject)]
struct DeleteAlbumInput {
    /// The album.
    id: ID,
}

/// The album as it is now.
#[derive(SimpleObject)]
struct AlbumPayload {
    /// The album as it is now.
    album: Album,
}

#[Object]
impl AlbumMutation {
    /// Creates an album. Needs the role curator or admin.
    #[graphql(tag = "curator")]
    async fn create_album(
        &self,
        ctx: &Context<'_>,
        input: CreateAlbumInput,
    ) -> Result<AlbumPayload> {
        authorise_curator(ctx)?;
        let no_such_artist = || nothing_with_id("input.artistId", "artist");
        let new = NewAlbum {
            title: input::name("input.title", &input.title)?,
            release_year: input::release_year("input.releaseYear", input.release_year)?,
            artist: ArtistId::parse(&input.artist_id).ok_or_else(no_such_artist)?,
        };
        let created = ctx.data::<Store>()?.create_album(new, Utc::now()).await?;
        Ok(AlbumPayload {
            album: Album(created.ok_or_else(no_such_artist)?),
        })
    }

    /// Updates an album. Needs the role curator or admin.
    #[graphql(tag = "curator")]
    async fn update_album(
        &self,
        ctx: &Context<'_>,
        input: UpdateAlbumInput,
    ) -> Result<AlbumPayload> {
        authorise_curator(ctx)?;
        let title = input.title.as_deref();
        let year = input.release_year;
        let change = AlbumChange {
            title: title.map(|it| input::name("input.title", it)).transpose()?,
            release_year: year
                .map(|it| input::release_year("input.releaseYear", it))
                .transpose()?,
        };
        let updated = match AlbumId::parse(&input.id) {
            Some(id) => ctx.data::<Store>()?.update_album(&id, change).await?,
            None => None,
        };
        let album = updated.ok_or_else(|| nothing_with_id("input.id", "album"))?;
        Ok(AlbumPayload {
            album: Album(album),
        })
    }

    /// Deletes an album that has no tracks. Needs the role curator or admin.
    #[graphql(tag = "curator")]
    async fn delete_album(
        &self,
        ctx: &Context<'_>,
        input: DeleteAlbumInput,
    ) -> Result<DeletePayload> {
        authorise_curator(ctx)?;
        let ended = match AlbumId::parse(&input.id) {
            Some(id) => ctx.data::<Store>()?.delete_album(&id).await?,
            None => Deletion::NotFound,
        };
        deleted(
            input.id,
            ended,
            "album",
            "The album has tracks: delete those first",
        )
    }
}
