//! Asks a running subgraph for its schema (`_service { sdl }`, Federation subgraph specification).

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header};
use http_body_util::Full;
use serde::Deserialize;

use crate::config::SubgraphUrl;
use crate::subgraph_client::{ConnectionSettings, HttpClient};

const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_BYTES: usize = 32 * 1024 * 1024;
const BODY: &[u8] =
    br#"{"query":"query SubgraphSchema { _service { sdl } }","operationName":"SubgraphSchema"}"#;

/// The subgraph's SDL, or one sentence that says why not.
pub(super) async fn fetch(
    client: &HttpClient,
    url: &SubgraphUrl,
    headers: &[(String, String)],
) -> Result<String, String> {
    let route = client.route(url, &ConnectionSettings::default())?;
    let mut request = http::Request::new(Full::new(Bytes::from_static(BODY)));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = route.uri.clone();
    let to = request.headers_mut();
    to.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    to.insert(
        header::ACCEPT,
        HeaderValue::from_static("application/graphql-response+json, application/json"),
    );
    for (name, value) in headers {
        let name: HeaderName = name
            .parse()
            .map_err(|_| format!("`introspection_headers`: `{name}` is no header name"))?;
        // The value may be a secret: it is not repeated.
        let value: HeaderValue = value
            .parse()
            .map_err(|_| "`introspection_headers`: a value cannot be sent".to_owned())?;
        to.insert(name, value);
    }
    let (head, body) = client
        .send_along(&route, request, TIMEOUT, MAX_BYTES)
        .await
        .map_err(|error| error.to_string())?;
    read(&body).ok_or_else(|| {
        if head.status.is_success() {
            "it does not answer `_service { sdl }`, which every subgraph must".to_owned()
        } else {
            format!("it answers with HTTP status {}", head.status)
        }
    })
}

fn read(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        #[serde(rename = "_service")]
        service: Service,
    }
    #[derive(Deserialize)]
    struct Service {
        sdl: String,
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    Some(answer.data.service.sdl)
}

#[test]
fn only_a_schema_is_a_schema() {
    assert_eq!(
        read(br#"{"data":{"_service":{"sdl":"type Query"}}}"#).as_deref(),
        Some("type Query")
    );
    for body in [
        &b"{\"data\":null,\"errors\":[{\"message\":\"no\"}]}"[..],
        b"{\"data\":{\"_service\":{\"sdl\":null}}}",
        b"<html>",
        b"",
    ] {
        assert_eq!(read(body), None);
    }
}
