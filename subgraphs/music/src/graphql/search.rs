//! `search`: artists, albums and tracks in one list.

use async_graphql::{Context, Union};
use kit::Result;
use kit::relay::Slice;

use super::album::Album;
use super::artist::Artist;
use super::connection::{Connection, not_a_cursor};
use super::input;
use super::loaders::loaders;
use super::track::Track;
use crate::store::Store;
use crate::store::search::{Found, Page};

/// Something that was found.
#[derive(Clone, Debug, Union)]
pub enum SearchResult {
    /// An artist whose name fits.
    Artist(Artist),
    /// An album whose title fits.
    Album(Album),
    /// A track whose title fits.
    Track(Track),
}

/// Finds what contains `text`, the best fit first.
pub async fn search(
    ctx: &Context<'_>,
    text: &str,
    first: Option<i32>,
    after: Option<&str>,
) -> Result<Connection<SearchResult>> {
    let key = input::search_text("query", text)?;
    // Where a hit stands depends on the text, so cursors are bound to it.
    let order = format!("search:{key}");
    let page = Page::parse(first, after, None, None, &order)?;
    if page.after.as_ref().is_some_and(|it| !it.is_possible()) {
        return Err(not_a_cursor("after"));
    }
    let hits = ctx.data::<Store>()?.search(&key, &page).await?;

    let (mut artists, mut albums, mut tracks) = (Vec::new(), Vec::new(), Vec::new());
    for hit in &hits.rows {
        match &hit.found {
            Found::Artist(id) => artists.push(id.clone()),
            Found::Album(id) => albums.push(id.clone()),
            Found::Track(id) => tracks.push(id.clone()),
        }
    }
    let loaders = loaders(ctx)?;
    let (artists, albums, tracks) = tokio::try_join!(
        loaders.load_many(artists),
        loaders.load_many(albums),
        loaders.load_many(tracks),
    )?;
    let found = |found: &Found| match found {
        Found::Artist(id) => artists
            .get(id)
            .cloned()
            .map(Artist)
            .map(SearchResult::Artist),
        Found::Album(id) => albums.get(id).cloned().map(Album).map(SearchResult::Album),
        Found::Track(id) => tracks.get(id).cloned().map(Track).map(SearchResult::Track),
    };
    // What was deleted between the two looks is left out.
    let rows = hits
        .rows
        .into_iter()
        .filter_map(|hit| Some((hit.position, found(&hit.found)?)))
        .collect();
    let slice = Slice {
        rows,
        has_previous: hits.has_previous,
        has_next: hits.has_next,
    };
    Connection::new(
        slice,
        &order,
        |(position, _)| position.clone(),
        |(_, node)| node,
    )
}
