//! What curators do: the life of an artist, an album and a track, and who may not touch them.

use serde_json::{Value, json};

use super::support::{As, Music, nodes, on_each_database};

const CREATE_ARTIST: &str = "mutation ($input: CreateArtistInput!) {
    createArtist(input: $input) { artist { id name country genres } }
}";
const UPDATE_ARTIST: &str = "mutation ($input: UpdateArtistInput!) {
    updateArtist(input: $input) { artist { id name country genres } }
}";
const CREATE_ALBUM: &str = "mutation ($input: CreateAlbumInput!) {
    createAlbum(input: $input) { album { id title releaseYear artist { name } } }
}";
const UPDATE_ALBUM: &str = "mutation ($input: UpdateAlbumInput!) {
    updateAlbum(input: $input) { album { title releaseYear } }
}";
const CREATE_TRACK: &str = "mutation ($input: CreateTrackInput!) {
    createTrack(input: $input) {
        track { id title durationSeconds trackNumber favouriteCount album { title } artist { name } }
    }
}";
const UPDATE_TRACK: &str = "mutation ($input: UpdateTrackInput!) {
    updateTrack(input: $input) { track { title durationSeconds trackNumber } }
}";

/// Every mutation of the catalogue, with an input that would be accepted from a curator.
pub(crate) fn all_mutations() -> Vec<(&'static str, Value)> {
    let track = "track-darude-sandstorm";
    vec![
        (CREATE_ARTIST, json!({ "name": "X" })),
        (UPDATE_ARTIST, json!({ "id": "artist-darude", "name": "X" })),
        (
            "mutation ($input: DeleteArtistInput!) { deleteArtist(input: $input) { deletedId } }",
            json!({ "id": "artist-darude" }),
        ),
        (
            CREATE_ALBUM,
            json!({ "artistId": "artist-darude", "title": "X", "releaseYear": 2000 }),
        ),
        (
            UPDATE_ALBUM,
            json!({ "id": "album-darude-before-the-storm", "title": "X" }),
        ),
        (
            "mutation ($input: DeleteAlbumInput!) { deleteAlbum(input: $input) { deletedId } }",
            json!({ "id": "album-darude-before-the-storm" }),
        ),
        (
            CREATE_TRACK,
            json!({ "albumId": "album-darude-before-the-storm", "title": "X", "durationSeconds": 1, "trackNumber": 2 }),
        ),
        (UPDATE_TRACK, json!({ "id": track, "title": "X" })),
        (
            "mutation ($input: DeleteTrackInput!) { deleteTrack(input: $input) { deletedId } }",
            json!({ "id": track }),
        ),
    ]
}

async fn curate(music: &Music, mutation: &str, input: Value) -> Value {
    music
        .data(As::Curator("c1"), mutation, json!({ "input": input }))
        .await
}

async fn refused(music: &Music, mutation: &str, input: Value) -> String {
    music
        .refusal(As::Curator("c1"), mutation, json!({ "input": input }))
        .await
}

fn delete(kind: &str) -> String {
    format!(
        "mutation ($input: Delete{kind}Input!) {{ delete{kind}(input: $input) {{ deletedId }} }}"
    )
}

#[tokio::test]
async fn only_curators_and_admins_change_the_catalogue() {
    on_each_database(async |music| {
        for (mutation, input) in all_mutations() {
            let variables = json!({ "input": input });
            assert_eq!(
                music.refusal(As::Nobody, mutation, variables.clone()).await,
                "UNAUTHENTICATED -: Sign in first: this needs a signed-in user"
            );
            assert_eq!(
                music.refusal(As::User("u1"), mutation, variables).await,
                "FORBIDDEN -: This needs the role curator or admin"
            );
        }
        let input = json!({ "input": { "name": "By an admin" } });
        music.data(As::Admin("a1"), CREATE_ARTIST, input).await;
    })
    .await;
}

#[tokio::test]
async fn an_artist_with_album_and_track_is_created_changed_and_deleted() {
    on_each_database(async |music| {
        let input = json!({ "name": " Sólstafir ", "country": "IS", "genres": ["Post-Metal", "post-metal", "rock"] });
        let artist = curate(music, CREATE_ARTIST, input).await["createArtist"]["artist"].take();
        assert_eq!(artist["name"], json!("Sólstafir"));
        assert_eq!(artist["genres"], json!(["post-metal", "rock"]));

        let input = json!({ "artistId": artist["id"], "title": "Ótta", "releaseYear": 2014 });
        let album = curate(music, CREATE_ALBUM, input).await["createAlbum"]["album"].take();
        assert_eq!(album["artist"]["name"], json!("Sólstafir"));

        let input = json!({ "albumId": album["id"], "title": "Ótta", "durationSeconds": 579, "trackNumber": 2 });
        let track = curate(music, CREATE_TRACK, input).await["createTrack"]["track"].take();
        assert_eq!(track["album"]["title"], json!("Ótta"));
        assert_eq!(track["artist"]["name"], json!("Sólstafir"));
        assert_eq!(track["favouriteCount"], json!(0));

        let input = json!({ "id": artist["id"], "country": null, "genres": ["atmospheric metal"] });
        let changed = curate(music, UPDATE_ARTIST, input).await["updateArtist"]["artist"].take();
        assert_eq!(
            changed,
            json!({ "id": artist["id"], "name": "Sólstafir", "country": null, "genres": ["atmospheric metal"] })
        );
        let input = json!({ "id": track["id"], "durationSeconds": 580 });
        let changed = curate(music, UPDATE_TRACK, input).await["updateTrack"]["track"].take();
        assert_eq!(changed, json!({ "title": "Ótta", "durationSeconds": 580, "trackNumber": 2 }));

        // From the bottom up; the other way round each is still needed.
        let by_id = |thing: &Value| json!({ "id": thing["id"] });
        assert_eq!(
            refused(music, &delete("Artist"), by_id(&artist)).await,
            "CONFLICT input.id: The artist has albums: delete those first"
        );
        assert_eq!(
            refused(music, &delete("Album"), by_id(&album)).await,
            "CONFLICT input.id: The album has tracks: delete those first"
        );
        for (kind, thing) in [("Track", &track), ("Album", &album), ("Artist", &artist)] {
            let gone = curate(music, &delete(kind), by_id(thing)).await;
            assert_eq!(gone[format!("delete{kind}")]["deletedId"], thing["id"]);
            let what = kind.to_lowercase();
            assert_eq!(
                refused(music, &delete(kind), by_id(thing)).await,
                format!("NOT_FOUND input.id: There is no {what} with the id given as `input.id`")
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_track_that_somebody_loves_is_not_deleted() {
    on_each_database(async |music| {
        let input = json!({ "id": "track-miles-davis-so-what" });
        assert_eq!(
            refused(music, &delete("Track"), input.clone()).await,
            "CONFLICT input.id: The track is a favourite of somebody or on a playlist, so it stays"
        );
        let query = "query ($id: ID!) { track(id: $id) { favouriteCount } }";
        let track = music.data(As::Nobody, query, input).await;
        assert_eq!(track["track"]["favouriteCount"], json!(3));
    })
    .await;
}

#[tokio::test]
async fn a_new_year_of_an_album_reaches_the_order_of_its_tracks() {
    const OLDEST: &str = "{ tracks(first: 1, orderBy: { field: YEAR }) { edges { node { id } } } }";
    on_each_database(async |music| {
        let input = json!({ "id": "album-darude-before-the-storm", "releaseYear": 1900 });
        curate(music, UPDATE_ALBUM, input).await;
        let oldest = music.data(As::Nobody, OLDEST, json!({})).await;
        assert_eq!(
            nodes(&oldest["tracks"], "/node/id"),
            [json!("track-darude-sandstorm")]
        );
    })
    .await;
}

#[tokio::test]
async fn a_new_name_is_found_and_the_old_one_is_not() {
    const FIND: &str = "query ($text: String!) { artists(filter: { nameContains: $text }) { edges { node { id } } } }";
    on_each_database(async |music| {
        curate(
            music,
            UPDATE_ARTIST,
            json!({ "id": "artist-darude", "name": "Ville Virtanen" }),
        )
        .await;
        let find = async |text: &str| {
            let found = music.data(As::Nobody, FIND, json!({ "text": text })).await;
            nodes(&found["artists"], "/node/id")
        };
        assert_eq!(find("virtänen").await, [json!("artist-darude")]);
        assert_eq!(find("darude").await, Vec::<Value>::new());
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_in_a_catalogue_is_refused() {
    let album = "album-darude-before-the-storm";
    let track = |change: Value| {
        let mut input =
            json!({ "albumId": album, "title": "X", "durationSeconds": 60, "trackNumber": 1 });
        for (key, value) in change.as_object().expect("an object") {
            input[key] = value.clone();
        }
        input
    };
    let cases = [
        (
            CREATE_ARTIST,
            json!({ "name": "  " }),
            "BAD_USER_INPUT input.name: `input.name` must not be empty",
        ),
        (
            CREATE_ARTIST,
            json!({ "name": "a\u{0}b" }),
            "BAD_USER_INPUT input.name: `input.name` must not contain control characters",
        ),
        (
            CREATE_ARTIST,
            json!({ "name": "x".repeat(201) }),
            "BAD_USER_INPUT input.name: `input.name` must not be longer than 200 characters",
        ),
        (
            CREATE_ARTIST,
            json!({ "name": "X", "country": "Iceland" }),
            "BAD_USER_INPUT input.country: `input.country` must be a country code of two capital letters (ISO 3166-1), such as SE",
        ),
        (
            CREATE_ARTIST,
            json!({ "name": "X", "genres": [""] }),
            "BAD_USER_INPUT input.genres: `input.genres` must not be empty",
        ),
        (
            CREATE_ALBUM,
            json!({ "artistId": "nobody", "title": "X", "releaseYear": 2000 }),
            "NOT_FOUND input.artistId: There is no artist with the id given as `input.artistId`",
        ),
        (
            CREATE_ALBUM,
            json!({ "artistId": "nul\u{0}", "title": "X", "releaseYear": 2000 }),
            "NOT_FOUND input.artistId: There is no artist with the id given as `input.artistId`",
        ),
        (
            UPDATE_ALBUM,
            json!({ "id": "none" }),
            "NOT_FOUND input.id: There is no album with the id given as `input.id`",
        ),
        (
            UPDATE_TRACK,
            json!({ "id": "none" }),
            "NOT_FOUND input.id: There is no track with the id given as `input.id`",
        ),
        (
            UPDATE_ARTIST,
            json!({ "id": "none" }),
            "NOT_FOUND input.id: There is no artist with the id given as `input.id`",
        ),
        (
            CREATE_TRACK,
            track(json!({ "albumId": "none" })),
            "NOT_FOUND input.albumId: There is no album with the id given as `input.albumId`",
        ),
        (
            CREATE_TRACK,
            track(json!({ "durationSeconds": 0 })),
            "BAD_USER_INPUT input.durationSeconds: `input.durationSeconds` must be between 1 and 86400, and is 0",
        ),
        (
            CREATE_TRACK,
            track(json!({ "trackNumber": -1 })),
            "BAD_USER_INPUT input.trackNumber: `input.trackNumber` must be between 1 and 999, and is -1",
        ),
    ];
    on_each_database(async |music| {
        for (mutation, input, expected) in &cases {
            assert_eq!(refused(music, mutation, input.clone()).await, *expected);
        }
        let input = json!({ "artistId": "artist-darude", "title": "X", "releaseYear": 1500 });
        let refused = refused(music, CREATE_ALBUM, input).await;
        assert!(
            refused.starts_with(
                "BAD_USER_INPUT input.releaseYear: `input.releaseYear` must be between 1860 and 2"
            ),
            "{refused}"
        );
    })
    .await;
}
