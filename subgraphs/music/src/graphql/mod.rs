//! The schema: resolvers authorise, call the store and map; nothing else.
//!
//! Start at [`query`], [`mutation`] and [`subscription`]; each type has a file of its own. [`loaders`] is how
//! everything that belongs to many things at once is read; [`connection`] is the shape of every
//! list, [`input`] what arguments may hold.

use async_graphql::{Request, SchemaBuilder};
use kit::config::RequestArgs;
use kit::graphql::batching::per_request;
use kit::graphql::{Entities, SubgraphSchema};

use crate::store::Store;

pub mod album;
pub mod artist;
pub mod catalogue_item;
pub mod chart;
pub mod connection;
pub mod favourite;
pub mod genre;
pub mod input;
pub mod loaders;
pub mod mutation;
pub mod playlist;
pub mod query;
pub mod search;
pub mod subscription;
pub mod track;
pub mod user;
mod viewer;

use loaders::Loads;
pub use mutation::Mutation;
pub use query::Query;
pub use subscription::MusicSubscription;
pub(crate) use viewer::SCOPE;

/// The schema of this service.
pub type MusicSchema = SubgraphSchema<Query, Mutation, MusicSubscription>;

/// The schema over a store. Each request also needs its loaders: [`with_loaders`].
pub fn build_schema(store: Store, requests: &RequestArgs) -> MusicSchema {
    builder(requests).data(store).finish()
}

/// Gives a request the loaders that it alone uses.
pub fn with_loaders(request: Request, store: &Store) -> Request {
    request.data(per_request(Loads::new(store.clone())))
}

/// The schema as federation SDL; needs no database.
pub fn sdl() -> String {
    let schema: MusicSchema = builder(&RequestArgs::default()).finish();
    kit::graphql::sdl::print(&schema)
}

fn builder(requests: &RequestArgs) -> SchemaBuilder<Entities<Query>, Mutation, MusicSubscription> {
    let mutation = Mutation::default();
    kit::graphql::build_with_subscription(Query, mutation, MusicSubscription, requests)
}
