//! `router.yaml`: the sum of the settings that each concern declares beside its own code.
//!
//! Key names are the ones people know from other routers, where the meaning is the same. Unknown
//! keys are refused. [`DEFAULT_YAML`] shows every key with its default and what it is for.

mod expand;
mod subgraph_url;
mod values;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

pub(crate) use expand::{ProcessValues, Values};
pub(crate) use subgraph_url::SubgraphUrl;
pub(crate) use values::{HttpUrl, Time};
pub(crate) use yaml::{ConfigError, parse};

use crate::authentication::AuthenticationConfig;
use crate::endpoints::{HealthCheckConfig, PlaygroundConfig, SupergraphConfig};
use crate::engine::{
    IncludeSubgraphErrors, LimitsConfig, OverrideLabelsConfig, SubscriptionConfig,
};
use crate::layers::{CorsConfig, CsrfConfig};
use crate::subgraph_client::{HeadersConfig, TlsConfig, TrafficShapingConfig};
use crate::telemetry::TelemetryConfig;

/// Every key with its default, commented: what `router config schema` prints.
pub(crate) const DEFAULT_YAML: &str = include_str!("default.yaml");

/// All settings of a running router.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Where GraphQL is served.
    pub supergraph: SupergraphConfig,
    /// The health endpoint.
    pub health_check: HealthCheckConfig,
    /// The page at `/`; under the name that other routers have for it, too.
    #[serde(alias = "homepage")]
    pub playground: PlaygroundConfig,
    /// Which web pages of other origins may ask.
    pub cors: CorsConfig,
    /// What keeps other web pages from making a browser ask.
    pub csrf: CsrfConfig,
    /// Which client headers go to subgraphs.
    pub headers: HeadersConfig,
    /// Whose error messages clients may read.
    pub include_subgraph_errors: IncludeSubgraphErrors,
    /// Addresses that replace those in the supergraph, by subgraph.
    pub override_subgraph_url: BTreeMap<String, SubgraphUrl>,
    /// For which requests progressive overrides count, by label.
    pub override_labels: OverrideLabelsConfig,
    /// Time limits, and how subgraphs are reached.
    pub traffic_shaping: TrafficShapingConfig,
    /// Streams of events.
    pub subscription: SubscriptionConfig,
    /// Whom to trust.
    pub tls: TlsConfig,
    /// Bounds on what a request may ask.
    pub limits: LimitsConfig,
    /// Who is asking.
    pub authentication: AuthenticationConfig,
    /// What the router tells about itself.
    pub telemetry: TelemetryConfig,
}

impl Config {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&path.display().to_string(), &text, &ProcessValues)
    }

    /// Reads text; `file` is its name in errors.
    pub(crate) fn parse(file: &str, text: &str, values: &dyn Values) -> Result<Self, ConfigError> {
        let config: Self = parse(file, text, values)?;
        config.contradiction().map_or(Ok(config), |message| {
            Err(ConfigError::Contradiction {
                file: file.to_owned(),
                message,
            })
        })
    }

    /// What `--dev` changes: everything is shown.
    #[must_use]
    pub(crate) fn for_development(mut self) -> Self {
        self.supergraph.introspection = true;
        self.supergraph.query_planning.expose_plan = true;
        self.playground.enabled = true;
        self.include_subgraph_errors.all = true;
        self
    }

    fn contradiction(&self) -> Option<String> {
        let mut paths = vec![("supergraph.path", &self.supergraph.path)];
        if self.health_check.enabled {
            paths.push(("health_check.path", &self.health_check.path));
        }
        let prometheus = &self.telemetry.exporters.metrics.prometheus;
        if prometheus.enabled {
            paths.push((
                "telemetry.exporters.metrics.prometheus.path",
                &prometheus.path,
            ));
        }
        let streams = &self.subscription.mode.passthrough;
        let stream_paths = std::iter::once(&streams.all)
            .chain(streams.subgraphs.values())
            .filter_map(|stream| stream.path.as_ref());
        for path in stream_paths {
            if !path.starts_with('/') || path.parse::<http::uri::PathAndQuery>().is_err() {
                return Some(format!(
                    "`subscription.mode.passthrough`: `{path}` is no path; it starts with `/`"
                ));
            }
        }
        for (index, (key, path)) in paths.iter().enumerate() {
            if !path.starts_with('/') || path.contains(['?', '#']) {
                return Some(format!(
                    "`{key}`: `{path}` must start with `/` and hold no `?` or `#`"
                ));
            }
            if let Some((other, _)) = paths[..index].iter().find(|(_, it)| it == path) {
                return Some(format!("`{other}` and `{key}` are both `{path}`"));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nothing;

    impl Values for Nothing {
        fn environment(&self, _: &str) -> Option<String> {
            None
        }

        fn file(&self, _: &Path) -> std::io::Result<String> {
            Err(std::io::ErrorKind::NotFound.into())
        }
    }

    fn error(text: &str) -> String {
        match Config::parse("router.yaml", text, &Nothing) {
            Ok(_) => "fine".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    fn keys(value: &serde_json::Value, path: &str, found: &mut Vec<String>) {
        if let serde_json::Value::Object(object) = value {
            for (key, value) in object {
                let path = format!("{path}.{key}");
                keys(value, &path, found);
                found.push(path);
            }
        }
    }

    #[test]
    fn the_printed_default_is_the_default_and_shows_every_key() {
        let printed = Config::parse("default.yaml", DEFAULT_YAML, &Nothing).unwrap();
        assert_eq!(printed, Config::default());
        let shown: serde_json::Value = serde_saphyr::from_str(DEFAULT_YAML).unwrap();
        let real = serde_json::to_value(Config::default()).unwrap();
        let (mut shown_keys, mut real_keys) = (Vec::new(), Vec::new());
        keys(&shown, "", &mut shown_keys);
        keys(&real, "", &mut real_keys);
        shown_keys.sort();
        real_keys.sort();
        assert_eq!(shown_keys, real_keys);
    }

    #[test]
    fn the_repositorys_own_configuration_is_read() {
        Config::parse("router.yaml", include_str!("../../router.yaml"), &Nothing).unwrap();
    }

    #[test]
    fn an_empty_file_is_the_default() {
        for text in ["", "# nothing\n\n", "---\n"] {
            assert_eq!(
                Config::parse("router.yaml", text, &Nothing).unwrap(),
                Config::default()
            );
        }
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        expect_test::expect!["router.yaml:2:3: unknown key `listne`; did you mean `listen`?"]
            .assert_eq(&error("supergraph:\n  listne: 127.0.0.1:4000\n"));
        expect_test::expect!["router.yaml:1:1: unknown key `sandbox`; what is known here: supergraph, health_check, homepage, playground, cors, csrf, headers, include_subgraph_errors, override_subgraph_url, override_labels, traffic_shaping, subscription, tls, limits, authentication, telemetry"].assert_eq(&error("sandbox:\n  enabled: true\n"));
        expect_test::expect!["router.yaml:3:1: the key `cors` stands here a second time"]
            .assert_eq(&error("cors: {}\ncsrf: {}\ncors: {}\n"));
        expect_test::expect!["router.yaml:1:13: expected keys with values"]
            .assert_eq(&error("supergraph: 3\n"));
        expect_test::expect![
            "router.yaml:3:14: `30` is no length of time: write a whole number and ms, s, m or h"
        ]
        .assert_eq(&error("traffic_shaping:\n  all:\n    timeout: 30\n"));
        expect_test::expect!["router.yaml:1:13: expected keys with values"]
            .assert_eq(&error("supergraph: [\n"));
        expect_test::expect!["router.yaml:2:10: `localhost:4001` is no URL that starts with http:// or https:// and names a host"]
            .assert_eq(&error("override_subgraph_url:\n  users: localhost:4001\n"));
        expect_test::expect![
            "router.yaml: `supergraph.path` and `health_check.path` are both `/health`"
        ]
        .assert_eq(&error("supergraph:\n  path: /health\n"));
        expect_test::expect!["router.yaml:2:11: the environment variable `WHERE` is not set; write `${env.WHERE:-default}` to do without it"]
            .assert_eq(&error("supergraph:\n  listen: ${env.WHERE}\n"));
    }
}
