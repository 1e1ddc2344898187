//! Sets up logs: one subscriber for the process, on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogFormat;

/// The log filter could not be understood.
#[derive(Debug, thiserror::Error)]
#[error("the log filter `{filter}` is not valid")]
pub struct BadFilter {
    filter: String,
    source: tracing_subscriber::filter::ParseError,
}

/// Installs the process-wide subscriber. A second call changes nothing, so that several
/// services may run in one test process.
///
/// # Errors
/// When `filter` is neither a level nor a list of directives.
pub fn init(filter: &str, format: LogFormat) -> Result<(), BadFilter> {
    let parsed = EnvFilter::builder()
        .parse(filter)
        .map_err(|source| BadFilter {
            filter: filter.to_owned(),
            source,
        })?;
    let mut subscriber = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(std::io::stderr);
    if !std::io::stderr().is_terminal() {
        // Colours are for people; a pipe or a file keeps plain text.
        subscriber = subscriber.with_ansi(false);
    }
    let installed = match format {
        LogFormat::Text => subscriber.finish().try_init(),
        LogFormat::Json => subscriber.json().flatten_event(true).finish().try_init(),
    };
    // Failing means that a subscriber is there already, which is what the caller wanted.
    drop(installed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_is_not_one_is_refused_by_name() {
        let problem = init("info,kit=loud", LogFormat::Text).expect_err("`loud` is no level");
        assert_eq!(
            problem.to_string(),
            "the log filter `info,kit=loud` is not valid"
        );
    }

    #[test]
    fn a_second_subscriber_is_no_error() {
        init("warn", LogFormat::Text).expect("a level is a filter");
        init("warn", LogFormat::Json).expect("the first one stays");
    }
}
