//! Table `favourite_tally`: how many favourites each user has who has any. Triggers of the table
//! `favourite` keep it.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "favourite_tally")]
pub struct Model {
    /// The user, known to the users service.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: String,
    /// How many.
    pub favourites: i32,
}

/// Joins are written out where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
