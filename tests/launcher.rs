//! The launcher in real processes: it starts everything, keeps it alive, and leaves nothing behind.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![cfg(unix)]

use std::net::{Ipv4Addr, TcpListener};

use rustix::process::{Signal, kill_process};
use serde_json::Value;

use support::federation::{self, Federation, Ports};
use support::http::graphql;

mod support;

/// The query that the launcher prints when all is ready.
const QUERY: &str = include_str!("../schema/operations/user_with_favourites.graphql");

fn favourites(answer: &Value) -> usize {
    assert_eq!(answer.get("errors"), None, "{answer:#}");
    let edges = &answer["data"]["user"]["favourites"]["edges"];
    edges
        .as_array()
        .unwrap_or_else(|| panic!("no favourites in {answer:#}"))
        .len()
}

#[tokio::test]
async fn it_starts_outside_of_the_repository_answers_and_stops_when_terminated() {
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let mut federation = Federation::start_in(elsewhere.path()).await;

    assert_eq!(favourites(&graphql(&federation.endpoint(), QUERY).await), 3);
    for file in ["supergraph.yaml", "router/router.yaml"] {
        assert!(
            federation
                .data_folder()
                .join("federation")
                .join(file)
                .is_file(),
            "{file}"
        );
    }
    assert_eq!(
        std::fs::read_dir(elsewhere.path())
            .expect("it can be read")
            .count(),
        0,
        "the folder it was started in is left as it was"
    );
    let playground = format!("Playground   {}", federation.playground());
    assert!(
        federation.transcript().contains(&playground),
        "{}",
        federation.transcript()
    );

    let processes = federation.processes();
    let mut names: Vec<&str> = processes.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["music", "router", "users"]);

    federation.signal(Signal::TERM);
    assert!(
        federation.ended().await.success(),
        "{}",
        federation.transcript()
    );
    federation::gone(&processes).await;
    for port in federation.ports().all() {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free again");
    }
    federation.reads("all stopped", 1).await;
    let transcript = federation.transcript();
    assert!(
        !transcript.contains("is killed"),
        "a service did not end by itself:\n{transcript}"
    );
    assert!(!transcript.contains("starting it again"), "{transcript}");
}

#[tokio::test]
async fn a_killed_service_comes_back_and_ctrl_c_stops_everything() {
    let mut federation = Federation::start().await;
    for service in ["music", "users", "router"] {
        let before = federation.process_of(service);
        kill_process(before, Signal::KILL).expect("it runs");
        federation
            .reads(
                &format!("{service} stopped by itself (signal: 9 (SIGKILL))"),
                1,
            )
            .await;
        federation
            .reads(&format!("{service} is ready after"), 2)
            .await;
        assert_ne!(federation.process_of(service), before);
    }
    assert_eq!(favourites(&graphql(&federation.endpoint(), QUERY).await), 3);

    let processes = federation.processes();
    federation.signal(Signal::INT);
    assert!(
        federation.ended().await.success(),
        "{}",
        federation.transcript()
    );
    federation::gone(&processes).await;
}

#[tokio::test]
async fn services_end_when_their_launcher_is_killed() {
    let mut federation = Federation::start().await;
    let processes = federation.processes();
    assert_eq!(processes.len(), 3);
    federation.signal(Signal::KILL);
    assert!(!federation.ended().await.success());
    federation::gone(&processes).await;
}

#[tokio::test]
async fn a_taken_port_is_one_clear_line() {
    let ports = Ports::free();
    let _held = TcpListener::bind((Ipv4Addr::LOCALHOST, ports.users)).expect("it was free");
    let data = tempfile::tempdir().expect("a temporary folder");
    let output = federation::refused(ports, data.path(), &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        format!(
            "musicwallet: port {} for users is taken: stop what listens there, or choose another with --users-port\n",
            ports.users
        )
    );
    let left = std::fs::read_dir(data.path()).expect("it is there").count();
    assert_eq!(left, 0, "nothing was started");
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_written_is_one_clear_line() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    // Even root cannot make a folder inside a file.
    let file = parent.path().join("file");
    std::fs::write(&file, "").expect("it is writable");
    let folder = file.join("data");
    let output = federation::refused(Ports::free(), &folder, &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(
        errors.starts_with(&format!(
            "musicwallet: the data folder {} is not writable: ",
            folder.display()
        )),
        "{errors}"
    );
}

#[tokio::test]
async fn a_service_that_does_not_come_up_is_told_with_its_last_lines() {
    let data = tempfile::tempdir().expect("a temporary folder");
    // A database that is none: users stops at each start, and says why.
    std::fs::create_dir(data.path().join("users.sqlite")).expect("it is writable");
    let ports = Ports::free();
    let output = federation::refused(ports, data.path(), &[]).await;
    let transcript = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{transcript}");
    assert!(
        transcript
            .contains("musicwallet | users stopped 5 times before it was ready. Its last lines:\n"),
        "{transcript}"
    );
    assert!(
        transcript.contains("musicwallet |   users: cannot open the database"),
        "{transcript}"
    );
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "musicwallet: users does not become ready; everything is stopped again\n"
    );
    for port in ports.all() {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port is free again");
    }
}
