//! The databases that a federation runs on: SQLite always, Postgres where one is given.

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};

use super::environment::{POSTGRES, given};

/// What users and music keep their data in.
pub(crate) enum Databases {
    /// A file each, in the data folder.
    Sqlite,
    /// A database each, made for one test.
    Postgres {
        server: DatabaseConnection,
        url: String,
        name: String,
    },
}

impl Databases {
    /// Every kind there is to test on.
    pub(crate) async fn all() -> Vec<Self> {
        let mut all = vec![Databases::Sqlite];
        match given(POSTGRES) {
            Some(url) => all.push(Databases::on_postgres(url).await),
            None => println!("left out on Postgres: {POSTGRES} is not set"),
        }
        all
    }

    async fn on_postgres(url: String) -> Self {
        let server = Database::connect(&url).await.expect("Postgres answers");
        let mut random = [0; 8];
        getrandom::fill(&mut random).expect("random bytes");
        let name = format!("federation_{:016x}", u64::from_ne_bytes(random));
        for service in ["users", "music"] {
            let create = format!("CREATE DATABASE {name}_{service}");
            server
                .execute_unprepared(&create)
                .await
                .expect("the role may create databases");
        }
        Databases::Postgres { server, url, name }
    }

    /// How the launcher is told.
    pub(crate) fn flags(&self) -> Vec<String> {
        ["users", "music"]
            .into_iter()
            .filter_map(|service| Some((service, self.url_of(service)?)))
            .flat_map(|(service, url)| [format!("--{service}-database-url"), url])
            .collect()
    }

    /// What they are called.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Databases::Sqlite => "SQLite",
            Databases::Postgres { .. } => "Postgres",
        }
    }

    /// Where a service's database is, unless it is a file in the data folder.
    pub(crate) fn url_of(&self, service: &str) -> Option<String> {
        match self {
            Databases::Sqlite => None,
            Databases::Postgres { url, name, .. } => {
                let server = url
                    .rsplit_once('/')
                    .map_or(url.as_str(), |(server, _)| server);
                Some(format!("{server}/{name}_{service}"))
            }
        }
    }

    /// Removes what was made for the test, once nobody uses it any more.
    pub(crate) async fn remove(self) {
        if let Databases::Postgres { server, name, .. } = self {
            for service in ["users", "music"] {
                // A connection of a service that was killed may not have been missed yet.
                let drop = format!("DROP DATABASE {name}_{service} WITH (FORCE)");
                server
                    .execute_unprepared(&drop)
                    .await
                    .expect("the database can be dropped");
            }
        }
    }
}
