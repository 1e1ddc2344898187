//! How resolvers read what belongs to one of many: through loads that collect all keys first.
//!
//! A thing is asked for by its id. A list that belongs to a thing is asked for by the thing and
//! the page wanted; keys with the same page share a statement, and one query field gives the
//! same page to all its parents.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_graphql::Context;
use async_graphql::dataloader::{DataLoader, Loader};
use kit::relay::Slice;
use kit::{Failure, Result};

use crate::ids::{AlbumId, ArtistId, TrackId, UserId};
use crate::store::favourites::FavouriteSort;
use crate::store::page::{self, Page};
use crate::store::recommendations::Listener;
use crate::store::{Album, Artist, Favourite, Store, Track};

/// The loaders of one request.
pub type Loaders = DataLoader<Loads>;

/// Loads from the store, for one request.
#[derive(Debug)]
pub struct Loads {
    store: Store,
    counted: Arc<Counted>,
}

/// Items of lists below lists in one answer so far; they are limited together.
#[derive(Debug, Default)]
pub struct Counted(AtomicUsize);

impl Counted {
    /// Begins with another answer.
    pub fn restart(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

impl Loads {
    /// Loads from this store.
    pub fn new(store: Store) -> Self {
        Loads {
            store,
            counted: Arc::default(),
        }
    }

    /// What is loaded from.
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// What was counted so far.
    pub(super) fn counted(&self) -> Arc<Counted> {
        Arc::clone(&self.counted)
    }

    /// Counts items that go into the answer.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when the request has had too many.
    fn count(&self, items: usize) -> Result<()> {
        let before = self.counted.0.fetch_add(items, Ordering::Relaxed);
        if before + items > page::MAX_ITEMS_OF_LISTS {
            return Err(page::too_many_items());
        }
        Ok(())
    }
}

/// The loaders of the request being answered.
pub fn loaders<'a>(ctx: &Context<'a>) -> Result<&'a Loaders> {
    Ok(ctx.data::<Loaders>()?)
}

/// A page of a list that belongs to a thing; empty when nothing was found for the key.
///
/// # Errors
/// When the store fails, or the request has had too many items.
pub async fn load_page<Key, Row>(ctx: &Context<'_>, key: Key, page: &Page) -> Result<Slice<Row>>
where
    Key: Clone + Eq + Hash + Send + Sync + 'static,
    Loads: Loader<Key, Value = Slice<Row>, Error = Failure>,
{
    let loaders = loaders(ctx)?;
    let slice = loaders
        .load_one(key)
        .await?
        .unwrap_or_else(|| page.cut(Vec::new()));
    loaders.loader().count(slice.rows.len())?;
    Ok(slice)
}

/// What a foreign key points at. It was there when the key was written and nothing that is
/// pointed at is deleted, so its absence is a fault.
pub fn must_exist<Thing>(what: &'static str, found: Option<Thing>) -> Result<Thing> {
    found.ok_or_else(|| Failure::internal(format!("{what} is missing though a key points at it")))
}

/// Asks for the genres of an artist.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GenresOf(pub ArtistId);

/// Asks how many favourites a user has.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FavouriteCountOf(pub UserId);

/// Asks for a page of an artist's albums.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AlbumsOf(pub ArtistId, pub Page);

/// Asks for a page of an artist's tracks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TracksBy(pub ArtistId, pub Page);

/// Asks for a page of an album's tracks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TracksOn(pub AlbumId, pub Page);

/// Asks for a page of a genre's tracks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TracksOfGenre(pub String, pub Page);

/// Asks for a page of a user's favourites, in this order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FavouritesOf(pub UserId, pub FavouriteSort, pub Page);

/// Asks whether a user loves a track.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IsFavourite(pub UserId, pub TrackId);

/// Asks for a page of the favourites that point at a track.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoversOf(pub TrackId, pub Page);

impl Loader<ArtistId> for Loads {
    type Value = Artist;
    type Error = Failure;

    async fn load(&self, ids: &[ArtistId]) -> Result<HashMap<ArtistId, Artist>> {
        self.store.artists_by_id(ids).await
    }
}

impl Loader<AlbumId> for Loads {
    type Value = Album;
    type Error = Failure;

    async fn load(&self, ids: &[AlbumId]) -> Result<HashMap<AlbumId, Album>> {
        self.store.albums_by_id(ids).await
    }
}

impl Loader<TrackId> for Loads {
    type Value = Track;
    type Error = Failure;

    async fn load(&self, ids: &[TrackId]) -> Result<HashMap<TrackId, Track>> {
        self.store.tracks_by_id(ids).await
    }
}

impl Loader<GenresOf> for Loads {
    type Value = Vec<String>;
    type Error = Failure;

    async fn load(&self, keys: &[GenresOf]) -> Result<HashMap<GenresOf, Vec<String>>> {
        let artists: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let genres = self.store.genres_of(&artists).await?;
        Ok(genres
            .into_iter()
            .map(|(artist, genres)| (GenresOf(artist), genres))
            .collect())
    }
}

impl Loader<FavouriteCountOf> for Loads {
    type Value = i32;
    type Error = Failure;

    async fn load(&self, keys: &[FavouriteCountOf]) -> Result<HashMap<FavouriteCountOf, i32>> {
        let users: Vec<_> = keys.iter().map(|key| key.0.clone()).collect();
        let counts = self.store.favourite_counts(&users).await?;
        Ok(counts
            .into_iter()
            .map(|(user, count)| (FavouriteCountOf(user), count))
            .collect())
    }
}

impl Loader<Listener> for Loads {
    type Value = Vec<Track>;
    type Error = Failure;

    async fn load(&self, keys: &[Listener]) -> Result<HashMap<Listener, Vec<Track>>> {
        self.store.recommendations(keys).await
    }
}

impl Loader<AlbumsOf> for Loads {
    type Value = Slice<Album>;
    type Error = Failure;

    async fn load(&self, keys: &[AlbumsOf]) -> Result<HashMap<AlbumsOf, Slice<Album>>> {
        let mut loaded = HashMap::new();
        for (page, artists) in by_page(keys.iter().map(|AlbumsOf(id, page)| (id, page))) {
            let slices = self.store.albums_of(&artists, page).await?;
            loaded.extend(
                slices
                    .into_iter()
                    .map(|(id, it)| (AlbumsOf(id, page.clone()), it)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<TracksBy> for Loads {
    type Value = Slice<Track>;
    type Error = Failure;

    async fn load(&self, keys: &[TracksBy]) -> Result<HashMap<TracksBy, Slice<Track>>> {
        let mut loaded = HashMap::new();
        for (page, artists) in by_page(keys.iter().map(|TracksBy(id, page)| (id, page))) {
            let slices = self.store.tracks_of_artists(&artists, page).await?;
            loaded.extend(
                slices
                    .into_iter()
                    .map(|(id, it)| (TracksBy(id, page.clone()), it)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<TracksOn> for Loads {
    type Value = Slice<Track>;
    type Error = Failure;

    async fn load(&self, keys: &[TracksOn]) -> Result<HashMap<TracksOn, Slice<Track>>> {
        let mut loaded = HashMap::new();
        for (page, albums) in by_page(keys.iter().map(|TracksOn(id, page)| (id, page))) {
            let slices = self.store.tracks_of_albums(&albums, page).await?;
            loaded.extend(
                slices
                    .into_iter()
                    .map(|(id, it)| (TracksOn(id, page.clone()), it)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<TracksOfGenre> for Loads {
    type Value = Slice<Track>;
    type Error = Failure;

    async fn load(&self, keys: &[TracksOfGenre]) -> Result<HashMap<TracksOfGenre, Slice<Track>>> {
        let mut loaded = HashMap::new();
        for (page, genres) in by_page(keys.iter().map(|TracksOfGenre(name, page)| (name, page))) {
            let slices = self.store.tracks_of_genres(&genres, page).await?;
            loaded.extend(
                slices
                    .into_iter()
                    .map(|(name, it)| (TracksOfGenre(name, page.clone()), it)),
            );
        }
        Ok(loaded)
    }
}

impl Loader<FavouritesOf> for Loads {
    type Value = Slice<Favourite>;
    type Error = Failure;

    async fn load(&self, keys: &[FavouritesOf]) -> Result<HashMap<FavouritesOf, Slice<Favourite>>> {
        let mut loaded = HashMap::new();
        for sort in [FavouriteSort::Time, FavouriteSort::Place] {
            let wanted = keys.iter().filter(|key| key.1 == sort);
            for (page, users) in by_page(wanted.map(|FavouritesOf(id, _, page)| (id, page))) {
                let slices = self.store.favourites_of_users(&users, sort, page).await?;
                loaded.extend(
                    slices
                        .into_iter()
                        .map(|(id, it)| (FavouritesOf(id, sort, page.clone()), it)),
                );
            }
        }
        Ok(loaded)
    }
}

impl Loader<IsFavourite> for Loads {
    type Value = ();
    type Error = Failure;

    async fn load(&self, keys: &[IsFavourite]) -> Result<HashMap<IsFavourite, ()>> {
        let mut by_user: HashMap<&UserId, Vec<TrackId>> = HashMap::new();
        for IsFavourite(user, track) in keys {
            by_user.entry(user).or_default().push(track.clone());
        }
        let mut loaded = HashMap::new();
        // One request has one caller, so this is one statement.
        for (user, tracks) in by_user {
            let loved = self.store.favourites_among(user, &tracks).await?;
            loaded.extend(
                loved
                    .into_iter()
                    .map(|track| (IsFavourite(user.clone(), track), ())),
            );
        }
        Ok(loaded)
    }
}

impl Loader<LoversOf> for Loads {
    type Value = Slice<Favourite>;
    type Error = Failure;

    async fn load(&self, keys: &[LoversOf]) -> Result<HashMap<LoversOf, Slice<Favourite>>> {
        let mut loaded = HashMap::new();
        for (page, tracks) in by_page(keys.iter().map(|LoversOf(id, page)| (id, page))) {
            let slices = self.store.favourites_of_tracks(&tracks, page).await?;
            loaded.extend(
                slices
                    .into_iter()
                    .map(|(id, it)| (LoversOf(id, page.clone()), it)),
            );
        }
        Ok(loaded)
    }
}

/// The parents that want each page.
pub(super) fn by_page<'a, Id: Clone + 'a>(
    keys: impl Iterator<Item = (&'a Id, &'a Page)>,
) -> HashMap<&'a Page, Vec<Id>> {
    let mut grouped: HashMap<&Page, Vec<Id>> = HashMap::new();
    for (id, page) in keys {
        grouped.entry(page).or_default().push(id.clone());
    }
    grouped
}
