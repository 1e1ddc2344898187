//! Search: what is found, in which order, page by page, and that it keeps up with the catalogue.

use kit::database::Database;
use music::Store;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::support::{As, Music, nodes, on_each_database};

const SEARCH: &str = "query ($query: String!, $genre: String, $decade: Int, $first: Int, $after: String) {
    search(query: $query, genre: $genre, decade: $decade, first: $first, after: $after) {
        edges { cursor node { __typename ... on Artist { name } ... on Album { title } ... on Track { title } } }
        pageInfo { endCursor hasNextPage }
        facets { genres { genre count } decades { decade count } complete }
    }
}";

/// Each hit as `Kind name`.
fn hits(connection: &Value) -> Vec<String> {
    let show = |node: &Value| {
        let name = node
            .get("name")
            .or(node.get("title"))
            .and_then(Value::as_str);
        format!(
            "{} {}",
            node["__typename"].as_str().expect("a type"),
            name.expect("a name")
        )
    };
    nodes(connection, "/node").iter().map(show).collect()
}

async fn search(music: &Music, variables: Value) -> Value {
    music.data(As::Nobody, SEARCH, variables).await["search"].take()
}

async fn find(music: &Music, text: &str) -> Vec<String> {
    hits(&search(music, json!({ "query": text, "first": 100 })).await)
}

#[tokio::test]
async fn the_best_fit_comes_first_and_kinds_are_mixed() {
    on_each_database(async |music| {
        assert_eq!(
            find(music, "blue").await,
            [
                "Album Blue",
                "Track Blue",
                "Album Blue Lines",
                "Track Blue in Green",
                "Track Blue Rondo à la Turk",
                "Track Blue Suede Shoes",
                "Album Kind of Blue",
                "Album Pastel Blues",
                "Album The Blue Notebooks",
                "Track All Blues",
                "Track Bullet the Blue Sky",
                "Track Inner City Blues (Make Me Wanna Holler)",
                "Track Tangled Up in Blue",
                "Track The Blue Notebooks",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn the_artist_comes_before_what_the_artist_made() {
    on_each_database(async |music| {
        let found = find(music, "miles davis").await;
        assert_eq!(found[..2], ["Artist Miles Davis", "Album Kind of Blue"]);
        assert!(found.contains(&"Track So What".to_owned()), "{found:?}");
        assert_eq!(find(music, "so what miles").await, ["Track So What"]);
        assert_eq!(find(music, "davis what").await, ["Track So What"]);
    })
    .await;
}

#[tokio::test]
async fn beginnings_of_words_are_enough() {
    on_each_database(async |music| {
        for text in ["kin of blu", "blu kin", "KIND, OF: BLU"] {
            assert_eq!(find(music, text).await[0], "Album Kind of Blue", "{text}");
        }
        // Not any part of a word.
        assert_eq!(find(music, "ilverchai").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn case_and_accents_do_not_matter() {
    on_each_database(async |music| {
        for text in ["BJÖRK", "bjork", " Bjo\u{308}rk "] {
            assert_eq!(find(music, text).await[0], "Artist Björk");
        }
        assert_eq!(find(music, "agaetis").await, ["Album Ágætis byrjun"]);
    })
    .await;
}

#[tokio::test]
async fn typing_mistakes_are_forgiven() {
    on_each_database(async |music| {
        for (typed, meant) in [
            ("bjrok", "Artist Björk"),
            ("radiohaed", "Artist Radiohead"),
            ("beatels", "Artist The Beatles"),
            ("miels davis", "Artist Miles Davis"),
            ("kind of bleu", "Album Kind of Blue"),
            ("qeen", "Artist Queen"),
            ("nirvvana", "Artist Nirvana"),
            ("metalica", "Artist Metallica"),
        ] {
            let found = find(music, typed).await;
            assert_eq!(found.first().map(String::as_str), Some(meant), "{typed}");
        }
        // What nobody can have meant is not found.
        assert_eq!(find(music, "xqzvwk").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn search_syntax_means_nothing() {
    on_each_database(async |music| {
        for text in [
            "%",
            "_",
            "*",
            "\\",
            "!!!",
            "\"",
            "'",
            "&",
            "|",
            "\u{e000}0",
            "(",
            ":*",
        ] {
            assert_eq!(find(music, text).await, Vec::<String>::new(), "{text}");
        }
        let blue = find(music, "blue").await;
        for text in [
            "blue*",
            "\"blue\"",
            "'blue':*",
            "^blue",
            "-blue",
            "!blue",
            "(blue",
            "blue)",
            "blue\\",
            "+blue",
            "{blue}",
            "blue;--",
            "blue & !",
            "| blue",
            "\u{e000}blue",
        ] {
            assert_eq!(find(music, text).await, blue, "{text}");
        }
        // Operators are words, and no name has these words together.
        for text in [
            "blue OR beatles",
            "blue NOT kind",
            "NEAR(blue kind)",
            "words:blue",
            "blue <-> kind",
            "' UNION SELECT id FROM track --",
        ] {
            let found = find(music, text).await;
            assert!(found.len() < blue.len(), "{text} found {found:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn facets_count_all_hits_and_narrow_them() {
    on_each_database(async |music| {
        let all = search(music, json!({ "query": "blue", "first": 100 })).await;
        assert_eq!(all["facets"]["complete"], json!(true));
        // Facets are those of all hits, whatever the page.
        let page = search(music, json!({ "query": "blue", "first": 2 })).await;
        assert_eq!(page["facets"], all["facets"]);
        let facets = &all["facets"];
        for facet in facets["genres"].as_array().expect("a list") {
            let narrow = json!({ "query": "blue", "first": 100, "genre": facet["genre"] });
            let narrowed = search(music, narrow).await;
            let count = hits(&narrowed).len();
            assert_eq!(json!(count), facet["count"], "{facet}");
        }
        let mut dated = 0;
        for facet in facets["decades"].as_array().expect("a list") {
            let narrow = json!({ "query": "blue", "first": 100, "decade": facet["decade"] });
            let narrowed = search(music, narrow).await;
            let count = hits(&narrowed).len();
            assert_eq!(json!(count), facet["count"], "{facet}");
            dated += count;
        }
        assert_eq!(dated, hits(&all).len());
        let narrow = json!({ "query": "blue", "genre": "Jazz", "decade": 1950 });
        let found = hits(&search(music, narrow).await);
        assert!(
            found.contains(&"Album Kind of Blue".to_owned()),
            "{found:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn pages_walked_are_the_whole_list() {
    on_each_database(async |music| {
        let all = find(music, "the").await;
        assert!(all.len() > 50);
        let (mut walked, mut after) = (Vec::new(), Value::Null);
        loop {
            let part = search(music, json!({ "query": "the", "first": 7, "after": after })).await;
            walked.extend(hits(&part));
            after = part["pageInfo"]["endCursor"].clone();
            if part["pageInfo"]["hasNextPage"] == json!(false) || walked.len() >= all.len() {
                break;
            }
        }
        assert_eq!(walked[..all.len()], all);
    })
    .await;
}

#[tokio::test]
async fn a_search_costs_a_fixed_number_of_statements() {
    on_each_database(async |music| {
        // One finds, and one for each kind loads what was found.
        for (text, first) in [("the", 100), ("s", 100), ("s", 99)] {
            let (cost, _) = music
                .cost(SEARCH, json!({ "query": text, "first": first }))
                .await;
            assert_eq!(cost, 4, "{text}");
        }
        // One more learns which words were meant, and one more finds them.
        let (cost, _) = music.cost(SEARCH, json!({ "query": "beatels" })).await;
        assert!(cost <= 6, "{cost}");
    })
    .await;
}

#[tokio::test]
async fn a_search_for_nothing_is_refused() {
    on_each_database(async |music| {
        for (text, expected) in [
            ("", "query: `query` must not be empty"),
            ("  ", "query: `query` must not be empty"),
            ("\u{301}", "query: `query` must not be empty"),
            (
                "nul\u{0}",
                "query: `query` must not contain control characters",
            ),
            (
                &"x".repeat(101),
                "query: `query` must not be longer than 100 characters",
            ),
            (
                &"x ".repeat(17),
                "query: `query` must not have more than 16 words",
            ),
        ] {
            let refused = music
                .refusal(As::Nobody, SEARCH, json!({ "query": text }))
                .await;
            assert_eq!(refused, format!("BAD_USER_INPUT {expected}"));
        }
        let wrong = json!({ "query": "blue", "decade": 1975 });
        assert_eq!(
            music.refusal(As::Nobody, SEARCH, wrong).await,
            "BAD_USER_INPUT decade: `decade` must be the first year of a decade, such as 1970"
        );
        let found = search(music, json!({ "query": "the", "first": 1 })).await;
        let after = &found["pageInfo"]["endCursor"];
        for other in [
            json!({ "query": "blue" }),
            json!({ "query": "the", "genre": "rock" }),
        ] {
            let mut variables = other;
            variables["after"] = after.clone();
            let refused = music.refusal(As::Nobody, SEARCH, variables).await;
            assert!(
                refused.starts_with("BAD_USER_INPUT after: `after` is a cursor of another list"),
                "{refused}"
            );
        }
    })
    .await;
}

async fn edit(music: &Music, mutation: &str, input: Value) -> Value {
    let (name, rest) = mutation.split_once(' ').expect("a mutation and its answer");
    let mut kind = name[..1].to_uppercase();
    kind.push_str(&name[1..]);
    let query = format!("mutation ($input: {kind}Input!) {{ {name}(input: $input) {rest} }}");
    let curator = As::Curator("user-curator");
    music.data(curator, &query, json!({ "input": input })).await[name].take()
}

#[tokio::test]
async fn what_curators_change_is_found_at_once() {
    on_each_database(async |music| {
        let input = json!({ "name": "Zwölf Kestrels", "genres": ["skiffle"] });
        let artist = edit(music, "createArtist { artist { id } }", input).await;
        let artist = &artist["artist"]["id"];
        assert_eq!(find(music, "zwolf").await, ["Artist Zwölf Kestrels"]);
        let input = json!({ "artistId": artist, "title": "Quillfeather", "releaseYear": 1971 });
        let album = edit(music, "createAlbum { album { id } }", input).await;
        let album = &album["album"]["id"];
        let input = json!({
            "albumId": album, "title": "Wren on Ice", "durationSeconds": 200, "trackNumber": 1
        });
        let track = edit(music, "createTrack { track { id } }", input).await;
        let track = &track["track"]["id"];
        let everything = [
            "Artist Zwölf Kestrels",
            "Album Quillfeather",
            "Track Wren on Ice",
        ];
        assert_eq!(find(music, "kestrels").await, everything);
        // A word that is new can be misspelt at once.
        assert_eq!(find(music, "quilfeather").await, ["Album Quillfeather"]);

        // A new name of the artist reaches all that the artist made.
        let input = json!({ "id": artist, "name": "Ospreys", "genres": ["zydeco"] });
        edit(music, "updateArtist { artist { id } }", input).await;
        assert_eq!(find(music, "kestrels").await, Vec::<String>::new());
        let found = search(music, json!({ "query": "ospreys", "genre": "zydeco" })).await;
        assert_eq!(hits(&found)[1..], everything[1..]);
        let input = json!({ "id": album, "releaseYear": 1988 });
        edit(music, "updateAlbum { album { id } }", input).await;
        let found = search(music, json!({ "query": "ospreys", "decade": 1980 })).await;
        assert_eq!(hits(&found), everything[1..]);
        let input = json!({ "id": track, "title": "Heron on Ice" });
        edit(music, "updateTrack { track { id } }", input).await;
        assert_eq!(find(music, "wren on ice").await, Vec::<String>::new());
        assert_eq!(find(music, "heron ice").await, ["Track Heron on Ice"]);

        for (mutation, id) in [
            ("deleteTrack { deletedId }", track),
            ("deleteAlbum { deletedId }", album),
            ("deleteArtist { deletedId }", artist),
        ] {
            edit(music, mutation, json!({ "id": id })).await;
        }
        assert_eq!(find(music, "ospreys").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn what_an_older_replica_changed_is_caught_up_with() {
    on_each_database(async |music| {
        let database = Database::connect(music.database_url()).await.expect("opens");
        let store = Store::new(database.clone());
        // As a version without search would.
        for statement in [
            "UPDATE artist SET name = 'Zibeline', name_key = 'zibeline' WHERE name = 'Björk'",
            "DELETE FROM search_document WHERE name = 'so what'",
            "INSERT INTO search_document (kind, thing_id, name, artist, genres, popularity, fingerprint, words) \
             SELECT kind, 'gone', 'zumpel', artist, genres, popularity, fingerprint, words \
             FROM search_document WHERE name = 'blue in green'",
        ] {
            let done = database.connection().execute_unprepared(statement).await;
            assert!(done.expect("it is done").rows_affected() > 0);
        }
        // The service may have begun to do so too.
        store.catch_up_search().await.expect("it can");
        assert_eq!(find(music, "zibeline").await[0], "Artist Zibeline");
        assert!(find(music, "zibeline").await.len() > 2);
        assert_eq!(find(music, "so what").await, ["Track So What"]);
        assert_eq!(find(music, "blue in green").await, ["Track Blue in Green"]);
        assert_eq!(store.catch_up_search().await.expect("it can"), 0);
        database.close().await;
    })
    .await;
}
