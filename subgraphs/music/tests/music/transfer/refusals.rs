//! Who may not import or export, and what no import is.

use serde_json::{Value, json};

use super::super::support::databases;
use super::super::support::keys::claims;
use super::super::support::{As, Music, on_each_database};
use super::{favourites, import, refused};

async fn status(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.expect("JSON");
    (status, body["errors"][0]["extensions"]["code"].clone())
}

#[tokio::test]
async fn only_a_user_imports_and_exports_and_only_their_own() {
    on_each_database(async |music| {
        let mut for_an_app = claims("ann", &["user"], 60);
        for_an_app["client_id"] = json!("player");
        for_an_app["scope"] = json!("openid");
        let app = music.keys().sign(&for_an_app);
        let mut of_an_app = claims("client:player", &[], 60);
        of_an_app["client_id"] = json!("player");
        of_an_app["scope"] = json!("musicwallet");
        let alone = music.keys().sign(&of_an_app);
        let forged = music.keys().forge(&claims("ann", &["admin"], 60));
        let expired = music.keys().sign(&claims("ann", &["user"], -60));
        for (caller, expected) in [
            (As::Nobody, (401, "UNAUTHENTICATED")),
            (As::Bearer(&forged), (401, "UNAUTHENTICATED")),
            (As::Bearer(&expired), (401, "UNAUTHENTICATED")),
            (As::Bearer(&alone), (401, "UNAUTHENTICATED")),
            (As::Bearer(&app), (403, "FORBIDDEN")),
        ] {
            let import = music
                .post(caller, "/favourites/import")
                .header("content-type", "text/csv")
                .body("trackId\ntrack-darude-sandstorm\n");
            let expected = (expected.0, json!(expected.1));
            assert_eq!(status(import).await, expected);
            assert_eq!(
                status(music.get(caller, "/favourites/export")).await,
                expected
            );
        }
        let twice = music
            .post(As::User("ann"), "/favourites/import")
            .bearer_auth("another")
            .header("content-type", "text/csv")
            .body("trackId\ntrack-darude-sandstorm\n");
        assert_eq!(status(twice).await, (401, json!("UNAUTHENTICATED")));
        assert!(favourites(music, "ann", "RECENT").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_is_no_file_of_favourites_is_refused_at_once() {
    on_each_database(async |music| {
        let post = |content_type: &'static str, body: &'static str| {
            music
                .post(As::User("ann"), "/favourites/import")
                .header("content-type", content_type)
                .body(body)
        };
        for content_type in [
            "text/plain",
            "application/graphql",
            "multipart/form-data; boundary=x",
            "text/csv; charset=latin1",
            "text/csv, application/json",
            "",
        ] {
            let answer = status(post(content_type, "trackId\n")).await;
            assert_eq!(answer, (415, json!("BAD_REQUEST")), "{content_type}");
        }
        let none = music
            .post(As::User("ann"), "/favourites/import")
            .body("trackId\n");
        assert_eq!(status(none).await, (415, json!("BAD_REQUEST")));
        let packed = post("text/csv", "trackId\n").header("content-encoding", "gzip");
        assert_eq!(status(packed).await, (415, json!("BAD_REQUEST")));
        for header in [
            "",
            "\n\n",
            "note\n",
            "trackId,trackId\n",
            "\u{1}\n",
            "\"never closed",
        ] {
            let answer = status(post("text/csv", header)).await;
            assert_eq!(answer, (400, json!("BAD_REQUEST")), "{header:?}");
        }
        let wrong = music
            .get(As::User("ann"), "/favourites/export")
            .header("accept", "text/html");
        assert_eq!(status(wrong).await, (406, json!("BAD_REQUEST")));
    })
    .await;
}

#[tokio::test]
async fn an_import_has_bounds() {
    for database in databases::at_hand().await {
        let flags = ["--import-max-bytes", "2000", "--import-max-lines", "20"];
        let music = Music::start_with(database, &flags).await;
        let announced = music
            .post(As::User("ann"), "/favourites/import")
            .header("content-type", "text/csv")
            .body("x".repeat(2_001));
        assert_eq!(status(announced).await, (413, json!("PAYLOAD_TOO_LARGE")));
        let lines = "trackId\n".to_owned() + &"track-darude-sandstorm\n".repeat(21);
        let report = import(&music, "ann", "text/csv", lines).await;
        let failed = &report.last().expect("a report")["failed"];
        assert_eq!(failed["code"], json!("PAYLOAD_TOO_LARGE"));
        assert_eq!(failed["lines"], json!(20), "what was in bounds is in");
        assert_eq!(favourites(&music, "ann", "RECENT").await.len(), 1);
        music.stop().await;
    }
}

#[tokio::test]
async fn lines_that_are_sql_are_lines() {
    on_each_database(async |music| {
        let file = "trackId,artist,title,note\n\
            '); DROP TABLE favourite; --,,,\n\
            ,' OR '1'='1,%,\n\
            track-darude-sandstorm,,,'); DELETE FROM favourite; --\n";
        let report = import(music, "ann", "text/csv", file).await;
        assert_eq!(refused(&report), ["2 NO_SUCH_TRACK", "3 NO_SUCH_TRACK"]);
        let loved = favourites(music, "ann", "RECENT").await;
        assert_eq!(loved[0]["note"], json!("'); DELETE FROM favourite; --"));
        assert_eq!(favourites(music, "demo-nina", "RECENT").await.len(), 13);
    })
    .await;
}
