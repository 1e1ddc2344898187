//! Plans made by hand, carried out against canned subgraphs.

#![expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]

mod any_body;
mod as_it_stands;
mod build;
mod canned;
mod entities;
mod failures;
mod federated_property;
mod hostile;
mod library;
mod long_values;
mod nulls;
mod order;
mod random;
mod reading;
mod reported_errors;
mod representations;
mod runs;
mod shape_property;
mod shapes;
