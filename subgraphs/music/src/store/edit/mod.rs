//! What curators do to the catalogue: create, update and delete, one file per thing.
//!
//! Nothing is deleted that something else needs: an artist with albums, an album with tracks, a
//! track that somebody loves. The foreign keys refuse it, so two curators at once cannot get
//! round the rule either.

use kit::{Failure, Result};
use sea_orm::{DatabaseTransaction, DbErr, DeleteResult, SqlErr};

use super::search::{Kind, documents};
use crate::ids;

mod album;
mod artist;
mod track;

pub use album::{AlbumChange, NewAlbum};
pub use artist::{ArtistChange, NewArtist};
pub use track::{NewTrack, TrackChange};

/// How an attempt to delete ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is gone.
    Done,
    /// There was no such thing.
    NotFound,
    /// Something else needs it.
    InUse,
}

impl Deletion {
    /// Ends the transaction in which something was deleted, or was not; search forgets it too.
    async fn end(
        transaction: DatabaseTransaction,
        deleted: Result<DeleteResult, DbErr>,
        kind: Kind,
        id: &str,
    ) -> Result<Self> {
        match deleted {
            Ok(deleted) if deleted.rows_affected > 0 => {
                documents::forget(&transaction, kind, id).await?;
                transaction.commit().await?;
                Ok(Deletion::Done)
            }
            Ok(_) => Ok(Deletion::NotFound),
            Err(error) if is_missing_reference(&error) => Ok(Deletion::InUse),
            Err(error) => Err(error.into()),
        }
    }
}

fn new_id() -> Result<String> {
    ids::random().map_err(|error| Failure::internal(error.to_string()))
}

/// Whether a write failed because what it points at does not exist, or is still pointed at.
fn is_missing_reference(error: &DbErr) -> bool {
    matches!(
        error.sql_err(),
        Some(SqlErr::ForeignKeyConstraintViolation(_))
    )
}
