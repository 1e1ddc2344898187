//! What users did in one service has its consequences in the other, whichever of them was away.

use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::books::Books;
use crate::nats::NatsServer;
use crate::people::{CREATE_PLAYLIST, LOVE, Person, some_tracks};
use crate::services::Services;
use crate::support::databases::Databases;
use crate::support::http::client;

/// Both services on one kind of database, with one kind of feed.
struct World {
    folder: TempDir,
    databases: Databases,
    nats: Option<NatsServer>,
    services: Services,
}

impl World {
    async fn books(&self) -> Books {
        Books::open(&self.folder, &self.databases).await
    }
}

/// Runs a case in each world there can be. Nothing is started yet.
async fn in_each_world(case: impl AsyncFn(&mut World)) {
    for over_nats in [false, true] {
        for databases in Databases::all().await {
            let nats = match over_nats {
                true => match NatsServer::start().await {
                    Some(nats) => Some(nats),
                    None => {
                        databases.remove().await;
                        continue;
                    }
                },
                false => None,
            };
            let folder = tempfile::tempdir().expect("a folder");
            let services = Services::new(&folder, &databases, nats.as_ref());
            let mut world = World {
                folder,
                databases,
                nats,
                services,
            };
            case(&mut world).await;
            world.services.stop().await;
            world.databases.remove().await;
        }
    }
}

#[tokio::test]
async fn who_deletes_the_account_leaves_nothing_in_music() {
    in_each_world(async |world| {
        world.services.start().await;
        let services = &world.services;
        let tracks = some_tracks(services, 5).await;
        let ann = Person::register(services, "ann").await;
        let bob = Person::register(services, "bob").await;
        ann.move_to("IS").await;
        bob.move_to("NO").await;
        ann.love(&tracks).await;
        bob.love(&tracks[..2]).await;
        ann.make_playlist(&tracks).await;
        let kept_playlist = bob.make_playlist(&tracks[..3]).await;
        services.agree().await;
        let books = world.books().await;
        let kept = books.kept().await;
        assert_eq!(kept.countries().get(ann.id.as_str()), Some(&"IS"));
        assert_eq!(kept.countries().get(bob.id.as_str()), Some(&"NO"));

        let began = Instant::now();
        ann.delete().await;
        services.agree().await;
        println!("gone after {} ms", began.elapsed().as_millis());
        let kept = books.kept().await;
        assert_eq!(kept.traces_of(&ann.id), 0, "{kept:?}");
        assert!(kept.departed.iter().any(|row| row[0] == ann.id));
        let of_bob = kept.favourites.iter().filter(|row| row[0] == bob.id);
        assert_eq!(of_bob.count(), 2);
        assert!(kept.playlists.iter().any(|row| row[0] == kept_playlist));
        books.counts_are_right().await;
        // The token is good for some minutes still.
        let track = json!({ "track": tracks[0] });
        assert_eq!(ann.refusal(LOVE, track).await, "ACCOUNT_DELETED");
        let playlist = ann.refusal(CREATE_PLAYLIST, json!({ "name": "x" })).await;
        assert_eq!(playlist, "ACCOUNT_DELETED");
        assert_eq!(books.kept().await, kept);
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn whichever_was_away_agrees_when_it_is_back() {
    in_each_world(async |world| {
        // Music serves before there is anybody to tell it anything.
        world.services.music.start().await;
        let tracks = some_tracks(&world.services, 3).await;
        world.services.users.start().await;
        let ann = Person::register(&world.services, "ann").await;
        let bob = Person::register(&world.services, "bob").await;
        ann.love(&tracks).await;
        bob.love(&tracks).await;
        world.services.agree().await;

        // Music is away while somebody goes.
        world.services.music.kill().await;
        ann.delete().await;
        world.services.music.start().await;
        world.services.agree().await;
        let books = world.books().await;
        assert_eq!(books.kept().await.traces_of(&ann.id), 0);

        // Users is away, and music serves all the while.
        world.services.users.kill().await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        some_tracks(&world.services, 1).await;
        bob.love(&tracks[..1]).await;
        world.services.users.start().await;
        if let Some(nats) = &mut world.nats {
            nats.restart().await;
        }
        bob.delete().await;
        world.services.agree().await;
        let kept = books.kept().await;
        assert_eq!(kept.traces_of(&bob.id), 0, "{kept:?}");
        books.counts_are_right().await;
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn a_rebuild_ends_where_following_the_facts_led() {
    in_each_world(async |world| {
        world.services.start().await;
        let services = &world.services;
        let tracks = some_tracks(services, 4).await;
        let ann = Person::register(services, "ann").await;
        let bob = Person::register(services, "bob").await;
        let cid = Person::register(services, "cid").await;
        for (person, country) in [(&ann, "IS"), (&bob, "NO"), (&cid, "SE")] {
            person.move_to(country).await;
            person.love(&tracks).await;
            person.make_playlist(&tracks).await;
        }
        bob.move_to("DK").await;
        cid.delete().await;
        services.agree().await;
        let books = world.books().await;
        let right = books.kept().await;
        assert_eq!(right.countries().get(bob.id.as_str()), Some(&"DK"));

        // All facts come again.
        books
            .execute("UPDATE facts_cursor SET position = 0, stream_sequence = NULL")
            .await;
        services
            .music
            .ask(&client(), None, "{ __typename }", json!({}))
            .await;
        services.agree_with(&books).await;
        assert_eq!(books.kept().await, right);

        // What no fact said is made good.
        for wrong in [
            format!(
                "UPDATE listener SET country = 'XX' WHERE user_id = '{}'",
                bob.id
            ),
            format!("DELETE FROM listener WHERE user_id = '{}'", ann.id),
            "DELETE FROM departed_user".to_owned(),
            format!(
                "INSERT INTO favourite (user_id, track_id, favourited_at, place)
                 VALUES ('{}', '{}', 1, '1')",
                cid.id, tracks[0]
            ),
            format!(
                "UPDATE track SET favourite_count = favourite_count + 1 WHERE id = '{}'",
                tracks[0]
            ),
            "INSERT INTO listener (user_id, country) VALUES ('nobody', 'XX')".to_owned(),
        ] {
            books.execute(&wrong).await;
        }
        assert_ne!(books.kept().await, right);
        let said = services.music.run("rebuild-facts").await;
        println!("{said}");
        services.agree_with(&books).await;
        let mut again = books.kept().await;
        again.departed.retain(|row| row[0] != "nobody");
        assert_eq!(again, right);
        books.counts_are_right().await;
        books.close().await;
    })
    .await;
}

#[tokio::test]
async fn of_two_replicas_each_fact_is_acted_upon_by_one() {
    in_each_world(async |world| {
        if matches!(world.databases, Databases::Sqlite) {
            return;
        }
        world.services.start().await;
        let services = &world.services;
        let mut other = services.music.replica();
        other.start().await;
        let tracks = some_tracks(services, 3).await;
        let mut people = Vec::new();
        for number in 0..8 {
            let person = Person::register(services, &format!("user{number}")).await;
            person.love(&tracks).await;
            person.move_to("IS").await;
            people.push(person);
        }
        for person in &people {
            person.delete().await;
        }
        let books = world.books().await;
        services.agree_with(&books).await;
        let kept = books.kept().await;
        for person in &people {
            assert_eq!(kept.traces_of(&person.id), 0);
        }
        books.counts_are_right().await;
        let mut acted_upon = 0;
        for replica in [&services.music, &other] {
            acted_upon += replica.metrics().await.sum("facts_acted_upon_total", "");
        }
        assert_eq!(acted_upon, services.facts().await);
        other.kill().await;
        books.close().await;
    })
    .await;
}
