//! `outbox_event`: facts that other services must learn, written with the change they report.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_event")]
pub(crate) struct Model {
    /// Grows with time; readers remember the last one they have seen.
    #[sea_orm(primary_key)]
    pub id: i64,
    pub kind: String,
    pub subject_id: String,
    pub occurred_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
