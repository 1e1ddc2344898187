//! The schema: two types of other services with something added to each, and one of our own.

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, ID, InputObject, Object};
use kit::auth::Caller;
use kit::config::RequestArgs;
use kit::graphql::SubgraphSchema;
use kit::graphql::directives::personal;
use kit::{Failure, Result};

use super::store::{self, ByUser, OfItem, StarsOf, Store};

/// The schema of this service.
pub type ReviewsSchema = SubgraphSchema<Query, Mutation>;

/// The schema over a store.
pub fn schema(store: Store, requests: &RequestArgs) -> ReviewsSchema {
    kit::graphql::build(Query, Mutation, requests)
        .data(store)
        .finish()
}

/// The schema as the router composes it; needs no database.
pub fn sdl() -> String {
    let schema: ReviewsSchema =
        kit::graphql::build(Query, Mutation, &RequestArgs::default()).finish();
    kit::graphql::sdl::print(&schema)
}

/// Something of the catalogue. Music knows whether it is an artist, an album or a track.
#[derive(Debug)]
pub struct CatalogueItem(ID);

/// Something of the catalogue.
#[Object(interface_object)]
impl CatalogueItem {
    /// Opaque id.
    async fn id(&self) -> &ID {
        &self.0
    }

    /// What users think of it.
    async fn reviews(&self, ctx: &Context<'_>) -> Result<Option<Vec<Review>>> {
        let loader = ctx.data::<DataLoader<Store>>()?;
        let reviews = loader.load_one(OfItem(self.0.to_string())).await?;
        Ok(Some(all(reviews)))
    }

    /// Their stars on average; null without a review.
    async fn average_stars(&self, ctx: &Context<'_>) -> Result<Option<f64>> {
        let loader = ctx.data::<DataLoader<Store>>()?;
        let sum = loader.load_one(StarsOf(self.0.to_string())).await?;
        Ok(sum.map(|(stars, count)| stars as f64 / count as f64))
    }
}

/// A user, whom the users service knows.
#[derive(Debug)]
pub struct User(ID);

/// A registered user.
#[Object]
impl User {
    /// Opaque; never given to anybody else.
    async fn id(&self) -> &ID {
        &self.0
    }

    /// What the user thinks of the catalogue.
    async fn reviews(&self, ctx: &Context<'_>) -> Result<Option<Vec<Review>>> {
        let loader = ctx.data::<DataLoader<Store>>()?;
        let reviews = loader.load_one(ByUser(self.0.to_string())).await?;
        Ok(Some(all(reviews)))
    }
}

/// What a user thinks of something.
#[derive(Debug)]
pub struct Review(store::Review);

/// What a user thinks of something.
#[Object]
impl Review {
    /// What it is about.
    async fn about(&self) -> Option<CatalogueItem> {
        Some(CatalogueItem(ID(self.0.item_id.clone())))
    }

    /// Who thinks so.
    async fn author(&self) -> Option<User> {
        Some(User(ID(self.0.author_id.clone())))
    }

    /// How much, from 1 to 5.
    async fn stars(&self) -> i32 {
        self.0.stars
    }

    /// Why, in the user's words.
    #[graphql(directive = personal::apply())]
    async fn text(&self) -> &str {
        &self.0.text
    }
}

fn all(reviews: Option<Vec<store::Review>>) -> Vec<Review> {
    reviews
        .unwrap_or_default()
        .into_iter()
        .map(Review)
        .collect()
}

/// What can be an id at all; nothing else reaches the database.
fn id_of(id: ID) -> Option<ID> {
    let fits = (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(id)
}

/// The query root.
#[derive(Clone, Copy, Debug)]
pub struct Query;

#[Object]
impl Query {
    /// What the signed-in user thinks of the catalogue.
    async fn my_reviews(&self, ctx: &Context<'_>) -> Result<Vec<Review>> {
        let caller = Caller::of(ctx).signed_in()?;
        let loader = ctx.data::<DataLoader<Store>>()?;
        let reviews = loader.load_one(ByUser(caller.id.clone())).await?;
        Ok(all(reviews))
    }

    /// How the router asks for what this service adds to an item.
    #[graphql(entity)]
    async fn catalogue_item_by_id(&self, id: ID) -> Option<CatalogueItem> {
        id_of(id).map(CatalogueItem)
    }

    /// How it asks for what this service adds to a user.
    #[graphql(entity)]
    async fn user_by_id(&self, id: ID) -> Option<User> {
        id_of(id).map(User)
    }
}

/// A review to be kept.
#[derive(Debug, InputObject)]
pub struct ReviewInput {
    /// The artist, album or track.
    item_id: ID,
    /// From 1 to 5.
    stars: i32,
    /// Why, at most 1000 characters.
    text: String,
}

/// The mutation root.
#[derive(Clone, Copy, Debug)]
pub struct Mutation;

#[Object]
impl Mutation {
    /// Says what the signed-in user thinks of something, instead of what they said before.
    async fn review(&self, ctx: &Context<'_>, input: ReviewInput) -> Result<Review> {
        let caller = Caller::of(ctx).signed_in()?;
        let Some(item) = id_of(input.item_id) else {
            return Err(Failure::bad_input(
                "input.itemId",
                "`input.itemId` is no id",
            ));
        };
        if !(1..=5).contains(&input.stars) {
            return Err(Failure::bad_input(
                "input.stars",
                "`input.stars` is from 1 to 5",
            ));
        }
        let text = input.text.trim().to_owned();
        if text.chars().count() > 1000 || text.contains('\0') {
            return Err(Failure::bad_input(
                "input.text",
                "`input.text` is too long, or no text",
            ));
        }
        let review = store::Review {
            item_id: item.to_string(),
            author_id: caller.id.clone(),
            stars: input.stars,
            text,
        };
        ctx.data::<Store>()?.keep(review.clone()).await?;
        Ok(Review(review))
    }
}
