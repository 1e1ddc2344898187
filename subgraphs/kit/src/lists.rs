//! Lists of ids in statements: one parameter, however long the list is.
//!
//! With a parameter for each id, every length would be another statement, which a database has to
//! look at anew, and of which each connection keeps the latest hundred prepared.

use sea_orm::sea_query::{ArrayType, Expr, Func, FunctionCall, Value};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend};

/// The condition that a column of text is one of these values. Postgres plans it as if they were few, so two of them
/// in one statement are for [`records`].
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

/// The same condition as text, whose values are the first parameter of its statement; and that parameter.
pub fn among_text(
    backend: DbBackend,
    column: &str,
    values: impl IntoIterator<Item = impl Into<String>>,
) -> (String, Value) {
    let condition = match backend {
        DbBackend::Postgres => format!("{column} = ANY($1)"),
        _ => format!("{column} IN (SELECT value FROM json_each($1))"),
    };
    (condition, list(backend, values))
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

/// What a column of [`records`] holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// Whole numbers.
    Number,
}

/// A table of these records, named `name`, for the `FROM` of a statement; and its parameter, which is the
/// statement's first. A record is an array with a value for each column, which may be null.
pub fn records(
    backend: DbBackend,
    name: &str,
    columns: &[(&str, Kind)],
    records: impl IntoIterator<Item = serde_json::Value>,
) -> (String, Value) {
    let columns = columns.iter().enumerate();
    let columns = columns.map(|(place, (column, kind))| match (backend, kind) {
        (DbBackend::Postgres, Kind::Text) => format!("item ->> {place} AS {column}"),
        (DbBackend::Postgres, Kind::Number) => {
            format!("CAST(item ->> {place} AS bigint) AS {column}")
        }
        _ => format!("json_extract(value, '$[{place}]') AS {column}"),
    });
    let columns = columns.collect::<Vec<_>>().join(", ");
    let items = match backend {
        DbBackend::Postgres => "jsonb_array_elements(CAST($1 AS jsonb)) AS items (item)",
        _ => "json_each($1)",
    };
    let records = serde_json::Value::from_iter(records).to_string();
    let table = format!("(SELECT {columns} FROM {items}) AS {name}");
    (table, records.into())
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

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Alias, Query};
    use sea_orm::{
        ActiveModelTrait, ActiveValue, Database, DatabaseConnection, EntityTrait, QueryFilter,
        QueryResult, Schema, Statement,
    };

    use serde_json::json;

    use super::*;

    mod word {
        use sea_orm::entity::prelude::*;

        #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
        #[sea_orm(table_name = "word")]
        pub(super) struct Model {
            #[sea_orm(primary_key, auto_increment = false)]
            pub(super) id: String,
        }

        #[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
        pub(super) enum Relation {}

        impl ActiveModelBehavior for ActiveModel {}
    }

    const STORED: [&str; 5] = ["plain", "", "it's", "\"quoted\\", "ünï\u{1f3b5}"];

    async fn database() -> DatabaseConnection {
        let database = Database::connect("sqlite::memory:").await.unwrap();
        let table = Schema::new(DbBackend::Sqlite).create_table_from_entity(word::Entity);
        database.execute(&table).await.unwrap();
        for id in STORED {
            let row = word::ActiveModel {
                id: ActiveValue::Set(id.to_owned()),
            };
            row.insert(&database).await.unwrap();
        }
        database
    }

    async fn found(database: &DatabaseConnection, among_these: &[&str]) -> Vec<String> {
        let rows = word::Entity::find()
            .filter(among(
                database,
                word::Column::Id,
                among_these.iter().copied(),
            ))
            .all(database)
            .await
            .unwrap();
        rows.into_iter().map(|row| row.id).collect()
    }

    #[tokio::test]
    async fn rows_among_the_values_are_found_whatever_characters_these_have() {
        let database = database().await;
        for id in STORED {
            assert_eq!(found(&database, &["of nobody", id]).await, [id]);
        }
        assert_eq!(found(&database, &STORED).await.len(), STORED.len());
        assert!(found(&database, &[]).await.is_empty());
        assert!(found(&database, &["plain') OR ('a' = 'a"]).await.is_empty());
    }

    #[tokio::test]
    async fn records_are_those_that_were_given() {
        let database = database().await;
        let given = [
            json!(["plain", "it's", 7]),
            json!(["\"quoted\\", "", i64::MAX]),
            json!(["", "ünï\u{1f3b5}", -1]),
            json!([null, null, null]),
        ];
        let columns = [
            ("one", Kind::Text),
            ("other", Kind::Text),
            ("number", Kind::Number),
        ];
        let (table, values) = records(DbBackend::Sqlite, "given", &columns, given.clone());
        let sql = format!("SELECT given.one, other, number FROM {table}");
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, [values]);
        let rows = database.query_all_raw(statement).await.unwrap();
        let record = |row: &QueryResult| {
            let text = |index| row.try_get_by_index::<Option<String>>(index).unwrap();
            let number: Option<i64> = row.try_get_by_index(2).unwrap();
            json!([text(0), text(1), number])
        };
        let read: Vec<_> = rows.iter().map(record).collect();
        assert_eq!(read, given);
    }

    #[test]
    fn a_longer_list_is_the_same_statement() {
        for backend in [DbBackend::Sqlite, DbBackend::Postgres] {
            let statement = |length: usize| {
                let (table, column) = rows(backend, vec!["id"; length], "wanted");
                let mut select = Query::select();
                select
                    .column((Alias::new("wanted"), Alias::new(column)))
                    .from_function(table, Alias::new("wanted"));
                backend.build(&select)
            };
            assert_eq!(statement(1).sql, statement(100).sql);
            assert_eq!(statement(100).values.unwrap().0.len(), 1);
        }
    }
}
