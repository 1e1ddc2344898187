//! The vocabulary of GraphQL type systems: names, types, constant values, directives, field sets.
//!
//! Every stage of the pipeline speaks of these, and none of them should have to know which parser
//! read the text, so they stand in a crate of their own. [`from_parser`] is the only door from
//! the parser's trees; nothing here knows what a subgraph or a supergraph is.
//!
//! Read [`Name`], then [`Type`] and [`Value`], then [`FieldSet`].

mod directive;
mod field_set;
pub mod from_parser;
mod inclusion;
mod name;
mod operation_kind;
mod specification;
mod subgraph_id;
mod r#type;
mod type_set;
mod value;

pub use directive::{Directive, is_executable_location};
pub use field_set::{FieldSet, FieldSetError, FieldSetField, FieldSetFragment, FieldSetItem};
pub use inclusion::{Condition, Inclusion};
pub use name::Name;
pub use operation_kind::OperationKind;
pub use specification::{SpecificationUrl, Version};
pub use subgraph_id::SubgraphId;
pub use r#type::Type;
pub use type_set::TypeSet;
pub use value::Value;
