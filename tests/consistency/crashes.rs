//! Users and music are killed at random while people register, love, arrange and go. Afterwards every
//! acknowledged write is there, once, and nothing is left of whoever is gone.
//!
//! A few times in each run; `MUSICWALLET_TEST_CRASHES` says how often instead, and
//! `MUSICWALLET_TEST_SEED` by which chances.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::books::Books;
use crate::people::{
    ADD_ITEMS, CREATE_PLAYLIST, DELETE, LOVE, PASSWORD, REGISTER, SET_COUNTRY, UNLOVE,
    registration, some_tracks,
};
use crate::services::{Services, ask};
use crate::support::databases::Databases;
use crate::support::environment::{CRASHES, SEED, given};
use crate::support::http::client;

/// How often a service is killed, unless the environment says otherwise.
const USUAL_CRASHES: u64 = 6;

/// People who act at the same time.
const PEOPLE: u64 = 4;

const COUNTRIES: [&str; 5] = ["IS", "NO", "SE", "DK", "FI"];

/// Errors that only say that a service was not there: nothing was acknowledged, nor refused.
const AWAY: [&str; 1] = ["KEY_SET_UNAVAILABLE"];

/// What is known of a favourite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loved {
    Yes,
    No,
    /// The last request was not answered.
    Perhaps,
}

/// What is known of a user from answers.
#[derive(Clone, Debug, Default)]
struct Known {
    favourites: BTreeMap<String, Loved>,
    /// Items that were acknowledged, and items that were asked for, by playlist.
    playlists: BTreeMap<String, (usize, usize)>,
    deletion_sent: bool,
    deletion_acknowledged: bool,
}

/// What is known of all, by the user's id.
type Acknowledged = Arc<Mutex<HashMap<String, Known>>>;

/// Numbers by chance that a seed brings again (SplitMix64).
#[derive(Clone, Debug)]
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let index = self.below(all.len() as u64);
        &all[usize::try_from(index).expect("below the length")]
    }
}

/// Somebody's requests, some of which nobody answers.
#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    users: String,
    music: String,
    token: Option<String>,
}

/// What a request came to.
#[derive(Debug)]
enum Answer {
    Data(Value),
    Refused(String),
    /// None came.
    Silence,
}

impl Client {
    async fn ask(&self, url: &str, query: &str, variables: Value) -> Answer {
        let answer = ask(&self.http, url, self.token.as_deref(), query, variables).await;
        let Some(mut answer) = answer else {
            return Answer::Silence;
        };
        match answer["errors"][0]["extensions"]["code"].as_str() {
            None => Answer::Data(answer["data"].take()),
            Some(code) if AWAY.contains(&code) => Answer::Silence,
            Some(code) => Answer::Refused(format!("{code}: {answer}")),
        }
    }

    /// The data of what may be lost, and may not be refused.
    async fn data(&self, url: &str, query: &str, variables: Value) -> Option<Value> {
        match self.ask(url, query, variables).await {
            Answer::Data(data) => Some(data),
            Answer::Refused(error) => panic!("{query} is refused: {error}"),
            Answer::Silence => {
                tokio::time::sleep(Duration::from_millis(20)).await;
                None
            }
        }
    }
}

/// One of those who act.
struct Actor {
    client: Client,
    tracks: Arc<Vec<String>>,
    known: Acknowledged,
    chance: Chance,
    names: Arc<AtomicU64>,
    enough: Arc<AtomicBool>,
}

impl Actor {
    /// One person after the other, until it is enough.
    async fn act(mut self) {
        while !self.enough.load(Ordering::Relaxed) {
            let Some(id) = self.register().await else {
                continue;
            };
            for _ in 0..=self.chance.below(12) {
                match self.chance.below(8) {
                    0 => self.make_playlist(&id).await,
                    1 => self.move_away().await,
                    2 => self.unlove(&id).await,
                    _ => self.love(&id).await,
                }
            }
            if self.chance.below(3) == 0 {
                self.delete(&id).await;
            }
        }
    }

    fn note(&self, id: &str, note: impl FnOnce(&mut Known)) {
        let mut known = self.known.lock().expect("no panic");
        note(known.entry(id.to_owned()).or_default());
    }

    async fn register(&mut self) -> Option<String> {
        self.client.token = None;
        let name = format!("user{}", self.names.fetch_add(1, Ordering::Relaxed));
        let (users, input) = (self.client.users.clone(), registration(&name));
        let data = self.client.data(&users, REGISTER, input).await?;
        let session = &data["register"];
        let id = session["user"]["id"].as_str().expect("an id").to_owned();
        self.client.token = session["accessToken"].as_str().map(str::to_owned);
        self.note(&id, |_| {});
        Some(id)
    }

    async fn love(&mut self, id: &str) {
        let track = self.chance.one_of(&self.tracks).clone();
        self.change_favourite(id, track, LOVE, Loved::Yes).await;
    }

    async fn unlove(&mut self, id: &str) {
        let track = self.chance.one_of(&self.tracks).clone();
        self.change_favourite(id, track, UNLOVE, Loved::No).await;
    }

    async fn change_favourite(&self, id: &str, track: String, query: &str, then: Loved) {
        self.note(id, |it| {
            it.favourites.insert(track.clone(), Loved::Perhaps);
        });
        let variables = json!({ "track": track });
        if self
            .client
            .data(&self.client.music, query, variables)
            .await
            .is_some()
        {
            self.note(id, |it| {
                it.favourites.insert(track, then);
            });
        }
    }

    async fn move_away(&mut self) {
        let country = self.chance.one_of(&COUNTRIES);
        let (users, variables) = (&self.client.users, json!({ "country": country }));
        self.client.data(users, SET_COUNTRY, variables).await;
    }

    async fn make_playlist(&mut self, id: &str) {
        let (client, music) = (&self.client, &self.client.music);
        let named = json!({ "name": "A list" });
        let Some(made) = client.data(music, CREATE_PLAYLIST, named).await else {
            return;
        };
        let playlist = made["createPlaylist"]["playlist"]["id"].as_str();
        let playlist = playlist.expect("an id").to_owned();
        self.note(id, |it| {
            it.playlists.insert(playlist.clone(), (0, 0));
        });
        for _ in 0..3 {
            let tracks = [
                self.chance.one_of(&self.tracks).clone(),
                self.chance.one_of(&self.tracks).clone(),
            ];
            let count = |acknowledged: usize, sent: usize| {
                self.note(id, |it| {
                    let items = it.playlists.entry(playlist.clone()).or_default();
                    items.0 += acknowledged;
                    items.1 += sent;
                });
            };
            count(0, tracks.len());
            let items = json!({ "playlist": playlist, "tracks": tracks });
            if client.data(music, ADD_ITEMS, items).await.is_some() {
                count(tracks.len(), 0);
            }
        }
    }

    /// The account goes while its user goes on loving tracks in another window.
    async fn delete(&mut self, id: &str) {
        self.note(id, |it| it.deletion_sent = true);
        let (users, variables) = (self.client.users.clone(), json!({ "password": PASSWORD }));
        let tracks: Vec<_> = (0..4)
            .map(|_| self.chance.one_of(&self.tracks).clone())
            .collect();
        let client = self.client.clone();
        let other_window = async {
            for track in tracks {
                let variables = json!({ "track": track });
                let answer = client.ask(&client.music, LOVE, variables).await;
                if let Answer::Refused(error) = answer {
                    assert!(error.starts_with("ACCOUNT_DELETED"), "{error}");
                }
                self.note(id, |it| {
                    it.favourites.insert(track, Loved::Perhaps);
                });
            }
        };
        let deletion = self.client.data(&users, DELETE, variables);
        let (deleted, ()) = tokio::join!(deletion, other_window);
        if deleted.is_some() {
            self.note(id, |it| it.deletion_acknowledged = true);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_crashes_both_agree_in_the_end() {
    let crashes = given(CRASHES).map_or(USUAL_CRASHES, |it| it.parse().expect("a number"));
    let seed = given(SEED).map_or_else(any_seed, |it| it.parse().expect("a number"));
    for databases in Databases::all().await {
        crash_and_check(&databases, crashes, seed).await;
        databases.remove().await;
    }
}

async fn crash_and_check(databases: &Databases, crashes: u64, seed: u64) {
    println!("{crashes} crashes on {}; {SEED}={seed}", databases.kind());
    let mut chance = Chance(seed);
    let folder = tempfile::tempdir().expect("a folder");
    let mut services = Services::new(&folder, databases, None);
    services.start().await;
    let tracks = Arc::new(some_tracks(&services, 12).await);
    let known = Acknowledged::default();
    let enough = Arc::new(AtomicBool::new(false));
    let names = Arc::new(AtomicU64::new(0));
    let mut actors = JoinSet::new();
    for number in 0..PEOPLE {
        let actor = Actor {
            client: Client {
                http: client(),
                users: services.users.url().to_owned(),
                music: services.music.url().to_owned(),
                token: None,
            },
            tracks: Arc::clone(&tracks),
            known: Arc::clone(&known),
            chance: Chance(seed ^ (number + 1)),
            names: Arc::clone(&names),
            enough: Arc::clone(&enough),
        };
        actors.spawn(actor.act());
    }
    let mut killed = [0, 0];
    for _ in 0..crashes {
        tokio::time::sleep(Duration::from_millis(chance.below(400))).await;
        let (users, music) = [(true, false), (false, true), (true, true)]
            [usize::try_from(chance.below(3)).expect("small")];
        if users {
            services.users.kill().await;
            killed[0] += 1;
        }
        if music {
            services.music.kill().await;
            killed[1] += 1;
        }
        if users {
            services.users.start().await;
        }
        if music {
            services.music.start().await;
        }
    }
    enough.store(true, Ordering::Relaxed);
    while let Some(ended) = actors.join_next().await {
        ended.expect("no request is refused");
    }
    services.agree().await;
    let books = Books::open(&folder, databases).await;
    let known = known.lock().expect("no panic").clone();
    let living = living(&services, &known).await;
    check(&books, &known, &living).await;
    println!(
        "users was killed {} times, music {}; {} people, of whom {} are there; {} facts",
        killed[0],
        killed[1],
        known.len(),
        living.len(),
        services.facts().await,
    );
    books.close().await;
    services.stop().await;
}

/// The country of each user who is there.
async fn living(
    services: &Services,
    known: &HashMap<String, Known>,
) -> BTreeMap<String, Option<String>> {
    const USERS: &str = "query ($users: [_Any!]!) {
        _entities(representations: $users) { ... on User { id country } }
    }";
    let mut living = BTreeMap::new();
    let ids: Vec<_> = known.keys().collect();
    for ids in ids.chunks(200) {
        let representation = |id: &&String| json!({ "__typename": "User", "id": id });
        let users: Vec<_> = ids.iter().map(representation).collect();
        let variables = json!({ "users": users });
        let answer = services.users.ask(&client(), None, USERS, variables).await;
        let answer = answer.expect("users answers");
        let entities = answer["data"]["_entities"].as_array().expect("entities");
        for entity in entities.iter().filter(|it| !it.is_null()) {
            let id = entity["id"].as_str().expect("an id").to_owned();
            living.insert(id, entity["country"].as_str().map(str::to_owned));
        }
    }
    living
}

async fn check(
    books: &Books,
    known: &HashMap<String, Known>,
    living: &BTreeMap<String, Option<String>>,
) {
    books.counts_are_right().await;
    let kept = books.kept().await;
    let countries = kept.countries();
    let favourites: BTreeSet<(&str, &str)> = kept
        .favourites
        .iter()
        .map(|row| (row[0].as_str(), row[1].as_str()))
        .collect();
    assert_eq!(
        favourites.len(),
        kept.favourites.len(),
        "a favourite is double"
    );
    let items: BTreeMap<&str, usize> = kept
        .playlists
        .iter()
        .map(|row| (row[0].as_str(), row[2].parse().expect("a number")))
        .collect();
    for (id, known) in known {
        let Some(country) = living.get(id) else {
            assert!(known.deletion_sent, "{id} is gone, and nobody asked for it");
            assert_eq!(kept.traces_of(id), 0, "something of {id} is left");
            continue;
        };
        assert!(
            !known.deletion_acknowledged,
            "{id} is there in spite of a deletion"
        );
        let here = countries.get(id.as_str());
        assert_eq!(
            here.copied(),
            Some(country.as_deref().unwrap_or("")),
            "{id}"
        );
        for (track, loved) in &known.favourites {
            let is = favourites.contains(&(id.as_str(), track.as_str()));
            match loved {
                Loved::Yes => assert!(is, "{id} has lost {track}"),
                Loved::No => assert!(!is, "{id} has {track} in spite of its removal"),
                Loved::Perhaps => {}
            }
        }
        for (playlist, (acknowledged, sent)) in &known.playlists {
            let count = items.get(playlist.as_str());
            let count = count.unwrap_or_else(|| panic!("{id} has lost the playlist {playlist}"));
            assert!(
                (acknowledged..=sent).contains(&count),
                "{playlist} has {count} items, {acknowledged} were acknowledged and {sent} sent"
            );
        }
    }
}

fn any_seed() -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).expect("random bytes");
    u64::from_ne_bytes(bytes)
}
