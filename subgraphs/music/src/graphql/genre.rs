//! `Genre`: what artists play, with their music and its chart.

use async_graphql::{Context, Object};
use kit::Result;

use super::connection::{Connection, PageArguments};
use super::loaders::{TracksOfGenre, load_page};
use super::track::{self, Track};
use crate::store::genres::ORDER_OF_TRACKS;
use crate::store::page::SortDirection;

/// What cursors of the list of genres are bound to.
pub const ORDER: &str = "genres";

/// What artists play.
#[derive(Clone, Debug)]
pub struct Genre(pub String);

/// What artists play.
#[Object]
impl Genre {
    /// The name, in lower case.
    async fn name(&self) -> &str {
        &self.0
    }

    /// The tracks of artists who play it, the most loved first.
    async fn tracks(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<Track>> {
        let sort = ORDER_OF_TRACKS;
        let order = track::list_order("genre.tracks", sort, SortDirection::Descending);
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .page(&order)?;
        let key = TracksOfGenre(self.0.clone(), page.clone());
        let slice = load_page(ctx, key, &page).await?;
        Connection::new(slice, &order.name, |it| it.position(sort), Track)
    }
}
