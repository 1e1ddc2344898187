//! Which headers go to a subgraph: rules of the configuration, compiled once.
//!
//! Rules run in order, those for all subgraphs first. A rule that propagates copies the client's
//! header, so a later `remove` takes it away again. Headers that belong to one connection are
//! never passed on, whatever a rule says.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderName, HeaderValue};
use regex::Regex;
use serde::{Deserialize, Serialize};

/// `headers` in the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct HeadersConfig {
    /// For every subgraph.
    pub all: SubgraphHeaders,
    /// For one subgraph, by its name; after the rules for all.
    pub subgraphs: BTreeMap<String, SubgraphHeaders>,
}

/// The rules for a subgraph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SubgraphHeaders {
    /// For requests to it.
    pub request: Vec<HeaderRule>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum HeaderRule {
    /// Passes headers of the client on.
    Propagate(PropagateRule),
    /// Sets a header.
    Insert(InsertRule),
    /// Takes headers away.
    Remove(Named),
}

impl HeadersConfig {
    /// Whether some subgraph is passed this header of the client.
    pub(crate) fn pass_on(&self, header: &HeaderName) -> bool {
        let special = self.subgraphs.values();
        std::iter::once(&self.all)
            .chain(special)
            .flat_map(|rules| &rules.request)
            // A rule that does not compile is refused by all who run the rules.
            .filter_map(|rule| Rule::compile(rule).ok())
            .any(|rule| match rule {
                Rule::PropagateNamed { from, .. } => from == *header,
                Rule::PropagateMatching(pattern) => pattern.is_match(header.as_str()),
                _ => false,
            })
    }
}

/// What is passed on: one header by name, or all that match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PropagateRule {
    /// The client's header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// A regular expression over names in lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching: Option<String>,
    /// With `named`: the name under which it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rename: Option<String>,
    /// With `named`: the value when the client sent none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// A header to set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InsertRule {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Headers by name or pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Named {
    /// The header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named: Option<String>,
    /// A regular expression over names in lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub matching: Option<String>,
}

/// The rules for one subgraph, ready to run.
#[derive(Debug)]
pub(crate) struct HeaderRules {
    rules: Vec<Rule>,
    /// Whether two clients' requests can differ in more than the ids of request and trace.
    depend_on_client: bool,
    /// Headers that carry such an id and nothing else.
    ids: Vec<HeaderName>,
}

/// What ties logs and traces of one request together. Passed on without being asked for, and of no
/// influence on what a subgraph answers.
const IDS: [HeaderName; 3] = [
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("traceparent"),
    HeaderName::from_static("tracestate"),
];

#[derive(Debug)]
enum Rule {
    PropagateNamed {
        from: HeaderName,
        to: HeaderName,
        default: Option<HeaderValue>,
    },
    PropagateMatching(Regex),
    Insert(HeaderName, HeaderValue),
    RemoveNamed(HeaderName),
    RemoveMatching(Regex),
}

impl HeaderRules {
    /// The rules for the subgraph with this name. The header that carries a token which the router
    /// verifies is passed on before them: a subgraph that verifies too must see the same token.
    ///
    /// Fails with a sentence that names the rule.
    pub(crate) fn compile(
        config: &HeadersConfig,
        subgraph: &str,
        token_header: Option<&str>,
    ) -> Result<Self, String> {
        let propagate = |name: HeaderName| Rule::PropagateNamed {
            from: name.clone(),
            to: name,
            default: None,
        };
        let mut rules: Vec<Rule> = IDS.into_iter().map(propagate).collect();
        if let Some(header) = token_header {
            rules.push(propagate(name(header)?));
        }
        let special = config.subgraphs.get(subgraph);
        for rule in config
            .all
            .request
            .iter()
            .chain(special.into_iter().flat_map(|special| &special.request))
        {
            rules.push(Rule::compile(rule)?);
        }
        let own = &rules[IDS.len()..];
        Ok(Self {
            depend_on_client: own.iter().any(Rule::depends_on_client),
            ids: IDS
                .into_iter()
                .filter(|id| !own.iter().any(|rule| rule.renames_to(id)))
                .collect(),
            rules,
        })
    }

    /// Of the headers of a subgraph request those that stand for the client who asks: requests that
    /// differ in none of them may share an answer.
    pub(crate) fn of_client(&self, headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
        if !self.depend_on_client {
            return Vec::new();
        }
        let mut found: Vec<_> = headers
            .iter()
            .filter(|(name, _)| !self.ids.contains(name) && !is_of_connection(name))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        // Clients send the same headers in different orders; values of one name keep theirs.
        found.sort_by(|(one, _), (other, _)| one.as_str().cmp(other.as_str()));
        found
    }

    /// Puts what the rules give into the headers of a subgraph request.
    pub(crate) fn apply(&self, client: &HeaderMap, headers: &mut HeaderMap) {
        for rule in &self.rules {
            match rule {
                Rule::PropagateNamed { from, to, default } => {
                    let mut values = client.get_all(from).iter().peekable();
                    if values.peek().is_some() {
                        headers.remove(to);
                    } else if let Some(default) = default {
                        headers.insert(to, default.clone());
                    }
                    for value in values {
                        headers.append(to, value.clone());
                    }
                }
                Rule::PropagateMatching(pattern) => {
                    for name in client.keys() {
                        if !is_of_connection(name) && pattern.is_match(name.as_str()) {
                            headers.remove(name);
                            for value in client.get_all(name) {
                                headers.append(name, value.clone());
                            }
                        }
                    }
                }
                Rule::Insert(name, value) => {
                    headers.insert(name, value.clone());
                }
                Rule::RemoveNamed(name) => {
                    headers.remove(name);
                }
                Rule::RemoveMatching(pattern) => {
                    let names: Vec<HeaderName> = headers
                        .keys()
                        .filter(|name| !is_of_connection(name) && pattern.is_match(name.as_str()))
                        .cloned()
                        .collect();
                    for name in names {
                        headers.remove(name);
                    }
                }
            }
        }
    }
}

impl Rule {
    /// Whether what it does differs between clients.
    fn depends_on_client(&self) -> bool {
        matches!(
            self,
            Self::PropagateNamed { .. } | Self::PropagateMatching(_)
        )
    }

    /// Whether it passes another header on under this name.
    fn renames_to(&self, name: &HeaderName) -> bool {
        matches!(self, Self::PropagateNamed { from, to, .. } if to == name && from != to)
    }

    fn compile(rule: &HeaderRule) -> Result<Self, String> {
        match rule {
            HeaderRule::Propagate(PropagateRule {
                named: Some(named),
                matching: None,
                rename,
                default,
            }) => Ok(Self::PropagateNamed {
                from: name(named)?,
                to: name(rename.as_ref().unwrap_or(named))?,
                default: default.as_deref().map(value).transpose()?,
            }),
            HeaderRule::Propagate(PropagateRule {
                named: None,
                matching: Some(matching),
                rename: None,
                default: None,
            }) => Ok(Self::PropagateMatching(pattern(matching)?)),
            HeaderRule::Propagate(_) => Err(
                "`headers`: `propagate` needs either `named` or `matching`; `rename` and `default` go with `named`"
                    .to_owned(),
            ),
            HeaderRule::Insert(rule) => Ok(Self::Insert(name(&rule.name)?, value(&rule.value)?)),
            HeaderRule::Remove(Named {
                named: Some(named),
                matching: None,
            }) => Ok(Self::RemoveNamed(name(named)?)),
            HeaderRule::Remove(Named {
                named: None,
                matching: Some(matching),
            }) => Ok(Self::RemoveMatching(pattern(matching)?)),
            HeaderRule::Remove(_) => {
                Err("`headers`: `remove` needs either `named` or `matching`".to_owned())
            }
        }
    }
}

fn name(text: &str) -> Result<HeaderName, String> {
    let name: HeaderName = text
        .parse()
        .map_err(|_| format!("`headers`: `{text}` is no header name"))?;
    if is_of_connection(&name) {
        return Err(format!(
            "`headers`: `{text}` belongs to one connection and is set by the router itself"
        ));
    }
    Ok(name)
}

fn value(text: &str) -> Result<HeaderValue, String> {
    // The value may be a secret: it is not repeated.
    text.parse()
        .map_err(|_| "`headers`: a value cannot be sent as a header".to_owned())
}

fn pattern(text: &str) -> Result<Regex, String> {
    Regex::new(text)
        .map_err(|error| format!("`headers`: `{text}` is no regular expression: {error}"))
}

/// Headers that describe one connection or one message (RFC 9110, section 7.6.1), and those the
/// router sets on subgraph requests itself.
fn is_of_connection(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "accept"
            | "accept-encoding"
            | "connection"
            | "content-encoding"
            | "content-length"
            | "content-type"
            | "expect"
            | "host"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    ) || name.as_str().starts_with("sec-websocket-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(yaml: &str, client: &[(&'static str, &str)], expected: &str) {
        let config: HeadersConfig = serde_saphyr::from_str(yaml).unwrap();
        let got = match HeaderRules::compile(&config, "music", Some("authorization")) {
            Err(error) => error,
            Ok(rules) => {
                let mut from = HeaderMap::new();
                for (name, value) in client {
                    from.append(*name, value.parse().unwrap());
                }
                let mut headers = HeaderMap::new();
                rules.apply(&from, &mut headers);
                let mut lines: Vec<String> = headers
                    .iter()
                    .map(|(name, value)| format!("{name}={}", value.to_str().unwrap()))
                    .collect();
                lines.sort();
                lines.join(" ")
            }
        };
        assert_eq!(got, expected);
    }

    #[test]
    fn the_token_and_the_trace_go_along_by_default() {
        check(
            "{}",
            &[
                ("authorization", "Bearer t"),
                ("traceparent", "00-1-2-01"),
                ("cookie", "secret"),
            ],
            "authorization=Bearer t traceparent=00-1-2-01",
        );
    }

    #[test]
    fn rules_run_in_order_those_of_the_subgraph_last() {
        check(
            "{all: {request: [{propagate: {matching: '^x-.*'}}, {remove: {named: authorization}}, {insert: {name: x-by, value: router}}]}, \
              subgraphs: {music: {request: [{propagate: {named: lang, rename: x-lang, default: en}}, {remove: {matching: '^x-s'}}]}, users: {request: [{remove: {named: x-by}}]}}}",
            &[
                ("authorization", "Bearer t"),
                ("x-a", "1"),
                ("x-a", "2"),
                ("x-secret", "3"),
            ],
            "x-a=1 x-a=2 x-by=router x-lang=en",
        );
    }

    #[test]
    fn headers_of_the_connection_stay_here() {
        check(
            "{all: {request: [{propagate: {matching: '.*'}}]}}",
            &[
                ("host", "h"),
                ("content-length", "3"),
                ("te", "trailers"),
                ("a", "1"),
            ],
            "a=1",
        );
        check(
            "{all: {request: [{propagate: {named: Host}}]}}",
            &[],
            "`headers`: `Host` belongs to one connection and is set by the router itself",
        );
    }

    #[test]
    fn what_stands_for_the_client_is_what_is_passed_on_but_for_ids() {
        let of_client = |yaml: &str, token_header: Option<&str>, order: [usize; 4]| {
            let config: HeadersConfig = serde_saphyr::from_str(yaml).unwrap();
            let rules = HeaderRules::compile(&config, "music", token_header).unwrap();
            let sent = [
                ("authorization", "Bearer t"),
                ("x-request-id", "1"),
                ("x-tenant", "a"),
                ("traceparent", "00-1-2-01"),
            ];
            let mut from = HeaderMap::new();
            for (name, value) in order.map(|index| sent[index]) {
                from.append(name, value.parse().unwrap());
            }
            let mut headers = HeaderMap::new();
            headers.insert(http::header::ACCEPT, HeaderValue::from_static("any"));
            rules.apply(&from, &mut headers);
            let found = rules.of_client(&headers);
            let names: Vec<_> = found
                .iter()
                .map(|(name, _)| name.as_str().to_owned())
                .collect();
            names.join(" ")
        };
        let all = "{all: {request: [{propagate: {matching: '.*'}}]}}";
        let fixed = "{all: {request: [{insert: {name: x-by, value: router}}]}}";
        assert_eq!(of_client("{}", None, [0, 1, 2, 3]), "");
        assert_eq!(of_client(fixed, None, [0, 1, 2, 3]), "");
        assert_eq!(
            of_client("{}", Some("authorization"), [0, 1, 2, 3]),
            "authorization"
        );
        assert_eq!(of_client(all, None, [0, 1, 2, 3]), "authorization x-tenant");
        assert_eq!(of_client(all, None, [3, 2, 1, 0]), "authorization x-tenant");
        let renamed = "{all: {request: [{propagate: {named: x-tenant, rename: x-request-id}}]}}";
        assert_eq!(of_client(renamed, None, [0, 1, 2, 3]), "x-request-id");
    }

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        check(
            "{all: {request: [{propagate: {}}]}}",
            &[],
            "`headers`: `propagate` needs either `named` or `matching`; `rename` and `default` go with `named`",
        );
        check(
            "{all: {request: [{insert: {name: 'a b', value: x}}]}}",
            &[],
            "`headers`: `a b` is no header name",
        );
        check(
            "{all: {request: [{remove: {named: a, matching: b}}]}}",
            &[],
            "`headers`: `remove` needs either `named` or `matching`",
        );
    }
}
