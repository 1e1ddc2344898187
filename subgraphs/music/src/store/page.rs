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

use kit::lists;
use kit::relay::Direction;
pub use kit::relay::Slice;
use kit::{Code, Failure, Result};
use sea_orm::sea_query::{
    Alias, DynIden, Expr, ExprTrait, IntoIden, JoinType, Order, Query, SelectStatement,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, Iterable, QueryTrait,
    Select, Value,
};
use serde::{Deserialize, Serialize};

/// Items that lists below lists may have together in one operation.
///
/// Each list is short, but lists of lists multiply: a hundred artists with a hundred tracks with
/// a hundred lovers each would be a million items in memory.
pub const MAX_ITEMS_OF_LISTS: usize = 20_000;

/// The parents, as statements name them.
const PARENT: &str = "parent";

/// Name of the column that says whose row it is.
const PARENT_ID: &str = "parent_id";

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

/// The things whose lists are read together.
pub(super) struct Parents<'a, Belongs> {
    /// Their ids.
    pub(super) ids: Vec<&'a str>,
    /// The condition that a row belongs to the parent with this id.
    pub(super) belongs: Belongs,
}

/// Parents that rows name in a column.
pub(super) fn named_in<'a>(
    column: impl ColumnTrait,
    ids: impl Iterator<Item = &'a str>,
) -> Parents<'a, impl Fn(Expr) -> Expr> {
    let column = Expr::col(column.as_column_ref());
    Parents {
        ids: ids.collect(),
        belongs: move |parent| column.clone().eq(parent),
    }
}

/// Reads the same page for each of many parents in one statement. For each the index is entered
/// where its page begins and left when the page is full, however long its list is.
///
/// Parents without rows are not in the answer.
///
/// # Errors
/// When the database fails, or the pages have more than [`MAX_ITEMS_OF_LISTS`] rows together.
pub(super) async fn read_by_parent<Entity, Connection, Belongs>(
    connection: &Connection,
    selection: Select<Entity>,
    keyset: &Keyset,
    page: &Page,
    parents: Parents<'_, Belongs>,
) -> Result<HashMap<String, Slice<Entity::Model>>>
where
    Entity: EntityTrait,
    Connection: ConnectionTrait,
    Belongs: Fn(Expr) -> Expr,
{
    if parents.ids.is_empty() {
        return Ok(HashMap::new());
    }
    let backend = connection.get_database_backend();
    let statement = statement_by_parent(backend, selection, keyset, page, parents);
    let rows = connection.query_all_raw(backend.build(&statement)).await?;
    if rows.len() > MAX_ITEMS_OF_LISTS {
        return Err(too_many_items());
    }
    let mut by_parent: HashMap<String, Vec<Entity::Model>> = HashMap::new();
    for row in rows {
        let parent: String = row.try_get("", PARENT_ID)?;
        let row = Entity::Model::from_query_result(&row, "")?;
        by_parent.entry(parent).or_default().push(row);
    }
    Ok(by_parent
        .into_iter()
        .map(|(id, rows)| (id, page.cut(rows)))
        .collect())
}

/// `FROM (parents) JOIN LATERAL (page of the parent)`. SQLite cannot join so; there the rows are
/// those whose numbers are among the ones of the parent's page.
fn statement_by_parent<Entity: EntityTrait>(
    backend: DbBackend,
    selection: Select<Entity>,
    keyset: &Keyset,
    page: &Page,
    parents: Parents<'_, impl Fn(Expr) -> Expr>,
) -> SelectStatement {
    let (parents_table, column) = lists::rows(backend, parents.ids, PARENT);
    let parent = || Expr::col((Alias::new(PARENT), Alias::new(column)));
    let order = keyset.reading_direction(page).as_order();
    let mut of_parent = selection.into_query();
    of_parent.and_where((parents.belongs)(parent()));
    keyset.restrict(&mut of_parent, page);
    for column in keyset.columns() {
        of_parent.order_by(column, order.clone());
    }
    of_parent.limit(page.rows_to_fetch());

    let mut statement = Query::select();
    statement
        .expr_as(parent(), Alias::new(PARENT_ID))
        .from_function(parents_table, Alias::new(PARENT))
        .limit(MAX_ITEMS_OF_LISTS as u64 + 1);
    let rows: DynIden = if backend == DbBackend::Postgres {
        let part = Alias::new("part");
        statement.join_lateral(
            JoinType::InnerJoin,
            of_parent,
            part.clone(),
            Expr::val(true),
        );
        part.into_iden()
    } else {
        let row_number = || (keyset.table.clone(), Alias::new("rowid"));
        of_parent.clear_selects().column(row_number());
        let among = Expr::col(row_number()).in_subquery(of_parent);
        statement.join(JoinType::InnerJoin, keyset.table.clone(), among);
        keyset.table.clone()
    };
    // By their names: a table may have more by now than this version knows.
    for column in Entity::Column::iter() {
        statement.column((rows.clone(), column));
    }
    for column in [&keyset.value, &keyset.id] {
        statement.order_by((rows.clone(), column.clone()), order.clone());
    }
    statement
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
