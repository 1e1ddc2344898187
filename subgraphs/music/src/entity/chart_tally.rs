//! Table `chart_tally`: how many users began to love each track lately, for each chart it is on. Only who counts the
//! charts writes it.

use sea_orm::entity::prelude::*;

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "chart_tally")]
pub struct Model {
    /// The track.
    #[sea_orm(primary_key, auto_increment = false)]
    pub track_id: String,
    /// The chart, by the key of its scope.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    /// How many.
    pub lovers: i32,
}

/// Joins are written out where they are needed.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
