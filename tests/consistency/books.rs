//! What music has in its tables of users, read beside the service.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};
use tempfile::TempDir;

use crate::support::databases::Databases;

/// The tables.
pub(crate) struct Books(DatabaseConnection);

/// What they hold, in an order of their own: so two can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) listeners: Vec<Vec<String>>,
    pub(crate) departed: Vec<Vec<String>>,
    pub(crate) favourites: Vec<Vec<String>>,
    pub(crate) playlists: Vec<Vec<String>>,
    pub(crate) items: Vec<Vec<String>>,
}

impl Books {
    pub(crate) async fn open(folder: &TempDir, databases: &Databases) -> Self {
        let file = folder.path().join("music.sqlite");
        let url = databases
            .url_of("music")
            .unwrap_or_else(|| format!("sqlite://{}", file.display()));
        Books(Database::connect(url).await.expect("opens"))
    }

    pub(crate) async fn close(self) {
        self.0.close().await.expect("closes");
    }

    /// The rows of a statement, all columns as texts.
    pub(crate) async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        let statement = Statement::from_string(self.0.get_database_backend(), sql);
        let rows = self.0.query_all_raw(statement).await.expect("selects");
        rows.iter()
            .map(|row| {
                let column = |column: usize| {
                    let text = row.try_get_by_index::<Option<String>>(column);
                    let long = || row.try_get_by_index::<i64>(column).map(|it| it.to_string());
                    let short = || row.try_get_by_index::<i32>(column).map(|it| it.to_string());
                    text.map(Option::unwrap_or_default)
                        .or_else(|_| long())
                        .or_else(|_| short())
                        .expect("a text or a number")
                };
                (0..row.column_names().len()).map(column).collect()
            })
            .collect()
    }

    pub(crate) async fn execute(&self, sql: &str) {
        self.0.execute_unprepared(sql).await.expect("executes");
    }

    pub(crate) async fn kept(&self) -> Kept {
        Kept {
            listeners: self
                .rows("SELECT user_id, country FROM listener ORDER BY 1")
                .await,
            departed: self
                .rows("SELECT user_id, departed_at FROM departed_user ORDER BY 1")
                .await,
            favourites: self
                .rows("SELECT user_id, track_id FROM favourite ORDER BY 1, 2")
                .await,
            playlists: self
                .rows("SELECT id, owner_id, item_count FROM playlist ORDER BY 1")
                .await,
            items: self
                .rows("SELECT playlist_id, id, added_by FROM playlist_item ORDER BY 1, 2")
                .await,
        }
    }

    /// Fails unless all counts are what one counts.
    pub(crate) async fn counts_are_right(&self) {
        for wrong in [
            "SELECT id FROM track WHERE favourite_count <>
                (SELECT COUNT(*) FROM favourite WHERE favourite.track_id = track.id)",
            "SELECT id FROM playlist WHERE item_count <>
                (SELECT COUNT(*) FROM playlist_item WHERE playlist_item.playlist_id = playlist.id)",
        ] {
            assert_eq!(self.rows(wrong).await, Vec::<Vec<String>>::new(), "{wrong}");
        }
    }
}

impl Kept {
    /// How many rows speak of this user.
    pub(crate) fn traces_of(&self, user: &str) -> usize {
        let all = [
            &self.listeners,
            &self.favourites,
            &self.playlists,
            &self.items,
        ];
        let rows = all.into_iter().flatten();
        rows.filter(|row| row.iter().any(|it| it == user)).count()
    }

    /// The country of each user.
    pub(crate) fn countries(&self) -> BTreeMap<&str, &str> {
        let rows = self.listeners.iter();
        rows.map(|row| (row[0].as_str(), row[1].as_str())).collect()
    }
}
