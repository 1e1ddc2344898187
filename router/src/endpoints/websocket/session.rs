//! The life of one client's WebSocket: introduction, operations, end.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig as SocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::message::{self, Closing, Kind, Said};
use crate::authentication::{Authenticator, Expiry};
use crate::endpoints::health::UntilStop;
use crate::engine::{Answered, Engine, Event, Events, Method, Refused, WebSocketConfig};
use crate::http::{ErrorResponse, GraphqlError, GraphqlRequest};

/// How many messages of operations may wait for the connection.
const QUEUE: usize = 16;

/// What a connection begins with.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) engine: Arc<Engine>,
    pub(super) authenticator: Option<Arc<Authenticator>>,
    pub(super) config: WebSocketConfig,
    /// The largest message of a client in bytes.
    pub(super) max_message: usize,
    pub(super) until_stop: UntilStop,
    /// The headers of the upgrade; with those of the introduction, what operations come with.
    pub(super) headers: HeaderMap,
}

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// What operations share.
#[derive(Debug)]
struct Client {
    headers: HeaderMap,
    /// When the client's token ends.
    expiry: Expiry,
}

/// An operation under way; it ends when this is dropped.
struct Operation {
    /// Tells it from an earlier one with its id, whose last words may still be queued.
    serial: u64,
    task: JoinHandle<()>,
}

impl Drop for Operation {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What an operation wants to say.
struct Words {
    id: Arc<str>,
    serial: u64,
    text: String,
    is_last: bool,
}

/// Why a connection ends.
enum End {
    /// We close it.
    Close(Closing),
    /// The client has gone, or closed it.
    Gone,
}

impl From<Closing> for End {
    fn from(closing: Closing) -> Self {
        Self::Close(closing)
    }
}

impl From<Error> for End {
    fn from(_: Error) -> Self {
        Self::Gone
    }
}

impl Session {
    /// Serves the connection to its end.
    pub(super) async fn run(mut self, connection: Upgraded) {
        let config = SocketConfig::default()
            .max_message_size(Some(self.max_message))
            .max_frame_size(Some(self.max_message));
        let io = TokioIo::new(connection);
        let mut socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        let End::Close(closing) = self.serve(&mut socket).await else {
            return;
        };
        tracing::debug!(?closing, "closing a client's WebSocket");
        if socket.close(Some(closing.frame())).await.is_ok() {
            // The other side closes too, or is not waited for.
            let drained = async { while let Some(Ok(_)) = socket.next().await {} };
            let _ = tokio::time::timeout(self.config.init_timeout.0, drained).await;
        }
    }

    async fn serve(&mut self, socket: &mut Socket) -> End {
        let client = tokio::select! {
            client = introduction(&self.headers, self.authenticator.as_deref(), socket) => client,
            () = self.until_stop.stopped() => Err(Closing::GoingAway.into()),
            () = tokio::time::sleep(self.config.init_timeout.0) => Err(Closing::InitTimeout.into()),
        };
        match client {
            Ok(client) => self.operations(socket, Arc::new(client)).await,
            Err(end) => end,
        }
    }

    async fn operations(&mut self, socket: &mut Socket, client: Arc<Client>) -> End {
        let (sender, mut queue) = mpsc::channel::<Words>(QUEUE);
        let mut running = Running {
            operations: HashMap::new(),
            serial: 0,
            most: self.config.max_operations,
            engine: Arc::clone(&self.engine),
            sender,
            client,
        };
        let expiry = running.client.expiry;
        loop {
            let happened = tokio::select! {
                message = socket.next() => match message {
                    Some(Ok(message)) => running.take(message).await,
                    Some(Err(error)) => Err(error.into()),
                    None => Err(End::Gone),
                },
                // Never none, for we hold a sender ourselves.
                words = queue.recv() => Ok(words.and_then(|words| running.words(words))),
                () = self.until_stop.stopped() => Err(Closing::GoingAway.into()),
                () = expiry.passed() => Err(Closing::Forbidden.into()),
            };
            let said = match happened {
                Ok(None) => continue,
                Ok(Some(text)) => socket.send(Message::text(text)).await,
                Err(end) => return end,
            };
            if let Err(error) = said {
                return error.into();
            }
        }
    }
}

/// Waits for `connection_init`, and acknowledges it.
async fn introduction(
    headers: &HeaderMap,
    authenticator: Option<&Authenticator>,
    socket: &mut Socket,
) -> Result<Client, End> {
    loop {
        let message = socket.next().await.ok_or(End::Gone)??;
        let Some(text) = text_of(message)? else {
            continue;
        };
        let said: Said<'_> = serde_json::from_str(&text).map_err(|_| Closing::Invalid)?;
        match said.kind {
            Kind::ConnectionInit => {
                let headers = with_headers_of(headers.clone(), said.payload);
                let expiry = match authenticator {
                    Some(authenticator) => {
                        let checked = authenticator.check(&headers).await;
                        checked.map_err(|_| Closing::Forbidden)?
                    }
                    None => Expiry::default(),
                };
                let acknowledged = Message::text("{\"type\":\"connection_ack\"}");
                socket.send(acknowledged).await?;
                return Ok(Client { headers, expiry });
            }
            Kind::Ping => socket.send(Message::text("{\"type\":\"pong\"}")).await?,
            Kind::Pong | Kind::Complete => {}
            Kind::Subscribe => return Err(Closing::TooEarly.into()),
        }
    }
}

/// Pages cannot set headers of a WebSocket, so clients send them in the introduction: as members of the
/// payload, or of its member `headers`.
fn with_headers_of(mut headers: HeaderMap, payload: Option<&RawValue>) -> HeaderMap {
    let payload: Value = payload
        .and_then(|payload| serde_json::from_str(payload.get()).ok())
        .unwrap_or_default();
    let inner = payload.get("headers").and_then(Value::as_object);
    let members = payload.as_object().into_iter().chain(inner).flatten();
    for (name, value) in members {
        let Some(value) = value.as_str() else {
            continue;
        };
        let (Ok(name), Ok(value)) = (
            HeaderName::try_from(name.as_str()),
            HeaderValue::try_from(value),
        ) else {
            continue;
        };
        // What only a browser says of itself, a page must not.
        if ![header::COOKIE, header::ORIGIN, header::HOST].contains(&name) {
            headers.insert(name, value);
        }
    }
    headers
}

/// The text of a message; none when it is one that the library answers.
fn text_of(message: Message) -> Result<Option<String>, End> {
    match message {
        Message::Text(text) => Ok(Some(text.as_str().to_owned())),
        Message::Binary(_) => Err(Closing::Invalid.into()),
        Message::Close(_) => Err(End::Gone),
        Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(None),
    }
}

/// The operations of a connection.
struct Running {
    operations: HashMap<Arc<str>, Operation>,
    serial: u64,
    /// The most at once.
    most: usize,
    engine: Arc<Engine>,
    sender: mpsc::Sender<Words>,
    client: Arc<Client>,
}

impl Running {
    /// Does what the client says; gives what is to be said to it at once.
    async fn take(&mut self, message: Message) -> Result<Option<String>, End> {
        let Some(text) = text_of(message)? else {
            return Ok(None);
        };
        let said: Said<'_> = serde_json::from_str(&text).map_err(|_| Closing::Invalid)?;
        match (said.kind, said.id) {
            (Kind::Subscribe, Some(id)) => self.begin(&id, said.payload)?,
            (Kind::Complete, Some(id)) => {
                self.operations.remove(id.as_str());
            }
            (Kind::ConnectionInit, _) => return Err(Closing::SecondInit.into()),
            (Kind::Ping, _) => return Ok(Some("{\"type\":\"pong\"}".to_owned())),
            (Kind::Pong, _) => {}
            (Kind::Subscribe | Kind::Complete, None) => return Err(Closing::Invalid.into()),
        }
        Ok(None)
    }

    fn begin(&mut self, id: &str, payload: Option<&RawValue>) -> Result<(), End> {
        let payload = payload.ok_or(Closing::Invalid)?.get().to_owned();
        if self.operations.contains_key(id) {
            return Err(Closing::AlreadyThere.into());
        }
        if self.operations.len() >= self.most {
            return Err(Closing::TooMany.into());
        }
        self.serial += 1;
        self.engine = self.engine.current();
        let id: Arc<str> = id.into();
        let speaker = Speaker {
            id: Arc::clone(&id),
            serial: self.serial,
            sender: self.sender.clone(),
        };
        let engine = Arc::clone(&self.engine);
        let client = Arc::clone(&self.client);
        let task = tokio::spawn(async move {
            let last = match perform(&engine, &client, &payload, &speaker).await {
                Ok(()) => message::complete(&speaker.id),
                Err(errors) => message::error(&speaker.id, &errors),
            };
            speaker.say(last, true).await;
        });
        let serial = self.serial;
        self.operations.insert(id, Operation { serial, task });
        Ok(())
    }

    /// What an operation says, if the client still wants to hear it.
    fn words(&mut self, words: Words) -> Option<String> {
        let operation = self.operations.get(&words.id)?;
        if operation.serial != words.serial {
            return None;
        }
        if words.is_last {
            self.operations.remove(&words.id);
        }
        Some(words.text)
    }
}

/// How an operation's task speaks to the client.
struct Speaker {
    id: Arc<str>,
    serial: u64,
    sender: mpsc::Sender<Words>,
}

impl Speaker {
    async fn say(&self, text: String, is_last: bool) {
        let words = Words {
            id: Arc::clone(&self.id),
            serial: self.serial,
            text,
            is_last,
        };
        // Nobody listens any more: this task is about to be aborted.
        let _ = self.sender.send(words).await;
    }

    async fn answer(&self, answer: &[u8]) {
        if let Some(text) = message::next(&self.id, answer) {
            self.say(text, false).await;
        }
    }
}

/// Answers one operation; the errors are those that end it.
async fn perform(
    engine: &Arc<Engine>,
    client: &Client,
    payload: &str,
    speaker: &Speaker,
) -> Result<(), Vec<GraphqlError>> {
    let asked =
        GraphqlRequest::from_json(payload.as_bytes()).map_err(ErrorResponse::into_errors)?;
    let refused = match engine.answer(&asked, Method::Post, &client.headers).await {
        Ok(Answered::With(answer)) => {
            speaker.answer(&answer.body.into_bytes()).await;
            return Ok(());
        }
        Ok(Answered::ByEvents(planned)) => {
            let events = engine.subscribe(planned, &asked, &client.headers, client.expiry);
            match events.await {
                Ok(events) => return pass_on(events, speaker).await,
                Err(refused) => refused,
            }
        }
        Err(refused) => refused,
    };
    Err(match refused {
        Refused::Request(errors) => errors,
        Refused::MutationByGet | Refused::Internal => ErrorResponse::internal().into_errors(),
    })
}

async fn pass_on(mut events: Events, speaker: &Speaker) -> Result<(), Vec<GraphqlError>> {
    while let Some(event) = events.next().await {
        match event {
            Event::Answer(answer) => speaker.answer(&answer).await,
            Event::Broken(error) => return Err(vec![error]),
        }
    }
    Ok(())
}
