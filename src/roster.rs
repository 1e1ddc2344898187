//! Which services there are, and how each is told about its own place and the others'.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::federation_files::FederationFiles;
use crate::options::{Options, ServiceName};
use crate::supervisor::Service;

/// In the order in which they are started. They are stopped the other way round, so that the
/// router finishes its requests while the subgraphs still answer.
pub(crate) const SERVICES: [ServiceName; 3] =
    [ServiceName::Users, ServiceName::Music, ServiceName::Router];

/// What the launcher decides for its services, and therefore keeps from them: a `DATABASE_URL` in
/// a developer's shell would have two services share one database.
const KEPT_FROM_SERVICES: [&str; 8] = [
    "LISTEN",
    "DATABASE_URL",
    "DATA_DIR",
    "DEMO",
    "LOG",
    "ROUTER_SUPERGRAPH",
    "FACTS_TOKENS",
    "FACTS_TOKEN",
];

/// Where everything is that services need to know.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    /// This program.
    pub(crate) program: PathBuf,
    /// The data folder.
    pub(crate) data: &'a Path,
    /// The router's files.
    pub(crate) files: &'a FederationFiles,
    /// Whether somebody sees colours.
    pub(crate) coloured: bool,
    /// What opens the feed of facts of users to music.
    pub(crate) facts_token: FactsToken,
}

/// A token that two services share, made anew at each start. It is never shown.
pub(crate) struct FactsToken(String);

impl FactsToken {
    /// A token that nobody can guess.
    ///
    /// # Errors
    /// When the operating system has no randomness to give.
    pub(crate) fn random() -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes)?;
        let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
        Ok(FactsToken(digits.collect()))
    }
}

impl fmt::Debug for FactsToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FactsToken")
    }
}

/// The processes to keep alive.
pub(crate) fn services(options: &Options, places: &Places<'_>) -> Vec<Service> {
    SERVICES.map(|name| service(name, options, places)).into()
}

fn service(name: ServiceName, options: &Options, places: &Places<'_>) -> Service {
    let own = match name {
        ServiceName::Users => subgraph_arguments(options, places),
        ServiceName::Music => {
            let mut arguments = subgraph_arguments(options, places);
            arguments.extend(["--jwks-url".into(), key_set(options).into()]);
            arguments.extend(["--users-url".into(), users(options).into()]);
            arguments
        }
        ServiceName::Router => vec![
            "serve".into(),
            "--supergraph-config".into(),
            places.files.supergraph_config.clone().into(),
            "--config".into(),
            places.files.router_config.clone().into(),
            "--hot-reload".into(),
        ],
    };
    let mut arguments: Vec<OsString> = vec!["service".into(), name.as_str().into()];
    arguments.extend(own);
    arguments.extend([
        "--listen".into(),
        format!("127.0.0.1:{}", options.port(name)).into(),
        "--log".into(),
        options.log.clone().into(),
    ]);
    Service {
        name: name.as_str(),
        port: options.port(name),
        program: places.program.clone(),
        arguments,
        environment: environment(name, options, places),
        ready_within: options.ready_within(),
    }
}

fn subgraph_arguments(options: &Options, places: &Places<'_>) -> Vec<OsString> {
    let mut arguments = vec!["--data-dir".into(), places.data.into()];
    if !options.no_demo {
        arguments.push("--demo".into());
    }
    arguments
}

fn environment(
    name: ServiceName,
    options: &Options,
    places: &Places<'_>,
) -> Vec<(&'static str, Option<OsString>)> {
    let mut environment: Vec<(&'static str, Option<OsString>)> = KEPT_FROM_SERVICES
        .iter()
        .map(|name| (*name, None))
        .collect();
    if let Some(url) = options.database_url(name) {
        // Not an argument: these are shown to everybody on the machine, and the URL has a password.
        environment.push(("DATABASE_URL", Some(url.into())));
    }
    if !places.coloured {
        // Services write to a pipe, where they cannot see that nobody wants their colours.
        environment.push(("NO_COLOR", Some("1".into())));
    }
    let token = places.facts_token.0.as_str();
    match name {
        ServiceName::Users => {
            let others = options.facts_tokens.iter().map(String::as_str);
            let tokens: Vec<&str> = std::iter::once(token).chain(others).collect();
            environment.push(("FACTS_TOKENS", Some(tokens.join(",").into())));
        }
        ServiceName::Music => environment.push(("FACTS_TOKEN", Some(token.into()))),
        ServiceName::Router => {}
    }
    if name == ServiceName::Router {
        // The variables that router.yaml expands.
        environment.extend([
            (
                "MUSICWALLET_USERS_URL",
                Some(endpoint(options.users_port).into()),
            ),
            (
                "MUSICWALLET_MUSIC_URL",
                Some(endpoint(options.music_port).into()),
            ),
            ("MUSICWALLET_JWKS_URL", Some(key_set(options).into())),
        ]);
    }
    environment
}

fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}/graphql")
}

/// Where users publishes the keys that verify its tokens.
fn key_set(options: &Options) -> String {
    format!("{}/.well-known/jwks.json", users(options))
}

fn users(options: &Options) -> String {
    format!("http://127.0.0.1:{}", options.users_port)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use crate::options::CommandLine;

    use super::*;

    fn told(flags: &[&str]) -> Vec<Service> {
        let line =
            CommandLine::try_parse_from([&["musicwallet"], flags].concat()).expect("valid flags");
        let files = FederationFiles {
            supergraph_config: "supergraph.yaml".into(),
            router_config: "router/router.yaml".into(),
        };
        let places = Places {
            program: "musicwallet".into(),
            data: Path::new("/data"),
            files: &files,
            coloured: false,
            facts_token: FactsToken("the-token-of-facts".to_owned()),
        };
        services(&line.options, &places)
    }

    fn line(service: &Service) -> String {
        let words: Vec<_> = service
            .arguments
            .iter()
            .map(|it| it.to_string_lossy())
            .collect();
        words.join(" ")
    }

    #[test]
    fn every_service_learns_its_place() {
        let lines: Vec<String> = told(&[]).iter().map(line).collect();
        assert_eq!(
            lines,
            [
                "service users --data-dir /data --demo --listen 127.0.0.1:4001 --log info",
                "service music --data-dir /data --demo --jwks-url http://127.0.0.1:4001/.well-known/jwks.json \
                 --users-url http://127.0.0.1:4001 --listen 127.0.0.1:4002 --log info",
                "service router serve --supergraph-config supergraph.yaml --config router/router.yaml --hot-reload \
                 --listen 127.0.0.1:4000 --log info",
            ]
        );
    }

    #[test]
    fn users_and_music_share_a_token_that_is_no_argument() {
        let services = told(&["--facts-tokens", "of-somebody-else,of-another-one"]);
        let given = |variable: &str| -> Vec<Option<String>> {
            let of = |service: &Service| {
                let all = service.environment.iter();
                let mut values = all.filter(|(name, _)| *name == variable);
                let value = values.next_back()?.1.as_ref()?;
                Some(value.to_string_lossy().into_owned())
            };
            services.iter().map(of).collect()
        };
        let all = "the-token-of-facts,of-somebody-else,of-another-one".to_owned();
        assert_eq!(given("FACTS_TOKENS"), [Some(all), None, None]);
        let one = "the-token-of-facts".to_owned();
        assert_eq!(given("FACTS_TOKEN"), [None, Some(one), None]);
        for service in &services {
            assert!(!line(service).contains("token"), "{}", line(service));
        }
    }

    #[test]
    fn other_ports_reach_everybody_who_needs_them() {
        let services = told(&[
            "--users-port",
            "5001",
            "--music-port",
            "5002",
            "--router-port",
            "5000",
        ]);
        let [users, music, router] = services.as_slice() else {
            panic!("there are three");
        };
        assert!(line(users).contains("--listen 127.0.0.1:5001"));
        assert!(line(music).contains("--jwks-url http://127.0.0.1:5001/"));
        assert!(line(router).contains("--listen 127.0.0.1:5000"));
        for variable in [
            ("MUSICWALLET_USERS_URL", "http://127.0.0.1:5001/graphql"),
            ("MUSICWALLET_MUSIC_URL", "http://127.0.0.1:5002/graphql"),
            (
                "MUSICWALLET_JWKS_URL",
                "http://127.0.0.1:5001/.well-known/jwks.json",
            ),
        ] {
            let expected = (variable.0, Some(variable.1.into()));
            assert!(router.environment.contains(&expected), "{variable:?}");
        }
    }

    #[test]
    fn without_demo_nobody_is_told_to_seed() {
        for service in told(&["--no-demo"]) {
            assert!(!line(&service).contains("--demo"), "{}", line(&service));
        }
    }

    #[test]
    fn a_database_url_reaches_its_service_alone_and_not_by_argument() {
        let url = "postgres://users:secret@127.0.0.1/users";
        for service in told(&["--users-database-url", url]) {
            let given = service
                .environment
                .contains(&("DATABASE_URL", Some(url.into())));
            assert_eq!(given, service.name == "users", "{}", service.name);
            assert!(!line(&service).contains("secret"), "{}", line(&service));
        }
    }

    #[test]
    fn a_database_url_in_the_shell_is_nobodys() {
        for service in told(&[]) {
            assert!(
                service.environment.contains(&("DATABASE_URL", None)),
                "{}",
                service.name
            );
        }
    }
}
