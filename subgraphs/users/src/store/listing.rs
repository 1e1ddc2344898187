//! The list of accounts, oldest first, by keyset.

use kit::Result;
use kit::relay::{Direction, Page, Slice};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, ExprTrait, Order, QueryFilter, QueryOrder, QuerySelect,
};

use super::{Store, can_be_stored};
use crate::account::Account;
use crate::entity::account;

/// Names the order of the list; cursors are bound to it.
pub const USERS_ORDER: &str = "users:createdAt";

/// Where an account stands in the list: when it was created, in milliseconds, and its id.
pub type AccountKey = (i64, String);

impl Account {
    /// Where this account stands in the list.
    pub fn key(&self) -> AccountKey {
        (self.created_at.timestamp_millis(), self.id.clone())
    }
}

impl Store {
    /// A page of accounts. Costs one statement.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn accounts(&self, page: &Page<AccountKey>) -> Result<Slice<Account>> {
        let order = match page.direction() {
            Direction::Forward => Order::Asc,
            Direction::Backward => Order::Desc,
        };
        let mut select = account::Entity::find()
            .order_by(account::Column::CreatedAt, order.clone())
            .order_by(account::Column::Id, order)
            .limit(page.rows_to_fetch());
        // Such a cursor is none of ours.
        let keys = [&page.after, &page.before];
        if keys.into_iter().flatten().any(|(_, id)| !can_be_stored(id)) {
            return Ok(page.cut(Vec::new()));
        }
        if let Some(key) = &page.after {
            select = select.filter(beyond(key, Direction::Forward));
        }
        if let Some(key) = &page.before {
            select = select.filter(beyond(key, Direction::Backward));
        }
        let rows = select.all(self.database.connection()).await?;
        Ok(page.cut(rows.into_iter().map(Account::from).collect()))
    }
}

/// Rows on one side of a key. The first condition alone would do; the second lets both
/// databases find the place in the index.
fn beyond((created_at, id): &AccountKey, side: Direction) -> Condition {
    use account::Column::{CreatedAt, Id};
    let (bound, strictly, tie) = match side {
        Direction::Forward => (
            CreatedAt.gte(*created_at),
            CreatedAt.gt(*created_at),
            Id.gt(id),
        ),
        Direction::Backward => (
            CreatedAt.lte(*created_at),
            CreatedAt.lt(*created_at),
            Id.lt(id),
        ),
    };
    Condition::all()
        .add(
            Condition::any()
                .add(strictly)
                .add(tie.and(CreatedAt.eq(*created_at))),
        )
        .add(bound)
}
