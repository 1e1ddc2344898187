//! Accepts connections, hands their requests to the current app, and drains them at the end.

mod admission;
mod client_stream;
mod listener;
mod open_files;

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use http::HeaderValue;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::io::{AsyncRead, AsyncWrite};

use admission::Admission;
use client_stream::ClientStream;
use listener::Accepted;
pub use listener::ListenAddress;
pub(crate) use listener::Listener;
pub(crate) use open_files::raise_limit;

use crate::http::app::App;
use crate::turns::in_turn;

/// How long a client may take to send the head of a request.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a client may send nothing at first, and take nothing of its answer later.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a client that speaks HTTP/2 is asked whether it is still there.
const PING: Duration = Duration::from_secs(30);
/// How long requests that are being answered may take once the router is told to stop.
const DRAIN: Duration = Duration::from_secs(20);
/// How long to wait when the system is out of file descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves so many connections at once until `stop` is done, then lets what is being answered end.
pub(crate) async fn serve(
    listener: Listener,
    app: Arc<ArcSwap<App>>,
    max_connections: NonZeroUsize,
    stop: impl Future<Output = ()>,
    on_stop: impl FnOnce(),
) {
    let connections = GracefulShutdown::new();
    let server = server();
    let mut admission = Admission::new(max_connections);
    tokio::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let is_admitted = admission.admits(connections.count());
        match accepted {
            Ok(Accepted::Tcp(stream, _)) if !is_admitted => admission.refuse(stream),
            #[cfg(unix)]
            Ok(Accepted::Unix(stream)) if !is_admitted => admission.refuse(stream),
            Ok(Accepted::Tcp(stream, from)) => {
                // Answers are written whole: waiting for more to send would only delay them.
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!("TCP_NODELAY cannot be set: {error}");
                }
                let from = HeaderValue::try_from(from.to_canonical().to_string()).ok();
                connection(&server, stream, from, &app, &connections);
            }
            #[cfg(unix)]
            Ok(Accepted::Unix(stream)) => connection(&server, stream, None, &app, &connections),
            Err(error) => {
                // A client that has left again is its own affair; the rest is ours.
                if error.kind() != std::io::ErrorKind::ConnectionAborted {
                    tracing::warn!("a connection cannot be accepted: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
    on_stop();
    // New connections are refused from here on; those that are idle are closed at once.
    drop(listener);
    let open = connections.count();
    if open > 0 {
        tracing::info!(connections = open, "draining");
    }
    if tokio::time::timeout(DRAIN, connections.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests did not end in time and are broken off");
    }
}

fn server() -> Builder<TokioExecutor> {
    let mut server = Builder::new(TokioExecutor::new());
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(250)
        .keep_alive_interval(PING)
        .max_header_list_size(64 * 1024);
    server
}

fn connection<T>(
    server: &Builder<TokioExecutor>,
    stream: T,
    from: Option<HeaderValue>,
    app: &Arc<ArcSwap<App>>,
    connections: &GracefulShutdown,
) where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let stream = ClientStream::new(stream, PATIENCE);
    let app = Arc::clone(app);
    let service = service_fn(move |request| {
        // A request keeps the app it began with, whatever is reloaded meanwhile.
        let app = app.load_full();
        let from = from.clone();
        async move { Ok::<_, Infallible>(app.answer(Box::new(request), from).await) }
    });
    let connection = server
        .serve_connection_with_upgrades(TokioIo::new(stream), service)
        .into_owned();
    let watched = connections.watch(connection);
    tokio::spawn(in_turn(async move {
        if let Err(error) = watched.await {
            // Clients break connections all the time.
            tracing::debug!("a connection ended early: {error}");
        }
    }));
}
