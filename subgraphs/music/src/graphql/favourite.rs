//! Favourites, seen from the user and from the track: two connections over the same rows.

use async_graphql::connection::PageInfo;
use async_graphql::{Context, Enum, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kit::Result;
use kit::graphql::directives::personal;
use kit::relay::{Cursor, Slice};

use super::connection::{ListOrder, cursors, page_info};
use super::loaders::{loaders, must_exist};
use super::track::Track;
use super::user::User;
use crate::store::Favourite;
use crate::store::favourites::FavouriteSort;
use crate::store::page::ValueKind;

/// The list of a user's favourites, in the order of time.
const ORDER_OF_USER: &str = "user.favourites";

/// The same list, as the user arranged it.
const CHOSEN_ORDER_OF_USER: &str = "user.favourites:place";
const ORDER_OF_TRACK: &str = "track.favouritedBy";

/// In which order a user's favourites come.
#[derive(Clone, Copy, Debug, Default, Enum, PartialEq, Eq)]
pub enum FavouriteOrder {
    /// The latest first.
    #[default]
    Recent,
    /// As the user arranged them. What was never moved stands where its time puts it.
    Chosen,
}

impl FavouriteOrder {
    /// What the store sorts by.
    pub fn sort(self) -> FavouriteSort {
        match self {
            FavouriteOrder::Recent => FavouriteSort::Time,
            FavouriteOrder::Chosen => FavouriteSort::Place,
        }
    }
}

/// The name of a user's favourites in this order, for cursors.
fn name_of(sort: FavouriteSort) -> &'static str {
    match sort {
        FavouriteSort::Time => ORDER_OF_USER,
        FavouriteSort::Place => CHOSEN_ORDER_OF_USER,
    }
}

/// A part of a user's favourites, in the order that was asked for.
#[expect(missing_debug_implementations, reason = "`PageInfo` has none")]
#[derive(SimpleObject)]
pub struct FavouriteConnection {
    /// The favourites of this part.
    edges: Vec<FavouriteEdge>,
    /// Where this part lies in the list.
    page_info: PageInfo,
}

/// A track that a user loves.
#[derive(Clone, Debug)]
pub struct FavouriteEdge {
    cursor: String,
    favourite: Favourite,
}

/// A part of the users who love a track, the latest first.
#[expect(missing_debug_implementations, reason = "`PageInfo` has none")]
#[derive(SimpleObject)]
pub struct FavouritedByConnection {
    /// The favourites of this part.
    edges: Vec<FavouritedByEdge>,
    /// Where this part lies in the list.
    page_info: PageInfo,
}

/// A user who loves a track.
#[derive(Debug, SimpleObject)]
pub struct FavouritedByEdge {
    /// Pass it as `after` or `before` to go on from here.
    cursor: String,
    /// Who. Null only while the users service cannot say more of them.
    node: Option<User>,
    /// Since when.
    favourited_at: DateTime<Utc>,
    /// Why, in the user's words.
    note: Option<String>,
}

impl FavouriteConnection {
    /// What cursors of a user's favourites are bound to.
    pub fn order(sort: FavouriteSort) -> ListOrder {
        ListOrder {
            name: name_of(sort).to_owned(),
            kind: match sort {
                FavouriteSort::Time => ValueKind::Number,
                FavouriteSort::Place => ValueKind::Text,
            },
        }
    }

    /// The connection over a slice of one user's favourites.
    pub fn new(slice: Slice<Favourite>, sort: FavouriteSort) -> Result<Self> {
        let cursors = cursors(&slice, name_of(sort), |it| it.position_of_user(sort))?;
        let page_info = page_info(&slice, &cursors);
        let edges = slice
            .rows
            .into_iter()
            .zip(cursors)
            .map(|(favourite, cursor)| FavouriteEdge { cursor, favourite })
            .collect();
        Ok(FavouriteConnection { edges, page_info })
    }
}

impl FavouriteEdge {
    /// The edge of a single favourite, as it stands in its user's list in this order.
    pub fn new(favourite: Favourite, sort: FavouriteSort) -> Result<Self> {
        let cursor = Cursor::new(name_of(sort), &favourite.position_of_user(sort))?;
        Ok(FavouriteEdge {
            cursor: cursor.as_str().to_owned(),
            favourite,
        })
    }
}

/// A track that a user loves.
#[Object]
impl FavouriteEdge {
    /// Pass it as `after` or `before` to go on from here.
    async fn cursor(&self) -> &str {
        &self.cursor
    }

    /// What.
    async fn node(&self, ctx: &Context<'_>) -> Result<Track> {
        let track = loaders(ctx)?.load_one(self.favourite.track.clone()).await?;
        must_exist("the track of a favourite", track).map(Track)
    }

    /// Since when.
    async fn favourited_at(&self) -> DateTime<Utc> {
        self.favourite.favourited_at
    }

    /// Why, in the user's words.
    #[graphql(directive = personal::apply())]
    async fn note(&self) -> Option<&str> {
        self.favourite.note.as_deref()
    }
}

impl FavouritedByConnection {
    /// What cursors of a track's lovers are bound to.
    pub fn order() -> ListOrder {
        ListOrder {
            name: ORDER_OF_TRACK.to_owned(),
            kind: ValueKind::Number,
        }
    }

    /// The connection over a slice of the favourites that point at one track.
    pub fn new(slice: Slice<Favourite>) -> Result<Self> {
        let cursors = cursors(&slice, ORDER_OF_TRACK, Favourite::position_of_track)?;
        let page_info = page_info(&slice, &cursors);
        let edges = slice
            .rows
            .into_iter()
            .zip(cursors)
            .map(|(favourite, cursor)| FavouritedByEdge {
                cursor,
                node: Some(User::known_by_id(favourite.user)),
                favourited_at: favourite.favourited_at,
                note: favourite.note,
            })
            .collect();
        Ok(FavouritedByConnection { edges, page_info })
    }
}
