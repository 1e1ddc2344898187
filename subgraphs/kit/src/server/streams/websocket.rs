//! `GET /graphql/ws`: operations over a WebSocket, with the sub-protocol `graphql-transport-ws`.
//!
//! ```text
//! client                               service
//! connection_init { authorization } ─▶
//!                                   ◀─ connection_ack
//! subscribe { id, payload }         ─▶
//!                                   ◀─ next { id, payload } …
//! complete { id }                   ─▶ or ◀─ complete { id }, error { id, payload }
//! ping, pong                        ◀▶
//! ```
//!
//! The library's own handler is not used: it replaces a subscription whose id is used twice,
//! where the protocol wants the connection closed, and has no bound on how many there are.
//! Whoever breaks the protocol is told how by the code with which the socket closes.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::Executor;
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::Instant;

use super::{EndOf, Events, HEARTBEAT, Open, SEND_TIMEOUT, Streams, until};
use crate::auth::{Caller, Verified};
use crate::errors::Code;
use crate::server::{App, Refusal, Requester, Stop, answer, authenticate, request_body};

/// The sub-protocol that is spoken.
const PROTOCOL: &str = "graphql-transport-ws";

/// How long a client may take to introduce itself.
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the client's own goodbye is waited for.
const FAREWELL: Duration = Duration::from_secs(1);

/// Bytes of an id at most.
const MAX_ID: usize = 128;

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum FromClient {
    ConnectionInit { payload: Option<Value> },
    Ping,
    Pong,
    Subscribe { id: String, payload: Value },
    Complete { id: String },
}

/// What an operation has to say.
struct Said {
    id: String,
    /// Which of the operations that had this id.
    serial: u64,
    what: answer::Event,
}

/// Why a socket is closed.
struct Goodbye(u16, &'static str);

struct Connection<E> {
    app: Arc<App<E>>,
    streams: Arc<Streams>,
    socket: WebSocket,
    requester: Requester,
    /// Known from the upgrade's headers, and then from the introduction.
    caller: Verified,
    introduced: bool,
    operations: HashMap<String, (u64, AbortHandle)>,
    running: JoinSet<()>,
    say: mpsc::Sender<Said>,
    serial: u64,
    _open: Open,
}

pub(in crate::server) async fn upgrade<E: Executor>(
    State(app): State<Arc<App<E>>>,
    upgrade: WebSocketUpgrade,
    request: Request<axum::body::Body>,
) -> Response {
    let Some(streams) = app.streams.clone() else {
        return answer::no_such_path().await.into_response();
    };
    let headers = request.headers();
    let caller = match authenticate::verified(&app.verifier, headers).await {
        Ok(caller) => caller,
        Err(refusal) => return refusal.into_response(),
    };
    let open = match streams.connection() {
        Ok(open) => open,
        Err(refusal) => return refusal.into_response(),
    };
    let requester = Requester::of(request.extensions(), headers, &app.trusted_proxies);
    let max_message = app.requests.max_body_bytes;
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(max_message)
        .max_frame_size(max_message)
        .on_upgrade(move |socket| async move {
            let (say, said) = mpsc::channel(1);
            let connection = Connection {
                app,
                streams,
                socket,
                requester,
                caller,
                introduced: false,
                operations: HashMap::new(),
                running: JoinSet::new(),
                say,
                serial: 0,
                _open: open,
            };
            connection.serve(said).await;
        })
}

impl<E: Executor> Connection<E> {
    /// Speaks with the client until one of them has enough. What runs ends with this.
    async fn serve(mut self, mut said: mpsc::Receiver<Said>) {
        if self.socket.protocol().is_none_or(|it| it != PROTOCOL) {
            self.close(Goodbye(4406, "Subprotocol not acceptable"))
                .await;
            return;
        }
        let goodbye = self.converse(&mut said).await;
        self.running.abort_all();
        if let Some(goodbye) = goodbye {
            self.close(goodbye).await;
        }
    }

    /// None when the client has gone.
    async fn converse(&mut self, said: &mut mpsc::Receiver<Said>) -> Option<Goodbye> {
        let mut stop: Stop = self.app.stop();
        let idle_timeout = Duration::from_secs(self.streams.limits.stream_idle_timeout.max(1));
        let began = Instant::now();
        let mut heard = began;
        let mut heartbeat = tokio::time::interval(HEARTBEAT.min(idle_timeout / 3));
        loop {
            let silence = if self.introduced {
                heard + idle_timeout
            } else {
                began + INIT_TIMEOUT
            };
            tokio::select! {
                () = stop.requested() => {
                    return Some(Goodbye(1001, "The service is about to end: connect again"));
                }
                () = until(self.caller.expires_at) => {
                    return Some(Goodbye(4403, "The access token has expired"));
                }
                () = tokio::time::sleep_until(silence) => {
                    if !self.introduced {
                        return Some(Goodbye(4408, "Connection initialisation timeout"));
                    }
                    self.streams.dropped.increase();
                    return Some(Goodbye(4408, "Nothing was heard of the client for too long"));
                }
                _ = heartbeat.tick() => {
                    if !self.send(Message::Ping(axum::body::Bytes::new())).await {
                        return None;
                    }
                }
                message = self.socket.recv() => {
                    heard = Instant::now();
                    let text = match message {
                        Some(Ok(Message::Text(text))) => text,
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                        Some(Ok(Message::Binary(_))) => {
                            return Some(Goodbye(4400, "Messages are text"));
                        }
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                    };
                    match self.hear(&text).await {
                        ControlFlow::Continue(()) => {}
                        ControlFlow::Break(goodbye) => return goodbye,
                    }
                }
                Some(said) = said.recv() => {
                    if !self.pass_on(said).await {
                        return None;
                    }
                }
            }
            while self.running.try_join_next().is_some() {}
        }
    }

    async fn hear(&mut self, text: &str) -> ControlFlow<Option<Goodbye>> {
        let stay = |sent| {
            if sent {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(None)
            }
        };
        let close = |code, why| ControlFlow::Break(Some(Goodbye(code, why)));
        match serde_json::from_str(text) {
            Err(_) => close(4400, "This is no message of graphql-transport-ws"),
            Ok(FromClient::ConnectionInit { payload }) => {
                if self.introduced {
                    return close(4429, "Too many initialisation requests");
                }
                match authenticate::introduced(&self.app.verifier, payload.as_ref()).await {
                    Ok(Some(caller)) => self.caller = caller,
                    Ok(None) => {}
                    Err(_) => return close(4403, "Forbidden"),
                }
                self.introduced = true;
                stay(self.send_json(&json!({ "type": "connection_ack" })).await)
            }
            Ok(FromClient::Ping) => stay(self.send_json(&json!({ "type": "pong" })).await),
            Ok(FromClient::Pong) => ControlFlow::Continue(()),
            Ok(FromClient::Complete { id }) => {
                if let Some((_, operation)) = self.operations.remove(&id) {
                    operation.abort();
                }
                ControlFlow::Continue(())
            }
            Ok(FromClient::Subscribe { id, payload }) => {
                if !self.introduced {
                    return close(4401, "Unauthorized");
                }
                if id.len() > MAX_ID {
                    return close(4400, "An id has 128 bytes at most");
                }
                if self.operations.contains_key(&id) {
                    return close(4409, "There is a subscriber with this id already");
                }
                match self.subscribe(&id, payload) {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(refusal) => {
                        self.app.metrics.count_refusal(refusal.code);
                        let error =
                            json!({ "type": "error", "id": id, "payload": refusal.errors() });
                        stay(self.send_json(&error).await)
                    }
                }
            }
        }
    }

    /// Begins an operation.
    fn subscribe(&mut self, id: &str, payload: Value) -> Result<(), Refusal> {
        let request = request_body::parse_json(payload, self.app.requests.max_operation_bytes)?;
        if self.operations.len() >= self.streams.limits.max_subscriptions_per_connection {
            self.streams.refused.increase();
            return Err(Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                Code::TooManyRequests,
                "There are too many subscriptions on this connection",
            ));
        }
        let open = self.streams.subscription()?;
        let caller: Caller = self.caller.caller.clone();
        let request = request.data(caller).data(self.requester.clone());
        let request = (self.app.request_data)(request);
        // The connection as a whole ends when the token does.
        let end = EndOf {
            stop: self.app.stop(),
            expires_at: None,
        };
        let events = Events::of(&self.app.schema, request, end, open);
        self.serial += 1;
        let (id, serial) = (id.to_owned(), self.serial);
        let run = run(
            events,
            Arc::clone(&self.app),
            self.say.clone(),
            id.clone(),
            serial,
        );
        let operation = self.running.spawn(run);
        self.operations.insert(id, (serial, operation));
        Ok(())
    }

    /// Passes on what an operation says, unless the client is through with it.
    async fn pass_on(&mut self, said: Said) -> bool {
        let Said { id, serial, what } = said;
        if self.operations.get(&id).is_none_or(|it| it.0 != serial) {
            return true;
        }
        let message = match what {
            answer::Event::Next(payload) => {
                json!({ "type": "next", "id": id, "payload": payload })
            }
            answer::Event::Refused(errors) => {
                self.operations.remove(&id);
                json!({ "type": "error", "id": id, "payload": errors })
            }
            answer::Event::Complete => {
                self.operations.remove(&id);
                json!({ "type": "complete", "id": id })
            }
        };
        self.send_json(&message).await
    }

    async fn send_json(&mut self, message: &Value) -> bool {
        self.send(Message::text(message.to_string())).await
    }

    /// Whether the client took it.
    async fn send(&mut self, message: Message) -> bool {
        match tokio::time::timeout(SEND_TIMEOUT, self.socket.send(message)).await {
            Ok(sent) => sent.is_ok(),
            Err(_) => {
                self.streams.dropped.increase();
                tracing::info!("a client did not take its events");
                false
            }
        }
    }

    async fn close(&mut self, Goodbye(code, reason): Goodbye) {
        let reason = reason.into();
        let frame = CloseFrame { code, reason };
        if self.send(Message::Close(Some(frame))).await {
            // A socket that goes with something unread takes back what was just sent.
            let farewell = async { while let Some(Ok(_)) = self.socket.recv().await {} };
            let _ = tokio::time::timeout(FAREWELL, farewell).await;
        }
    }
}

/// Runs one operation to its end, or until nobody listens.
async fn run<E: Executor>(
    mut events: Events,
    app: Arc<App<E>>,
    say: mpsc::Sender<Said>,
    id: String,
    serial: u64,
) {
    let said = |what| Said {
        id: id.clone(),
        serial,
        what,
    };
    while let Some(event) = events.next().await {
        let event = answer::event(event, &app.metrics);
        let refused = matches!(event, answer::Event::Refused(_));
        if say.send(said(event)).await.is_err() || refused {
            return;
        }
    }
    // Only a connection that is gone does not listen.
    let _ = say.send(said(answer::Event::Complete)).await;
}
