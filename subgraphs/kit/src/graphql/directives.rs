//! Directives that schemas carry and async-graphql has no attribute for.
//!
//! Both are written on a field as `#[graphql(directive = …::apply(…))]`.

#![allow(
    missing_debug_implementations,
    unreachable_pub,
    reason = "the macro makes the types, and makes them so"
)]

use async_graphql::TypeDirective;

/// What the definition of [`progressive_override`] begins with in a printed schema.
pub(super) const OVERRIDE_DEFINITION: &str = "directive @override(";

/// `@override(from:, label:)`: this service takes the field over from another one, for the requests
/// for which the label is on, such as `percent(30)` (Federation 2.7). Without a label it is
/// `#[graphql(override_from = "…")]`.
#[TypeDirective(name = "override", location = "FieldDefinition")]
pub fn progressive_override(from: String, label: String) {}

/// What the field holds is about a person. The supergraph has this directive too, so all that is
/// known about people can be listed in one place, whichever service keeps it.
#[TypeDirective(
    name = "personal",
    location = "FieldDefinition",
    composable = "https://musicwallet.example/personal/v1.0"
)]
pub fn personal() {}
