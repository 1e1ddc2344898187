//! Lists: orders, filters, pages in both directions, and what is wrong with arguments.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::support::{As, Music, nodes, on_each_database};

const TRACKS: &str = "query (
    $filter: TrackFilter, $orderBy: TrackOrder,
    $first: Int, $after: String, $last: Int, $before: String
) {
    list: tracks(
        filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before
    ) {
        edges { cursor node { id title durationSeconds favouriteCount album { releaseYear } } }
        pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
    }
}";

const ALBUMS: &str = "query (
    $filter: AlbumFilter, $orderBy: AlbumOrder,
    $first: Int, $after: String, $last: Int, $before: String
) {
    list: albums(
        filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before
    ) {
        edges { cursor node { id title releaseYear } }
        pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
    }
}";

const ARTISTS: &str = "query (
    $filter: ArtistFilter, $orderBy: ArtistOrder,
    $first: Int, $after: String, $last: Int, $before: String
) {
    list: artists(
        filter: $filter, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before
    ) {
        edges { cursor node { id name country } }
        pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
    }
}";

async fn page(music: &Music, query: &str, base: &Value, arguments: Value) -> Value {
    let mut variables = base.clone();
    for (key, value) in arguments.as_object().expect("an object") {
        variables[key] = value.clone();
    }
    music.data(As::Nobody, query, variables).await["list"].take()
}

/// All nodes, walked from the beginning in pages of `size`.
async fn walk_forwards(music: &Music, query: &str, base: &Value, size: usize) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let part = page(music, query, base, json!({ "first": size, "after": after })).await;
        let nodes = nodes(&part, "/node");
        assert!(nodes.len() <= size);
        all.extend(nodes);
        after = part["pageInfo"]["endCursor"].clone();
        if part["pageInfo"]["hasNextPage"] == json!(false) {
            return all;
        }
    }
}

/// All nodes, walked from the end in pages of `size`.
async fn walk_backwards(music: &Music, query: &str, base: &Value, size: usize) -> Vec<Value> {
    let (mut all, mut before) = (Vec::new(), Value::Null);
    loop {
        let part = page(
            music,
            query,
            base,
            json!({ "last": size, "before": before }),
        )
        .await;
        all.splice(0..0, nodes(&part, "/node"));
        before = part["pageInfo"]["startCursor"].clone();
        if part["pageInfo"]["hasPreviousPage"] == json!(false) {
            return all;
        }
    }
}

/// What a track is ordered by, in a form that compares as the list should.
fn sort_key(field: &str, track: &Value) -> (i64, String) {
    let number = |pointer: &str| {
        track
            .pointer(pointer)
            .and_then(Value::as_i64)
            .expect("a number")
    };
    match field {
        "TITLE" => (
            0,
            music::search_key::search_key(track["title"].as_str().expect("a title")),
        ),
        "YEAR" => (number("/album/releaseYear"), String::new()),
        "DURATION" => (number("/durationSeconds"), String::new()),
        "FAVOURITE_COUNT" => (number("/favouriteCount"), String::new()),
        other => panic!("no such order: {other}"),
    }
}

#[tokio::test]
async fn every_order_walked_either_way_is_the_whole_list_in_order() {
    let catalogue = music::demo::catalogue::Catalogue::read(music::demo::catalogue::TEXT);
    let count = catalogue.expect("well-formed").tracks.len();
    on_each_database(async |music| {
        for field in ["TITLE", "YEAR", "DURATION", "FAVOURITE_COUNT"] {
            for direction in ["ASC", "DESC"] {
                let base = json!({ "orderBy": { "field": field, "direction": direction } });
                let forwards = walk_forwards(music, TRACKS, &base, 97).await;
                assert_eq!(forwards.len(), count, "{field} {direction}");
                let id = |track: &Value| track["id"].as_str().expect("an id").to_owned();
                let mut sorted = forwards.clone();
                sorted.sort_by_key(|track| (sort_key(field, track), id(track)));
                if direction == "DESC" {
                    sorted.reverse();
                }
                assert_eq!(forwards, sorted, "{field} {direction}");
                let backwards = walk_backwards(music, TRACKS, &base, 89).await;
                assert_eq!(backwards, forwards, "{field} {direction}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn recently_added_is_the_order_in_which_things_were_added() {
    on_each_database(async |music| {
        for (query, first) in [
            (TRACKS, "What a Wonderful World"),
            (ALBUMS, "What a Wonderful World"),
        ] {
            let order = json!({ "orderBy": { "field": "RECENTLY_ADDED" } });
            let oldest = page(music, query, &order, json!({ "first": 1 })).await;
            assert_eq!(nodes(&oldest, "/node/title"), [json!(first)]);
            let newest = page(music, query, &order, json!({ "last": 100 })).await;
            let order = json!({ "orderBy": { "field": "RECENTLY_ADDED", "direction": "DESC" } });
            let mut reversed = nodes(
                &page(music, query, &order, json!({ "first": 100 })).await,
                "/node/id",
            );
            reversed.reverse();
            assert_eq!(nodes(&newest, "/node/id"), reversed);
        }
    })
    .await;
}

#[tokio::test]
async fn artists_and_albums_are_walked_whole_too() {
    on_each_database(async |music| {
        for query in [ALBUMS, ARTISTS] {
            let all = walk_forwards(music, query, &json!({}), 100).await;
            assert!(all.len() >= 60);
            assert_eq!(walk_backwards(music, query, &json!({}), 33).await, all);
            assert_eq!(walk_forwards(music, query, &json!({}), 7).await, all);
        }
    })
    .await;
}

#[tokio::test]
async fn a_page_between_two_cursors_is_what_lies_between_them() {
    on_each_database(async |music| {
        let all = page(music, TRACKS, &json!({}), json!({ "first": 10 })).await;
        let cursors = nodes(&all, "/cursor");
        let between = json!({ "after": cursors[1], "before": cursors[8] });
        let ids = nodes(&all, "/node/id");
        let part = page(music, TRACKS, &between, json!({ "first": 100 })).await;
        assert_eq!(nodes(&part, "/node/id"), ids[2..8]);
        let part = page(music, TRACKS, &between, json!({ "last": 3 })).await;
        assert_eq!(nodes(&part, "/node/id"), ids[5..8]);
        assert_eq!(part["pageInfo"]["hasPreviousPage"], json!(true));
        assert_eq!(part["pageInfo"]["hasNextPage"], json!(true));
    })
    .await;
}

#[tokio::test]
async fn filters_leave_what_fits_all_of_them() {
    on_each_database(async |music| {
        let titles = async |query: &str, filter: Value| {
            let base = json!({ "filter": filter, "orderBy": null });
            let nodes = walk_forwards(music, query, &base, 100).await;
            let title = |it: &Value| it.get("title").or(it.get("name")).cloned();
            nodes
                .iter()
                .map(|it| title(it).expect("a title"))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            titles(TRACKS, json!({ "titleContains": "JOGA" })).await,
            [json!("Jóga")]
        );
        assert_eq!(
            titles(
                TRACKS,
                json!({ "artistId": "artist-miles-davis", "titleContains": "BLUE in" })
            )
            .await,
            [json!("Blue in Green")]
        );
        assert_eq!(
            titles(TRACKS, json!({ "albumId": "album-sigur-ros-takk" })).await,
            [json!("Glósóli"), json!("Hoppípolla")]
        );
        assert_eq!(
            titles(
                TRACKS,
                json!({ "genre": "Tango", "releasedFrom": 1974, "releasedTo": 1974 })
            )
            .await,
            [json!("Libertango")]
        );
        assert_eq!(
            titles(TRACKS, json!({ "genre": "tan" })).await,
            Vec::<Value>::new()
        );
        assert_eq!(
            titles(ALBUMS, json!({ "artistId": "artist-bjork" })).await,
            [json!("Homogenic"), json!("Post")]
        );
        assert_eq!(
            titles(ALBUMS, json!({ "genre": "k-pop", "releasedFrom": 2020 })).await,
            [json!("Be"), json!("The Album")]
        );
        assert_eq!(
            titles(ARTISTS, json!({ "country": "IS" })).await,
            [json!("Björk"), json!("Sigur Rós")]
        );
        assert_eq!(
            titles(
                ARTISTS,
                json!({ "genre": "tango", "nameContains": "PIAZZ" })
            )
            .await,
            [json!("Astor Piazzolla")]
        );
    })
    .await;
}

#[tokio::test]
async fn wildcards_in_a_filter_mean_themselves() {
    on_each_database(async |music| {
        for (text, count) in [("%", 0), ("_", 0), ("\\", 0), ("'", 20), ("...", 1)] {
            let filter = json!({ "filter": { "titleContains": text } });
            let found = page(music, TRACKS, &filter, json!({})).await;
            assert_eq!(nodes(&found, "/node").len(), count, "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn sizes_out_of_range_are_refused() {
    on_each_database(async |music| {
        for query in [TRACKS, ALBUMS, ARTISTS] {
            for argument in ["first", "last"] {
                for size in [-1, 0, 101, 100_000] {
                    assert_eq!(
                        music.refusal(As::Nobody, query, json!({ argument: size })).await,
                        format!("BAD_USER_INPUT {argument}: `{argument}` must be between 1 and 100, and is {size}")
                    );
                }
            }
            assert_eq!(
                music.refusal(As::Nobody, query, json!({ "first": 1, "last": 1 })).await,
                "BAD_USER_INPUT last: pass `first` or `last`, not both"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_cursor_that_is_none_is_refused() {
    let made_up =
        |order: &str, key: Value| URL_SAFE_NO_PAD.encode(json!([1, order, key]).to_string());
    let garbage = [
        String::new(),
        "garbage".to_owned(),
        "💥".to_owned(),
        "A".repeat(5_000),
        // The right order with a key that the database could not compare or take.
        made_up("tracks:Title:Ascending", json!({ "v": 7, "i": "t" })),
        made_up(
            "tracks:Title:Ascending",
            json!({ "v": "nul\u{0}", "i": "t" }),
        ),
        made_up(
            "tracks:Title:Ascending",
            json!({ "v": "a", "i": "nul\u{0}" }),
        ),
        made_up("tracks:Title:Ascending", json!({ "v": null, "i": "t" })),
        made_up("tracks:Title:Ascending", json!("a")),
    ];
    on_each_database(async |music| {
        for argument in ["after", "before"] {
            for cursor in &garbage {
                assert_eq!(
                    music.refusal(As::Nobody, TRACKS, json!({ argument: cursor })).await,
                    format!("BAD_USER_INPUT {argument}: `{argument}` is not a cursor: pass a `cursor` that this list returned"),
                    "{cursor}"
                );
            }
        }
        let by_year = made_up("tracks:ReleaseYear:Ascending", json!({ "v": i64::MIN, "i": "" }));
        let base = json!({ "orderBy": { "field": "YEAR" } });
        let first = page(music, TRACKS, &base, json!({ "after": by_year })).await;
        assert_eq!(nodes(&first, "/node").len(), 20, "an extreme position is a position");
    })
    .await;
}

#[tokio::test]
async fn a_cursor_belongs_to_its_list_and_order() {
    on_each_database(async |music| {
        let page = page(music, TRACKS, &json!({}), json!({ "first": 1 })).await;
        let cursor = &page["pageInfo"]["endCursor"];
        let expected = "BAD_USER_INPUT after: `after` is a cursor of another list or of another order: start again without it";
        for order in [
            json!({ "field": "TITLE", "direction": "DESC" }),
            json!({ "field": "YEAR" }),
        ] {
            let variables = json!({ "after": cursor, "orderBy": order });
            assert_eq!(music.refusal(As::Nobody, TRACKS, variables).await, expected);
        }
        let variables = json!({ "after": cursor });
        assert_eq!(music.refusal(As::Nobody, ALBUMS, variables).await, expected);
    })
    .await;
}

#[tokio::test]
async fn filters_that_are_mistakes_are_refused() {
    let cases = [
        (
            TRACKS,
            json!({ "titleContains": "" }),
            "filter.titleContains: `filter.titleContains` must not be empty",
        ),
        (
            TRACKS,
            json!({ "titleContains": "\u{0}" }),
            "filter.titleContains: `filter.titleContains` must not contain control characters",
        ),
        (
            TRACKS,
            json!({ "artistId": "not an id" }),
            "filter.artistId: `filter.artistId` is not an id",
        ),
        (
            TRACKS,
            json!({ "albumId": "" }),
            "filter.albumId: `filter.albumId` is not an id",
        ),
        (
            TRACKS,
            json!({ "releasedFrom": 2000, "releasedTo": 1999 }),
            "filter.releasedFrom: `filter.releasedFrom` must not be after `filter.releasedTo`",
        ),
        (
            ALBUMS,
            json!({ "genre": " " }),
            "filter.genre: `filter.genre` must not be empty",
        ),
        (
            ARTISTS,
            json!({ "country": "is" }),
            "filter.country: `filter.country` must be a country code of two capital letters (ISO 3166-1), such as SE",
        ),
    ];
    on_each_database(async |music| {
        for (query, filter, expected) in &cases {
            let refused = music
                .refusal(As::Nobody, query, json!({ "filter": filter }))
                .await;
            assert_eq!(refused, format!("BAD_USER_INPUT {expected}"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_thing_that_does_not_exist_is_null() {
    const BY_ID: &str = "query ($id: ID!) {
        track(id: $id) { id } album(id: $id) { id } artist(id: $id) { id }
    }";
    on_each_database(async |music| {
        for id in ["none", "", "nul\u{0}", "with space", &"x".repeat(1_000)] {
            let found = music.data(As::Nobody, BY_ID, json!({ "id": id })).await;
            let mut found: Vec<_> = found.as_object().expect("an object").iter().collect();
            found.sort_by_key(|(name, _)| name.as_str());
            assert!(found.iter().all(|(_, it)| it.is_null()), "{found:?}");
            assert_eq!(found.len(), 3);
        }
    })
    .await;
}
