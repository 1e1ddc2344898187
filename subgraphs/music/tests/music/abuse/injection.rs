//! Whatever text stands in whatever argument, it is text, and never a part of a statement.
//!
//! The arguments are taken from the schema itself, so one that is new is tried as well.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::playlists::create;
use super::super::support::{As, Music, on_each_database};
use super::super::transfer::import;

const PAYLOADS: [&str; 5] = [
    "' OR '1'='1",
    "'; DELETE FROM favourite; --",
    "\" OR \"\"=\"",
    "x' UNION SELECT name, name FROM sqlite_master --",
    "%' ESCAPE '\\' OR $1=?1 /*",
];

/// All types of the schema, by name.
type Types = BTreeMap<String, Value>;

async fn types(music: &Music) -> Types {
    const SCHEMA: &str = "{ __schema { types { kind name
        fields { name type { ...T } args { name defaultValue type { ...T } } }
        inputFields { name defaultValue type { ...T } }
        enumValues { name }
    } } }
    fragment T on __Type { kind name ofType { kind name ofType { kind name ofType { kind name } } } }";
    let data = music.data(As::Nobody, SCHEMA, json!({})).await;
    let types = data["__schema"]["types"].as_array().expect("types");
    let name = |it: &Value| it["name"].as_str().expect("a name").to_owned();
    types.iter().map(|it| (name(it), it.clone())).collect()
}

fn named(of: &Value) -> &Value {
    let mut of = of;
    while of["ofType"].is_object() {
        of = &of["ofType"];
    }
    of
}

fn is_list(of: &Value) -> bool {
    of["kind"] == "LIST" || (of["ofType"].is_object() && is_list(&of["ofType"]))
}

/// A value of a type with this text wherever there can be text; none when there is no place for it.
fn with_text(types: &Types, of: &Value, text: &str) -> Option<Value> {
    let plain = named(of);
    let name = plain["name"].as_str().expect("a name");
    let value = match (plain["kind"].as_str().expect("a kind"), name) {
        (_, "String" | "ID") => json!(text),
        ("INPUT_OBJECT", _) => {
            let fields = types[name]["inputFields"].as_array().expect("fields");
            let mut members = serde_json::Map::new();
            let mut any = false;
            for field in fields {
                let key = field["name"].as_str().expect("a name").to_owned();
                match with_text(types, &field["type"], text) {
                    Some(value) => {
                        any = true;
                        members.insert(key, value);
                    }
                    None if field["type"]["kind"] == "NON_NULL" => {
                        members.insert(key, plausible(types, &field["type"]));
                    }
                    None => {}
                }
            }
            if !any {
                return None;
            }
            Value::Object(members)
        }
        _ => return None,
    };
    Some(if is_list(of) { json!([value]) } else { value })
}

/// A value for an argument that takes no text.
fn plausible(types: &Types, of: &Value) -> Value {
    let plain = named(of);
    let name = plain["name"].as_str().expect("a name");
    let value = match (plain["kind"].as_str().expect("a kind"), name) {
        (_, "Int" | "Float") => json!(1),
        (_, "Boolean") => json!(true),
        (_, "DateTime") => json!("2030-01-01T00:00:00Z"),
        ("ENUM", _) => types[name]["enumValues"][0]["name"].clone(),
        _ => json!({}),
    };
    if is_list(of) { json!([value]) } else { value }
}

/// One field with text in one of its arguments: what comes between its brackets, and the variables.
struct Call {
    field: String,
    selection: String,
    declared: String,
    variables: Value,
}

/// How a type is written.
fn written(of: &Value) -> String {
    match of["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", written(&of["ofType"])),
        Some("LIST") => format!("[{}]", written(&of["ofType"])),
        _ => of["name"].as_str().expect("a name").to_owned(),
    }
}

/// Every field of a type with this text in each argument alone, and what else it must have.
fn calls(types: &Types, of: &str, text: &str) -> Vec<Call> {
    let mut calls = Vec::new();
    for field in types[of]["fields"].as_array().into_iter().flatten() {
        let name = field["name"].as_str().expect("a name");
        let arguments = field["args"].as_array().expect("arguments");
        // Representations have tests of their own.
        if name.starts_with('_') {
            continue;
        }
        for argument in arguments {
            let Some(value) = with_text(types, &argument["type"], text) else {
                continue;
            };
            let mut variables = json!({});
            let (mut declared, mut passed) = (Vec::new(), Vec::new());
            for other in arguments {
                let key = other["name"].as_str().expect("a name");
                let required = other["type"]["kind"] == "NON_NULL";
                variables[key] = if key == argument["name"] {
                    value.clone()
                } else if required {
                    with_text(types, &other["type"], text)
                        .unwrap_or_else(|| plausible(types, &other["type"]))
                } else {
                    continue;
                };
                declared.push(format!("${key}: {}", written(&other["type"])));
                passed.push(format!("{key}: ${key}"));
            }
            let leaf = matches!(
                named(&field["type"])["kind"].as_str(),
                Some("SCALAR" | "ENUM")
            );
            let below = if leaf { "" } else { " { __typename }" };
            calls.push(Call {
                field: format!("{of}.{name}({})", argument["name"]),
                selection: format!("{name}({}){below}", passed.join(", ")),
                declared: declared.join(", "),
                variables,
            });
        }
    }
    calls
}

/// What there is: a statement that was written by a stranger would show here.
async fn state(music: &Music) -> Value {
    const STATE: &str = "query ($r: [_Any!]!) {
        tracks(first: 100, orderBy: { field: FAVOURITE_COUNT, direction: DESC }) { edges { node { id title favouriteCount } } }
        artists(first: 100) { edges { node { id name } } }
        albums(first: 100) { edges { node { id title } } }
        _entities(representations: $r) { ... on User {
            favouriteCount favourites(first: 100) { edges { note node { id } } }
            playlists(first: 100) { edges { node { id name version } } }
        } }
    }";
    let user = |id: &str| json!({ "__typename": "User", "id": id });
    let r = json!([user("demo-ada"), user("demo-grace"), user("ann")]);
    music
        .data(As::Admin("root"), STATE, json!({ "r": r }))
        .await
}

/// Refused, or answered: never a fault of the service, which a broken statement would be.
fn assert_sound(what: &str, text: &str, answer: &Value) {
    for error in answer["errors"].as_array().into_iter().flatten() {
        let code = error["extensions"]["code"].as_str().unwrap_or("none");
        assert!(
            [
                "BAD_USER_INPUT",
                "NOT_FOUND",
                "FORBIDDEN",
                "CONFLICT",
                "GRAPHQL_VALIDATION_FAILED"
            ]
            .contains(&code),
            "{what} with {text:?}: {answer}"
        );
    }
}

#[tokio::test]
async fn text_in_any_argument_is_text() {
    on_each_database(async |music| {
        create(music, "ann", "PUBLIC").await;
        let types = types(music).await;
        let before = state(music).await;
        let entities = [
            ("Track", json!({ "__typename": "Track", "id": "track-darude-sandstorm" })),
            ("Album", json!({ "__typename": "Album", "id": "album-darude-before-the-storm" })),
            ("Artist", json!({ "__typename": "Artist", "id": "artist-darude" })),
            ("User", json!({ "__typename": "User", "id": "demo-ada", "country": "GB" })),
        ];
        let mut tried = 0;
        for text in PAYLOADS {
            for call in calls(&types, "Query", text) {
                let query = format!("query ({}) {{ {} }}", call.declared, call.selection);
                let answer = music.ask(As::User("eve"), &query, call.variables).await;
                assert_sound(&call.field, text, &answer);
                tried += 1;
            }
            // By a user and by a curator, for refusing a role says nothing of what comes behind.
            for call in calls(&types, "Mutation", text) {
                let query = format!("mutation ({}) {{ {} }}", call.declared, call.selection);
                for caller in [As::User("eve"), As::Curator("cleo")] {
                    let answer = music.ask(caller, &query, call.variables.clone()).await;
                    assert_sound(&call.field, text, &answer);
                }
                tried += 1;
            }
            for (of, representation) in &entities {
                for call in calls(&types, of, text) {
                    let query = format!(
                        "query ($r: [_Any!]!, {}) {{ _entities(representations: $r) {{ ... on {of} {{ {} }} }} }}",
                        call.declared, call.selection
                    );
                    let mut variables = call.variables;
                    variables["r"] = json!([representation]);
                    let answer = music.ask(As::User("eve"), &query, variables).await;
                    assert_sound(&call.field, text, &answer);
                    tried += 1;
                }
            }
            for key in ["Track", "Album", "Artist", "User", "Playlist"] {
                let r = json!([{ "__typename": key, "id": text, "country": text }]);
                let query = "query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on User { recommendations { id } } } }";
                let answer = music.ask(As::User("eve"), query, json!({ "r": r })).await;
                assert_sound(key, text, &answer);
            }
        }
        assert!(tried > 50 * PAYLOADS.len(), "{tried} arguments are not all of them");
        let mut after = state(music).await;
        forget_what_curators_may(&mut after, &before);
        assert_eq!(after, before);
    })
    .await;
}

/// An artist whose name is a payload is what a curator asked for, and stands there as it was written.
fn forget_what_curators_may(after: &mut Value, before: &Value) {
    for list in ["artists", "albums", "tracks"] {
        let kept = before[list]["edges"].as_array().expect("a list");
        let found = after[list]["edges"].as_array_mut().expect("a list");
        found.retain(|edge| {
            let name = [&edge["node"]["name"], &edge["node"]["title"]];
            !PAYLOADS.iter().any(|text| name.contains(&&json!(text)))
        });
        found.truncate(kept.len());
    }
    let missing = |list: &str| before[list]["edges"].as_array().map(Vec::len);
    for list in ["artists", "albums", "tracks"] {
        assert!(missing(list).is_some_and(|it| it > 0));
    }
}

#[tokio::test]
async fn text_in_a_subscription_is_text() {
    on_each_database(async |music| {
        let types = types(music).await;
        for text in PAYLOADS {
            for call in calls(&types, "Subscription", text) {
                let query = format!("subscription ({}) {{ {} }}", call.declared, call.selection);
                let mut stream = music.open(As::User("eve"), &query, call.variables).await;
                // All of these name what does not exist, so the stream ends at once.
                let answer = stream.next().await.expect("it says why");
                assert!(answer["errors"].is_array(), "{}: {answer}", call.field);
                assert_sound(&call.field, text, &answer);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn text_in_a_file_is_text() {
    on_each_database(async |music| {
        let before = state(music).await;
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let mut file = "trackId,artist,title,note\n".to_owned();
        for text in PAYLOADS.map(quoted) {
            file.push_str(&format!("{text},{text},{text},{text}\n,{text},{text},\n"));
        }
        file.push_str(&format!(
            "track-darude-sandstorm,,,{}\n",
            quoted(PAYLOADS[1])
        ));
        let report = import(music, "eve", "text/csv", file).await;
        let last = report.last().expect("a last line");
        assert_eq!(last["done"]["added"], json!(1), "{report:#?}");
        let notes = super::super::transfer::favourites(music, "eve", "RECENT").await;
        assert_eq!(notes[0]["note"], json!(PAYLOADS[1]));
        let after = state(music).await;
        let ids = |state: &Value, list: &str| {
            let edges = state[list]["edges"].as_array().expect("a list");
            let mut ids: Vec<_> = edges
                .iter()
                .map(|it| it["node"]["id"].to_string())
                .collect();
            ids.sort();
            ids
        };
        for list in ["artists", "albums"] {
            assert_eq!(ids(&after, list), ids(&before, list));
        }
        assert_eq!(after["_entities"], before["_entities"]);
    })
    .await;
}
