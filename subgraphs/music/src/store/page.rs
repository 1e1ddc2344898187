//! Keyset pages: a page begins behind a position in an order, not behind a number of rows.
//!
//! A position is the value ordered by and the id of the last item seen. So a page costs the
//! same wherever it lies, an index serves it, and an item added or removed elsewhere neither
//! repeats nor hides another:
//!
//! ```text
//! … WHERE (title_key, id) > ('blue', 't7') ORDER BY title_key, id LIMIT 21
//! ```
//!
//! The id always runs in the direction of the value, so one index serves both directions. One
//! row more than asked for tells whether there is a further page.

use std::collections::HashMap;

use kit::relay::Direction;
pub use kit::relay::Slice;
use kit::{Code, Failure, Result};
use sea_orm::sea_query::{
    Alias, Asterisk, DynIden, Expr, ExprTrait, Func, IntoIden, Order, Query, SelectStatement,
    WindowStatement,
};
use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, ModelTrait, QueryTrait, Select, Value,
};
use serde::{Deserialize, Serialize};

/// Items that lists below lists may have together in one operation.
///
/// Each list is short, but lists of lists multiply: a hundred artists with a hundred tracks with
/// a hundred lovers each would be a million items in memory.
pub const MAX_ITEMS_OF_LISTS: usize = 20_000;

/// Name of the column that numbers the rows of each parent.
const PLACE_IN_PARENT: &str = "place_in_parent";

/// Which part of a list is wanted.
pub type Page = kit::relay::Page<Position>;

/// Which way an order runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SortDirection {
    /// From small to great, from A to Z, from old to new.
    #[default]
    Ascending,
    /// The other way.
    Descending,
}

impl SortDirection {
    fn reversed(self) -> Self {
        match self {
            SortDirection::Ascending => SortDirection::Descending,
            SortDirection::Descending => SortDirection::Ascending,
        }
    }

    fn as_order(self) -> Order {
        match self {
            SortDirection::Ascending => Order::Asc,
            SortDirection::Descending => Order::Desc,
        }
    }
}

/// The value by which a list is ordered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SortValue {
    /// A name, as its search key.
    Text(String),
    /// A year, a length, a count or a moment.
    Number(i64),
}

/// Of which kind the values of an order are. A database compares values of one kind only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// The order is by text.
    Text,
    /// The order is by number.
    Number,
}

impl SortValue {
    /// Of which kind this value is.
    pub fn kind(&self) -> ValueKind {
        match self {
            SortValue::Text(_) => ValueKind::Text,
            SortValue::Number(_) => ValueKind::Number,
        }
    }
}

impl From<SortValue> for Value {
    fn from(value: SortValue) -> Self {
        match value {
            SortValue::Text(text) => text.into(),
            SortValue::Number(number) => number.into(),
        }
    }
}

/// A place in an ordered list: that of the item with this value and id. It is what a cursor
/// holds.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The item's value in the list's order.
    #[serde(rename = "v")]
    pub value: SortValue,
    /// The item's id, which orders items of equal value.
    #[serde(rename = "i")]
    pub id: String,
}

impl Position {
    /// The position of an item ordered by text.
    pub fn text(value: impl Into<String>, id: impl Into<String>) -> Self {
        Position {
            value: SortValue::Text(value.into()),
            id: id.into(),
        }
    }

    /// The position of an item ordered by a number.
    pub fn number(value: impl Into<i64>, id: impl Into<String>) -> Self {
        Position {
            value: SortValue::Number(value.into()),
            id: id.into(),
        }
    }

    /// Whether an item of an order by values of this kind can have this position. Text with a
    /// NUL is in no database, and some refuse to be asked for it.
    pub fn is_possible(&self, kind: ValueKind) -> bool {
        let text = match &self.value {
            SortValue::Text(text) => text.as_str(),
            SortValue::Number(_) => "",
        };
        self.value.kind() == kind && !text.contains('\0') && !self.id.contains('\0')
    }

    fn as_tuple(&self) -> Expr {
        Expr::tuple([
            Expr::val(Value::from(self.value.clone())),
            Expr::val(self.id.as_str()),
        ])
    }
}

/// The same part of a list with other rows.
pub(super) fn map<Row, Other>(slice: Slice<Row>, change: impl FnMut(Row) -> Other) -> Slice<Other> {
    Slice {
        rows: slice.rows.into_iter().map(change).collect(),
        has_previous: slice.has_previous,
        has_next: slice.has_next,
    }
}

/// An order over the rows of one table: a column, then the id.
#[derive(Clone, Debug)]
pub(super) struct Keyset {
    table: DynIden,
    value: DynIden,
    id: DynIden,
    direction: SortDirection,
}

impl Keyset {
    /// The order by `value`, then `id`, both columns of `table`.
    pub(super) fn new(
        table: impl IntoIden,
        value: impl IntoIden,
        id: impl IntoIden,
        direction: SortDirection,
    ) -> Self {
        Keyset {
            table: table.into_iden(),
            value: value.into_iden(),
            id: id.into_iden(),
            direction,
        }
    }

    fn columns(&self) -> [(DynIden, DynIden); 2] {
        [
            (self.table.clone(), self.value.clone()),
            (self.table.clone(), self.id.clone()),
        ]
    }

    /// The direction in which rows are read: from the wanted end.
    fn reading_direction(&self, page: &Page) -> SortDirection {
        match page.direction() {
            Direction::Forward => self.direction,
            Direction::Backward => self.direction.reversed(),
        }
    }

    /// Leaves only rows between the page's positions.
    fn restrict(&self, statement: &mut SelectStatement, page: &Page) {
        let here = || Expr::tuple(self.columns().map(Expr::col));
        let ascending = self.direction == SortDirection::Ascending;
        if let Some(after) = &page.after {
            let there = after.as_tuple();
            statement.and_where(if ascending {
                here().gt(there)
            } else {
                here().lt(there)
            });
        }
        if let Some(before) = &page.before {
            let there = before.as_tuple();
            statement.and_where(if ascending {
                here().lt(there)
            } else {
                here().gt(there)
            });
        }
    }
}

/// Reads one page of a selection.
pub(super) async fn read<Entity, Connection>(
    connection: &Connection,
    mut selection: Select<Entity>,
    keyset: &Keyset,
    page: &Page,
) -> Result<Slice<Entity::Model>>
where
    Entity: EntityTrait,
    Connection: ConnectionTrait,
{
    let statement = QueryTrait::query(&mut selection);
    keyset.restrict(statement, page);
    let order = keyset.reading_direction(page).as_order();
    for column in keyset.columns() {
        statement.order_by(column, order.clone());
    }
    statement.limit(page.rows_to_fetch());
    Ok(page.cut(selection.all(connection).await?))
}

/// Reads the same page for each of many parents in one statement: rows are numbered within
/// their parent, and only the first ones of each are read.
///
/// `selection` must already be restricted to the parents; `parent` is the column that tells
/// them apart. Parents without rows are not in the answer.
pub(super) async fn read_by_parent<Entity, Connection>(
    connection: &Connection,
    selection: Select<Entity>,
    keyset: &Keyset,
    page: &Page,
    parent: Entity::Column,
) -> Result<HashMap<String, Slice<Entity::Model>>>
where
    Entity: EntityTrait,
    Connection: ConnectionTrait,
{
    let order = keyset.reading_direction(page).as_order();
    let mut numbering = WindowStatement::partition_by((keyset.table.clone(), parent.into_iden()));
    for column in keyset.columns() {
        numbering.order_by(column, order.clone());
    }
    let mut numbered = selection.into_query();
    keyset.restrict(&mut numbered, page);
    numbered.expr_window_as(
        Func::cust(Alias::new("ROW_NUMBER")),
        numbering,
        Alias::new(PLACE_IN_PARENT),
    );
    let statement = Query::select()
        .column(Asterisk)
        .from_subquery(numbered, Alias::new("numbered"))
        .and_where(Expr::col(Alias::new(PLACE_IN_PARENT)).lte(page.rows_to_fetch()))
        .order_by(Alias::new(PLACE_IN_PARENT), Order::Asc)
        .limit(MAX_ITEMS_OF_LISTS as u64 + 1)
        .to_owned();
    let statement = connection.get_database_backend().build(&statement);
    let rows = Entity::Model::find_by_statement(statement)
        .all(connection)
        .await?;
    if rows.len() > MAX_ITEMS_OF_LISTS {
        return Err(too_many_items());
    }

    let mut by_parent: HashMap<String, Vec<Entity::Model>> = HashMap::new();
    for row in rows {
        if let Value::String(Some(id)) = row.get(parent) {
            by_parent.entry(id).or_default().push(row);
        }
    }
    Ok(by_parent
        .into_iter()
        .map(|(id, rows)| (id, page.cut(rows)))
        .collect())
}

/// The refusal of lists that are too long together.
pub(crate) fn too_many_items() -> Failure {
    Failure::new(
        Code::BadUserInput,
        format!(
            "The lists of this operation have more than {MAX_ITEMS_OF_LISTS} items together: ask for smaller pages"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_position_of_the_orders_kind_is_possible() {
        assert!(Position::text("so what", "t1").is_possible(ValueKind::Text));
        assert!(!Position::text("1959", "t1").is_possible(ValueKind::Number));
        assert!(!Position::number(1959, "t1").is_possible(ValueKind::Text));
        assert!(!Position::text("so\0what", "t1").is_possible(ValueKind::Text));
        assert!(!Position::number(1959, "t\0").is_possible(ValueKind::Number));
    }

    #[test]
    fn a_position_survives_being_a_cursor() {
        for position in [Position::text("7", "t1"), Position::number(7, "t1")] {
            let json = serde_json::to_string(&position).expect("a position is JSON");
            let read: Position = serde_json::from_str(&json).expect("it is ours");
            assert_eq!(read, position);
        }
    }
}
