//! Table `facts_cursor`: how far the facts of a service have been acted upon, one row each.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "facts_cursor")]
pub struct Model {
    /// Whose facts.
    #[sea_orm(primary_key, auto_increment = false)]
    pub feed: String,
    /// The place of the last one; 0 before the first.
    pub position: i64,
    /// Where the last one stands in a stream of NATS, if it came from there.
    pub stream_sequence: Option<i64>,
    /// When the last one happened, in microseconds since 1970.
    pub occurred_at: Option<i64>,
}

/// Joins are written out where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
