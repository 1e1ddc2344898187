//! The tables brought up from their first version, with data in place, and on Postgres while they
//! are in use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use kit::database::Database;
use sea_orm::{ConnectionTrait, TransactionTrait};
use sea_orm_migration::MigratorTrait as _;
use users::migration::Migrator;
use users::rules::Username;
use users::store::Store;

use crate::support::{execute, first_column, postgres_database, with_database};

/// How many migrations the first released version had.
const FIRST_VERSION: u32 = 3;

/// Name and age of accounts that the first version let register.
const FIRST_ACCOUNTS: [(&str, i64); 4] = [("adam", 2), ("adarn", 1), ("paul", 3), ("william", 4)];

async fn first_version(database: &Database) {
    let connection = database.connection();
    Migrator::up(connection, Some(FIRST_VERSION))
        .await
        .expect("migrates");
    for (name, created_at) in FIRST_ACCOUNTS {
        insert(database, name, created_at).await;
        let session = format!(
            "INSERT INTO session (id, account_id, created_at, expires_at) \
             VALUES ('s-{name}', 'id-{name}', {created_at}, 99999999999999)"
        );
        connection
            .execute_unprepared(&session)
            .await
            .expect("inserts");
    }
    let token = "INSERT INTO refresh_token (hash, session_id, issued_at, expires_at) VALUES ('h', 's-adam', 1, 2)";
    connection.execute_unprepared(token).await.expect("inserts");
    let fact =
        "INSERT INTO outbox_event (kind, subject_id, occurred_at) VALUES ('user.deleted', 'x', 1)";
    connection.execute_unprepared(fact).await.expect("inserts");
}

/// Writes an account as the first version did.
async fn insert(database: &Database, name: &str, created_at: i64) {
    let account = format!(
        "INSERT INTO account (id, username, email, password_hash, display_name, roles, created_at) \
         VALUES ('id-{name}', '{name}', '{name}@example.org', 'hash', '{name}', 'user', {created_at})"
    );
    database
        .connection()
        .execute_unprepared(&account)
        .await
        .expect("inserts");
}

async fn check(database: &Database) {
    let skeletons: Vec<Option<String>> = first_column(
        database,
        "SELECT username_skeleton FROM account ORDER BY created_at LIMIT 4",
    )
    .await;
    // The older of two that look alike has the skeleton; the other keeps its name.
    let expected = [Some("adarn"), None, Some("paul"), Some("vvilliarn")];
    assert_eq!(skeletons, expected.map(|it| it.map(str::to_owned)));
    let store = Store::new(database.clone());
    let adam = Username::parse("username", "adam").expect("valid");
    let found = store
        .accounts_by_username(std::slice::from_ref(&adam))
        .await
        .expect("finds");
    assert_eq!(found[&adam].id, "id-adam");
    assert_eq!(found[&adam].email_verified_at, None);
    let now = chrono::Utc::now();
    let sessions = store.sessions_of("id-adam", now).await.expect("lists");
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0].origin.app, None);
    assert_eq!(
        first_column::<String>(database, "SELECT kind FROM outbox_event")
            .await
            .len(),
        1
    );
    assert_eq!(
        first_column::<String>(database, "SELECT hash FROM refresh_token")
            .await
            .len(),
        1
    );
    let again = database
        .connection()
        .execute_unprepared(
            "INSERT INTO account (id, username, email, password_hash, display_name, roles, created_at, username_skeleton) \
             VALUES ('x', 'pau1', 'x@example.org', 'hash', 'x', 'user', 9, 'paul')",
        )
        .await;
    assert!(again.is_err(), "the database itself keeps lookalikes away");
}

#[tokio::test]
async fn sqlite_comes_up_from_the_first_version() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("users.sqlite").display());
    let database = Database::connect(&url).await.expect("opens");
    first_version(&database).await;
    database.migrate::<Migrator>().await.expect("migrates");
    check(&database).await;
    database
        .migrate::<Migrator>()
        .await
        .expect("nothing is left to do");
}

#[tokio::test]
async fn postgres_comes_up_from_the_first_version_while_it_is_in_use() {
    let Some((server, name)) = postgres_database().await else {
        println!("left out: MUSICWALLET_TEST_POSTGRES_URL is not set");
        return;
    };
    let url = with_database(&server, &name);
    let database = Database::connect(&url).await.expect("opens");
    first_version(&database).await;

    // A report that takes long: it holds the table against every change until it ends.
    let report = database.connection().begin().await.expect("begins");
    report
        .execute_unprepared("SELECT count(*) FROM account")
        .await
        .expect("selects");
    // The version before goes on writing and reading all the while.
    let (stop, written) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU32::new(0)),
    );
    let traffic = {
        let (database, stop, written) = (database.clone(), stop.clone(), written.clone());
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let number = written.fetch_add(1, Ordering::Relaxed);
                insert(
                    &database,
                    &format!("newcomer{number}"),
                    1_000 + i64::from(number),
                )
                .await;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        })
    };
    // Two replicas of the new version start at once.
    let replicas: Vec<_> = (0..2)
        .map(|_| {
            let url = url.clone();
            tokio::spawn(async move {
                let database = Database::connect(&url).await.expect("opens");
                database.migrate::<Migrator>().await.expect("migrates");
                database.close().await;
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = written.load(Ordering::Relaxed);
    assert!(
        before > 1,
        "nobody waits behind the migration for as long as the report takes"
    );
    report.commit().await.expect("commits");
    for replica in replicas {
        replica.await.expect("it migrates");
    }
    stop.store(true, Ordering::Relaxed);
    traffic.await.expect("no write failed");
    assert!(written.load(Ordering::Relaxed) > before);
    check(&database).await;
    database.close().await;
    execute(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}
