//! Log lines on standard error, for people on a terminal and as JSON for machines.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is none.
    #[error(
        "`{filter}` is no log filter ({reason}); write a level such as `info`, or `info,router=debug`"
    )]
    Filter {
        /// What was given.
        filter: String,
        /// Why not.
        reason: String,
    },
}

/// Starts logging for the whole process. Later calls change nothing: a program that links the
/// router may log its own way.
pub fn start(filter: &str, json: bool) -> Result<(), LogError> {
    let parsed = EnvFilter::try_new(filter).map_err(|error| LogError::Filter {
        filter: filter.to_owned(),
        reason: error.to_string(),
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    // An error here says that somebody else has set a subscriber, which is fine.
    let _ = if json {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.try_init()
    };
    Ok(())
}
