//! The pages that people see: plain HTML, no script, nothing from elsewhere.
//!
//! Nobody may show them in a frame, nothing on them runs, and their forms lead to us and to the one
//! app that asks: the content security policy says so.

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use url::{Host, Url};

use super::error::OAuthError;

pub(super) mod account;
pub(super) mod consent;
pub(super) mod sign_in;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;color:#1b1b1f;background:#f4f4f6;margin:0}\
main{max-width:24rem;margin:10vh auto;padding:2rem;background:#fff;border:1px solid #dcdce2;border-radius:.5rem}\
h1{font-size:1.25rem;margin:0 0 1rem}label{display:block;margin:0 0 .75rem}\
input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.5rem;border:1px solid #8a8a94;border-radius:.25rem}\
button{font:inherit;padding:.5rem 1rem;border:1px solid #8a8a94;border-radius:.25rem;background:#fff;cursor:pointer}\
button.main{background:#3b3bd0;border-color:#3b3bd0;color:#fff}\
.problem{color:#a4000f}.small{font-size:.875rem;color:#55555f}\
@media(prefers-color-scheme:dark){body{color:#e8e8ee;background:#17171b}main{background:#222228;border-color:#3c3c46}\
input,button{background:#17171b;color:inherit}.small{color:#a9a9b4}.problem{color:#ff8a94}}";

/// The style is allowed by its hash, so that no other one is.
static STYLE_HASH: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(STYLE)));

/// A page, without what all have.
pub(super) struct Page {
    title: String,
    body: String,
    /// Where a form may lead besides to us.
    leads_to: Option<String>,
}

/// Where a form is sent, and what proves that it is ours.
pub(super) struct Form {
    pub(super) action: String,
    pub(super) token: String,
}

impl Page {
    /// A page with this title and this HTML.
    pub(super) fn new(title: &str, body: String) -> Self {
        Page {
            title: title.to_owned(),
            body,
            leads_to: None,
        }
    }

    /// Lets forms lead to this URI: browsers apply the policy to redirects too.
    pub(super) fn leading_to(mut self, redirect_uri: &str) -> Self {
        self.leads_to = policy_source(redirect_uri);
        self
    }

    /// The page as a response.
    pub(super) fn show(self, status: StatusCode) -> Response {
        let leads_to = self.leads_to.unwrap_or_default();
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; form-action 'self' {leads_to}; \
             frame-ancestors 'none'; base-uri 'none'",
            *STYLE_HASH
        );
        let Ok(policy) = HeaderValue::from_str(&policy) else {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let text = HeaderValue::from_static;
        let headers = [
            (header::CONTENT_TYPE, text("text/html; charset=utf-8")),
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::X_FRAME_OPTIONS, text("DENY")),
            (header::X_CONTENT_TYPE_OPTIONS, text("nosniff")),
            // The address has tokens in it.
            (header::REFERRER_POLICY, text("no-referrer")),
            (header::CACHE_CONTROL, text("no-store")),
        ];
        let html = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title}</title><style>{STYLE}</style></head>\
             <body><main><h1>{title}</h1>{body}</main></body></html>",
            title = escape(&self.title),
            body = self.body,
        );
        (status, headers, html).into_response()
    }
}

impl Form {
    /// The beginning of the form.
    pub(super) fn open(&self) -> String {
        format!(
            "<form method=\"post\" action=\"{}\"><input type=\"hidden\" name=\"form_token\" value=\"{}\">",
            escape(&self.action),
            escape(&self.token),
        )
    }
}

/// A page that says what is wrong, where there is no app to tell.
pub(super) fn failed(error: &OAuthError) -> Response {
    let body = format!(
        "<p class=\"problem\">{}.</p><p class=\"small\">Go back to where you came from and try again. \
         If it happens again, tell those who run it.</p>",
        escape(error.description())
    );
    Page::new("That did not work", body).show(error.status())
}

/// A paragraph with what is wrong, if something is.
fn problem(text: Option<&str>) -> String {
    text.map(|text| format!("<p class=\"problem\" role=\"alert\">{}</p>", escape(text)))
        .unwrap_or_default()
}

/// A text as it can stand in HTML, between tags and in quoted attributes.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' | '<' | '>' | '"' | '\'' => {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "&#{};", u32::from(it));
            }
            it => escaped.push(it),
        }
    }
    escaped
}

/// What names the place of a URI in a policy (CSP Level 3, section 2.3.1).
fn policy_source(uri: &str) -> Option<String> {
    let uri = Url::parse(uri).ok()?;
    match (uri.scheme(), uri.host()) {
        // An address in brackets is no source; its scheme is.
        ("http" | "https", Some(Host::Ipv6(_))) => Some(format!("{}:", uri.scheme())),
        ("http" | "https", Some(_)) => Some(uri.origin().ascii_serialization()),
        (scheme, _) => Some(format!("{scheme}:")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_end_what_it_stands_in() {
        assert_eq!(
            escape("<script>\"&'</script>"),
            "&#60;script&#62;&#34;&#38;&#39;&#60;/script&#62;"
        );
    }

    #[test]
    fn the_policy_names_the_place_of_a_uri_and_no_more() {
        let source = |uri: &str| policy_source(uri).expect("a source");
        assert_eq!(
            source("https://example.org/callback?x=;y"),
            "https://example.org"
        );
        assert_eq!(
            source("http://127.0.0.1:5000/callback"),
            "http://127.0.0.1:5000"
        );
        assert_eq!(source("http://[::1]:5000/callback"), "http:");
        assert_eq!(
            source("org.example.player:/callback"),
            "org.example.player:"
        );
    }
}
