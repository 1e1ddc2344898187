//! What strangers write does not become a header, a line of the log, or a part of a statement.

use kit::auth::Role;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::process::started;
use crate::support::{REGISTER, SIGN_IN, Served, access, register_input};

/// Would be seen at the beginning of a line if it got there.
const FORGED: &str =
    "\r\n2026-01-01T00:00:00Z  INFO forged: the admin signed in\r\n{\"forged\":true}\r\n";

#[tokio::test]
async fn nothing_a_stranger_sends_begins_a_line_of_the_log() {
    for format in ["text", "json"] {
        let folder = tempfile::tempdir().expect("a folder");
        let more = [
            "--log",
            "debug",
            "--log-format",
            format,
            "--trusted-proxies",
            "127.0.0.1",
        ];
        let (mut child, url, mut said) = started(folder.path(), &more).await;
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::new();
        for query in [SIGN_IN, "{ me { id } }", FORGED] {
            let variables = json!({ "input": { "username": FORGED, "password": FORGED } });
            let body = json!({ "query": query, "variables": variables, "operationName": FORGED });
            let unnamed = json!({ "query": query, "variables": variables });
            for body in [body, unnamed] {
                client
                    .post(format!("{url}/graphql"))
                    .header("x-forwarded-for", "forged\tforged")
                    .json(&body)
                    .send()
                    .await
                    .expect("an answer");
            }
        }
        let forged = register_input(
            "ada\r\nforged",
            "ada@example.org\r\nBcc: forged@x.org",
            FORGED,
        );
        let register = json!({ "query": REGISTER, "variables": forged });
        client
            .post(format!("{url}/graphql"))
            .json(&register)
            .send()
            .await
            .expect("an answer");
        client
            .get(format!("{url}/%0d%0aforged?%0d%0aforged"))
            .bearer_auth("forged%0d%0aforged")
            .send()
            .await
            .expect("an answer");
        child.kill().await.expect("it runs");
        let mut rest = String::new();
        let mut stderr = child.stderr.take().expect("piped");
        stderr.read_to_string(&mut rest).await.expect("text");
        said.push_str(&rest);
        assert!(said.lines().count() > 5, "it logs: {said}");
        for line in said.lines() {
            let forged = match format {
                "json" => {
                    serde_json::from_str::<Value>(line).is_err() || line.starts_with("{\"forged")
                }
                // A line of ours begins with the time it was written, which is not in January.
                _ => !line.starts_with("20") || line.starts_with("2026-01-01"),
            };
            assert!(!forged, "{line}\n\nin\n{said}");
        }
    }
}

#[tokio::test]
async fn nothing_a_stranger_sends_becomes_a_header() {
    let served = Served::on_sqlite().await;
    let address = served.url.trim_start_matches("http://");
    for path in [
        "/%0d%0aSet-Cookie:%20forged=1",
        "/graphql%0d%0aSet-Cookie:%20forged=1",
        "/.well-known/jwks.json?%0d%0aSet-Cookie:%20forged=1",
        "/oauth2/authorize?client_id=x%0d%0aSet-Cookie:%20forged=1&redirect_uri=%0d%0aSet-Cookie:%20forged=1&state=%0d%0aSet-Cookie:%20forged=1",
        "/account/verify-email?token=%0d%0aSet-Cookie:%20forged=1",
    ] {
        let mut stream = TcpStream::connect(address).await.expect("connects");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: a\x0bb\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.expect("writes");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("reads");
        let answer = String::from_utf8_lossy(&answer);
        let (head, _) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(!head.to_lowercase().contains("forged"), "{path}: {head}");
    }
    // A header that breaks a line in any way is no header at all.
    for bad in [
        "X-Forwarded-For: 1\rforged: 2",
        "Authorization: Bearer a\0b",
        " folded: 1",
    ] {
        let mut stream = TcpStream::connect(address).await.expect("connects");
        let request =
            format!("GET /health HTTP/1.1\r\nHost: x\r\n{bad}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("writes");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("reads");
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 400"), "{bad:?}: {answer}");
    }
    served.close().await;
}

on_both_databases! {
    nothing_a_stranger_sends_becomes_a_part_of_a_statement,
}

async fn nothing_a_stranger_sends_becomes_a_part_of_a_statement(served: &Served) {
    let ada = served.register("ada").await;
    let admin = served.promote(&ada, &[Role::Admin]).await;
    for text in [
        "ada' OR '1'='1",
        "ada'; DROP TABLE account; --",
        "ada\" OR 1=1 --",
        "$1",
        "ada@x' UNION SELECT password_hash FROM account --",
    ] {
        let input = json!({ "input": { "username": text, "password": text } });
        assert_eq!(
            served.ask(SIGN_IN, input).await.error().0,
            "UNAUTHENTICATED"
        );
        let query = "query ($text: String, $id: ID) { one: user(username: $text) { id } other: user(id: $id) { id } }";
        let found = served.ask(query, json!({ "text": text, "id": text })).await;
        assert_eq!(
            found.data(),
            &json!({ "one": null, "other": null }),
            "{text}"
        );
    }
    // What no text column of Postgres can hold is an answer too, and not a broken service.
    let zero = json!({ "input": { "username": "a\u{0}da", "password": "a\u{0}" } });
    let answer = served.ask(SIGN_IN, zero).await;
    assert_ne!(answer.error().0, "INTERNAL_SERVER_ERROR");
    for query in [
        "query ($id: ID!) { found: user(id: $id) { id } }",
        "mutation ($id: ID!) { found: endSession(id: $id) }",
        "mutation ($id: ID!) { found: withdrawApp(id: $id) }",
        "mutation ($id: ID!) { found: removeApp(id: $id) }",
        "query ($id: ID!) { found: auditTrail(subject: $id) { edges { cursor } } }",
    ] {
        let found = served
            .ask_as(access(&admin), query, json!({ "id": "a\u{0}" }))
            .await;
        let found = &found.data()["found"];
        let nothing = [json!(null), json!(false), json!({ "edges": [] })];
        assert!(nothing.contains(found), "{query}: {found}");
    }
    served
        .sign_in("ada", crate::support::PASSWORD)
        .await
        .expect("all is there");
}
