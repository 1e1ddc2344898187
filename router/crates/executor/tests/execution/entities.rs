//! Entities: what is asked, how answers fan out, and answers that do not fit.

use expect_test::expect;
use plan::{LeafKind, TypeSource};

use crate::build::*;
use crate::canned::{Canned, summary, text};
use crate::library::{counts, requested_ids, users_json, users_with_counts};

#[tokio::test]
async fn equal_representations_are_asked_once_and_answers_fan_out() {
    let subgraphs = Canned::new()
        .gives(0, &users_json(&[1, 2, 1, 3, 2]))
        .responds(1, |body| Ok(counts(body)));
    let answer = subgraphs.run(users_with_counts("[User]", "Int")).await;
    expect![[r#"{"data":{"users":[{"name":"u1","plays":10},{"name":"u2","plays":20},{"name":"u1","plays":10},{"name":"u3","plays":30},{"name":"u2","plays":20}]}}"#]].assert_eq(&text(&answer));
    expect![[r#"{"query":"{ f }","variables":{"representations":[{"__typename":"User","id":"1"},{"__typename":"User","id":"2"},{"__typename":"User","id":"3"}]}}"#]].assert_eq(&subgraphs.asked()[1]);
    assert_eq!(answer.fetches, 2);
}

#[tokio::test]
async fn many_representations_are_told_apart() {
    let ids: Vec<u32> = (0..500).map(|it| it % 123 + 1).collect();
    let subgraphs = Canned::new()
        .gives(0, &users_json(&ids))
        .responds(1, |body| Ok(counts(body)));
    let answer = subgraphs.run(users_with_counts("[User]", "Int")).await;
    let json = crate::canned::json(&answer);
    for (index, id) in ids.iter().enumerate() {
        assert_eq!(json["data"]["users"][index]["plays"], id * 10);
    }
    assert_eq!(requested_ids(&subgraphs.asked()[1]).len(), 123);
}

#[tokio::test]
async fn nothing_is_asked_for_nothing() {
    for users in [
        "[]",
        "null",
        "[null]",
        r#"[{"__typename":"Bot","id":"1","name":"b"}]"#,
    ] {
        let subgraphs = Canned::new().gives(0, &format!(r#"{{"data":{{"users":{users}}}}}"#));
        let answer = subgraphs.run(users_with_counts("[User]", "Int")).await;
        assert_eq!((answer.fetches, answer.errors), (1, 0), "{users}");
    }
}

async fn check(music: &str, expected: expect_test::Expect) {
    let subgraphs = Canned::new()
        .gives(0, &users_json(&[1, 2, 1]))
        .gives(1, music);
    let answer = subgraphs.run(users_with_counts("[User]", "Int")).await;
    expected.assert_eq(&summary(&answer));
}

#[tokio::test]
async fn an_entity_that_is_not_there_is_null_without_error() {
    check(
        r#"{"data":{"_entities":[null,{"__typename":"User","count":5}]}}"#,
        expect![[r#"{"users":[{"name":"u1","plays":null},{"name":"u2","plays":5},{"name":"u1","plays":null}]}"#]],
    )
    .await;
}

#[tokio::test]
async fn a_null_entity_takes_the_object_with_it_where_null_may_not_stand() {
    let subgraphs = Canned::new().gives(0, &users_json(&[1, 2])).gives(
        1,
        r#"{"data":{"_entities":[null,{"__typename":"User","count":5}]}}"#,
    );
    let answer = subgraphs.run(users_with_counts("[User]", "Int!")).await;
    expect![[r#"
        {"users":[null,{"name":"u2","plays":5}]}
        UNEXPECTED_NULL ["users",0,"plays"] Cannot return null for non-nullable field User.count."#]].assert_eq(&summary(&answer));
}

#[tokio::test]
async fn lists_that_do_not_fit_give_nobody_anothers_data() {
    let one = r#"{"__typename":"User","count":5}"#;
    check(
        &format!(r#"{{"data":{{"_entities":[{one}]}}}}"#),
        expect![[r#"
            {"users":[{"name":"u1","plays":null},{"name":"u2","plays":null},{"name":"u1","plays":null}]}
            SUBREQUEST_MALFORMED_RESPONSE ["users",0] The subgraph "music" was asked for 2 entities and answered with 1.
            SUBREQUEST_MALFORMED_RESPONSE ["users",1] The subgraph "music" was asked for 2 entities and answered with 1.
            SUBREQUEST_MALFORMED_RESPONSE ["users",2] The subgraph "music" was asked for 2 entities and answered with 1."#]],
    )
    .await;
    check(
        &format!(r#"{{"data":{{"_entities":[{one},{one},{one}]}}}}"#),
        expect![[r#"
            {"users":[{"name":"u1","plays":null},{"name":"u2","plays":null},{"name":"u1","plays":null}]}
            SUBREQUEST_MALFORMED_RESPONSE ["users",0] The subgraph "music" was asked for 2 entities and answered with 3.
            SUBREQUEST_MALFORMED_RESPONSE ["users",1] The subgraph "music" was asked for 2 entities and answered with 3.
            SUBREQUEST_MALFORMED_RESPONSE ["users",2] The subgraph "music" was asked for 2 entities and answered with 3."#]],
    )
    .await;
    check(
        &format!(r#"{{"data":{{"_entities":{one}}}}}"#),
        expect![[r#"
            {"users":[{"name":"u1","plays":null},{"name":"u2","plays":null},{"name":"u1","plays":null}]}
            SUBREQUEST_MALFORMED_RESPONSE ["users"] The subgraph "music" answered with something else where a list was due."#]],
    )
    .await;
    check(r#"{"data":{"_entities":null}}"#, expect![[r#"
        {"users":[{"name":"u1","plays":null},{"name":"u2","plays":null},{"name":"u1","plays":null}]}
        SUBREQUEST_MALFORMED_RESPONSE ["users",0] The subgraph "music" gave no list of entities.
        SUBREQUEST_MALFORMED_RESPONSE ["users",1] The subgraph "music" gave no list of entities.
        SUBREQUEST_MALFORMED_RESPONSE ["users",2] The subgraph "music" gave no list of entities."#]]).await;
    check(r#"{"data":{}}"#, expect![[r#"
        {"users":[{"name":"u1","plays":null},{"name":"u2","plays":null},{"name":"u1","plays":null}]}
        SUBREQUEST_MALFORMED_RESPONSE ["users",0] The subgraph "music" gave no list of entities.
        SUBREQUEST_MALFORMED_RESPONSE ["users",1] The subgraph "music" gave no list of entities.
        SUBREQUEST_MALFORMED_RESPONSE ["users",2] The subgraph "music" gave no list of entities."#]]).await;
}

#[tokio::test]
async fn an_entity_of_another_type_is_not_taken() {
    check(
        r#"{"data":{"_entities":[{"__typename":"Track","count":5},{"__typename":"User","count":6}]}}"#,
        expect![[r#"
            {"users":[{"name":"u1","plays":null},{"name":"u2","plays":6},{"name":"u1","plays":null}]}
            SUBREQUEST_MALFORMED_RESPONSE ["users",0] The subgraph "music" answered with an entity of another type.
            SUBREQUEST_MALFORMED_RESPONSE ["users",2] The subgraph "music" answered with an entity of another type."#]],
    )
    .await;
}

#[tokio::test]
async fn a_wrong_value_of_an_entity_is_told_for_each_place() {
    check(
        r#"{"data":{"_entities":[{"__typename":"User","count":"x"},{"__typename":"User","count":6}]}}"#,
        expect![[r#"
            {"users":[{"name":"u1","plays":null},{"name":"u2","plays":6},{"name":"u1","plays":null}]}
            SUBREQUEST_MALFORMED_RESPONSE ["users",0,"plays"] The subgraph "music" answered with something else where an Int was due.
            SUBREQUEST_MALFORMED_RESPONSE ["users",2,"plays"] The subgraph "music" answered with something else where an Int was due."#]],
    )
    .await;
}

/// `{ tracks { by: artist { label { city } } } }`: tracks and artist ids from `users`, the artist
/// with its label's id from `music`, the label from `other`.
pub(crate) fn chain() -> plan::Plan {
    let track = read(
        "Track",
        vec![object("artist", {
            let mut artist = read("Artist", vec![needed(leaf("id", LeafKind::Id))]);
            artist.slots = 2;
            artist
        })],
    );
    let artist = read(
        "Artist",
        vec![object(
            "label",
            read("Label", vec![needed(leaf("id", LeafKind::Id))]),
        )],
    );
    let of = |name: &str, position| plan::Position {
        type_source: TypeSource::Static(name.into()),
        ..position
    };
    let rep = |on: &str| vec![representation(on, vec![key("id", "ID!", 0, 0)])];
    let label = read("Label", vec![leaf("city", LeafKind::String)]);
    plan(
        vec![
            root(0, read("Query", vec![lists(1, object("tracks", track))])),
            entity_fetch(1, &[0], vec![entities((2, 0, 1), rep("Artist"), artist)]),
            entity_fetch(2, &[1], vec![entities((3, 0, 1), rep("Label"), label)]),
        ],
        vec![
            root_position(&[0]),
            of("Track", position(0, "tracks", 1, vec![below(0, 0, 0)])),
            of(
                "Artist",
                position(1, "by", 0, vec![below(0, 0, 0), attached(1, 0, 1)]),
            ),
            of(
                "Label",
                position(2, "label", 0, vec![below(1, 1, 0), attached(2, 0, 1)]),
            ),
        ],
        write(
            0,
            vec![out(
                "tracks",
                "Query.tracks",
                "[Track]",
                inside(write(
                    1,
                    vec![out(
                        "by",
                        "Track.artist",
                        "Artist",
                        inside(write(
                            2,
                            vec![out(
                                "label",
                                "Artist.label",
                                "Label",
                                inside(write(
                                    3,
                                    vec![out("city", "Label.city", "String", from(1, 0))],
                                )),
                            )],
                        )),
                    )],
                )),
            )],
        ),
    )
}

#[tokio::test]
async fn an_object_that_places_share_is_asked_once_and_told_everywhere() {
    let artist = |id| format!(r#"{{"artist":{{"id":"{id}"}}}}"#);
    let tracks = [artist(1), artist(2), artist(1)].join(",");
    let label = |id: &str| format!(r#"{{"label":{{"id":"{id}"}}}}"#);
    let subgraphs = Canned::new()
        .gives(0, &format!(r#"{{"data":{{"tracks":[{tracks}]}}}}"#))
        .gives(1, &format!(r#"{{"data":{{"_entities":[{},{}]}}}}"#, label("L"), label("L")))
        .gives(2, r#"{"data":{"_entities":[{"city":null}]},"errors":[{"message":"no","path":["_entities",0,"city"]}]}"#);
    let answer = subgraphs.run(chain()).await;
    expect![[r#"
        {"tracks":[{"by":{"label":{"city":null}}},{"by":{"label":{"city":null}}},{"by":{"label":{"city":null}}}]}
        SUBGRAPH_ERROR ["tracks",0,"by","label","city"] no
        SUBGRAPH_ERROR ["tracks",1,"by","label","city"] no
        SUBGRAPH_ERROR ["tracks",2,"by","label","city"] no"#]].assert_eq(&summary(&answer));
    expect![[
        r#"{"query":"{ f }","variables":{"representations":[{"__typename":"Label","id":"L"}]}}"#
    ]]
    .assert_eq(&subgraphs.asked()[2]);
}

#[tokio::test]
async fn two_lists_of_one_request_are_kept_apart() {
    let mut plan = users_with_counts("[User]", "Int");
    let mut second = plan.fetches[1].entities[0].clone();
    second.response_key = "_entities2".into();
    second.variable = "representations2".into();
    second.attach = plan::Slot(4);
    plan.fetches[1].entities[0].inclusion = Some(plan::InclusionId(0));
    plan.inclusions = vec![schema::Inclusion::never()];
    plan.fetches[1].entities.push(second);
    plan.positions[1].layers.push(attached(1, 0, 4));
    let plan::WriteValue::Object(users) = &mut plan.answer.fields[0].value else {
        unreachable!()
    };
    users.fields[1].value = from(2, 1);
    let subgraphs = Canned::new().gives(0, &users_json(&[4])).gives(
        1,
        r#"{"data":{"_entities":[],"_entities2":[{"__typename":"User","count":7}]}}"#,
    );
    let answer = subgraphs.run(plan).await;
    expect![[r#"{"users":[{"name":"u4","plays":7}]}"#]].assert_eq(&summary(&answer));
    expect![[r#"{"query":"{ f }","variables":{"representations":[],"representations2":[{"__typename":"User","id":"4"}]}}"#]].assert_eq(&subgraphs.asked()[1]);
}
