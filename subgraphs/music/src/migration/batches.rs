//! Walks through all favourites, some thousands at a time: there may be millions, and people add
//! others meanwhile.

use sea_orm::{ConnectionTrait, DbErr, Statement, Value};

/// Favourites of one batch, and a few more.
const BATCH: u32 = 10_000;

/// Behind the id of every user.
const BEHIND_ALL: &str = "\u{10ffff}";

/// Where the walk is.
#[derive(Default)]
pub(super) struct Batches {
    behind: String,
    are_done: bool,
}

impl Batches {
    /// The next users: behind the one id and up to the other. None when all with favourites had
    /// their turn.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn next(
        &mut self,
        connection: &impl ConnectionTrait,
    ) -> Result<Option<[Value; 2]>, DbErr> {
        if self.are_done {
            return Ok(None);
        }
        let next = Statement::from_sql_and_values(
            connection.get_database_backend(),
            format!(
                "SELECT user_id FROM favourite WHERE user_id > $1 \
                 ORDER BY user_id LIMIT 1 OFFSET {BATCH}"
            ),
            [self.behind.as_str().into()],
        );
        let until = match connection.query_one_raw(next).await? {
            Some(row) => row.try_get_by_index(0)?,
            None => {
                self.are_done = true;
                BEHIND_ALL.to_owned()
            }
        };
        let behind = std::mem::replace(&mut self.behind, until.clone());
        Ok(Some([behind.into(), until.into()]))
    }
}
