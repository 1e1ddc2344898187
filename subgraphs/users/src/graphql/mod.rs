//! The schema: thin resolvers that say who may, ask the flows and the store, and map.

use async_graphql::{Context, MergedObject};
use kit::server::Requester;

pub mod apps;
pub mod audit;
pub mod inputs;
pub mod loaders;
pub mod mutation;
pub mod query;
pub mod security;
pub mod session;
pub mod user;

pub use loaders::AccountLoader;

/// The query root.
#[derive(MergedObject, Clone, Copy, Debug, Default)]
pub struct Query(
    query::UserQuery,
    security::SecurityQuery,
    audit::AuditQuery,
    apps::AppQuery,
);

/// The mutation root.
#[derive(MergedObject, Clone, Copy, Debug, Default)]
pub struct Mutation(
    mutation::AccountMutation,
    security::SecurityMutation,
    audit::RoleMutation,
    apps::AppMutation,
);

/// Who sent the request, as far as the network tells.
fn requester(ctx: &Context<'_>) -> Requester {
    ctx.data_opt::<Requester>().cloned().unwrap_or_default()
}
