//! Databases of one case each: a SQLite file, and a Postgres database where there is a server.

use kit::database::Database;
use sea_orm::{ConnectionTrait, DatabaseConnection};

/// A database that only one case uses.
pub(crate) struct TestDatabase {
    url: String,
    place: Place,
}

enum Place {
    Folder(
        #[expect(dead_code, reason = "the folder is removed when this is dropped")]
        tempfile::TempDir,
    ),
    Server {
        url: String,
        name: String,
    },
    /// Somebody else's.
    Borrowed,
}

/// Does something to the tables behind the service's back.
pub(crate) async fn execute(connection: &DatabaseConnection, sql: &str) {
    let done = connection.execute_unprepared(sql).await;
    done.unwrap_or_else(|error| panic!("{sql}: {error}"));
}

/// One database of each kind that can be had.
pub(crate) async fn at_hand() -> Vec<TestDatabase> {
    let mut databases = vec![sqlite()];
    match postgres_server() {
        Some(server) => databases.push(postgres(server).await),
        None => println!("MUSICWALLET_TEST_POSTGRES_URL is not set: Postgres is left out"),
    }
    databases
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests have no configuration; this is the one place where theirs is read"
)]
fn postgres_server() -> Option<String> {
    std::env::var("MUSICWALLET_TEST_POSTGRES_URL").ok()
}

fn sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("music.sqlite").display());
    TestDatabase {
        url,
        place: Place::Folder(folder),
    }
}

async fn postgres(server: String) -> TestDatabase {
    let name = format!("music_test_{}", music::ids::random().expect("randomness"));
    execute_on(&server, &format!("CREATE DATABASE {name}")).await;
    let (address, options) = match server.split_once('?') {
        Some((address, options)) => (address, format!("?{options}")),
        None => (server.as_str(), String::new()),
    };
    let authority_at = address.find("://").expect("a URL") + 3;
    let address = match address[authority_at..].find('/') {
        Some(path_at) => &address[..authority_at + path_at],
        None => address,
    };
    let url = format!("{address}/{name}{options}");
    TestDatabase {
        url,
        place: Place::Server { url: server, name },
    }
}

async fn execute_on(server: &str, sql: &str) {
    let database = Database::connect(server)
        .await
        .expect("the Postgres server answers");
    database
        .connection()
        .execute_unprepared(sql)
        .await
        .expect("databases may be made there");
    database.close().await;
}

impl TestDatabase {
    /// The same database for another replica.
    pub(crate) fn borrowed(&self) -> Self {
        TestDatabase {
            url: self.url.clone(),
            place: Place::Borrowed,
        }
    }

    /// Whether it is one that several replicas can use.
    pub(crate) fn takes_replicas(&self) -> bool {
        matches!(self.place, Place::Server { .. })
    }

    /// Where it is.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Removes it.
    pub(crate) async fn drop(self) {
        if let Place::Server { url, name } = &self.place {
            execute_on(url, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}
