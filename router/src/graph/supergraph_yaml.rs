//! `supergraph.yaml`: which subgraphs there are, in the format that Rover reads.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::config::{ConfigError, SubgraphUrl, Values, parse};

/// The file's content.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SupergraphYaml {
    /// The version of federation by which another composer would be chosen. Here there is one
    /// composer; the key is accepted so that files can be used unchanged.
    federation_version: Option<FederationVersion>,
    /// The subgraphs by name.
    pub(crate) subgraphs: BTreeMap<String, SubgraphEntry>,
}

/// `2`, `=2.11.0` and the like.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum FederationVersion {
    Number(f64),
    Text(String),
}

/// One subgraph.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubgraphEntry {
    /// Where it answers.
    routing_url: Option<String>,
    /// Where its schema is.
    schema: SchemaEntry,
}

#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SchemaEntry {
    file: Option<PathBuf>,
    sdl: Option<String>,
    subgraph_url: Option<SubgraphUrl>,
    introspection_headers: BTreeMap<String, String>,
    graphref: Option<String>,
    subgraph: Option<String>,
}

/// Where a subgraph's schema comes from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum SchemaFrom {
    /// A file, relative to the `supergraph.yaml`.
    File(PathBuf),
    /// The text itself.
    Sdl(String),
    /// The running subgraph.
    Url {
        /// Its address.
        url: SubgraphUrl,
        /// What is sent along when asking for the schema.
        headers: Vec<(String, String)>,
    },
}

impl SupergraphYaml {
    /// Reads the text; `file` is its name in errors.
    pub(crate) fn parse(file: &str, text: &str, values: &dyn Values) -> Result<Self, ConfigError> {
        let yaml: Self = parse(file, text, values)?;
        let wrong = |message: String| ConfigError::Contradiction {
            file: file.to_owned(),
            message,
        };
        if yaml.subgraphs.is_empty() {
            return Err(wrong("it names no subgraph".to_owned()));
        }
        for (name, entry) in &yaml.subgraphs {
            entry
                .schema_from()
                .and_then(|from| entry.url(&from))
                .map_err(|reason| wrong(format!("subgraph `{name}`: {reason}")))?;
        }
        Ok(yaml)
    }

    /// Each subgraph's name, address and schema source, by name.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, String, SchemaFrom)> {
        self.subgraphs.iter().filter_map(|(name, entry)| {
            // Both have been checked when the file was read.
            let from = entry.schema_from().ok()?;
            let url = entry.url(&from).ok()?;
            Some((name.as_str(), url, from))
        })
    }
}

impl SubgraphEntry {
    fn schema_from(&self) -> Result<SchemaFrom, String> {
        let schema = &self.schema;
        if schema.graphref.is_some() || schema.subgraph.is_some() {
            return Err(
                "`graphref` names a schema in a registry, which is not supported; use `file`, `subgraph_url` or `sdl`"
                    .to_owned(),
            );
        }
        match (&schema.file, &schema.sdl, &schema.subgraph_url) {
            (Some(file), None, None) => Ok(SchemaFrom::File(file.clone())),
            (None, Some(sdl), None) => Ok(SchemaFrom::Sdl(sdl.clone())),
            (None, None, Some(url)) => Ok(SchemaFrom::Url {
                url: url.clone(),
                headers: schema
                    .introspection_headers
                    .iter()
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect(),
            }),
            (None, None, None) => {
                Err("`schema` needs one of `file`, `subgraph_url` and `sdl`".to_owned())
            }
            _ => Err(
                "`schema` has several of `file`, `subgraph_url` and `sdl`; it needs one".to_owned(),
            ),
        }
    }

    fn url(&self, from: &SchemaFrom) -> Result<String, String> {
        match (&self.routing_url, from) {
            (Some(url), _) => Ok(url.clone()),
            // Where the schema is asked for, operations can be sent.
            (None, SchemaFrom::Url { url, .. }) => Ok(url.to_string()),
            (None, _) => Err("the key `routing_url` is missing".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ProcessValues;

    fn check(text: &str, expected: &str) {
        let got = match SupergraphYaml::parse("supergraph.yaml", text, &ProcessValues) {
            Ok(yaml) => yaml
                .entries()
                .map(|(name, url, from)| format!("{name} {url} {from:?}"))
                .collect::<Vec<_>>()
                .join("\n"),
            Err(error) => error.to_string(),
        };
        assert!(got.contains(expected), "{got}");
    }

    #[test]
    fn every_source_is_read() {
        check(
            "federation_version: =2.11.0\nsubgraphs:\n  b:\n    routing_url: http://b/graphql\n    schema: { file: ./b.graphql }\n",
            "b http://b/graphql File(\"./b.graphql\")",
        );
        check(
            "federation_version: 2\nsubgraphs:\n  a:\n    schema:\n      subgraph_url: http://a/graphql\n      introspection_headers: { Authorization: x }\n",
            "a http://a/graphql Url",
        );
        check(
            "subgraphs:\n  c:\n    routing_url: http://c\n    schema:\n      sdl: |\n        # don't \"worry\"\n        type Query { c: Int }\n",
            "c http://c Sdl(\"# don't \\\"worry\\\"\\ntype Query { c: Int }\\n\")",
        );
    }

    #[test]
    fn mistakes_are_named() {
        check("", "supergraph.yaml: it names no subgraph");
        check(
            "subgraphs:\n  a:\n    schema: { file: a.graphql }\n",
            "subgraph `a`: the key `routing_url` is missing",
        );
        check(
            "subgraphs:\n  a:\n    routing_url: http://a\n    schema: {}\n",
            "`schema` needs one of",
        );
        check(
            "subgraphs:\n  a:\n    routing_url: http://a\n    schema: { file: a, sdl: b }\n",
            "`schema` has several of",
        );
        check(
            "subgraphs:\n  a:\n    schema: { graphref: g@v, subgraph: a }\n",
            "a registry, which is not supported",
        );
        check(
            "subgraphs:\n  a:\n    routing_uri: http://a\n    schema: { sdl: x }\n",
            "unknown key `routing_uri`; did you mean `routing_url`?",
        );
        check(
            "subgraphs:\n  a:\n    routing_url: http://a\n    schema: { sdl: x }\n  a:\n    routing_url: http://a\n    schema: { sdl: x }\n",
            "the key `a` stands here a second time",
        );
    }
}
