//! Logs and traces: one subscriber for the process. Logs go to standard error; spans go to an
//! OpenTelemetry collector where one is configured, see [`traces`].

use std::io::IsTerminal as _;

use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{LogFormat, ServiceArgs};

pub mod traces;

/// The log filter could not be understood.
#[derive(Debug, thiserror::Error)]
#[error("the log filter `{filter}` is not valid")]
pub struct BadFilter {
    filter: String,
    source: tracing_subscriber::filter::ParseError,
}

/// Installs the process-wide subscriber of a service. A second call changes nothing, so that several
/// services may run in one test process. With a collector configured it needs a runtime.
///
/// # Errors
/// When the filter is neither a level nor a list of directives.
pub fn init(service: &str, args: &ServiceArgs) -> Result<(), BadFilter> {
    let filter = EnvFilter::builder()
        .parse(&args.log)
        .map_err(|source| BadFilter {
            filter: args.log.clone(),
            source,
        })?;
    let subscriber = tracing_subscriber::registry()
        .with(log_lines(args.log_format).with_filter(filter))
        .with(traces::start(service, &args.traces));
    // Failing means that a subscriber is there already, which is what the caller wanted.
    let _ = subscriber.try_init();
    Ok(())
}

fn log_lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        // Colours are for people; a pipe or a file keeps plain text.
        .with_ansi(std::io::stderr().is_terminal());
    match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(log: &str) -> ServiceArgs {
        ServiceArgs {
            log: log.to_owned(),
            ..ServiceArgs::default()
        }
    }

    #[test]
    fn a_filter_that_is_not_one_is_refused_by_name() {
        let problem = init("kit", &args("info,kit=loud")).expect_err("`loud` is no level");
        assert_eq!(
            problem.to_string(),
            "the log filter `info,kit=loud` is not valid"
        );
    }

    #[test]
    fn a_second_subscriber_is_no_error() {
        init("kit", &args("warn")).expect("a level is a filter");
        init("kit", &args("warn")).expect("the first one stays");
    }
}
