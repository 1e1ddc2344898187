//! An app, and a browser in front of the pages: it keeps cookies, follows nothing, and fills in
//! forms.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use users::oauth::registration::{self, Wanted};
use users::store::{GrantType, OPERATOR};

use crate::support::{PASSWORD, Served};

pub(super) const CALLBACK: &str = "https://player.example/callback";
pub(super) const VERIFIER: &str = "a-verifier-that-is-long-enough-for-the-rule-of-43";
pub(super) const ALL_SCOPES: &str = "openid profile email offline_access musicwallet";

/// A registered app.
#[derive(Clone, Debug)]
pub(super) struct TestApp {
    pub(super) id: String,
    pub(super) secret: Option<String>,
}

/// A browser.
pub(super) struct Visitor {
    url: String,
    client: reqwest::Client,
    pub(super) cookie: Option<String>,
}

/// What a browser gets.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub(super) status: u16,
    pub(super) headers: HashMap<String, String>,
    pub(super) html: String,
}

/// The address of the page that asks, with these changes.
pub(super) fn query(app: &TestApp, changes: &[(&str, &str)]) -> String {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
    let mut pairs: Vec<(&str, &str)> = vec![
        ("response_type", "code"),
        ("client_id", &app.id),
        ("redirect_uri", CALLBACK),
        ("scope", "openid profile email offline_access"),
        ("state", "the state & more"),
        ("nonce", "the nonce"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        pairs.retain(|(other, _)| other != name);
        pairs.push((name, value));
    }
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// Registers an app.
pub(super) async fn app(served: &Served, confidential: bool, uris: &[&str]) -> TestApp {
    let mut grant_types = vec![GrantType::AuthorizationCode, GrantType::RefreshToken];
    if confidential {
        grant_types.push(GrantType::ClientCredentials);
    }
    let wanted = Wanted {
        name: "The <Player>".to_owned(),
        confidential,
        redirect_uris: uris.iter().map(ToString::to_string).collect(),
        scopes: ALL_SCOPES.split(' ').map(str::to_owned).collect(),
        grant_types,
    };
    let now = chrono::Utc::now();
    let (client, secret) = registration::register(&served.store, wanted, OPERATOR, now)
        .await
        .expect("registered");
    TestApp {
        id: client.id,
        secret,
    }
}

/// Posts a form as an app does, authenticated by its secret in the header if it has one.
pub(super) async fn post(
    served: &Served,
    app: &TestApp,
    path: &str,
    form: &[(&str, &str)],
) -> (u16, Value) {
    let mut form = form.to_vec();
    let mut request = reqwest::Client::new().post(format!("{}{path}", served.url));
    match &app.secret {
        Some(secret) => request = request.basic_auth(&app.id, Some(secret)),
        None => form.push(("client_id", &app.id)),
    }
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish();
    let response = request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
        .send()
        .await
        .expect("an answer");
    let status = response.status().as_u16();
    let text = response.text().await.expect("a text");
    (status, serde_json::from_str(&text).unwrap_or_default())
}

/// Exchanges a code.
pub(super) async fn exchange(served: &Served, app: &TestApp, code: &str) -> (u16, Value) {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    post(served, app, "/oauth2/token", &form).await
}

/// Exchanges a refresh token.
pub(super) async fn refresh(served: &Served, app: &TestApp, token: &Value) -> (u16, Value) {
    let token = token.as_str().expect("a token");
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    post(served, app, "/oauth2/token", &form).await
}

/// Tokens for an app, with these scopes, of `ada`, who is registered already.
pub(super) async fn tokens(served: &Served, app: &TestApp, scope: &str) -> Value {
    let code = Visitor::new(served)
        .allow_all("ada", &query(app, &[("scope", scope)]))
        .await;
    let (status, tokens) = exchange(served, app, &code).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

/// What `userinfo` says to a token.
pub(super) async fn userinfo(served: &Served, token: &Value) -> (u16, Value) {
    let response = reqwest::Client::new()
        .get(format!("{}/oauth2/userinfo", served.url))
        .bearer_auth(token.as_str().expect("a token"))
        .send()
        .await
        .expect("an answer");
    (
        response.status().as_u16(),
        response.json().await.expect("JSON"),
    )
}

/// The error that an answer of the token endpoint names.
pub(super) fn error((status, body): (u16, Value)) -> (u16, String) {
    (
        status,
        body["error"].as_str().unwrap_or_default().to_owned(),
    )
}

impl Visitor {
    pub(super) fn new(served: &Served) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        Visitor {
            url: served.url.clone(),
            client: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .expect("a client"),
            cookie: None,
        }
    }

    /// Opens the page that asks.
    pub(super) async fn open(&mut self, query: &str) -> Shown {
        let url = format!("{}/oauth2/authorize?{query}", self.url);
        self.send(self.client.get(url)).await
    }

    /// Presses a button on a page, having filled in these fields.
    pub(super) async fn press(
        &mut self,
        page: &Shown,
        action: &str,
        fields: &[(&str, &str)],
    ) -> Shown {
        let to = unescape(between(&page.html, "action=\"", "\""));
        let token = between(&page.html, "name=\"form_token\" value=\"", "\"").to_owned();
        let mut pairs = vec![("form_token", token.as_str()), ("action", action)];
        pairs.extend(fields);
        self.submit(&to, &pairs, &[]).await
    }

    /// Sends any form.
    pub(super) async fn submit(
        &mut self,
        to: &str,
        pairs: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Shown {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        let mut request = self
            .client
            .post(format!("{}{to}", self.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request).await
    }

    /// Signs in on the page that asks for it.
    pub(super) async fn sign_in(&mut self, page: &Shown, username: &str) -> Shown {
        let fields = [("username", username), ("password", PASSWORD)];
        self.press(page, "sign_in", &fields).await
    }

    /// Signs in, allows everything, and returns the code.
    pub(super) async fn allow_all(&mut self, username: &str, query: &str) -> String {
        let mut page = self.open(query).await;
        if page.html.contains("name=\"password\"") {
            page = self.sign_in(&page, username).await;
        }
        if page.status == 200 {
            page = self.press(&page, "allow", &[]).await;
        }
        page.answer()["code"].clone()
    }

    async fn send(&mut self, mut request: reqwest::RequestBuilder) -> Shown {
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let response = request.send().await.expect("an answer");
        let headers: HashMap<_, _> = response
            .headers()
            .iter()
            .map(|(name, value)| {
                let value = value.to_str().expect("a text").to_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        if let Some(set) = headers.get("set-cookie") {
            let pair = set.split(';').next().expect("a pair");
            self.cookie = Some(pair.to_owned());
        }
        Shown {
            status: response.status().as_u16(),
            headers,
            html: response.text().await.expect("a text"),
        }
    }
}

impl Shown {
    /// What the app is told by the redirect.
    #[track_caller]
    pub(super) fn answer(&self) -> HashMap<String, String> {
        let location = self.headers.get("location");
        let location = location.unwrap_or_else(|| panic!("{} {}", self.status, self.html));
        let (_, query) = location.split_once('?').expect("a query");
        form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect()
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before)
        .and_then(|(_, rest)| rest.split_once(after))
        .unwrap_or_else(|| panic!("no {before} in {text}"))
        .0
}

fn unescape(text: &str) -> String {
    text.replace("&#38;", "&")
}

/// The claims of a token, unverified.
pub(super) fn claims(token: &Value) -> Value {
    let payload = token
        .as_str()
        .expect("a token")
        .split('.')
        .nth(1)
        .expect("three parts");
    let json = URL_SAFE_NO_PAD.decode(payload).expect("base64");
    serde_json::from_slice(&json).unwrap_or(json!(null))
}
