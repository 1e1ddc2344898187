//! Imports: lines found by id or by name, rubbish in between, repeats, and files that break off.

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::super::playlists::tracks;
use super::super::support::{As, Music, on_each_database};
use super::{counts_agree, done, favourites, import, refused};

#[tokio::test]
async fn lines_are_found_by_id_or_name_and_the_rest_is_reported() {
    on_each_database(async |music| {
        let file = "Track ID,Artist,Title,Album,Note,favouritedAt\r\n\
            track-darude-sandstorm,,,,\"at \"\"midnight\"\"\nagain\",2020-01-05T09:00:00Z\r\n\
            ,MILES  DAVIS,so what,,,\r\n\
            no-such-id,Miles Davis,Blue in Green,Kind of Blue,,\r\n\
            \n\
            no-such-id,,,,,\r\n\
            ,Miles Davis,No Such Title,,,\r\n\
            ,Miles Davis,So What,No Such Album,,\r\n\
            ,,,,only a note,\r\n\
            track-darude-sandstorm,,,,another note,\r\n\
            track-darude-sandstorm,,,,,yesterday\r\n\
            \u{0}\u{1}rubbish\u{7f}\r\n\
            ,\"never closed\n\
            track-miles-davis-blue-in-green,,,,,";
        let report = import(music, "ann", "text/csv", file).await;
        assert_eq!(
            refused(&report),
            [
                "7 NO_SUCH_TRACK",
                "8 NO_SUCH_TRACK",
                "9 NO_SUCH_TRACK",
                "10 UNREADABLE_LINE",
                "12 UNREADABLE_LINE",
                "13 NO_SUCH_TRACK",
                "14 UNREADABLE_LINE",
            ]
        );
        let expected = json!({ "lines": 12, "added": 3, "unchanged": 2, "refused": 7 });
        assert_eq!(done(&report), expected);
        let loved = favourites(music, "ann", "CHOSEN").await;
        let ids: Vec<_> = loved.iter().map(|it| it["node"]["id"].as_str()).collect();
        assert_eq!(
            ids,
            [
                Some("track-darude-sandstorm"),
                Some("track-miles-davis-so-what"),
                Some("track-miles-davis-blue-in-green")
            ],
            "in the order of the file"
        );
        assert_eq!(loved[0]["note"], json!("at \"midnight\"\nagain"));
        assert_eq!(loved[0]["favouritedAt"], json!("2020-01-05T09:00:00+00:00"));

        let again = import(music, "ann", "text/csv", file).await;
        let expected = json!({ "lines": 12, "added": 0, "unchanged": 5, "refused": 7 });
        assert_eq!(done(&again), expected);
        assert_eq!(favourites(music, "ann", "CHOSEN").await, loved);
        counts_agree(music).await;
    })
    .await;
}

#[tokio::test]
async fn json_comes_by_lines_or_as_a_list() {
    on_each_database(async |music| {
        let one = r#"{"trackId":"track-darude-sandstorm","note":"a ] b, \" c"}"#;
        let other = r#"{"artist":"Miles Davis","title":"So What","extra":[1,{"a":2}]}"#;
        let lines = format!("{one}\nrubbish\n{other}\n{{\"trackId\":7}}\n");
        let report = import(music, "ann", "application/x-ndjson", lines).await;
        assert_eq!(refused(&report), ["2 UNREADABLE_LINE", "4 UNREADABLE_LINE"]);
        assert_eq!(done(&report)["added"], json!(2));
        let list = format!("[\n  {one},\n  rubbish,\n  {other}\n]\n");
        let report = import(music, "bob", "application/json; charset=utf-8", list).await;
        assert_eq!(refused(&report), ["3 UNREADABLE_LINE"]);
        assert_eq!(done(&report)["added"], json!(2));
        assert_eq!(
            favourites(music, "bob", "CHOSEN").await[0]["note"],
            json!("a ] b, \" c")
        );
    })
    .await;
}

#[tokio::test]
async fn a_name_that_several_tracks_have_needs_the_album() {
    on_each_database(async |music| {
        for album in ["One", "Two"] {
            let create = "mutation ($title: String!) { createAlbum(input: {
                artistId: \"artist-miles-davis\", title: $title, releaseYear: 2001
            }) { album { id } } }";
            let made = music
                .data(As::Curator("cur"), create, json!({ "title": album }))
                .await;
            let track = "mutation ($album: ID!) { createTrack(input: {
                albumId: $album, title: \"Twice\", durationSeconds: 9, trackNumber: 1
            }) { track { id } } }";
            let id = &made["createAlbum"]["album"]["id"];
            music
                .data(As::Curator("cur"), track, json!({ "album": id }))
                .await;
        }
        let file = "artist,title,album\nMiles Davis,Twice,\nMiles Davis,Twice,Two\n";
        let report = import(music, "ann", "text/csv", file).await;
        assert_eq!(refused(&report), ["2 AMBIGUOUS_TRACK"]);
        assert_eq!(done(&report)["added"], json!(1));
    })
    .await;
}

/// A file of many lines, of which every fifth is rubbish of some kind.
fn long_file(tracks: &[Value], lines: usize) -> (String, usize) {
    let rubbish = ["no-such-track,", "\u{1}", "\"open", ",,,,,", "a,\"b\"c,d"];
    let mut file = "trackId,note\n".to_owned();
    let mut bad = 0;
    for line in 0..lines {
        if line % 5 == 4 {
            file.push_str(rubbish[line / 5 % rubbish.len()]);
            bad += 1;
        } else {
            let track = tracks[line % tracks.len()].as_str().expect("an id");
            file.push_str(track);
        }
        file.push('\n');
    }
    (file, bad)
}

#[tokio::test]
async fn thousands_of_lines_with_rubbish_come_in_and_a_repeat_changes_nothing() {
    on_each_database(async |music| {
        let tracks = tracks(music, 100).await;
        let (file, bad) = long_file(&tracks, 10_000);
        let report = import(music, "ann", "text/csv", file.clone()).await;
        let first = done(&report);
        assert_eq!(refused(&report).len(), bad);
        // Every line is accounted for.
        assert_eq!(first["lines"], json!(10_000));
        assert_eq!(first["refused"], json!(bad));
        let progress = report
            .iter()
            .filter(|line| line.get("progress").is_some())
            .count();
        assert!(progress >= 20, "{progress}");
        let loved = favourites(music, "ann", "CHOSEN").await;
        assert_eq!(first["added"].as_u64(), Some(loved.len() as u64));
        let report = import(music, "ann", "text/csv", file).await;
        assert_eq!(done(&report)["added"], json!(0));
        assert_eq!(favourites(music, "ann", "CHOSEN").await, loved);
        counts_agree(music).await;
    })
    .await;
}

/// A request whose body is sent by hand.
struct ByHand {
    stream: BufReader<TcpStream>,
}

impl ByHand {
    async fn begin(music: &Music, user: &str) -> Self {
        let address = music.url().trim_start_matches("http://");
        let token = music.token_of(As::User(user)).expect("a token");
        let mut stream = TcpStream::connect(address).await.expect("connects");
        let head = format!(
            "POST /favourites/import HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
             content-type: text/csv\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        stream
            .write_all(head.as_bytes())
            .await
            .expect("it is taken");
        ByHand {
            stream: BufReader::new(stream),
        }
    }

    async fn send(&mut self, text: &str) {
        let chunk = format!("{:x}\r\n{text}\r\n", text.len());
        self.stream
            .write_all(chunk.as_bytes())
            .await
            .expect("it is taken");
    }

    /// Reads until a line holds this.
    async fn until(&mut self, wanted: &str) -> String {
        let mut text = String::new();
        let read = async {
            while !text.contains(wanted) {
                let read = self.stream.read_line(&mut text).await.expect("it is text");
                assert!(read > 0, "no {wanted} in {text}");
            }
        };
        let read = tokio::time::timeout(std::time::Duration::from_secs(30), read).await;
        assert!(read.is_ok(), "no {wanted} in time: {text}");
        text
    }
}

#[tokio::test]
async fn progress_is_told_while_the_file_still_comes() {
    on_each_database(async |music| {
        let tracks = tracks(music, 100).await;
        let (file, _) = long_file(&tracks, 600);
        let mut request = ByHand::begin(music, "ann").await;
        request.send(&file).await;
        let text = request.until("\"progress\"").await;
        assert!(text.contains("\"lines\":500"), "{text}");
        // Another import of the same user has to wait; one of somebody else has not.
        let busy = music
            .post(As::User("ann"), "/favourites/import")
            .header("content-type", "text/csv")
            .body("trackId\n")
            .send()
            .await
            .expect("an answer");
        assert_eq!(busy.status().as_u16(), 429);
        import(music, "bob", "text/csv", "trackId\n").await;
        request.send("track-darude-sandstorm\n").await;
        request
            .stream
            .write_all(b"0\r\n\r\n")
            .await
            .expect("it is taken");
        request.until("\"done\"").await;
    })
    .await;
}

#[tokio::test]
async fn a_file_that_breaks_off_leaves_whole_batches_and_can_be_sent_again() {
    on_each_database(async |music| {
        let tracks = tracks(music, 100).await;
        let (file, _) = long_file(&tracks, 700);
        let mut request = ByHand::begin(music, "ann").await;
        request.send(&file).await;
        request.until("\"progress\"").await;
        drop(request);
        // The right to import comes back when the first import has ended.
        for _ in 0..200 {
            let answer = music
                .post(As::User("ann"), "/favourites/import")
                .header("content-type", "text/csv")
                .body(file.clone())
                .send()
                .await
                .expect("an answer");
            if answer.status().as_u16() == 200 {
                let report = super::report(&answer.text().await.expect("it ends"));
                assert_eq!(done(&report)["lines"], json!(700));
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let loved = favourites(music, "ann", "RECENT").await;
        let report = import(music, "ann", "text/csv", file).await;
        assert_eq!(done(&report)["added"], json!(0));
        assert_eq!(favourites(music, "ann", "RECENT").await, loved);
        counts_agree(music).await;
    })
    .await;
}

#[tokio::test]
async fn an_import_is_told_to_listeners() {
    on_each_database(async |music| {
        let query = "subscription { favouriteChanged(userId: \"ann\") { change track { id } } }";
        let mut listening = music.listen(As::User("ann"), query, json!({})).await;
        let loved =
            "subscription { trackLoved(trackId: \"track-darude-sandstorm\") { user { id } } }";
        let mut track = music.listen(As::Nobody, loved, json!({})).await;
        import(
            music,
            "ann",
            "text/csv",
            "trackId\ntrack-darude-sandstorm\n",
        )
        .await;
        let heard = listening.data().await["favouriteChanged"].take();
        assert_eq!(heard, json!({ "change": "IMPORTED", "track": null }));
        assert_eq!(track.data().await["trackLoved"]["user"]["id"], json!("ann"));
    })
    .await;
}
