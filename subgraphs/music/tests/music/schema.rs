//! The committed schema is the one the code prints.

use std::path::PathBuf;

fn committed() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schema/subgraphs/music.graphql")
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever changes the schema says so to this test through the environment"
)]
fn is_to_be_updated() -> bool {
    std::env::var("UPDATE_SCHEMA").is_ok_and(|it| it == "1")
}

#[test]
fn the_committed_schema_is_fresh() {
    let printed = music::sdl();
    if is_to_be_updated() {
        std::fs::write(committed(), &printed).expect("the file can be written");
    }
    let text = std::fs::read_to_string(committed()).ok();
    let remedy = "run `UPDATE_SCHEMA=1 cargo test -p music schema`, review the difference to \
                  schema/subgraphs/music.graphql, and commit it";
    if let Err(problem) = kit::graphql::sdl::compare(text.as_deref(), &printed, remedy) {
        panic!("{problem}");
    }
}
