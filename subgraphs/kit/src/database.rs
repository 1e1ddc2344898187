//! Opens the database of a service, brings its tables up to date, and counts statements.
//!
//! SQLite is opened in write-ahead mode, so that readers never wait for the writer; write
//! transactions begin as such ([`Database::begin_write`]), because a transaction that reads
//! first and wants to write later cannot wait for another writer and would fail instead.
//!
//! Writers of one process queue up before they ask SQLite. It has no queue: who waits asks again,
//! less often the longer it has waited, so under steady writing the newest win, and the oldest
//! fails when its time is up.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;

use crate::migrate;
use crate::telemetry::traces;

/// Connections a service holds at most.
const MAX_CONNECTIONS: u32 = 10;

/// How long a request waits for a free connection before it fails.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(8);

/// How long a SQLite writer waits for another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The database could not be opened or brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The URL names a database we do not speak to.
    #[error("the database URL must begin with postgres:// or sqlite://")]
    UnknownKind,
    /// The folder of a SQLite file could not be made.
    #[error("cannot create the folder {folder} for the database")]
    Folder {
        /// The folder that is missing.
        folder: String,
        /// Why it could not be made.
        source: std::io::Error,
    },
    /// The database did not let us in.
    #[error("cannot open the database {place}")]
    Connect {
        /// The database without credentials.
        place: String,
        /// What the driver said.
        source: DbErr,
    },
    /// A migration failed.
    #[error("cannot bring the tables of the database up to date")]
    Migrate(#[source] DbErr),
}

/// Counts the SQL statements of one [`Database`]. Clones share the count.
///
/// Statements that begin or end a transaction are not counted: they come with the statements
/// they enclose. Neither are those of [`Database::uncounted`].
#[derive(Clone, Debug, Default)]
pub struct StatementCounter(Arc<AtomicU64>);

impl StatementCounter {
    /// Statements sent so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn increase(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// An open database. Clones share the pool.
#[derive(Clone, Debug)]
pub struct Database {
    connection: DatabaseConnection,
    statements: StatementCounter,
    /// Held while a write transaction of SQLite begins, by the first of those who wait.
    next_writer: Arc<tokio::sync::Mutex<()>>,
}

impl Database {
    /// Opens the database at `url`; a SQLite file and its folder are created when missing.
    ///
    /// # Errors
    /// When the URL is of an unknown kind, or the database refuses.
    pub async fn connect(url: &str) -> Result<Self, DatabaseError> {
        let mut options = ConnectOptions::new(url);
        options
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_timeout(ACQUIRE_TIMEOUT)
            .sqlx_logging(false);
        if url.starts_with("sqlite:") {
            create_folder_of(url)?;
            options.map_sqlx_sqlite_opts(|sqlite| {
                sqlite
                    .create_if_missing(true)
                    .foreign_keys(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // With a write-ahead log this survives a crash of the process; only a
                    // power cut may lose the last transactions, and never corrupts.
                    .synchronous(SqliteSynchronous::Normal)
                    .busy_timeout(BUSY_TIMEOUT)
            });
        } else if !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
            return Err(DatabaseError::UnknownKind);
        }
        let mut connection = sea_orm::Database::connect(options)
            .await
            .map_err(|source| DatabaseError::Connect {
                place: without_credentials(url),
                source,
            })?;
        let statements = StatementCounter::default();
        let counter = statements.clone();
        connection.set_metric_callback(move |info| {
            counter.increase();
            traces::note_statement(&info.statement.sql, info.elapsed, info.failed);
        });
        Ok(Database {
            connection,
            statements,
            next_writer: Arc::default(),
        })
    }

    /// Applies the migrations that are missing. Replicas that start together take turns. Tables that
    /// a newer version brought up further are left as they are: while replicas of both run, one of
    /// the older version may have to start again.
    ///
    /// # Errors
    /// When a migration fails.
    pub async fn migrate<M: MigratorTrait>(&self) -> Result<(), DatabaseError> {
        let uncounted = self.uncounted().connection;
        let turn = match self.backend() {
            DbBackend::Postgres => {
                let turn = uncounted.begin().await.map_err(DatabaseError::Migrate)?;
                migrate::wait_for_turn(&turn)
                    .await
                    .map_err(DatabaseError::Migrate)?;
                Some(turn)
            }
            _ => None,
        };
        migrate::bring_up::<M>(&uncounted)
            .await
            .map_err(DatabaseError::Migrate)?;
        if let Some(turn) = turn {
            turn.commit().await.map_err(DatabaseError::Migrate)?;
        }
        Ok(())
    }

    /// The same database for work that belongs to no request, such as migrations and what is done
    /// in the background: its statements are not counted.
    #[must_use]
    pub fn uncounted(&self) -> Self {
        self.observed(|_| {})
    }

    /// The same database, whose statements are shown to `observe` once they are executed: for tests
    /// that ask how. They are not counted.
    #[must_use]
    pub fn observed(&self, observe: impl Fn(&Statement) + Send + Sync + 'static) -> Self {
        let mut observed = self.clone();
        observed
            .connection
            .set_metric_callback(move |info| observe(info.statement));
        observed
    }

    /// Where reads and single writes go.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Begins a transaction that will write.
    ///
    /// # Errors
    /// When no connection is free in time, or SQLite's other writer does not finish.
    pub async fn begin_write(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: match self.backend() {
                DbBackend::Sqlite => Some(SqliteTransactionMode::Immediate),
                _ => None,
            },
            ..TransactionOptions::default()
        };
        // Asked for before a connection, so that readers find one while writers wait.
        let _turn = match self.backend() {
            DbBackend::Sqlite => Some(self.next_writer.lock().await),
            _ => None,
        };
        self.connection.begin_with_options(options).await
    }

    /// Which dialect the database speaks.
    pub fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// Whether the database answers now.
    pub async fn answers(&self) -> bool {
        self.connection.ping().await.is_ok()
    }

    /// The count of statements, for metrics and tests.
    pub fn statements(&self) -> &StatementCounter {
        &self.statements
    }

    /// Closes the pool, waiting for connections in use.
    pub async fn close(self) {
        if let Err(error) = self.connection.close().await {
            tracing::warn!(%error, "the database did not close cleanly");
        }
    }
}

/// Makes the folder that a SQLite URL's file lies in.
fn create_folder_of(url: &str) -> Result<(), DatabaseError> {
    let path = url.trim_start_matches("sqlite:").trim_start_matches("//");
    let path = path.split('?').next().unwrap_or(path);
    let path = path.replace("%3F", "?").replace("%25", "%");
    if path.is_empty() || path == ":memory:" {
        return Ok(());
    }
    match Path::new(&path).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::fs::create_dir_all(folder).map_err(|source| DatabaseError::Folder {
                folder: folder.display().to_string(),
                source,
            })
        }
        _ => Ok(()),
    }
}

/// The URL as it may be shown: user and password of a server, and its options, left out.
fn without_credentials(url: &str) -> String {
    let url = url.split('?').next().unwrap_or(url);
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://{place}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnectionTrait;

    use super::*;
    use crate::config::ServiceArgs;

    async fn open(folder: &tempfile::TempDir) -> Database {
        let file = folder.path().join("deep/er/test.sqlite");
        Database::connect(&format!("sqlite://{}", file.display()))
            .await
            .expect("opens")
    }

    #[tokio::test]
    async fn a_missing_sqlite_file_and_its_folder_are_created() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = open(&folder).await;
        assert!(database.answers().await);
        assert!(folder.path().join("deep/er/test.sqlite").exists());
    }

    #[tokio::test]
    async fn a_data_folder_may_have_any_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let args = ServiceArgs {
            data_dir: folder.path().join("100% music? yes #1"),
            ..ServiceArgs::default()
        };
        Database::connect(&args.database_url("users"))
            .await
            .expect("opens");
        assert!(args.data_dir.join("users.sqlite").exists());
    }

    #[tokio::test]
    async fn statements_are_counted_alone_and_within_transactions() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = open(&folder).await;
        let select = || Statement::from_string(DbBackend::Sqlite, "SELECT 1");
        let before = database.statements().count();
        database
            .connection()
            .query_one_raw(select())
            .await
            .expect("selects");
        let transaction = database.begin_write().await.expect("begins");
        transaction.query_all_raw(select()).await.expect("selects");
        transaction.execute_raw(select()).await.expect("executes");
        transaction.commit().await.expect("commits");
        assert_eq!(database.statements().count() - before, 3);
    }

    #[tokio::test]
    async fn two_writers_wait_for_each_other_instead_of_failing() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = open(&folder).await;
        database
            .connection()
            .execute_unprepared("CREATE TABLE tally (n INTEGER)")
            .await
            .expect("creates");
        let mut writers = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let database = database.clone();
            writers.spawn(async move {
                let transaction = database.begin_write().await?;
                transaction
                    .execute_unprepared("INSERT INTO tally SELECT COUNT(*) FROM tally")
                    .await?;
                transaction.commit().await
            });
        }
        while let Some(written) = writers.join_next().await {
            written
                .expect("no panic")
                .expect("no writer is turned away");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn many_writers_queue_up_for_longer_than_sqlite_lets_one_wait() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = open(&folder).await;
        let create = "CREATE TABLE tally (n INTEGER)";
        let connection = database.connection();
        connection
            .execute_unprepared(create)
            .await
            .expect("creates");
        let mut writers = tokio::task::JoinSet::new();
        // All of them together take longer than one may wait.
        for _ in 0..40 {
            let database = database.clone();
            writers.spawn(async move {
                let transaction = database.begin_write().await?;
                transaction
                    .execute_unprepared("INSERT INTO tally SELECT COUNT(*) FROM tally")
                    .await?;
                tokio::time::sleep(ACQUIRE_TIMEOUT / 32).await;
                transaction.commit().await
            });
        }
        tokio::time::sleep(BUSY_TIMEOUT / 10).await;
        let select = Statement::from_string(DbBackend::Sqlite, "SELECT COUNT(*) FROM tally");
        let read = tokio::time::timeout(BUSY_TIMEOUT, connection.query_one_raw(select)).await;
        assert!(read.is_ok_and(|it| it.is_ok()), "readers need not wait");
        while let Some(written) = writers.join_next().await {
            written
                .expect("no panic")
                .expect("no writer is turned away");
        }
    }

    #[tokio::test]
    async fn an_unknown_kind_of_database_is_named_as_such() {
        let problem = Database::connect("mysql://root@localhost/x")
            .await
            .expect_err("not spoken");
        assert_eq!(
            problem.to_string(),
            "the database URL must begin with postgres:// or sqlite://"
        );
    }

    #[test]
    fn credentials_are_never_shown() {
        assert_eq!(
            without_credentials("postgres://me:secret@db:5432/users?sslpassword=x"),
            "postgres://db:5432/users"
        );
        assert_eq!(
            without_credentials("sqlite://data/users.sqlite"),
            "sqlite://data/users.sqlite"
        );
    }
}
