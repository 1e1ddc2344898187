//! GraphiQL's page: bundled at build time, or the same page with assets from a CDN.
//!
//! `build.rs` embeds what stands in `playground/dist`. Without it the page of
//! `playground/cdn.html` is served, whose assets are pinned by version and integrity hash.

use std::collections::BTreeMap;

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::SupergraphConfig;
use crate::http::{Response, respond};

/// `playground` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PlaygroundConfig {
    /// Whether the page is there.
    pub enabled: bool,
    /// What stands in the editor at first; empty for GraphiQL's own text.
    pub default_query: String,
    /// What stands in the headers editor at first.
    pub default_headers: BTreeMap<String, String>,
}

impl Default for PlaygroundConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            default_query: String::new(),
            default_headers: BTreeMap::new(),
        }
    }
}

/// A file of the bundle.
struct Asset {
    /// Below `/playground/`.
    name: &'static str,
    content_type: &'static str,
    content: &'static [u8],
}

// `BUNDLE: Option<(&str, &[Asset])>`: the page and its files.
include!(concat!(env!("OUT_DIR"), "/playground.rs"));

/// The page that loads its assets from a CDN.
const CDN_PAGE: &str = include_str!("../../playground/cdn.html");
/// Where that page's assets are.
const CDN: &str = "https://cdn.jsdelivr.net";

/// The page with its settings filled in, and its assets.
#[derive(Debug)]
pub(crate) struct Playground {
    page: Bytes,
    content_security_policy: HeaderValue,
}

impl Playground {
    /// None when it is turned off.
    pub(crate) fn new(config: &PlaygroundConfig, supergraph: &SupergraphConfig) -> Option<Self> {
        config.enabled.then(|| match BUNDLE {
            Some((page, _)) => Self::with_page(page, "'self'", config, supergraph),
            None => Self::with_page(CDN_PAGE, CDN, config, supergraph),
        })
    }

    fn with_page(
        template: &str,
        assets_from: &str,
        config: &PlaygroundConfig,
        supergraph: &SupergraphConfig,
    ) -> Self {
        let policy = content_security_policy(template, assets_from);
        Self {
            page: template
                .replace("{{settings}}", &settings(config, supergraph))
                .into(),
            content_security_policy: HeaderValue::try_from(policy)
                .unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'")),
        }
    }

    /// The page.
    pub(crate) fn page(&self) -> Response {
        let mut response = respond(
            StatusCode::OK,
            "text/html; charset=utf-8",
            self.page.clone(),
        );
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            self.content_security_policy.clone(),
        );
        // The page holds settings and names its assets by hash: it is asked for anew.
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        headers.insert(
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        );
        response
    }

    /// A file of the bundle, by the path after `/playground/`.
    pub(crate) fn asset(&self, name: &str) -> Option<Response> {
        let (_, assets) = BUNDLE?;
        let asset = assets.iter().find(|asset| asset.name == name)?;
        let mut response = respond(
            StatusCode::OK,
            asset.content_type,
            Bytes::from_static(asset.content),
        );
        let headers = response.headers_mut();
        // Names carry a hash of the content, so a name's content never changes.
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        );
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        Some(response)
    }
}

/// The JSON that the page reads, safe inside a `script` element.
fn settings(config: &PlaygroundConfig, supergraph: &SupergraphConfig) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Settings<'s> {
        endpoint: &'s str,
        #[serde(skip_serializing_if = "str::is_empty")]
        default_query: &'s str,
        default_headers: &'s BTreeMap<String, String>,
        /// Whether the page may ask for plans and show them.
        shows_plans: bool,
    }
    serde_json::to_string(&Settings {
        endpoint: &supergraph.path,
        default_query: &config.default_query,
        default_headers: &config.default_headers,
        shows_plans: supergraph.query_planning.expose_plan,
    })
    .unwrap_or_else(|_| "{}".to_owned())
    // `</script>` and `<!--` end or change the element whatever stands around them.
    .replace('<', "\\u003c")
}

/// What the page may load and run: its own assets, and inline scripts by their hash only.
fn content_security_policy(template: &str, assets_from: &str) -> String {
    let inline: String = inline_scripts(template)
        .map(|script| format!(" 'sha256-{}'", hash(script.as_bytes())))
        .collect();
    [
        "default-src 'none'".to_owned(),
        format!("script-src {assets_from}{inline}"),
        format!("style-src {assets_from} 'unsafe-inline'"),
        format!("font-src {assets_from} data:"),
        "img-src 'self' data:".to_owned(),
        "worker-src 'self' blob:".to_owned(),
        "connect-src 'self'".to_owned(),
        "base-uri 'none'".to_owned(),
        "form-action 'none'".to_owned(),
        "frame-ancestors 'none'".to_owned(),
    ]
    .join("; ")
}

/// The contents of `script` elements without attributes, which are those that run inline.
fn inline_scripts(page: &str) -> impl Iterator<Item = &str> {
    page.split("<script>")
        .skip(1)
        .filter_map(|rest| rest.split_once("</script>"))
        .map(|(script, _)| script)
}

fn hash(content: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(Sha256::digest(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str) -> String {
        let config = PlaygroundConfig {
            default_query: query.to_owned(),
            ..PlaygroundConfig::default()
        };
        let playground =
            Playground::with_page(CDN_PAGE, CDN, &config, &SupergraphConfig::default());
        String::from_utf8(playground.page.to_vec()).unwrap()
    }

    #[test]
    fn the_settings_cannot_leave_their_element() {
        let page = page("{ a } # </script><script>alert(1)</script>");
        assert!(
            page.contains(r"\u003c/script>\u003cscript>alert(1)"),
            "{page}"
        );
        assert!(!page.contains("{{settings}}"));
        assert!(!page.contains("<script>alert"));
        assert!(page.contains(r#""endpoint":"/graphql""#));
        assert!(page.contains(r#""showsPlans":false"#));
    }

    #[test]
    fn inline_scripts_run_by_their_hash_only() {
        let policy =
            content_security_policy("<script>let a = 1;</script><script src=x></script>", CDN);
        assert!(
            policy.contains("script-src https://cdn.jsdelivr.net 'sha256-"),
            "{policy}"
        );
        assert_eq!(policy.matches("sha256-").count(), 1);
        assert!(!policy.contains("script-src https://cdn.jsdelivr.net 'unsafe-inline'"));
    }

    #[test]
    fn the_cdns_assets_are_pinned() {
        for tag in CDN_PAGE.split('<').filter(|tag| {
            tag.starts_with("script src") || tag.starts_with("link rel=\"stylesheet\"")
        }) {
            assert!(tag.contains(CDN), "{tag}");
            assert!(tag.contains("integrity=\"sha384-"), "{tag}");
            assert!(tag.contains("crossorigin"), "{tag}");
        }
    }
}
