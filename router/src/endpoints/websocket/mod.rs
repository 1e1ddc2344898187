//! Clients over WebSockets: the upgrade, and which version of the protocol is spoken.
//!
//! Spoken is `graphql-transport-ws`, the sub-protocol of the `graphql-ws` library, for subscriptions and for
//! queries and mutations too. [`session`] is a connection's life; [`message`] what is said on it.
//!
//! CORS does not protect WebSockets: any page may open one, and the browser sends cookies along. So the
//! layer that knows which origins may ask refuses the upgrade to others.

mod message;
mod session;

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::GraphqlEndpoint;
use crate::http::{Body, ErrorResponse, Request, Response};
use session::Session;

/// The sub-protocol.
const PROTOCOL: &str = "graphql-transport-ws";

fn speaks(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::SEC_WEBSOCKET_PROTOCOL)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|offered| offered.trim() == PROTOCOL)
}

impl GraphqlEndpoint {
    /// Agrees to a WebSocket; its life goes on in a task of its own.
    pub(super) fn upgrade(&self, mut request: Request) -> Result<Response, ErrorResponse> {
        if !self.subscription.websocket.enabled {
            return Err(ErrorResponse::new(
                StatusCode::BAD_REQUEST,
                "WEBSOCKET_DISABLED",
                "WebSockets are turned off; `subscription.websocket.enabled: true` in the router's configuration turns them on.",
            ));
        }
        let engine = Arc::clone(self.engine()?);
        let headers = request.headers();
        let is_version_13 = headers
            .get(header::SEC_WEBSOCKET_VERSION)
            .is_some_and(|version| version == "13");
        let key = headers.get(header::SEC_WEBSOCKET_KEY);
        let Some(key) = key.filter(|_| is_version_13) else {
            return Err(ErrorResponse::bad_request(
                "The upgrade to a WebSocket needs `sec-websocket-key` and `sec-websocket-version: 13`.",
            )
            .with_header(header::SEC_WEBSOCKET_VERSION, "13"));
        };
        if !speaks(headers) {
            return Err(ErrorResponse::bad_request(
                "Over a WebSocket the sub-protocol graphql-transport-ws is spoken, and the client does not offer it.",
            ));
        }
        let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()))
            .map_err(|_| ErrorResponse::bad_request("`sec-websocket-key` is no key."))?;
        let session = Session {
            engine,
            authenticator: self.authenticator.clone(),
            config: self.subscription.websocket.clone(),
            max_message: self.max_body,
            until_stop: self.readiness.until_stop(),
            headers: headers.clone(),
        };
        let upgrade = hyper::upgrade::on(&mut *request);
        tokio::spawn(async move {
            match upgrade.await {
                Ok(connection) => session.run(connection).await,
                Err(error) => tracing::debug!("an upgrade to a WebSocket failed: {error}"),
            }
        });
        let mut response = Response::new(Body::default());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        headers.insert(
            header::SEC_WEBSOCKET_PROTOCOL,
            HeaderValue::from_static(PROTOCOL),
        );
        Ok(response)
    }
}
