//! Artists, by curators.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use chrono::Utc;
use kit::Result;

use super::super::artist::Artist;
use super::super::input;
use super::{DeletePayload, authorise_curator, deleted, nothing_with_id};
use crate::ids::ArtistId;
use crate::store::Store;
use crate::store::edit::{ArtistChange, Deletion, NewArtist};

#[derive(Debug, Default)]
pub(super) struct ArtistMutation;

/// An artist to be created.
#[derive(Debug, InputObject)]
struct CreateArtistInput {
    /// The name.
    name: String,
    /// Where from, as ISO 3166-1 alpha-2.
    country: Option<String>,
    /// What they play, the most telling first; at most 10.
    #[graphql(default)]
    genres: Vec<String>,
}

/// What changes about an artist. What is left out stays.
#[derive(Debug, InputObject)]
struct UpdateArtistInput {
    /// The artist.
    id: ID,
    /// The new name.
    name: Option<String>,
    /// The new country, as ISO 3166-1 alpha-2; null removes it.
    country: MaybeUndefined<String>,
    /// All genres anew; at most 10.
    genres: Option<Vec<String>>,
}

/// The artist to be deleted.
#[derive(Debug, InputObject)]
struct DeleteArtistInput {
    /// The artist.
    id: ID,
}

/// The artist as it is now.
#[derive(SimpleObject)]
struct ArtistPayload {
    /// The artist as it is now.
    artist: Artist,
}

#[Object]
impl ArtistMutation {
    /// Creates an artist. Needs the role curator or admin.
    #[graphql(tag = "curator")]
    async fn create_artist(
        &self,
        ctx: &Context<'_>,
        input: CreateArtistInput,
    ) -> Result<ArtistPayload> {
        authorise_curator(ctx)?;
        let country = input.country.as_deref();
        let new = NewArtist {
            name: input::name("input.name", &input.name)?,
            country: country
                .map(|it| input::country("input.country", it))
                .transpose()?,
            genres: input::genres("input.genres", &input.genres)?,
        };
        let artist = ctx.data::<Store>()?.create_artist(new, Utc::now()).await?;
        Ok(ArtistPayload {
            artist: Artist(artist),
        })
    }

    /// Updates an artist. Needs the role curator or admin.
    #[graphql(tag = "curator")]
    async fn update_artist(
        &self,
        ctx: &Context<'_>,
        input: UpdateArtistInput,
    ) -> Result<ArtistPayload> {
        authorise_curator(ctx)?;
        let name = input.name.as_deref();
        let country = match &input.country {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(code) => Some(Some(input::country("input.country", code)?)),
        };
        let genres = input.genres.as_deref();
        let change = ArtistChange {
            name: name.map(|it| input::name("input.name", it)).transpose()?,
            country,
            genres: genres
                .map(|it| input::genres("input.genres", it))
                .transpose()?,
        };
        let updated = match ArtistId::parse(&input.id) {
            Some(id) => ctx.data::<Store>()?.update_artist(&id, change).await?,
            None => None,
        };
        let artist = updated.ok_or_else(|| nothing_with_id("input.id", "artist"))?;
        Ok(ArtistPayload {
            artist: Artist(artist),
        })
    }

    /// Deletes an artist who has no albums. Needs the role curator or admin.
    #[graphql(tag = "curator")]
    async fn delete_artist(
        &self,
        ctx: &Context<'_>,
        input: DeleteArtistInput,
    ) -> Result<DeletePayload> {
        authorise_curator(ctx)?;
        let ended = match ArtistId::parse(&input.id) {
            Some(id) => ctx.data::<Store>()?.delete_artist(&id).await?,
            None => Deletion::NotFound,
        };
        deleted(
            input.id,
            ended,
            "artist",
            "The artist has albums: delete those first",
        )
    }
}
