//! Nobody edits the catalogue without the role, by any mutation and with any token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::catalogue::all_mutations;
use super::super::support::keys::claims;
use super::super::support::{As, Music, on_each_database};

/// What a curator could have changed.
const CATALOGUE: &str = "{
    artists(first: 100, orderBy: { field: RECENTLY_ADDED, direction: DESC }) { edges { node { id name country genres } } }
    albums(first: 100, orderBy: { field: RECENTLY_ADDED, direction: DESC }) { edges { node { id title releaseYear } } }
    tracks(first: 100, orderBy: { field: RECENTLY_ADDED, direction: DESC }) { edges { node { id title trackNumber } } }
    track(id: \"track-darude-sandstorm\") { title album { title releaseYear } artist { name genres } }
}";

async fn catalogue(music: &Music) -> Value {
    music.data(As::Nobody, CATALOGUE, json!({})).await
}

#[tokio::test]
async fn the_mutations_tried_here_are_all_that_need_the_role() {
    const MUTATIONS: &str = "{ __type(name: \"Mutation\") { fields { name description } } }";
    on_each_database(async |music| {
        let found = music.data(As::Nobody, MUTATIONS, json!({})).await;
        let fields = found["__type"]["fields"].as_array().expect("fields");
        let curated: Vec<_> = fields
            .iter()
            .filter(|field| {
                let description = field["description"].as_str().unwrap_or_default();
                description.contains("Needs the role")
            })
            .map(|field| field["name"].as_str().expect("a name"))
            .collect();
        let tried = all_mutations();
        assert_eq!(tried.len(), curated.len(), "{curated:?}");
        for name in curated {
            let call = format!("{name}(input: $input)");
            assert!(tried.iter().any(|(text, _)| text.contains(&call)), "{name}");
        }
    })
    .await;
}

/// A genuine token with other claims put into it.
fn tampered(token: &str) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let payload = URL_SAFE_NO_PAD.decode(parts[1]).expect("base64");
    let mut claims: Value = serde_json::from_slice(&payload).expect("JSON");
    claims["roles"] = json!(["user", "curator", "admin"]);
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    format!("{}.{payload}.{}", parts[0], parts[2])
}

/// A token that says of itself that it is not signed.
fn unsigned(claims: &Value) -> String {
    let header = json!({ "alg": "none", "typ": "JWT", "kid": "test-key" });
    let [header, claims] = [&header, claims].map(|it| URL_SAFE_NO_PAD.encode(it.to_string()));
    format!("{header}.{claims}.")
}

#[tokio::test]
async fn a_role_that_nobody_gave_edits_nothing() {
    on_each_database(async |music| {
        let keys = music.keys();
        let of_admin = claims("eve", &["user", "curator", "admin"], 60);
        let genuine = keys.token("eve", &["user"]);
        let forged = [
            ("signed with another key", keys.forge(&of_admin)),
            ("with the roles put in afterwards", tampered(&genuine)),
            ("not signed", unsigned(&of_admin)),
        ];
        let with = |change: &dyn Fn(&mut Value)| {
            let mut claims = claims("eve", &["user"], 60);
            change(&mut claims);
            keys.sign(&claims)
        };
        // All of these are genuine, and none names the role where it counts.
        let without = [
            ("of a user", genuine),
            (
                "in capitals",
                with(&|it| it["roles"] = json!(["CURATOR", "Admin", " curator"])),
            ),
            (
                "under another name",
                with(&|it| it["role"] = json!("curator")),
            ),
            (
                "as a scope",
                with(&|it| it["scope"] = json!("curator admin")),
            ),
            ("of no roles at all", with(&|it| it["roles"] = json!([]))),
        ];
        let before = catalogue(music).await;
        for (mutation, input) in all_mutations() {
            let variables = json!({ "input": input });
            for (what, token) in &forged {
                let code = music
                    .refusal(As::Bearer(token), mutation, variables.clone())
                    .await;
                assert!(
                    code.starts_with("UNAUTHENTICATED"),
                    "a token {what}: {code}"
                );
            }
            for (what, token) in &without {
                let code = music
                    .refusal(As::Bearer(token), mutation, variables.clone())
                    .await;
                assert_eq!(
                    code, "FORBIDDEN -: This needs the role curator or admin",
                    "a token {what}"
                );
            }
        }
        // Several in one request are refused one by one.
        let both = "mutation { one: createArtist(input: { name: \"X\" }) { artist { id } }
            two: deleteTrack(input: { id: \"track-darude-sandstorm\" }) { deletedId } }";
        let answer = music.ask(As::User("eve"), both, json!({})).await;
        assert_eq!(answer["data"], json!(null), "{answer}");
        assert_eq!(catalogue(music).await, before);
    })
    .await;
}
