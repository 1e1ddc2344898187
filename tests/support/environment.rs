//! What a developer may switch on for the tests. The only place of these tests that reads the environment.

/// The ChromeDriver to start, for tests in a browser. Without it they are left out.
pub(crate) const CHROMEDRIVER: &str = "MUSICWALLET_TEST_CHROMEDRIVER";

/// Set to have generated schemas written again instead of compared.
pub(crate) const UPDATE_SCHEMA: &str = "UPDATE_SCHEMA";

/// A Postgres whose role may create databases. Without it the tests on Postgres are left out.
pub(crate) const POSTGRES: &str = "MUSICWALLET_TEST_POSTGRES_URL";

/// Set by a test program for another one of itself that is to be a service: its command line, an
/// argument a line.
pub(crate) const SERVE: &str = "MUSICWALLET_TEST_SERVE";

/// The NATS server's program. Without it the tests over NATS are left out.
pub(crate) const NATS: &str = "MUSICWALLET_TEST_NATS_SERVER";

/// How often services are killed, when that is to be another number than in each run.
pub(crate) const CRASHES: &str = "MUSICWALLET_TEST_CRASHES";

/// The seed of what is done by chance, to have it again.
pub(crate) const SEED: &str = "MUSICWALLET_TEST_SEED";

/// The variable's value, when it is set and not empty.
pub(crate) fn given(variable: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests have no command line to read it from"
    )]
    let value = std::env::var(variable).ok();
    value.filter(|value| !value.is_empty())
}
