//! How subgraphs are reached: HTTP/1.1 and HTTP/2, with and without TLS, over TCP and Unix sockets,
//! over connections that are kept for the next request and given up when nobody needs them.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{Request, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

use crate::support::{RunningRouter, code, eventually, message};

/// What a server saw.
#[derive(Clone, Default)]
struct Seen {
    /// The versions and addresses of requests, in their order.
    requests: Arc<Mutex<Vec<(Version, String)>>>,
    /// Connections that were made.
    made: Arc<AtomicUsize>,
    /// Connections that are open.
    open: Arc<AtomicUsize>,
}

impl Seen {
    fn versions(&self) -> Vec<Version> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|(version, _)| *version).collect()
    }

    fn made(&self) -> usize {
        self.made.load(Ordering::SeqCst)
    }

    fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Answers what comes over one connection, in whichever version it comes.
    async fn serve<T>(self, stream: T)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.made.fetch_add(1, Ordering::SeqCst);
        self.open.fetch_add(1, Ordering::SeqCst);
        let seen = Arc::clone(&self.requests);
        let service = service_fn(move |request: Request<Incoming>| {
            let line = (request.version(), request.uri().path().to_owned());
            seen.lock().unwrap().push(line);
            let body = json!({ "data": { "top": 1 } }).to_string();
            async move { Ok::<_, Infallible>(axum::http::Response::new(body)) }
        });
        let _ = Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), service)
            .await;
        self.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A server over plain TCP. Gives its port.
async fn plain(seen: &Seen) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = seen.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(seen.clone().serve(stream));
        }
    });
    port
}

/// A server over TLS that offers these protocols. Gives its port, and its certificate as PEM.
async fn encrypted(seen: &Seen, protocols: &[&str]) -> (u16, String) {
    let certified = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let pem = certified.cert.pem();
    let key = certified.signing_key.serialize_der();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key.try_into().unwrap())
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|it| it.as_bytes().to_vec()).collect();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = seen.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // Who does not trust us breaks off here.
            if let Ok(stream) = acceptor.accept(stream).await {
                tokio::spawn(seen.clone().serve(stream));
            }
        }
    });
    (port, pem)
}

async fn router_over(url: &str, config: &str) -> RunningRouter {
    RunningRouter::over_url(url, "type Query { top: Int }", config).await
}

/// Asks so often, one after the other, and wants to be answered.
async fn ask(router: &RunningRouter, times: usize) {
    for _ in 0..times {
        let answer = router.query("{ top }").await;
        assert_eq!(answer, (200, json!({ "data": { "top": 1 } })));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_connection_is_kept_and_given_up_when_it_is_idle() {
    let seen = Seen::default();
    let port = plain(&seen).await;
    let config = "traffic_shaping: { all: { pool_idle_timeout: 400ms } }";
    let router = router_over(&format!("http://127.0.0.1:{port}/a"), config).await;
    ask(&router, 3).await;
    assert_eq!(seen.versions(), [Version::HTTP_11; 3]);
    assert_eq!((seen.made(), seen.open()), (1, 1));
    eventually("nothing is open", || async { seen.open() == 0 }).await;
    ask(&router, 1).await;
    assert_eq!(seen.made(), 2);
    assert_eq!(seen.requests.lock().unwrap()[0].1, "/a");
}

#[tokio::test(flavor = "multi_thread")]
async fn http2_is_spoken_over_a_plain_connection_where_it_is_said_so() {
    for config in [
        "traffic_shaping: { all: { http2: http2only } }",
        "traffic_shaping: { subgraphs: { music: { experimental_http2: http2only } } }",
    ] {
        let seen = Seen::default();
        let port = plain(&seen).await;
        let router = router_over(&format!("http://127.0.0.1:{port}/a"), config).await;
        ask(&router, 2).await;
        let many = (0..20).map(|_| ask(&router, 2));
        futures_util::future::join_all(many).await;
        assert!(seen.versions().iter().all(|it| *it == Version::HTTP_2));
        assert_eq!(seen.made(), 1, "all streams share a connection");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_http2_is_spoken_where_it_is_offered_and_not_refused() {
    for (offered, http2, expected) in [
        (&["h2", "http/1.1"][..], "enable", Version::HTTP_2),
        (&["http/1.1"], "enable", Version::HTTP_11),
        (&[], "enable", Version::HTTP_11),
        (&["h2", "http/1.1"], "disable", Version::HTTP_11),
        (&["h2"], "http2only", Version::HTTP_2),
    ] {
        let seen = Seen::default();
        let (port, pem) = encrypted(&seen, offered).await;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), pem).unwrap();
        let config = format!(
            "traffic_shaping: {{ all: {{ http2: {http2} }} }}\n\
             tls: {{ subgraph: {{ all: {{ certificate_authorities: \"${{file.{}}}\" }} }} }}\n",
            file.path().display()
        );
        let router = router_over(&format!("https://localhost:{port}/a"), &config).await;
        ask(&router, 3).await;
        assert_eq!(seen.versions(), [expected; 3], "{offered:?} {http2}");
        assert_eq!(seen.made(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_trusted_is_not_spoken_to() {
    let seen = Seen::default();
    let (port, _) = encrypted(&seen, &["http/1.1"]).await;
    let config = "include_subgraph_errors: { all: true }";
    let router = router_over(&format!("https://localhost:{port}/a"), config).await;
    let (_, body) = router.query("{ top }").await;
    assert_eq!(code(&body), "SUBREQUEST_HTTP_ERROR");
    assert!(seen.versions().is_empty());
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_may_listen_on_a_unix_socket() {
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("music.sock");
    let listener = tokio::net::UnixListener::bind(&socket).unwrap();
    let seen = Seen::default();
    let served = seen.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(served.clone().serve(stream));
        }
    });
    let url = format!("unix://{}?path=/graphql", socket.display());
    let overridden = format!("override_subgraph_url: {{ music: '{url}' }}");
    for (url, config) in [(&*url, ""), ("http://nowhere.invalid/", &*overridden)] {
        let router = router_over(url, config).await;
        let before = seen.made();
        ask(&router, 3).await;
        assert_eq!(seen.made() - before, 1);
        let last = seen.requests.lock().unwrap().last().cloned();
        assert_eq!(last, Some((Version::HTTP_11, "/graphql".to_owned())));
    }
    let gone = format!("unix://{}", directory.path().join("gone").display());
    let router = router_over(&gone, "").await;
    assert_eq!(
        code(&router.query("{ top }").await.1),
        "SUBREQUEST_HTTP_ERROR"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_does_not_take_connections_is_not_waited_for() {
    // Its queue of connections is full, and nobody takes them from it.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    let full = loop {
        let connecting = tokio::net::TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_millis(300), connecting).await {
            Ok(Ok(stream)) => waiting.push(stream),
            Ok(Err(error)) => break error.to_string(),
            Err(_) => break "full".to_owned(),
        }
    };
    assert_eq!(full, "full");
    let config = "{ traffic_shaping: { all: { connect_timeout: 200ms, timeout: 10s } }, \
        include_subgraph_errors: { all: true } }";
    let router = router_over(&format!("http://{address}/"), config).await;
    let (_, body) = router.query("{ top }").await;
    assert_eq!(code(&body), "SUBREQUEST_HTTP_ERROR");
    assert!(message(&body).contains("connect"), "{body}");
}

/// Counts a request that is given up.
struct Pending(Arc<AtomicUsize>);

impl Drop for Pending {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A subgraph that never answers. Gives its URL, and how many requests came and were given up.
async fn silent() -> (String, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let (came, ended) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let counted = (Arc::clone(&came), Arc::clone(&ended));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (came, ended) = counted.clone();
            let service = service_fn(move |_: Request<Incoming>| {
                came.fetch_add(1, Ordering::SeqCst);
                let pending = Pending(Arc::clone(&ended));
                async move {
                    let _pending = pending;
                    std::future::pending::<Result<axum::http::Response<String>, Infallible>>().await
                }
            });
            tokio::spawn(async move {
                let _ = Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    });
    (url, came, ended)
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_client_goes_away_its_subgraph_requests_end() {
    for http2 in ["enable", "http2only"] {
        let (url, came, ended) = silent().await;
        let config = format!("traffic_shaping: {{ all: {{ http2: {http2} }} }}");
        let router = router_over(&url, &config).await;
        let request = router
            .client
            .post(router.url("/graphql"))
            .json(&json!({ "query": "{ top }" }));
        let asking = tokio::spawn(request.send());
        eventually("the request arrives", || async {
            came.load(Ordering::SeqCst) == 1
        })
        .await;
        assert_eq!(ended.load(Ordering::SeqCst), 0);
        asking.abort();
        eventually("the request is given up", || async {
            ended.load(Ordering::SeqCst) == 1
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_are_opened_over_each_of_them() {
    let sdl = "type Query { top: Int } type Subscription { top: Int }";
    let only = "traffic_shaping: { all: { http2: http2only } }";
    for (is_encrypted, config, version) in [
        (false, "", Version::HTTP_11),
        (false, only, Version::HTTP_2),
        // A stream has its connection for itself, so it gains nothing from HTTP/2.
        (true, "", Version::HTTP_11),
        (true, only, Version::HTTP_2),
    ] {
        let seen = Seen::default();
        let (url, trust) = if is_encrypted {
            let (port, pem) = encrypted(&seen, &["h2", "http/1.1"]).await;
            let pem = serde_json::to_string(&pem).unwrap();
            let trust =
                format!("tls: {{ subgraph: {{ all: {{ certificate_authorities: {pem} }} }} }}");
            (format!("https://localhost:{port}/a"), trust)
        } else {
            (
                format!("http://127.0.0.1:{}/a", plain(&seen).await),
                String::new(),
            )
        };
        let router = RunningRouter::over_url(&url, sdl, &format!("{config}\n{trust}")).await;
        let request = router.client.post(router.url("/graphql"));
        let request = request.header("accept", "text/event-stream");
        let body = json!({ "query": "subscription { top }" });
        let heard = request
            .json(&body)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let event = "event: next\ndata: {\"data\":{\"top\":1}}\n\nevent: complete\ndata:\n\n";
        assert_eq!(heard, event, "{url} {config}");
        assert_eq!(seen.versions(), [version], "{url} {config}");
    }
}
