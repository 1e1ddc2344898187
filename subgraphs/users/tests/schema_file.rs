//! The committed schema is what the code prints.

use std::path::Path;

/// Set it to write the file instead of comparing it.
const UPDATE: Option<&str> = option_env!("UPDATE_SCHEMA");

#[test]
fn the_committed_schema_is_up_to_date() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/subgraphs/users.graphql");
    let printed = users::sdl();
    if UPDATE.is_some() {
        std::fs::write(&file, &printed).expect("the schema can be written");
    }
    let committed = std::fs::read_to_string(&file).ok();
    let remedy = "run `UPDATE_SCHEMA=1 cargo test -p users --test schema_file` and commit \
                  schema/subgraphs/users.graphql";
    kit::graphql::sdl::compare(committed.as_deref(), &printed, remedy)
        .unwrap_or_else(|problem| panic!("{problem}"));
}
