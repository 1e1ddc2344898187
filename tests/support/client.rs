//! A user of the federation: somebody with or without a token, who asks the router.

use serde_json::{Value, json};

use super::federation::Federation;
use super::http::client;

/// The password of the demo users, and of those who register in tests.
const PASSWORD: &str = "listen-to-this";

/// Somebody who asks the router.
pub(crate) struct Client {
    http: reqwest::Client,
    endpoint: String,
    token: Option<String>,
}

impl Client {
    /// Nobody in particular.
    pub(crate) fn anonymous(federation: &Federation) -> Self {
        Self {
            http: client(),
            endpoint: federation.endpoint(),
            token: None,
        }
    }

    /// Whoever this token says.
    pub(crate) fn with_token(federation: &Federation, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..Self::anonymous(federation)
        }
    }

    /// A demo user.
    pub(crate) async fn signed_in(federation: &Federation, username: &str) -> Self {
        let anonymous = Self::anonymous(federation);
        let sign_in = "mutation ($username: String!, $password: String!) { \
                       signIn(input: { username: $username, password: $password }) { accessToken } }";
        let answer = anonymous
            .ask_with(
                sign_in,
                json!({ "username": username, "password": PASSWORD }),
            )
            .await;
        Self::with_token(
            federation,
            answer["signIn"]["accessToken"].as_str().expect("a token"),
        )
    }

    /// Somebody new.
    pub(crate) async fn registered(federation: &Federation, username: &str) -> Self {
        let anonymous = Self::anonymous(federation);
        let register = "mutation ($username: String!, $email: String!, $password: String!) { \
                        register(input: { username: $username, email: $email, password: $password }) { accessToken } }";
        let email = format!("{username}@example.org");
        let variables = json!({ "username": username, "email": email, "password": PASSWORD });
        let answer = anonymous.ask_with(register, variables).await;
        Self::with_token(
            federation,
            answer["register"]["accessToken"].as_str().expect("a token"),
        )
    }

    /// The data of an operation that must succeed.
    pub(crate) async fn ask(&self, query: &str) -> Value {
        self.ask_with(query, json!({})).await
    }

    /// The data of an operation with variables that must succeed.
    pub(crate) async fn ask_with(&self, query: &str, variables: Value) -> Value {
        let (status, mut answer) = self
            .send(&json!({ "query": query, "variables": variables }))
            .await;
        assert_eq!(status, 200, "{query}\n{answer:#}");
        assert_eq!(answer.get("errors"), None, "{query}\n{answer:#}");
        answer["data"].take()
    }

    /// The code of the first error of an operation that must fail.
    pub(crate) async fn error_code(&self, query: &str) -> String {
        let (_, answer) = self.send(&json!({ "query": query })).await;
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("no error with a code: {query}\n{answer:#}"))
            .to_owned()
    }

    /// Subscribes, to server-sent events.
    pub(crate) async fn listen(&self, query: &str, variables: Value) -> reqwest::Response {
        let mut post = self
            .http
            .post(&self.endpoint)
            .header("accept", "text/event-stream")
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = &self.token {
            post = post.bearer_auth(token);
        }
        let response = post.send().await.expect("the router answers");
        assert_eq!(response.status().as_u16(), 200, "{query}");
        response
    }

    /// Status and body of the answer to a request.
    pub(crate) async fn send(&self, request: &Value) -> (u16, Value) {
        let mut post = self.http.post(&self.endpoint).json(request);
        if let Some(token) = &self.token {
            post = post.bearer_auth(token);
        }
        let response = post
            .send()
            .await
            .unwrap_or_else(|error| panic!("{}: {error}", self.endpoint));
        let status = response.status().as_u16();
        (status, response.json().await.expect("GraphQL answers JSON"))
    }
}
