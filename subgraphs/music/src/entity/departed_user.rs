//! Table `departed_user`: the users whose accounts are gone, for whom nothing is written any more.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "departed_user")]
pub struct Model {
    /// The user, once known to the users service.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    /// Since when the account is gone, in microseconds since 1970.
    pub departed_at: i64,
}

/// Joins are written out where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
