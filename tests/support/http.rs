//! The HTTP client of the tests.

use serde_json::{Value, json};

/// A client that waits long enough for a busy machine, and for no longer.
pub(crate) fn client() -> reqwest::Client {
    // Installed once per process; a second time is no error to us.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .timeout(std::time::Duration::from_secs(60))
        .build()
        .expect("a client can be built")
}

/// Sends an operation without variables, and returns the whole answer.
pub(crate) async fn graphql(url: &str, query: &str) -> Value {
    let response = client()
        .post(url)
        .json(&json!({ "query": query }))
        .send()
        .await
        .unwrap_or_else(|error| panic!("{url}: {error}"));
    response.json().await.expect("GraphQL answers JSON")
}
