//! Columns that several migrations define alike.

use sea_orm::DbBackend;
use sea_orm_migration::prelude::*;

/// A text column that is compared byte by byte, whatever collation the database was made with:
/// cursors and prefix searches need one order everywhere. SQLite compares so by itself.
pub(super) fn bytewise_text(backend: DbBackend, name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.text().not_null();
    if backend == DbBackend::Postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// An index over columns in ascending order; read backwards it serves the descending order too.
pub(super) fn index(
    name: &str,
    table: impl IntoTableRef,
    columns: impl IntoIterator<Item = impl IntoIndexColumn>,
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table(table);
    for column in columns {
        index.col(column);
    }
    index
}
