//! The schema: thin resolvers that say who may, ask the flows and the store, and map.

pub mod inputs;
pub mod loaders;
pub mod mutation;
pub mod query;
pub mod session;
pub mod user;

pub use loaders::AccountLoader;
pub use mutation::Mutation;
pub use query::Query;
