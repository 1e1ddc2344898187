//! The demo data in a database: written once, and never over anything.

use chrono::Utc;
use kit::database::Database;
use music::demo::{self, catalogue, favourites};
use music::entity::{artist, favourite, track};
use music::migration::Migrator;
use sea_orm::{EntityTrait, PaginatorTrait};

use super::support::databases;

/// Artists, tracks and favourites in the database.
async fn counts(database: &Database) -> (u64, u64, u64) {
    let connection = database.connection();
    (
        artist::Entity::find()
            .count(connection)
            .await
            .expect("counts"),
        track::Entity::find()
            .count(connection)
            .await
            .expect("counts"),
        favourite::Entity::find()
            .count(connection)
            .await
            .expect("counts"),
    )
}

#[tokio::test]
async fn services_that_start_together_write_the_demo_data_once() {
    for place in databases::at_hand().await {
        let one = Database::connect(place.url()).await.expect("opens");
        let other = Database::connect(place.url()).await.expect("opens");
        one.migrate::<Migrator>().await.expect("migrates");

        let (first, second) =
            tokio::join!(demo::seed(&one, Utc::now()), demo::seed(&other, Utc::now()));
        first.expect("seeds");
        second.expect("finds the data there, or writes them");
        demo::seed(&one, Utc::now())
            .await
            .expect("finds the data there");

        let catalogue = catalogue::Catalogue::read(catalogue::TEXT).expect("well-formed");
        let favourites =
            favourites::Favourites::read(favourites::TEXT, &catalogue).expect("well-formed");
        let expected = [
            catalogue.artists.len(),
            catalogue.tracks.len(),
            favourites.all.len(),
        ]
        .map(|it| it as u64);
        assert_eq!(<[u64; 3]>::from(counts(&one).await), expected);

        one.close().await;
        other.close().await;
        place.drop().await;
    }
}

#[tokio::test]
async fn a_catalogue_that_somebody_began_is_left_alone() {
    for place in databases::at_hand().await {
        let database = Database::connect(place.url()).await.expect("opens");
        database.migrate::<Migrator>().await.expect("migrates");
        let new = music::store::edit::NewArtist {
            name: "Somebody".to_owned(),
            country: None,
            genres: Vec::new(),
        };
        let store = music::Store::new(database.clone());
        store.create_artist(new, Utc::now()).await.expect("creates");
        demo::seed(&database, Utc::now())
            .await
            .expect("leaves it alone");
        assert_eq!(counts(&database).await, (1, 0, 0));
        drop(store);
        database.close().await;
        place.drop().await;
    }
}
