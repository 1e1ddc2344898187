//! `Playlist`, what is on it, and who may see it.
//!
//! A [`Playlist`] is only made here, by `visible` or by who has just proved to own or to work on
//! it. So on every path through the graph a playlist that the caller may not see is absent: null
//! as an entity and as a field, left out of lists, never an error that would tell of it.

use async_graphql::{ComplexObject, Context, Enum, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kit::Result;

use super::connection::{Connection, ListOrder, PageArguments};
use super::loaders::{load_page, loaders, must_exist};
use super::track::Track;
use super::user::User;
use super::viewer::{may_see_private, viewer};
use crate::ids::{PlaylistId, UserId};
use crate::store::page::ValueKind;
use crate::store::playlists::{Item, Visibility};
use crate::store::{self, Store};

mod access;
mod loads;

pub use access::Access;

use loads::{CollaborationsOf, CollaboratorsOf, ItemsOf, PlaylistsOf, WorksOn};

/// Who may see a playlist, beside its owner and those who work on it.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
#[graphql(remote = "Visibility")]
pub enum PlaylistVisibility {
    /// Nobody.
    Private,
    /// Whoever has its link.
    ByLink,
    /// Everybody.
    Public,
}

/// What the caller is to a playlist.
#[derive(Clone, Copy, Debug, Enum, PartialEq, Eq)]
pub enum PlaylistRole {
    /// The one whose playlist it is.
    Owner,
    /// One whom the owner lets edit the items.
    Collaborator,
}

/// A list of tracks that somebody made.
#[derive(Clone, Debug)]
pub struct Playlist(store::Playlist);

/// A track on a playlist.
#[derive(Clone, Debug, SimpleObject)]
#[graphql(complex)]
pub struct PlaylistItem {
    /// Opaque: a track may be on a playlist more than once.
    id: ID,
    /// When it was added.
    added_at: DateTime<Utc>,
    #[graphql(skip)]
    item: Item,
    #[graphql(skip)]
    shows_who: bool,
}

/// The playlist with this id, if the caller may see it.
pub async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Playlist>> {
    let Some(id) = PlaylistId::parse(id) else {
        return Ok(None);
    };
    match loaders(ctx)?.load_one(id).await? {
        Some(playlist) => visible(ctx, playlist).await,
        None => Ok(None),
    }
}

/// The playlist whose link has this token.
pub async fn find_by_token(ctx: &Context<'_>, token: &str) -> Result<Option<Playlist>> {
    let store = ctx.data::<Store>()?;
    let found = store.playlist_by_share_token(token, Utc::now()).await?;
    // The token is the permission.
    Ok(found.map(Playlist))
}

/// A playlist, if the caller may see it by its id.
async fn visible(ctx: &Context<'_>, playlist: store::Playlist) -> Result<Option<Playlist>> {
    let sees = playlist.visibility == Visibility::Public
        || may_see_private(ctx, &playlist.owner)
        || role(ctx, &playlist).await?.is_some();
    Ok(sees.then_some(Playlist(playlist)))
}

/// What the caller is to a playlist.
async fn role(ctx: &Context<'_>, playlist: &store::Playlist) -> Result<Option<PlaylistRole>> {
    let Some(user) = viewer(ctx) else {
        return Ok(None);
    };
    if user == playlist.owner {
        return Ok(Some(PlaylistRole::Owner));
    }
    let works_on = loaders(ctx)?
        .load_one(WorksOn(user, playlist.id.clone()))
        .await?;
    Ok(works_on.map(|()| PlaylistRole::Collaborator))
}

/// A part of the playlists that a user made, as far as the caller may see them.
pub async fn of_user(
    ctx: &Context<'_>,
    user: &UserId,
    arguments: &PageArguments,
) -> Result<Connection<Playlist>> {
    let all = may_see_private(ctx, user);
    let order = ListOrder {
        name: "user.playlists".to_owned(),
        kind: ValueKind::Number,
    };
    let page = arguments.page(&order)?;
    let key = PlaylistsOf(user.clone(), all, page.clone());
    let slice = load_page(ctx, key, &page).await?;
    Connection::new(slice, &order.name, store::Playlist::position, Playlist)
}

/// A part of the playlists that a user works on; `None` for anybody else.
pub async fn collaborations_of(
    ctx: &Context<'_>,
    user: &UserId,
    arguments: &PageArguments,
) -> Result<Option<Connection<Playlist>>> {
    if !may_see_private(ctx, user) {
        return Ok(None);
    }
    let order = ListOrder {
        name: "user.collaborations".to_owned(),
        kind: ValueKind::Number,
    };
    let page = arguments.page(&order)?;
    let key = CollaborationsOf(user.clone(), page.clone());
    let slice = load_page(ctx, key, &page).await?;
    let ids = slice.rows.iter().map(|it| it.playlist.clone());
    let mut playlists = loaders(ctx)?.load_many(ids).await?;
    // One that was deleted since the list was read is left out.
    let slice = kit::relay::Slice {
        rows: slice
            .rows
            .into_iter()
            .filter_map(|it| Some((it.position(), playlists.remove(&it.playlist)?)))
            .collect(),
        has_previous: slice.has_previous,
        has_next: slice.has_next,
    };
    Connection::new(
        slice,
        &order.name,
        |(position, _)| position.clone(),
        |(_, playlist)| Playlist(playlist),
    )
    .map(Some)
}

impl Playlist {
    /// A playlist that the caller has just edited, and so may see.
    pub(super) fn edited(playlist: store::Playlist) -> Self {
        Playlist(playlist)
    }
}

/// A list of tracks that somebody made.
#[Object]
impl Playlist {
    /// Opaque id.
    async fn id(&self) -> ID {
        ID(self.0.id.as_str().to_owned())
    }

    /// The name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it is about, in the owner's words.
    async fn description(&self) -> Option<&str> {
        self.0.description.as_deref()
    }

    /// Who may see it.
    async fn visibility(&self) -> PlaylistVisibility {
        self.0.visibility.into()
    }

    /// Whose it is. Null only while the users service cannot say more of them.
    async fn owner(&self) -> Option<User> {
        Some(User::known_by_id(self.0.owner.clone()))
    }

    /// How many items it has.
    async fn item_count(&self) -> i32 {
        self.0.item_count
    }

    /// How often it was changed. An edit says which version it is for.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When it was changed last.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }

    /// What is on it, in order.
    async fn items(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<PlaylistItem>> {
        let order = ListOrder {
            name: "playlist.items".to_owned(),
            kind: ValueKind::Text,
        };
        let page = PageArguments {
            first,
            after,
            last,
            before,
        }
        .page(&order)?;
        let key = ItemsOf(self.0.id.clone(), page.clone());
        let slice = load_page(ctx, key, &page).await?;
        let shows_who = self.shows_who(ctx).await?;
        Connection::new(slice, &order.name, Item::position, |item| {
            PlaylistItem::new(item, shows_who)
        })
    }

    /// What the caller is to it; null for anybody who only may look.
    async fn viewer_role(&self, ctx: &Context<'_>) -> Result<Option<PlaylistRole>> {
        role(ctx, &self.0).await
    }

    /// Who else edits the items; null for whoever does not.
    async fn collaborators(&self, ctx: &Context<'_>) -> Result<Option<Vec<Option<User>>>> {
        if !self.shows_who(ctx).await? {
            return Ok(None);
        }
        let key = CollaboratorsOf(self.0.id.clone());
        let users = loaders(ctx)?.load_one(key).await?.unwrap_or_default();
        let user = |id| Some(User::known_by_id(id));
        Ok(Some(users.into_iter().map(user).collect()))
    }

    /// Whether it has a link; null for anybody but the owner.
    async fn has_share_link(&self, ctx: &Context<'_>) -> Option<bool> {
        may_see_private(ctx, &self.0.owner).then_some(self.0.has_link)
    }

    /// Until when its link works; null for ever, and for anybody but the owner.
    async fn share_link_expires_at(&self, ctx: &Context<'_>) -> Option<DateTime<Utc>> {
        let expires_at = self.0.link_expires_at?;
        may_see_private(ctx, &self.0.owner).then_some(expires_at)
    }
}

impl Playlist {
    /// Whether the caller is told who works on it: those who do, and admins.
    async fn shows_who(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(may_see_private(ctx, &self.0.owner) || role(ctx, &self.0).await?.is_some())
    }
}

impl PlaylistItem {
    /// An item, and whether the caller is told who added it.
    pub(super) fn new(item: Item, shows_who: bool) -> Self {
        PlaylistItem {
            id: ID(item.id.as_str().to_owned()),
            added_at: item.added_at,
            item,
            shows_who,
        }
    }
}

#[ComplexObject]
impl PlaylistItem {
    /// The track.
    async fn track(&self, ctx: &Context<'_>) -> Result<Track> {
        let track = loaders(ctx)?.load_one(self.item.track.clone()).await?;
        must_exist("the track of a playlist", track).map(Track)
    }

    /// Who added it; null for whoever does not edit the items, and when that user is gone.
    async fn added_by(&self) -> Option<User> {
        let user = self.item.added_by.clone().filter(|_| self.shows_who)?;
        Some(User::known_by_id(user))
    }
}
