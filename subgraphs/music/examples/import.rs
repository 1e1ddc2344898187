//! Measures an import: time, and the memory of the service before, at most and afterwards.
//!
//! ```sh
//! cargo run --profile profiling -p music --example import -- sqlite://import.sqlite 1000000
//! ```
//!
//! It fills the database with a catalogue, starts the service as a process of its own, waits until search
//! has taken the catalogue in, and sends the file twice: of ten lines eight name a track of their own, by id and by name in turns, one
//! names a track that is not there, and one is rubbish.

use std::process::Stdio;

use anyhow::{Context as _, bail, ensure};
use axum::routing::get;
use axum::{Json, Router};
use clap::Parser as _;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kit::database::Database;
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio::time::Instant;

/// Where the service listens.
const LISTEN: &str = "127.0.0.1:4092";

/// Tracks of an artist: ten albums of ten.
const TRACKS_OF_ARTIST: u64 = 100;

/// Lines that are sent together.
const LINES: u64 = 1_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["serve", ..] => music::run(music::Config::parse_from(&arguments)).await,
        [database, lines] => measure(database, lines.parse()?).await,
        _ => bail!("usage: import DATABASE_URL LINES"),
    }
}

async fn measure(database: &str, lines: u64) -> anyhow::Result<()> {
    let tracks = lines / 10 * 8;
    fill(database, tracks).await?;
    println!("{tracks} tracks");
    let (jwks, token) = publish_keys().await?;
    let mut service = start(database, &jwks).await?;
    let pid = service.id().context("the service runs")?;
    println!("searchable after {} s", searchable(database, tracks).await?);
    println!("before: {} KiB", memory(pid, "VmRSS")?);
    for what in ["first", "repeat"] {
        let began = Instant::now();
        let done = import(lines, &token).await?;
        println!(
            "{what}: {:.1} s, memory at most {} KiB, now {} KiB, {done}",
            began.elapsed().as_secs_f64(),
            memory(pid, "VmHWM")?,
            memory(pid, "VmRSS")?,
        );
    }
    service.kill().await?;
    Ok(())
}

/// A catalogue of so many tracks, `t0` and so on; nothing when there is one.
async fn fill(url: &str, tracks: u64) -> anyhow::Result<()> {
    let database = Database::connect(url).await?;
    database.migrate::<music::migration::Migrator>().await?;
    let artists = tracks.div_ceil(TRACKS_OF_ARTIST);
    let insert = async |table: &str, rows: Vec<String>| {
        let sql = format!(
            "INSERT INTO {table} VALUES {} ON CONFLICT DO NOTHING",
            rows.join(",")
        );
        database.connection().execute_unprepared(&sql).await
    };
    for artist in 0..artists {
        let columns = "artist (id, name, name_key, added_at)";
        let row = format!("('a{artist}', 'Artist {artist}', 'artist {artist}', {artist})");
        insert(columns, vec![row]).await?;
        let album = |n: u64| {
            let album = artist * 10 + n;
            format!("('l{album}', 'a{artist}', 'Album {album}', 'album {album}', 2000, {album})")
        };
        let columns = "album (id, artist_id, title, title_key, release_year, added_at)";
        insert(columns, (0..10).map(album).collect()).await?;
        let track = |n: u64| {
            let (track, album) = (artist * TRACKS_OF_ARTIST + n, artist * 10 + n / 10);
            format!(
                "('t{track}', 'l{album}', 'a{artist}', 'Track {track}', 'track {track}', 200, {}, 2000, 0, {track})",
                n % 10 + 1
            )
        };
        let columns = "track (id, album_id, artist_id, title, title_key, duration_seconds, track_number, release_year, favourite_count, added_at)";
        insert(columns, (0..TRACKS_OF_ARTIST).map(track).collect()).await?;
    }
    database.connection().execute_unprepared("ANALYZE").await?;
    database.close().await;
    Ok(())
}

/// A key set on loopback, and a token that it proves.
async fn publish_keys() -> anyhow::Result<(String, String)> {
    // An Ed25519 key as PKCS#8 (RFC 8410): a fixed beginning, then the seed.
    let mut der = vec![
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04,
        0x20,
    ];
    der.extend([7; 32]);
    let key = EncodingKey::from_ed_der(&der);
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA)?;
    jwk.common.key_id = Some("key".to_owned());
    let set = JwkSet { keys: vec![jwk] };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/", listener.local_addr()?);
    let routes = Router::new().route("/", get(move || async move { Json(set) }));
    tokio::spawn(async { axum::serve(listener, routes).await });
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some("key".to_owned());
    let claims = json!({
        "iss": kit::config::DEFAULT_TOKEN_ISSUER,
        "aud": kit::config::DEFAULT_TOKEN_AUDIENCE,
        "sub": "importer",
        "exp": jsonwebtoken::get_current_timestamp() + 24 * 3_600,
    });
    Ok((url, jsonwebtoken::encode(&header, &claims, &key)?))
}

async fn start(database: &str, jwks: &str) -> anyhow::Result<Child> {
    let service = Command::new(std::env::current_exe()?)
        .args(["serve", "--listen", LISTEN, "--log", "warn"])
        .args(["--database-url", database, "--jwks-url", jwks])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let url = format!("http://{LISTEN}/health?ready");
    // Installed for the client; a second time is no error to us.
    let _ = rustls::crypto::ring::default_provider().install_default();
    for _ in 0..600 {
        if reqwest::get(&url)
            .await
            .is_ok_and(|it| it.status().is_success())
        {
            return Ok(service);
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    bail!("the service is not ready")
}

/// Waits until the whole catalogue can be searched, for that is brought about beside everything else; how many seconds.
async fn searchable(url: &str, tracks: u64) -> anyhow::Result<u64> {
    let database = Database::connect(url).await?;
    let documents = Statement::from_string(
        database.connection().get_database_backend(),
        "SELECT COUNT(*) AS documents FROM search_document",
    );
    // Those that `fill` makes: an artist, ten albums and a hundred tracks at a time.
    let all = i64::try_from(tracks.div_ceil(TRACKS_OF_ARTIST) * (1 + 10 + TRACKS_OF_ARTIST))?;
    let began = Instant::now();
    loop {
        let row = database
            .connection()
            .query_one_raw(documents.clone())
            .await?;
        let documents: i64 = row.context("a count")?.try_get("", "documents")?;
        if documents >= all {
            database.close().await;
            return Ok(began.elapsed().as_secs());
        }
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
}

/// Sends the file while the report is read; the last line of it.
async fn import(lines: u64, token: &str) -> anyhow::Result<Value> {
    let stream = TcpStream::connect(LISTEN).await?;
    let (answer, mut request) = stream.into_split();
    let head = format!(
        "POST /favourites/import HTTP/1.1\r\nhost: {LISTEN}\r\nauthorization: Bearer {token}\r\n\
         content-type: text/csv\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let sending = tokio::spawn(async move {
        request.write_all(head.as_bytes()).await?;
        chunk(&mut request, "trackId,artist,title,note\n").await?;
        let mut number = 0;
        while number < lines {
            let until = (number + LINES).min(lines);
            let text: String = (number..until).map(line).collect();
            chunk(&mut request, &text).await?;
            number = until;
        }
        request.write_all(b"0\r\n\r\n").await?;
        // The service must not take the end of this for the end of the client.
        std::io::Result::Ok(request)
    });
    let mut answer = BufReader::new(answer).lines();
    let status = answer.next_line().await?.unwrap_or_default();
    ensure!(status.contains(" 200 "), "{status}");
    while let Some(line) = answer.next_line().await? {
        if let Some(at) = line.find("{\"done\":") {
            sending.await??;
            return Ok(serde_json::from_str(&line[at..])?);
        }
        ensure!(!line.contains("{\"failed\":"), "{line}");
    }
    bail!("the report breaks off")
}

async fn chunk(request: &mut tokio::net::tcp::OwnedWriteHalf, text: &str) -> std::io::Result<()> {
    let chunk = format!("{:x}\r\n{text}\r\n", text.len());
    request.write_all(chunk.as_bytes()).await
}

fn line(number: u64) -> String {
    let track = number / 10 * 8 + number % 10;
    match number % 10 {
        8 => format!("no-such-track-{number},,,\n"),
        9 => format!("\u{1}rubbish,\"{number}\" and,more,,,,,\n"),
        even if even % 2 == 0 => format!("t{track},,,\"why, {number}\"\n"),
        _ => format!(",Artist {},Track {track},\n", track / TRACKS_OF_ARTIST),
    }
}

/// A number of a process's status, in KiB.
fn memory(pid: u32, name: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with(name));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kib.context("the status tells it")?.parse()?)
}
