//! Values that are given on as a subgraph wrote them, and what keeps them from it.
//!
//! White space shows which is which: it stays in what is given on, and is lost in what is taken
//! apart.

use expect_test::{Expect, expect};
use plan::{LeafKind, Plan, Position, ReadValue, TypeSource, WriteValue};

use crate::build::*;
use crate::canned::{Canned, summary, text};

/// `{ tracks { id artist { name } } }` of one subgraph; only the list and the name are nullable.
fn tracks() -> Plan {
    let artist = read("Artist", vec![leaf("name", LeafKind::String)]);
    let track = read(
        "Track",
        vec![leaf("id", LeafKind::Id), object("artist", artist)],
    );
    let written_artist = write(2, vec![out("name", "Artist.name", "String", from(0, 0))]);
    let written_track = write(
        1,
        vec![
            out("id", "Track.id", "ID!", from(0, 0)),
            out("artist", "Track.artist", "Artist!", inside(written_artist)),
        ],
    );
    let of_one_type = |name: &str, position: Position| Position {
        type_source: TypeSource::Static(name.into()),
        ..position
    };
    plan(
        vec![root(
            0,
            read("Query", vec![lists(1, object("tracks", track))]),
        )],
        vec![
            root_position(&[0]),
            of_one_type("Track", position(0, "tracks", 1, vec![below(0, 0, 0)])),
            of_one_type("Artist", position(1, "artist", 0, vec![below(0, 0, 1)])),
        ],
        write(
            0,
            vec![out(
                "tracks",
                "Query.tracks",
                "[Track!]",
                inside(written_track),
            )],
        ),
    )
}

async fn check(plan: Plan, body: &str, expected: Expect) {
    let answer = Canned::new().gives(0, body).run(plan).await;
    expected.assert_eq(&summary(&answer));
}

/// The answer with its white space.
async fn check_text(plan: Plan, body: &str, expected: Expect) {
    let answer = Canned::new().gives(0, body).run(plan).await;
    expected.assert_eq(&text(&answer));
}

#[tokio::test]
async fn a_whole_answer_is_given_on() {
    let body = r#"{"data":{ "tracks": [ {"id":"1", "artist":{"name":null}} , {"id":"2","artist":{ "name":"é" }}] }}"#;
    let answer = Canned::new().gives(0, body).run(tracks()).await;
    assert_eq!(text(&answer), body);
    check_text(
        tracks(),
        r#" { "extensions":{}, "data":{"tracks": null } } "#,
        expect![[r#"{"data":{"tracks": null }}"#]],
    )
    .await;
}

#[tokio::test]
async fn one_item_that_cannot_be_given_on_is_taken_apart_alone() {
    check_text(
        tracks(),
        r#"{"data":{"tracks":[{"id": "1","artist":{"name":"a"}}, {"artist":{"name": "b"}, "id":2}]}}"#,
        expect![[
            r#"{"data":{"tracks":[{"id": "1","artist":{"name":"a"}},{"id":"2","artist":{"name": "b"}}]}}"#
        ]],
    )
    .await;
}

#[tokio::test]
async fn a_null_that_may_not_stand_bubbles() {
    for body in [
        r#"{"data":{"tracks":[{"id":"1","artist":{"name":"a"}},{"id":"2","artist":null}]}}"#,
        r#"{"data":{"tracks":[{"id":"1","artist":{"name":"a"}},null]}}"#,
    ] {
        let answer = Canned::new().gives(0, body).run(tracks()).await;
        assert!(
            summary(&answer).starts_with("{\"tracks\":null}\n"),
            "{body}"
        );
        assert_eq!(answer.errors, 1, "{body}");
    }
}

#[tokio::test]
async fn errors_inside_keep_their_places() {
    check(
        tracks(),
        r#"{"data":{"tracks":[{"id":"1","artist":{"name":null}}]},
            "errors":[{"message":"no name","path":["tracks",0,"artist","name"]}]}"#,
        expect![[r#"
            {"tracks":[{"id":"1","artist":{"name":null}}]}
            SUBGRAPH_ERROR ["tracks",0,"artist","name"] no name"#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_no_json_inside_is_refused() {
    for tracks_text in [
        "[{\"id\":\"1\",\"artist\":{\"name\":\"a}}]",
        "[{\"id\":\"1\"",
        "[{]",
    ] {
        let body = format!("{{\"data\":{{\"tracks\":{tracks_text}}}}}");
        let answer = Canned::new().gives(0, &body).run(tracks()).await;
        assert!(
            summary(&answer).starts_with("{\"tracks\":null}\n"),
            "{body}"
        );
        assert_eq!(answer.errors, 1, "{body}");
    }
}

/// The plan with a change to how tracks are read or written.
fn changed(
    read: impl FnOnce(&mut plan::ReadObject),
    write: impl FnOnce(&mut plan::WriteObject),
) -> Plan {
    let mut plan = tracks();
    let data = plan.fetches[0].root.as_mut().unwrap();
    if let ReadValue::Object(track) = &mut data.fields[0].value {
        read(track);
    }
    if let WriteValue::Object(track) = &mut plan.answer.fields[0].value {
        write(track);
    }
    plan
}

#[tokio::test]
async fn what_differs_from_what_was_asked_for_is_taken_apart() {
    let body = r#"{"data":{"tracks":[{"id": "1","artist":{ "name":"a"}}]}}"#;
    let apart = expect![[r#"{"data":{"tracks":[{"artist":{ "name":"a"},"id":"1"}]}}"#]];
    check_text(changed(|_| {}, |it| it.fields.reverse()), body, apart).await;
    let renamed = expect![[r#"{"data":{"tracks":[{"key":"1","artist":{ "name":"a"}}]}}"#]];
    check_text(
        changed(|_| {}, |it| it.fields[0].key = "key".into()),
        body,
        renamed,
    )
    .await;
    let fewer = expect![[r#"{"data":{"tracks":[{"artist":{ "name":"a"}}]}}"#]];
    check_text(changed(|_| {}, |it| drop(it.fields.remove(0))), body, fewer).await;
    let mut seen_twice = tracks();
    let mut again = seen_twice.positions[2].clone();
    again.client_key = None;
    seen_twice.positions.push(again);
    let seen = expect![[r#"{"data":{"tracks":[{"id":"1","artist":{"name":"a"}}]}}"#]];
    check_text(seen_twice, body, seen).await;
}
