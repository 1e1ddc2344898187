//! A stream over a WebSocket, by the `graphql-transport-ws` sub-protocol (the `graphql-ws` library's
//! `PROTOCOL.md`): one connection, one subscription.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use executor::SendError;
use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderValue, Request, header};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::dial::Io;
use super::{Source, broken};

/// The name of the sub-protocol.
const PROTOCOL: HeaderValue = HeaderValue::from_static("graphql-transport-ws");

/// An open stream.
pub(crate) struct WebSocket {
    socket: WebSocketStream<Box<dyn Io>>,
    heartbeat: Interval,
    /// Whether anything came since the last heartbeat.
    heard: bool,
    /// After an error, or when the subscription is complete.
    is_over: bool,
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket")
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}

/// What the other side says.
#[derive(Deserialize)]
struct Said<'m> {
    #[serde(rename = "type")]
    kind: &'m str,
    #[serde(borrow)]
    payload: Option<&'m RawValue>,
}

/// What a message means for the stream.
enum Meaning {
    Acknowledged,
    Event(Bytes),
    /// The last event.
    Last(Bytes),
    Complete,
    Ping,
    Nothing,
}

/// Connects, introduces itself and subscribes.
pub(super) async fn open(
    source: &Source,
    headers: HeaderMap,
    body: &Bytes,
    heartbeat: Duration,
) -> Result<WebSocket, SendError> {
    let hello = hello(&headers);
    let request = upgrade(source, headers)?;
    let io = source.dialer.dial().await?;
    let limit = Some(source.max_event_bytes);
    let config = WebSocketConfig::default()
        .max_message_size(limit)
        .max_frame_size(limit);
    let (socket, _) = client_async_with_config(request, io, Some(config))
        .await
        .map_err(refused)?;
    let mut heartbeat = interval_at(Instant::now() + heartbeat, heartbeat);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut socket = WebSocket {
        socket,
        heartbeat,
        heard: true,
        is_over: false,
    };
    socket.say(hello.into()).await?;
    socket.acknowledged().await?;
    let body = std::str::from_utf8(body).map_err(broken)?;
    let subscribe = format!("{{\"id\":\"1\",\"type\":\"subscribe\",\"payload\":{body}}}");
    socket.say(subscribe.into()).await?;
    Ok(socket)
}

/// The first message. Many servers look for credentials here rather than in the headers of the
/// upgrade, so it carries the same headers.
fn hello(headers: &HeaderMap) -> String {
    let payload: serde_json::Map<String, serde_json::Value> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.into())))
        .collect();
    serde_json::json!({ "type": "connection_init", "payload": payload }).to_string()
}

fn upgrade(source: &Source, headers: HeaderMap) -> Result<Request<()>, SendError> {
    let host = source.dialer.host();
    let mut request = Request::new(());
    *request.uri_mut() = http::Uri::builder()
        .scheme("ws")
        .authority(host.as_bytes())
        .path_and_query(source.path.path_and_query().map_or("/", |it| it.as_str()))
        .build()
        .map_err(broken)?;
    *request.headers_mut() = headers;
    let headers = request.headers_mut();
    headers.insert(header::HOST, host);
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(
        header::SEC_WEBSOCKET_VERSION,
        HeaderValue::from_static("13"),
    );
    headers.insert(header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL);
    let key = HeaderValue::try_from(generate_key()).map_err(broken)?;
    headers.insert(header::SEC_WEBSOCKET_KEY, key);
    Ok(request)
}

fn refused(error: Error) -> SendError {
    match error {
        Error::Http(response) => SendError::Status {
            status: response.status().as_u16(),
        },
        other => broken(other),
    }
}

impl WebSocket {
    async fn acknowledged(&mut self) -> Result<(), SendError> {
        match self.hear().await? {
            Meaning::Acknowledged => Ok(()),
            _ => Err(broken("the server did not acknowledge the connection")),
        }
    }

    pub(super) async fn next(&mut self) -> Option<Result<Bytes, SendError>> {
        if self.is_over {
            return None;
        }
        let heard = loop {
            match self.hear().await {
                Ok(Meaning::Acknowledged) => {}
                heard => break heard,
            }
        };
        self.is_over = !matches!(heard, Ok(Meaning::Event(_)));
        match heard {
            Ok(Meaning::Event(event) | Meaning::Last(event)) => Some(Ok(event)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// The next thing that means something, keeping the connection alive meanwhile.
    async fn hear(&mut self) -> Result<Meaning, SendError> {
        loop {
            let heard = tokio::select! {
                heard = self.socket.next() => Some(heard),
                _ = self.heartbeat.tick() => None,
            };
            let Some(heard) = heard else {
                if !std::mem::take(&mut self.heard) {
                    return Err(broken("the server does not answer any more"));
                }
                let ping = Message::Ping(Bytes::new());
                self.socket.send(ping).await.map_err(broken)?;
                continue;
            };
            self.heard = true;
            match meaning(heard)? {
                Meaning::Ping => self.say("{\"type\":\"pong\"}".into()).await?,
                Meaning::Nothing => {}
                meaning => return Ok(meaning),
            }
        }
    }

    async fn say(&mut self, text: Utf8Bytes) -> Result<(), SendError> {
        self.socket.send(Message::Text(text)).await.map_err(broken)
    }
}

fn meaning(heard: Option<Result<Message, Error>>) -> Result<Meaning, SendError> {
    let text = match heard {
        Some(Ok(Message::Text(text))) => text,
        Some(Ok(Message::Close(frame))) => {
            return Err(broken(frame.map_or_else(
                || "the server closed the connection".to_owned(),
                |frame| format!("the server closed the connection: {frame}"),
            )));
        }
        Some(Ok(Message::Binary(_))) => return Err(broken("the server sent what is no text")),
        // The library answers pings itself.
        Some(Ok(_)) => return Ok(Meaning::Nothing),
        Some(Err(error)) => return Err(broken(error)),
        None => return Err(broken("the connection broke off")),
    };
    let said: Said<'_> = serde_json::from_str(&text)
        .map_err(|_| broken("the server sent what is no message of graphql-transport-ws"))?;
    let payload = said.payload.map_or("null", RawValue::get);
    Ok(match said.kind {
        "connection_ack" => Meaning::Acknowledged,
        "next" => Meaning::Event(Bytes::copy_from_slice(payload.as_bytes())),
        // The operation was refused: a list of errors.
        "error" => Meaning::Last(format!("{{\"errors\":{payload}}}").into()),
        "complete" => Meaning::Complete,
        "ping" => Meaning::Ping,
        _ => Meaning::Nothing,
    })
}
