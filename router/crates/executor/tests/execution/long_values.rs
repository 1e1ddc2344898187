//! Long values, which are given on as pieces of a subgraph's body and not copied.

use executor::{AnswerBody, Executable, Limits};
use plan::{LeafKind, Plan, Position, TypeSource};

use crate::build::*;
use crate::canned::{Canned, summary, text};

/// `{ shelf { tracks { id title } plays } }`: tracks from `users`, plays, which are never null, from `music`.
fn shelf() -> Plan {
    let track = vec![leaf("id", LeafKind::Id), leaf("title", LeafKind::String)];
    let tracks = vec![lists(1, object("tracks", read("Track", track)))];
    let plays = vec![leaf("plays", LeafKind::Int)];
    let written_track = vec![
        out("id", "Track.id", "ID!", from(0, 0)),
        out("title", "Track.title", "String", from(0, 1)),
    ];
    let written_shelf = vec![
        out(
            "tracks",
            "Shelf.tracks",
            "[Track!]",
            inside(write(2, written_track)),
        ),
        out("plays", "Shelf.plays", "Int!", from(1, 0)),
    ];
    let of_one_type = |name: &str, position: Position| Position {
        type_source: TypeSource::Static(name.into()),
        ..position
    };
    plan(
        vec![
            root(
                0,
                read("Query", vec![object("shelf", read("Shelf", tracks))]),
            ),
            root(
                1,
                read("Query", vec![object("shelf", read("Shelf", plays))]),
            ),
        ],
        vec![
            root_position(&[0, 1]),
            of_one_type(
                "Shelf",
                position(0, "shelf", 0, vec![below(0, 0, 0), below(1, 1, 0)]),
            ),
            of_one_type("Track", position(1, "tracks", 1, vec![below(0, 0, 0)])),
        ],
        write(
            0,
            vec![out(
                "shelf",
                "Query.shelf",
                "Shelf",
                inside(write(1, written_shelf)),
            )],
        ),
    )
}

/// The text of so many tracks, with white space that shows whether it was taken apart.
fn tracks(count: usize) -> String {
    let tracks: Vec<String> = (0..count)
        .map(|id| format!(r#"{{"id":"{id}", "title":"One of many tracks"}}"#))
        .collect();
    format!("[{}]", tracks.join(" , "))
}

async fn answer(tracks: &str, extensions: &str, plays: &str) -> executor::Answer {
    subgraphs(tracks, extensions, plays).run(shelf()).await
}

fn subgraphs(tracks: &str, extensions: &str, plays: &str) -> Canned {
    Canned::new()
        .gives(
            0,
            &format!(r#"{{"extensions":"{extensions}","data":{{"shelf":{{"tracks":{tracks}}}}}}}"#),
        )
        .gives(1, &format!(r#"{{"data":{{"shelf":{{"plays":{plays}}}}}}}"#))
}

#[tokio::test]
async fn a_long_value_is_a_piece_of_its_own() {
    let long = tracks(2_000);
    let answer = answer(&long, "", "7").await;
    let AnswerBody::Pieces(pieces) = &answer.body else {
        panic!("it was copied");
    };
    assert_eq!(pieces.len(), 3);
    assert_eq!(pieces[0], r#"{"data":{"shelf":{"tracks":"#);
    assert_eq!(pieces[1], long);
    assert_eq!(pieces[2], r#","plays":7}}}"#);
    let length: usize = pieces.iter().map(bytes::Bytes::len).sum();
    assert_eq!(answer.body.length(), length);
    let whole = format!(r#"{{"data":{{"shelf":{{"tracks":{long},"plays":7}}}}}}"#);
    assert_eq!(text(&answer), whole);
}

#[tokio::test]
async fn what_is_short_or_a_small_part_of_its_body_is_copied() {
    let (short, long) = (tracks(20), tracks(2_000));
    let padding = "x".repeat(2 * long.len());
    for (tracks, extensions) in [(&short, ""), (&long, &*padding)] {
        let answer = answer(tracks, extensions, "7").await;
        assert!(matches!(answer.body, AnswerBody::Whole(_)));
        let whole = format!(r#"{{"data":{{"shelf":{{"tracks":{tracks},"plays":7}}}}}}"#);
        assert_eq!(text(&answer), whole);
    }
}

#[tokio::test]
async fn a_null_takes_a_long_value_beside_it_away() {
    let answer = answer(&tracks(2_000), "", "null").await;
    assert!(answer.body.length() < 1_000);
    expect_test::expect![[r#"
        {"shelf":null}
        UNEXPECTED_NULL ["shelf","plays"] Cannot return null for non-nullable field Shelf.plays."#]]
    .assert_eq(&summary(&answer));
}

#[tokio::test]
async fn a_long_value_counts_for_the_size_of_an_answer() {
    let long = tracks(2_000);
    for (spare, is_too_large) in [(100, false), (0, true)] {
        let limits = Limits {
            max_data_bytes: long.len() + spare,
            ..Limits::default()
        };
        let executable = Executable::compile_with(shelf(), limits);
        let answer = subgraphs(&long, "", "7")
            .run_with(&executable, &[], true)
            .await;
        assert_eq!(answer.errors > 0, is_too_large);
        assert_eq!(answer.body.length() < 1_000, is_too_large);
    }
}
