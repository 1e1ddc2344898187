//! `CatalogueItem`: whatever has a place in the catalogue, for services that need not know what it is.
//!
//! A service that adds something to artists, albums and tracks alike, such as reviews, adds it to this
//! interface (`@interfaceObject`). It has an id then, and only this service can say of what.

use async_graphql::{Context, ID, Interface};
use kit::Result;

use super::album::Album;
use super::artist::Artist;
use super::loaders::{Loaders, loaders};
use super::track::Track;
use crate::ids::{AlbumId, ArtistId, TrackId};

/// Something of the catalogue.
#[derive(Clone, Debug, Interface)]
#[graphql(field(
    name = "id",
    ty = "ID",
    desc = "Opaque id. No two items of the catalogue have the same, of whatever kind they are."
))]
pub enum CatalogueItem {
    /// Somebody who makes music.
    Artist(Artist),
    /// A release.
    Album(Album),
    /// A recording.
    Track(Track),
}

/// The item with this id, whatever it is: one statement for each kind, however many are asked for.
pub async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<CatalogueItem>> {
    let loaders = loaders(ctx)?;
    let (artist, album, track) = tokio::try_join!(
        load(loaders, ArtistId::parse(id)),
        load(loaders, AlbumId::parse(id)),
        load(loaders, TrackId::parse(id)),
    )?;
    Ok(artist
        .map(|it| CatalogueItem::Artist(Artist(it)))
        .or_else(|| album.map(|it| CatalogueItem::Album(Album(it))))
        .or_else(|| track.map(|it| CatalogueItem::Track(Track(it)))))
}

async fn load<Id, Thing>(loaders: &Loaders, id: Option<Id>) -> Result<Option<Thing>>
where
    Id: Clone + Eq + std::hash::Hash + Send + Sync + 'static,
    Thing: Clone + Send + Sync + 'static,
    super::loaders::Loads:
        async_graphql::dataloader::Loader<Id, Value = Thing, Error = kit::Failure>,
{
    match id {
        Some(id) => loaders.load_one(id).await,
        None => Ok(None),
    }
}
