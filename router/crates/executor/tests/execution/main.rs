//! Plans made by hand, carried out against canned subgraphs.

mod build;
mod canned;
mod entities;
mod failures;
mod federated_property;
mod hostile;
mod library;
mod nulls;
mod order;
mod random;
mod reading;
mod reported_errors;
mod representations;
mod shape_property;
