//! What is kept, and how it is read: always for many items or users at once.

use std::collections::HashMap;

use async_graphql::dataloader::Loader;
use kit::database::Database;
use kit::{Failure, Result};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Table `review`.
mod review {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "review")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub item_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub author_id: String,
        pub stars: i32,
        pub text: String,
    }

    #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use review::Model as Review;

/// The reviews.
#[derive(Clone, Debug)]
pub struct Store(Database);

/// Asks for the reviews of an item.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OfItem(pub String);

/// Asks how many stars an item has, and from how many reviews.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StarsOf(pub String);

/// Asks for the reviews by a user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ByUser(pub String);

impl Store {
    /// The reviews in this database.
    pub fn new(database: Database) -> Self {
        Store(database)
    }

    /// Keeps a review, instead of an older one by the same user of the same item.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep(&self, review: Review) -> Result<()> {
        let row = review::ActiveModel {
            item_id: Set(review.item_id),
            author_id: Set(review.author_id),
            stars: Set(review.stars),
            text: Set(review.text),
        };
        let again = OnConflict::columns([review::Column::ItemId, review::Column::AuthorId])
            .update_columns([review::Column::Stars, review::Column::Text])
            .to_owned();
        review::Entity::insert(row)
            .on_conflict(again)
            .exec_without_returning(self.0.connection())
            .await?;
        Ok(())
    }
}

impl Loader<OfItem> for Store {
    type Value = Vec<Review>;
    type Error = Failure;

    async fn load(&self, keys: &[OfItem]) -> Result<HashMap<OfItem, Vec<Review>>> {
        let rows = review::Entity::find()
            .filter(review::Column::ItemId.is_in(keys.iter().map(|key| &key.0)))
            .order_by_asc(review::Column::AuthorId)
            .all(self.0.connection())
            .await?;
        Ok(grouped(rows, |row| OfItem(row.item_id.clone())))
    }
}

impl Loader<StarsOf> for Store {
    type Value = (i64, i64);
    type Error = Failure;

    async fn load(&self, keys: &[StarsOf]) -> Result<HashMap<StarsOf, (i64, i64)>> {
        let rows: Vec<(String, i64, i64)> = review::Entity::find()
            .select_only()
            .column(review::Column::ItemId)
            .column_as(review::Column::Stars.sum(), "stars")
            .column_as(review::Column::Stars.count(), "reviews")
            .filter(review::Column::ItemId.is_in(keys.iter().map(|key| &key.0)))
            .group_by(review::Column::ItemId)
            .into_tuple()
            .all(self.0.connection())
            .await?;
        let sums = rows
            .into_iter()
            .map(|(item, stars, count)| (StarsOf(item), (stars, count)));
        Ok(sums.collect())
    }
}

impl Loader<ByUser> for Store {
    type Value = Vec<Review>;
    type Error = Failure;

    async fn load(&self, keys: &[ByUser]) -> Result<HashMap<ByUser, Vec<Review>>> {
        let rows = review::Entity::find()
            .filter(review::Column::AuthorId.is_in(keys.iter().map(|key| &key.0)))
            .order_by_asc(review::Column::ItemId)
            .all(self.0.connection())
            .await?;
        Ok(grouped(rows, |row| ByUser(row.author_id.clone())))
    }
}

fn grouped<Key: Eq + std::hash::Hash>(
    rows: Vec<Review>,
    key: impl Fn(&Review) -> Key,
) -> HashMap<Key, Vec<Review>> {
    let mut groups: HashMap<Key, Vec<Review>> = HashMap::new();
    for row in rows {
        groups.entry(key(&row)).or_default().push(row);
    }
    groups
}
