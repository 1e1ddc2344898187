//! What is kept of users, compared with what the users service says of them now: for accounts that
//! are older than the feed, and where facts were forgotten before they were read.

use chrono::Utc;

use super::users::UsersService;
use crate::ids::UserId;
use crate::store::Store;
use crate::store::listeners::Trace;

/// Users who are asked for at once.
const AT_ONCE: u64 = 500;

/// What comparing came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Users who are there.
    pub listeners: usize,
    /// Users who are not, and of whom something had been kept.
    pub departed: usize,
}

/// Notes from where those listen of whom something is kept.
///
/// # Errors
/// When the users service or the database does not answer.
pub async fn note_countries(store: &Store, users: &UsersService) -> anyhow::Result<()> {
    look_at_all(store, users, false).await?;
    Ok(())
}

/// Notes from where those listen of whom something is kept, and removes all that is kept of those
/// whom the users service does not know.
///
/// # Errors
/// When the users service or the database does not answer.
pub async fn compare(store: &Store, users: &UsersService) -> anyhow::Result<Compared> {
    look_at_all(store, users, true).await
}

async fn look_at_all(
    store: &Store,
    users: &UsersService,
    remove_unknown: bool,
) -> anyhow::Result<Compared> {
    let mut compared = Compared::default();
    for trace in Trace::ALL {
        let mut after: Option<UserId> = None;
        loop {
            let some = store.users_with(trace, after.as_ref(), AT_ONCE).await?;
            let countries = users.countries(&some).await?;
            compared.listeners += countries.len();
            let unknown = some.iter().filter(|user| !countries.contains_key(*user));
            if remove_unknown {
                for user in unknown {
                    store.depart(user, Utc::now(), Utc::now()).await?;
                    compared.departed += 1;
                }
            }
            store.note_listeners(countries).await?;
            match some.last() {
                Some(last) => after = Some(last.clone()),
                None => break,
            }
        }
    }
    Ok(compared)
}
