//! Table `listener`: the users that there are, and from where they listen.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "listener")]
pub struct Model {
    /// The user, known to the users service.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    /// From where, ISO 3166-1 alpha-2; none where the user does not say.
    pub country: Option<String>,
}

/// Joins are written out where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
