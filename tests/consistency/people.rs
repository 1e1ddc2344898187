//! People who use both services, and what they ask.

use serde_json::{Value, json};

use crate::services::{Services, ask};
use crate::support::http::client;

pub(crate) const PASSWORD: &str = "listen-to-this";

pub(crate) const REGISTER: &str = "mutation ($input: RegisterInput!) {
    register(input: $input) { accessToken user { id } }
}";
pub(crate) const SET_COUNTRY: &str = "mutation ($country: String) {
    updateProfile(input: { country: $country }) { id }
}";
pub(crate) const DELETE: &str =
    "mutation ($password: String!) { deleteAccount(password: $password) }";
pub(crate) const LOVE: &str = "mutation ($track: ID!) {
    addFavourite(input: { trackId: $track }) { added }
}";
pub(crate) const UNLOVE: &str = "mutation ($track: ID!) {
    removeFavourite(input: { trackId: $track }) { removed }
}";
pub(crate) const CREATE_PLAYLIST: &str = "mutation ($name: String!) {
    createPlaylist(input: { name: $name, visibility: PUBLIC }) { playlist { id } }
}";
pub(crate) const ADD_ITEMS: &str = "mutation ($playlist: ID!, $tracks: [ID!]!) {
    addPlaylistItems(input: { playlistId: $playlist, trackIds: $tracks }) { playlist { id } }
}";

/// What somebody registers with.
pub(crate) fn registration(username: &str) -> Value {
    let email = format!("{username}@example.org");
    json!({ "input": { "username": username, "email": email, "password": PASSWORD } })
}

/// Somebody who registered.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) token: String,
    users: String,
    music: String,
}

impl Person {
    pub(crate) async fn register(services: &Services, username: &str) -> Self {
        let (users, music) = (services.users.url(), services.music.url());
        let answer = ask(&client(), users, None, REGISTER, registration(username)).await;
        let answer = answer.expect("users answers");
        let session = &answer["data"]["register"];
        let text = |pointer: &str| {
            let text = session.pointer(pointer).and_then(Value::as_str);
            text.unwrap_or_else(|| panic!("{answer}")).to_owned()
        };
        Person {
            id: text("/user/id"),
            token: text("/accessToken"),
            users: users.to_owned(),
            music: music.to_owned(),
        }
    }

    /// The data that users answers with.
    pub(crate) async fn users(&self, query: &str, variables: Value) -> Value {
        self.data(&self.users, query, variables).await
    }

    /// The data that music answers with.
    pub(crate) async fn music(&self, query: &str, variables: Value) -> Value {
        self.data(&self.music, query, variables).await
    }

    /// The code of the error that music answers with.
    pub(crate) async fn refusal(&self, query: &str, variables: Value) -> Value {
        let answer = ask(&client(), &self.music, Some(&self.token), query, variables).await;
        answer.expect("music answers")["errors"][0]["extensions"]["code"].take()
    }

    async fn data(&self, url: &str, query: &str, variables: Value) -> Value {
        let answer = ask(&client(), url, Some(&self.token), query, variables).await;
        let mut answer = answer.expect("an answer");
        assert_eq!(answer.get("errors"), None, "{query}: {answer}");
        answer["data"].take()
    }

    pub(crate) async fn love(&self, tracks: &[String]) {
        for track in tracks {
            self.music(LOVE, json!({ "track": track })).await;
        }
    }

    pub(crate) async fn move_to(&self, country: &str) {
        self.users(SET_COUNTRY, json!({ "country": country })).await;
    }

    pub(crate) async fn make_playlist(&self, tracks: &[String]) -> String {
        let made = self.music(CREATE_PLAYLIST, json!({ "name": "Mine" })).await;
        let id = made["createPlaylist"]["playlist"]["id"].as_str();
        let id = id.expect("an id").to_owned();
        let items = json!({ "playlist": id, "tracks": tracks });
        self.music(ADD_ITEMS, items).await;
        id
    }

    pub(crate) async fn delete(&self) {
        self.users(DELETE, json!({ "password": PASSWORD })).await;
    }
}

/// Some tracks of the demo catalogue.
pub(crate) async fn some_tracks(services: &Services, count: usize) -> Vec<String> {
    let query = format!("{{ tracks(first: {count}) {{ edges {{ node {{ id }} }} }} }}");
    let answer = services.music.ask(&client(), None, &query, json!({})).await;
    let answer = answer.expect("music answers");
    let edges = answer["data"]["tracks"]["edges"].as_array();
    let edges = edges.unwrap_or_else(|| panic!("{answer}"));
    let id = |edge: &Value| edge["node"]["id"].as_str().expect("an id").to_owned();
    edges.iter().map(id).collect()
}
