//! The binary itself: what it prints, and how it ends when it cannot begin.

use std::net::TcpListener;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_music"))
        .args(arguments)
        .output()
        .expect("it starts")
}

/// The one line on standard error of a run that must fail with exit code 1.
fn complaint(arguments: &[&str]) -> String {
    let output = run(arguments);
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1), "{text}");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 1, "{text}");
    lines[0].to_owned()
}

#[test]
fn the_schema_is_printed_without_a_database() {
    let output = run(&[
        "--print-sdl",
        "--database-url",
        "postgres://nowhere.invalid/music",
    ]);
    assert!(output.status.success());
    assert_eq!(
        String::from_utf8(output.stdout).expect("UTF-8"),
        music::sdl()
    );
}

#[test]
fn a_port_that_is_taken_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("bound").to_string();
    let data = folder.path().join("data");
    let complaint = complaint(&[
        "--log",
        "off",
        "--listen",
        &address,
        "--data-dir",
        data.to_str().expect("UTF-8"),
    ]);
    assert!(
        complaint.starts_with(&format!("music: cannot listen on {address}")),
        "{complaint}"
    );
    assert!(
        !data.exists(),
        "nothing is written by a service that cannot serve"
    );
}

#[test]
fn a_data_folder_that_is_none_is_named() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let folder = file.path().join("data");
    let folder = folder.to_str().expect("UTF-8");
    let complaint = complaint(&[
        "--log",
        "off",
        "--listen",
        "127.0.0.1:0",
        "--data-dir",
        folder,
    ]);
    assert!(complaint.contains(folder), "{complaint}");
}

#[test]
fn a_database_of_an_unknown_kind_is_refused() {
    let arguments = [
        "--log",
        "off",
        "--listen",
        "127.0.0.1:0",
        "--database-url",
        "mysql://x/y",
    ];
    assert_eq!(
        complaint(&arguments),
        "music: the database URL must begin with postgres:// or sqlite://"
    );
}
