//! The service as a process: how it starts, what it says when it cannot, and how it ends.

use std::path::Path;
use std::process::{Output, Stdio};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

pub(crate) fn users(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_users"));
    command
        .env_clear()
        .args(["--data-dir", &data.display().to_string()])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn finished(mut command: Command) -> Output {
    command.output().await.expect("it runs")
}

/// Starts the service on a free port and returns where it listens and what it said until then.
pub(crate) async fn started(data: &Path, more: &[&str]) -> (Child, String, String) {
    let mut child = users(data, &["--listen", "127.0.0.1:0", "--demo"])
        .args(more)
        .spawn()
        .expect("it runs");
    let stderr = child.stderr.as_mut().expect("piped");
    let mut lines = BufReader::new(stderr).lines();
    let mut said = String::new();
    while let Some(line) = lines.next_line().await.expect("text") {
        said.push_str(&line);
        said.push('\n');
        let address = line
            .split_once("server.address=")
            .or_else(|| line.split_once("\"server.address\":\""));
        if let Some((_, address)) = address {
            let address = address.split(['"', ' ']).next().unwrap_or_default();
            return (child, format!("http://{address}"), said);
        }
    }
    panic!("it ended early: {said}");
}

/// Asks it to end, and waits until it has.
#[cfg(unix)]
pub(crate) async fn terminate(child: &mut Child) {
    let id = child.id().expect("it runs").to_string();
    let killed = Command::new("kill")
        .args(["-TERM", &id])
        .status()
        .await
        .expect("kill runs");
    assert!(killed.success());
    let status = child.wait().await.expect("it ends");
    assert!(status.success(), "{status}");
}

#[tokio::test]
async fn the_schema_is_printed_without_touching_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let output = finished(users(&data, &["--print-sdl"])).await;
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stdout).expect("text"),
        users::sdl()
    );
    assert!(!data.exists());
}

#[tokio::test]
async fn a_taken_port_is_one_clear_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = taken.local_addr().expect("bound").to_string();
    let output = finished(users(folder.path(), &["--listen", &address])).await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(
        said.starts_with(&format!("users: cannot listen on {address}: ")),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_made_is_one_clear_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("writes");
    let output = finished(users(&file.join("data"), &["--listen", "127.0.0.1:0"])).await;
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(
        said.starts_with("users: cannot ") && said.contains("file/data"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[tokio::test]
async fn wrong_usage_is_exit_code_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = finished(users(folder.path(), &["--no-such-flag"])).await;
    assert_eq!(output.status.code(), Some(2));
}

#[cfg(unix)]
#[tokio::test]
async fn a_termination_ends_it_cleanly_and_the_log_has_no_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut child, url, mut said) = started(folder.path(), &[]).await;
    let (username, password) = users::demo::DEMO_SIGN_IN;
    let body = serde_json::json!({
        "query": crate::support::SIGN_IN,
        "variables": { "input": { "username": username, "password": password } },
    });
    let _ = rustls::crypto::ring::default_provider().install_default();
    let answer: serde_json::Value = reqwest::Client::new()
        .post(format!("{url}/graphql"))
        .json(&body)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("JSON");
    let session = &answer["data"]["signIn"];
    terminate(&mut child).await;

    let mut rest = String::new();
    let mut stderr = child.stderr.take().expect("piped");
    stderr.read_to_string(&mut rest).await.expect("text");
    said.push_str(&rest);
    for secret in [
        password,
        session["accessToken"].as_str().expect("a token"),
        session["refreshToken"].as_str().expect("a token"),
    ] {
        assert!(!said.contains(secret));
    }
}
