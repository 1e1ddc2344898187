//! Lists of ids in statements: one parameter, however long the list is.
//!
//! With a parameter for each id, every length would be another statement, which a database has to
//! look at anew, and of which each connection keeps the latest hundred prepared.

use sea_orm::sea_query::{ArrayType, Expr, Func, FunctionCall, Value};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend};

/// The condition that a column of text is one of these values.
pub fn among(
    connection: &impl ConnectionTrait,
    column: impl ColumnTrait,
    values: impl IntoIterator<Item = impl Into<String>>,
) -> Expr {
    let backend = connection.get_database_backend();
    let among = match backend {
        DbBackend::Postgres => "$1 = ANY($2)",
        _ => "? IN (SELECT value FROM json_each(?))",
    };
    let column = Expr::col(column.as_column_ref());
    Expr::cust_with_exprs(among, [column, Expr::val(list(backend, values))])
}

/// A table of these values, one in each row, and the name of its column when the table is named
/// `alias`.
pub fn rows(
    backend: DbBackend,
    values: impl IntoIterator<Item = impl Into<String>>,
    alias: &str,
) -> (FunctionCall, &str) {
    let (function, column) = match backend {
        DbBackend::Postgres => ("unnest", alias),
        _ => ("json_each", "value"),
    };
    (Func::cust(function).arg(list(backend, values)), column)
}

fn list(backend: DbBackend, values: impl IntoIterator<Item = impl Into<String>>) -> Value {
    let values = values.into_iter().map(Into::into);
    match backend {
        DbBackend::Postgres => {
            let values = values.map(Value::from).collect();
            Value::Array(ArrayType::String, Some(Box::new(values)))
        }
        _ => serde_json::Value::from_iter(values).to_string().into(),
    }
}
