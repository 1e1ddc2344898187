//! The shape of every list: a Relay connection of edges.
//!
//! A cursor holds the position of its item in the order of its list, and the name of both; so
//! a cursor of another list or order is told apart from one that is damaged.

use async_graphql::connection::PageInfo;
use async_graphql::{OutputType, SimpleObject};
use kit::relay::{Cursor, Slice};
use kit::{Failure, Result};
use serde::Serialize;

use super::album::Album;
use super::artist::Artist;
use super::genre::Genre;
use super::playlist::{Playlist, PlaylistItem};
use super::search::SearchResult;
use super::track::Track;
use crate::store::page::{Page, ValueKind};

/// A part of a list.
#[expect(missing_debug_implementations, reason = "`PageInfo` has none")]
#[derive(SimpleObject)]
#[graphql(concrete(name = "ArtistConnection", params(Artist)))]
#[graphql(concrete(name = "AlbumConnection", params(Album)))]
#[graphql(concrete(name = "TrackConnection", params(Track)))]
#[graphql(concrete(name = "GenreConnection", params(Genre)))]
#[graphql(concrete(name = "PlaylistConnection", params(Playlist)))]
#[graphql(concrete(name = "PlaylistItemConnection", params(PlaylistItem)))]
pub struct Connection<Node: OutputType>
where
    Edge<Node>: OutputType,
{
    /// The items of this part, in the order of the list.
    edges: Vec<Edge<Node>>,
    /// Where this part lies in the list.
    page_info: PageInfo,
}

/// An item of a list, and its place there.
#[derive(Debug, SimpleObject)]
#[graphql(concrete(name = "ArtistEdge", params(Artist)))]
#[graphql(concrete(name = "AlbumEdge", params(Album)))]
#[graphql(concrete(name = "TrackEdge", params(Track)))]
#[graphql(concrete(name = "SearchEdge", params(SearchResult)))]
#[graphql(concrete(name = "GenreEdge", params(Genre)))]
#[graphql(concrete(name = "PlaylistEdge", params(Playlist)))]
#[graphql(concrete(name = "PlaylistItemEdge", params(PlaylistItem)))]
pub struct Edge<Node: OutputType> {
    /// Pass it as `after` or `before` to go on from here.
    cursor: String,
    /// The item.
    node: Node,
}

impl<Node: OutputType> Edge<Node> {
    /// An item, and where it stands.
    pub(super) fn new(cursor: String, node: Node) -> Self {
        Edge { cursor, node }
    }
}

/// The arguments every list takes.
#[derive(Clone, Debug, Default)]
pub struct PageArguments {
    /// How many from the beginning.
    pub first: Option<i32>,
    /// Only what comes after this cursor.
    pub after: Option<String>,
    /// How many from the end.
    pub last: Option<i32>,
    /// Only what comes before this cursor.
    pub before: Option<String>,
}

/// A list in one order: what its cursors are bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListOrder {
    /// Names the list and the order.
    pub name: String,
    /// What the order compares.
    pub kind: ValueKind,
}

impl PageArguments {
    /// Understands the arguments for a list in this order.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when a size is out of range, or a cursor is not one of this list in
    /// this order.
    pub fn page(&self, order: &ListOrder) -> Result<Page> {
        let (after, before) = (self.after.as_deref(), self.before.as_deref());
        let page = Page::parse(self.first, after, self.last, before, &order.name)?;
        for (argument, position) in [("after", &page.after), ("before", &page.before)] {
            // Whoever makes up a cursor can name the right order and hold the wrong kind.
            if position
                .as_ref()
                .is_some_and(|it| !it.is_possible(order.kind))
            {
                return Err(not_a_cursor(argument));
            }
        }
        Ok(page)
    }
}

/// The refusal of a cursor that was not made here.
pub(super) fn not_a_cursor(argument: &'static str) -> Failure {
    Failure::bad_input(
        argument,
        format!("`{argument}` is not a cursor: pass a `cursor` that this list returned"),
    )
}

impl<Node: OutputType> Connection<Node>
where
    Edge<Node>: OutputType,
{
    /// The connection over a slice: `position` tells where a row stands, `node` shows it.
    pub fn new<Row, Key: Serialize>(
        slice: Slice<Row>,
        order: &str,
        position: impl Fn(&Row) -> Key,
        node: impl Fn(Row) -> Node,
    ) -> Result<Self> {
        let cursors = cursors(&slice, order, position)?;
        let page_info = page_info(&slice, &cursors);
        let edges = slice
            .rows
            .into_iter()
            .zip(cursors)
            .map(|(row, cursor)| Edge {
                cursor,
                node: node(row),
            })
            .collect();
        Ok(Connection { edges, page_info })
    }
}

/// The cursor of each row of a slice.
pub(super) fn cursors<Row, Key: Serialize>(
    slice: &Slice<Row>,
    order: &str,
    position: impl Fn(&Row) -> Key,
) -> Result<Vec<String>> {
    slice
        .rows
        .iter()
        .map(|row| Ok(Cursor::new(order, &position(row))?.as_str().to_owned()))
        .collect()
}

/// Where a slice lies.
pub(super) fn page_info<Row>(slice: &Slice<Row>, cursors: &[String]) -> PageInfo {
    PageInfo {
        has_previous_page: slice.has_previous,
        has_next_page: slice.has_next,
        start_cursor: cursors.first().cloned(),
        end_cursor: cursors.last().cloned(),
    }
}
