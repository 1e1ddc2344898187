//! `search`: artists, albums and tracks in one list, with what they have in common.

use async_graphql::connection::PageInfo;
use async_graphql::{Context, Object, SimpleObject, Union};
use kit::relay::Slice;
use kit::{Failure, Result};

use super::album::Album;
use super::artist::Artist;
use super::connection::{Edge, cursors, page_info};
use super::input;
use super::loaders::loaders;
use super::track::Track;
use crate::search_words::MAX_WORDS;
use crate::store::Store;
use crate::store::search::{Found, Hit, Hits, Page, Position, Wanted};

/// Something that was found.
#[derive(Clone, Debug, Union)]
pub enum SearchResult {
    /// An artist whose name fits.
    Artist(Artist),
    /// An album whose title or artist fits.
    Album(Album),
    /// A track whose title or artist fits.
    Track(Track),
}

/// A part of what was found.
#[expect(missing_debug_implementations, reason = "`PageInfo` has none")]
#[derive(SimpleObject)]
pub struct SearchConnection {
    /// The items of this part, the best fit first.
    edges: Vec<Edge<SearchResult>>,
    /// Where this part lies in the list.
    page_info: PageInfo,
    /// What all that was found has in common.
    facets: SearchFacets,
}

/// How what was found is spread. At most the 1,000 most loved things that fit are found and
/// counted.
#[derive(Debug)]
pub struct SearchFacets(Hits);

/// How much of what was found is of a genre.
#[derive(Debug, SimpleObject)]
pub struct GenreFacet {
    /// The genre, in lower case.
    genre: String,
    /// How many.
    count: i32,
}

/// How much of what was found is of ten years.
#[derive(Debug, SimpleObject)]
pub struct DecadeFacet {
    /// The first of the ten years.
    decade: i32,
    /// How many.
    count: i32,
}

/// How what was found is spread.
#[Object]
impl SearchFacets {
    /// By what the artists play, the most frequent first. Music of several genres counts for each.
    async fn genres(&self) -> Vec<GenreFacet> {
        let genres = self.0.genres().into_iter();
        genres
            .map(|(genre, count)| GenreFacet {
                genre,
                count: whole(count),
            })
            .collect()
    }

    /// By when albums and tracks were released, the earliest first. Artists are in none.
    async fn decades(&self) -> Vec<DecadeFacet> {
        let decades = self.0.decades().into_iter();
        decades
            .map(|(decade, count)| DecadeFacet {
                decade,
                count: whole(count),
            })
            .collect()
    }

    /// Whether all that fits was counted, and not only the most loved of it.
    async fn complete(&self) -> bool {
        self.0.complete
    }
}

fn whole(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// What `search` was asked.
#[derive(Clone, Debug)]
pub struct Question {
    /// The text.
    pub query: String,
    /// Only what is by artists who play this.
    pub genre: Option<String>,
    /// Only what was released in the ten years from this one on.
    pub decade: Option<i32>,
    /// How many.
    pub first: Option<i32>,
    /// Behind which cursor.
    pub after: Option<String>,
}

impl Question {
    fn check(&self) -> Result<Wanted> {
        let key = input::search_text("query", &self.query)?;
        let mut wanted = Wanted::new(&key);
        if wanted.word_count() > MAX_WORDS {
            return Err(Failure::bad_input(
                "query",
                format!("`query` must not have more than {MAX_WORDS} words"),
            ));
        }
        let genre = self.genre.as_deref();
        wanted.genre = genre.map(|it| input::genre("genre", it)).transpose()?;
        let decade = self.decade.map(|it| input::decade("decade", it));
        wanted.decade = decade.transpose()?;
        Ok(wanted)
    }
}

/// Finds what fits, the best first.
pub async fn search(ctx: &Context<'_>, question: &Question) -> Result<SearchConnection> {
    let wanted = question.check()?;
    // Where a hit stands depends on what was asked, so cursors are bound to it.
    let order = format!("search:{}", wanted.fingerprint());
    let after = question.after.as_deref();
    let page = Page::parse(question.first, after, None, None, &order)?;
    let hits = ctx.data::<Store>()?.search(&wanted).await?;
    let slice = load(ctx, hits.page(&page)).await?;
    let cursors = cursors(&slice, &order, |(position, _)| position.clone())?;
    let page_info = page_info(&slice, &cursors);
    let edges = slice
        .rows
        .into_iter()
        .zip(cursors)
        .map(|((_, node), cursor)| Edge::new(cursor, node))
        .collect();
    Ok(SearchConnection {
        edges,
        page_info,
        facets: SearchFacets(hits),
    })
}

/// What the hits of a page point at.
async fn load(ctx: &Context<'_>, hits: Slice<Hit>) -> Result<Slice<(Position, SearchResult)>> {
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
    Ok(Slice {
        rows,
        has_previous: hits.has_previous,
        has_next: hits.has_next,
    })
}
