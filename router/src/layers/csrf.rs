//! Refuses requests that a browser would send for any web page without asking first.
//!
//! A page of another origin can make the browser send a GET, or a POST with a form's content type,
//! with the user's cookies and without a CORS preflight. Such "simple" requests must carry a header
//! that a page can only set after a preflight. A POST with `application/json` needs one anyway.

use http::{HeaderMap, HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};

use crate::http::{ErrorResponse, Handler, Request, Response, ResponseMedia, is_websocket_upgrade};

/// `csrf` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct CsrfConfig {
    /// Turns the protection off; for a router that no browser can reach.
    pub unsafe_disabled: bool,
    /// A simple request must have one of these headers, with any value.
    pub required_headers: Vec<String>,
}

impl Default for CsrfConfig {
    fn default() -> Self {
        Self {
            unsafe_disabled: false,
            required_headers: vec![
                "x-apollo-operation-name".to_owned(),
                "apollo-require-preflight".to_owned(),
            ],
        }
    }
}

/// Refuses simple requests without a required header.
#[derive(Debug)]
pub(crate) struct Csrf<H> {
    next: H,
    /// None: not protected.
    required: Option<Vec<HeaderName>>,
}

impl<H> Csrf<H> {
    /// Fails with the text of the header name that is none.
    pub(crate) fn new(next: H, config: &CsrfConfig) -> Result<Self, String> {
        let names = config
            .required_headers
            .iter()
            .map(|name| {
                name.parse()
                    .map_err(|_| format!("`csrf.required_headers`: `{name}` is no header name"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            next,
            required: (!config.unsafe_disabled).then_some(names),
        })
    }
}

impl<H: Handler> Handler for Csrf<H> {
    async fn handle(&self, request: Request) -> Response {
        // Which pages may open a WebSocket is for the layer that knows origins.
        if !is_websocket_upgrade(&request)
            && let Some(refused) = self.refuse(request.headers())
        {
            return refused;
        }
        self.next.handle(request).await
    }
}

impl<H> Csrf<H> {
    /// The response to a request that is refused.
    fn refuse(&self, headers: &HeaderMap) -> Option<Response> {
        let required = self.required.as_ref()?;
        if is_preflighted(headers) || required.iter().any(|name| headers.contains_key(name)) {
            return None;
        }
        let media = ResponseMedia::negotiate(headers).unwrap_or(ResponseMedia::Json);
        let names: Vec<&str> = required.iter().map(HeaderName::as_str).collect();
        let error = ErrorResponse::new(
            StatusCode::BAD_REQUEST,
            "CSRF_PREVENTED",
            format!(
                "A browser could send this request for any web page. Send `content-type: application/json` or one of the headers: {}.",
                names.join(", ")
            ),
        );
        Some(error.into_response(media))
    }
}

/// Whether a browser asks by a CORS preflight before it sends a request with this content type
/// (Fetch standard, "CORS-safelisted request-header").
fn is_preflighted(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    let Ok(value) = value.to_str() else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    // Text that is no media type at all is safelisted by no browser, but some have had bugs there.
    essence.contains('/')
        && ![
            "application/x-www-form-urlencoded",
            "multipart/form-data",
            "text/plain",
        ]
        .iter()
        .any(|simple| essence.eq_ignore_ascii_case(simple))
}

#[test]
fn content_types_of_forms_are_not_preflighted() {
    let check = |value: Option<&'static str>| {
        let mut headers = HeaderMap::new();
        if let Some(value) = value {
            headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static(value));
        }
        is_preflighted(&headers)
    };
    assert!(check(Some("application/json; charset=utf-8")));
    assert!(check(Some("application/graphql")));
    assert!(!check(None));
    assert!(!check(Some("")));
    assert!(!check(Some("json")));
    assert!(!check(Some("text/plain;charset=UTF-8")));
    assert!(!check(Some("Multipart/Form-Data; boundary=x")));
    assert!(!check(Some("application/x-www-form-urlencoded")));
}
