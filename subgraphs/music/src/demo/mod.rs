//! The demo data: a real catalogue, and what the demo users love.
//!
//! Both are plain text files beside the sources, compiled in; [`catalogue`] and [`favourites`]
//! read them strictly. [`seed`] writes them into an empty database. The ids derive from the
//! names, so that an example query works as printed on every machine.

use std::collections::HashMap;

use anyhow::Context;
use chrono::{DateTime, Utc};
use kit::database::Database;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel, PaginatorTrait,
};

use crate::entity::{album, artist, artist_genre, favourite, track};
use crate::order_key;
use crate::search_key::search_key;
use crate::store::{search, to_micros};

pub mod catalogue;
pub mod favourites;
mod lines;

use catalogue::Catalogue;
use favourites::Favourites;

/// Rows in one statement, far below the number of variables a database accepts.
const ROWS_AT_ONCE: usize = 500;

/// Writes the demo data, if there is no artist yet. All of them or none.
///
/// # Errors
/// When the data files are malformed, which a test excludes, or the database fails.
pub async fn seed(database: &Database, now: DateTime<Utc>) -> anyhow::Result<()> {
    let transaction = database
        .begin_write()
        .await
        .context("writing the demo data")?;
    if transaction.get_database_backend() == DbBackend::Postgres {
        // Replicas that start together must not both find the database empty.
        transaction
            .execute_unprepared("LOCK TABLE artist IN EXCLUSIVE MODE")
            .await?;
    }
    if artist::Entity::find().count(&transaction).await? > 0 {
        return Ok(());
    }
    let catalogue = Catalogue::read(catalogue::TEXT).context("reading the demo catalogue")?;
    let favourites =
        Favourites::read(favourites::TEXT, &catalogue).context("reading the demo favourites")?;
    insert_catalogue(&transaction, &catalogue, now)
        .await
        .context("writing the demo catalogue")?;
    insert_favourites(&transaction, &favourites)
        .await
        .context("writing the demo favourites")?;
    search::documents::refresh_all(&transaction)
        .await
        .context("making the demo data searchable")?;
    transaction
        .commit()
        .await
        .context("writing the demo data")?;
    tracing::info!(
        demo.artists = catalogue.artists.len(),
        demo.tracks = catalogue.tracks.len(),
        demo.favourites = favourites.all.len(),
        "wrote the demo data"
    );
    Ok(())
}

async fn insert_catalogue(
    transaction: &DatabaseTransaction,
    catalogue: &Catalogue,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    // One microsecond apart, so that "recently added" is the order of the file.
    let mut added_at = to_micros(now);
    let mut next_added_at = || {
        added_at += 1;
        added_at
    };
    let mut artists = Vec::new();
    let mut genres = Vec::new();
    for one in &catalogue.artists {
        artists.push(artist::Model {
            id: one.id.as_str().to_owned(),
            name: one.name.clone(),
            name_key: search_key(&one.name),
            country: one.country.clone(),
            added_at: next_added_at(),
        });
        genres.extend(
            one.genres
                .iter()
                .zip(0..)
                .map(|(genre, place)| artist_genre::Model {
                    artist_id: one.id.as_str().to_owned(),
                    genre: genre.clone(),
                    place,
                }),
        );
    }
    let mut years = HashMap::new();
    let mut albums = Vec::new();
    for one in &catalogue.albums {
        years.insert(&one.id, (one.artist.as_str(), one.release_year));
        albums.push(album::Model {
            id: one.id.as_str().to_owned(),
            artist_id: one.artist.as_str().to_owned(),
            title: one.title.clone(),
            title_key: search_key(&one.title),
            release_year: one.release_year,
            added_at: next_added_at(),
        });
    }
    let mut tracks = Vec::new();
    for one in &catalogue.tracks {
        let (artist, release_year) = years.get(&one.album).context("a track without an album")?;
        tracks.push(track::Model {
            id: one.id.as_str().to_owned(),
            album_id: one.album.as_str().to_owned(),
            artist_id: (*artist).to_owned(),
            title: one.title.clone(),
            title_key: search_key(&one.title),
            duration_seconds: one.duration_seconds,
            track_number: one.track_number,
            release_year: *release_year,
            favourite_count: 0,
            added_at: next_added_at(),
        });
    }
    insert::<artist::Entity, _>(transaction, artists).await?;
    insert::<artist_genre::Entity, _>(transaction, genres).await?;
    insert::<album::Entity, _>(transaction, albums).await?;
    insert::<track::Entity, _>(transaction, tracks).await
}

async fn insert_favourites(
    transaction: &DatabaseTransaction,
    favourites: &Favourites,
) -> anyhow::Result<()> {
    let rows = favourites.all.iter().map(|one| favourite::Model {
        user_id: one.user.as_str().to_owned(),
        track_id: one.track.as_str().to_owned(),
        favourited_at: to_micros(one.favourited_at),
        note: one.note.clone(),
        place: order_key::of_number(to_micros(one.favourited_at)),
    });
    insert::<favourite::Entity, _>(transaction, rows.collect()).await?;
    let lovers = Query::select()
        .expr(Expr::col((favourite::Entity, favourite::Column::UserId)).count())
        .from(favourite::Entity)
        .and_where(
            Expr::col((favourite::Entity, favourite::Column::TrackId))
                .equals((track::Entity, track::Column::Id)),
        )
        .to_owned();
    let counted = Query::update()
        .table(track::Entity)
        .value(
            track::Column::FavouriteCount,
            Expr::SubQuery(None, Box::new(lovers.into())),
        )
        .to_owned();
    transaction.execute(&counted).await?;
    Ok(())
}

async fn insert<Entity, Row>(
    transaction: &DatabaseTransaction,
    mut rows: Vec<Row>,
) -> anyhow::Result<()>
where
    Entity: EntityTrait<Model = Row>,
    Row: IntoActiveModel<Entity::ActiveModel>,
{
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(ROWS_AT_ONCE));
        let some = rows.into_iter().map(IntoActiveModel::into_active_model);
        Entity::insert_many(some)
            .exec_without_returning(transaction)
            .await?;
        rows = rest;
    }
    Ok(())
}
