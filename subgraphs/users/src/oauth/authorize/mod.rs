//! `GET, POST /oauth2/authorize`: an app sends a user to us, and gets a code when the user agrees.
//!
//! ```text
//! app ──▶ GET ──▶ who asks? ──▶ signed in? ──▶ allowed? ──▶ redirect: code, state, iss
//!                    │             │ no           │ no
//!                    ▼             ▼              ▼
//!                 an error     sign-in page    consent page      (prompt=none: redirect: error)
//!                 page            └── POST ───────┴── POST ──▶ on from there
//! ```
//!
//! The pages keep nothing: their forms are sent to the same query, which is read anew each time.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use kit::{Code, Failure};

use super::browser::{Browser, SignedInHere};
use super::error::OAuthError;
use super::pages::{self, Page};
use super::parameters::Parameters;
use super::scope::Scopes;
use super::{Provider, pages::consent, pages::sign_in};
use crate::account::Account;
use crate::flows;
use crate::security::opaque_token::OpaqueToken;
use crate::store::{AppGrant, CodeGrant, NewCode};

mod hint;
mod request;

use hint::Hint;
use request::{Destination, Request};

/// Where it is.
const PATH: &str = "/oauth2/authorize";

/// A request that is understood, and the browser it came from.
struct Step<'a> {
    provider: &'a Provider,
    to: Destination,
    request: Request,
    /// The id of the only account that will do, if the app named one.
    expected: Option<String>,
    browser: Browser,
    /// The query, for the forms of the pages.
    query: String,
    now: DateTime<Utc>,
}

/// `GET`: an app sends a user.
pub(super) async fn begin(
    State(provider): State<Arc<Provider>>,
    parts: Parts,
    RawQuery(query): RawQuery,
) -> Response {
    let step = match understand(&provider, &parts, query.unwrap_or_default()).await {
        Ok(step) => step,
        Err(response) => return response,
    };
    let signed_in = match step.browser.signed_in(&provider).await {
        Ok(signed_in) => signed_in,
        Err(failure) => return pages::failed(&failure.into()),
    };
    let signed_in = signed_in.filter(|it| step.accepts(it));
    step.with(signed_in).await
}

/// `POST`: the user did something on one of the pages.
pub(super) async fn go_on(
    State(provider): State<Arc<Provider>>,
    parts: Parts,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let form = match Parameters::of_form(&parts.headers, &body) {
        Ok(form) => form,
        Err(error) => return pages::failed(&error),
    };
    let query = query.unwrap_or_default();
    if query.is_empty() && form.get("client_id").is_some() {
        return by_get(&body);
    }
    let step = match understand(&provider, &parts, query).await {
        Ok(step) => step,
        Err(response) => return response,
    };
    if !step.browser.sent(form.get("form_token"), &parts.headers) {
        // No cookie, or another one: the page is too old, or the form is not ours.
        return step.sign_in_page(
            StatusCode::FORBIDDEN,
            Some("The page was too old: please try again."),
        );
    }
    match form.get("action") {
        Some("sign_in") => step.signs_in(&parts, &form).await,
        Some("allow") => step.allows().await,
        Some("deny") => step.tell(&OAuthError::new(
            "access_denied",
            "The user does not allow it",
        )),
        Some("sign_out") => step.signs_out().await,
        _ => pages::failed(&OAuthError::invalid_request("The form has no action")),
    }
}

/// An app may send the user by a form too (OpenID Connect Core 1.0, section 3.1.2.1). The browser is
/// sent on to the same by `GET`, for it keeps its cookie back when another site sends a form.
fn by_get(form: &[u8]) -> Response {
    let query = String::from_utf8_lossy(form);
    match HeaderValue::from_str(&format!("{PATH}?{query}")) {
        Ok(location) => (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
        Err(_) => pages::failed(&OAuthError::invalid_request("The form is not encoded")),
    }
}

/// Reads the query, or answers what cannot be understood.
async fn understand<'a>(
    provider: &'a Provider,
    parts: &Parts,
    query: String,
) -> Result<Step<'a>, Response> {
    let unknown = |error: OAuthError| pages::failed(&error);
    let parameters = Parameters::of_query(&query).map_err(unknown)?;
    let to = Destination::find(&provider.services.store, &parameters)
        .await
        .map_err(unknown)?;
    let told = |error: OAuthError| answer(provider, &to, &pairs_of(&error));
    let mut request = Request::parse(&to.client, &parameters).map_err(told)?;
    let expected = match expected(provider, &to, &parameters).map_err(told)? {
        Some(Hint::Account(id)) => Some(id),
        Some(Hint::Outdated) => {
            // Whom it named is not known, so whoever signs in shows who it is.
            request.prompt.login = true;
            None
        }
        None => None,
    };
    let browser =
        Browser::of(provider, &parts.headers).map_err(|failure| pages::failed(&failure.into()))?;
    Ok(Step {
        provider,
        to,
        request,
        expected,
        browser,
        query,
        now: Utc::now(),
    })
}

/// Whom the app expects.
fn expected(
    provider: &Provider,
    to: &Destination,
    parameters: &Parameters,
) -> Result<Option<Hint>, OAuthError> {
    let read = |token| {
        let keys = Arc::clone(&provider.services.issuer.keys().published().borrow());
        Hint::read(token, &keys, provider.issuer(), &to.client.id)
    };
    parameters.get("id_token_hint").map(read).transpose()
}

impl Step<'_> {
    /// Whether whoever is signed in is who is asked for, and need not give their password again.
    fn accepts(&self, it: &SignedInHere) -> bool {
        self.expects(&it.account) && self.request.accepts(it.authenticated_at, self.now)
    }

    fn expects(&self, account: &Account) -> bool {
        self.expected.as_ref().is_none_or(|id| *id == account.id)
    }

    /// Goes on with whoever is signed in.
    async fn with(self, signed_in: Option<SignedInHere>) -> Response {
        let Some(signed_in) = signed_in else {
            if self.request.prompt.none {
                return self.tell(&OAuthError::new("login_required", "Nobody is signed in"));
            }
            return self.sign_in_page(StatusCode::OK, None);
        };
        let consent = self
            .provider
            .services
            .store
            .consent(&signed_in.account.id, &self.to.client.id)
            .await;
        let allowed = match consent {
            Ok(consent) => Scopes::stored(&consent.unwrap_or_default()),
            Err(failure) => return self.tell(&failure.into()),
        };
        let must_ask = self.request.prompt.consent
            || self.could_be_another_app()
            || !allowed.cover(&self.request.scopes);
        if !must_ask {
            return self.give_code(&signed_in).await;
        }
        if self.request.prompt.none {
            return self.tell(&OAuthError::new(
                "consent_required",
                "The user must be asked",
            ));
        }
        let page = consent::page(
            &self.form(),
            &self.to.client,
            &self.request.scopes,
            &signed_in.account,
        );
        self.show(StatusCode::OK, page)
    }

    /// Whether anything on the user's device could pretend to be this app (RFC 8252, section 8.6).
    fn could_be_another_app(&self) -> bool {
        self.to.client.secret.is_none() && !self.to.redirect_uri.starts_with("https://")
    }

    async fn signs_in(mut self, parts: &Parts, form: &Parameters) -> Response {
        let requester = self.provider.requester(parts);
        let services = &self.provider.services;
        let login = form.get("username").unwrap_or_default();
        let password = form.get("password").unwrap_or_default();
        let proved = flows::prove_credentials(services, &requester, login, password).await;
        let account = match proved {
            Ok(account) => account,
            Err(failure) => return self.refuse(&failure),
        };
        if !self.expects(&account) {
            let problem = "Another user signed in than the id_token_hint names";
            return self.tell(&OAuthError::new("login_required", problem));
        }
        let browser = self
            .browser
            .sign_in(self.provider, &account, requester.software, self.now)
            .await;
        match browser {
            Ok(browser) => self.browser = browser,
            Err(failure) => return pages::failed(&failure.into()),
        }
        let authenticated_at = self.now;
        self.with(Some(SignedInHere {
            account,
            authenticated_at,
        }))
        .await
    }

    fn refuse(self, failure: &Failure) -> Response {
        let status = match failure.code() {
            Code::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
            Code::Unauthenticated => StatusCode::BAD_REQUEST,
            _ => return pages::failed(&failure.clone().into()),
        };
        self.sign_in_page(status, Some(failure.message()))
    }

    async fn signs_out(mut self) -> Response {
        match self.browser.sign_out(self.provider).await {
            Ok(browser) => self.browser = browser,
            Err(failure) => return pages::failed(&failure.into()),
        }
        self.sign_in_page(StatusCode::OK, None)
    }

    async fn allows(self) -> Response {
        let signed_in = match self.browser.signed_in(self.provider).await {
            Ok(Some(it))
                if self.expects(&it.account)
                    && self.request.accepts_answer(it.authenticated_at, self.now) =>
            {
                it
            }
            Ok(_) => return self.sign_in_page(StatusCode::OK, None),
            Err(failure) => return pages::failed(&failure.into()),
        };
        match self.remember_consent(&signed_in).await {
            Ok(()) => self.give_code(&signed_in).await,
            Err(failure) => self.tell(&failure.into()),
        }
    }

    /// What was allowed before stays allowed.
    async fn remember_consent(&self, signed_in: &SignedInHere) -> kit::Result<()> {
        let (account, client) = (&signed_in.account.id, &self.to.client.id);
        let store = &self.provider.services.store;
        let before = store.consent(account, client).await?.unwrap_or_default();
        let grant = AppGrant {
            client_id: client.clone(),
            scope: Scopes::stored(&before).with(&self.request.scopes).text(),
        };
        store.give_consent(account, &grant, self.now).await
    }

    async fn give_code(self, signed_in: &SignedInHere) -> Response {
        match self.new_code(signed_in).await {
            Ok(code) => {
                let pairs = [("code", code)];
                let mut response = answer(self.provider, &self.to, &pairs);
                self.remember_browser(&mut response);
                response
            }
            Err(failure) => self.tell(&failure.into()),
        }
    }

    async fn new_code(&self, signed_in: &SignedInHere) -> kit::Result<String> {
        let code = OpaqueToken::new()?;
        let grant = CodeGrant {
            client_id: self.to.client.id.clone(),
            redirect_uri: self.to.redirect_uri.clone(),
            scope: self.request.scopes.text(),
            nonce: self.request.nonce.clone(),
            code_challenge: self.request.code_challenge.clone(),
            authenticated_at: signed_in.authenticated_at,
        };
        let stored = NewCode {
            hash: &code.hash(),
            account_id: &signed_in.account.id,
            grant: &grant,
        };
        self.provider
            .services
            .store
            .add_code(stored, self.now)
            .await?;
        Ok(code.reveal())
    }

    fn sign_in_page(self, status: StatusCode, problem: Option<&str>) -> Response {
        let hint = self.request.login_hint.as_deref();
        let page = sign_in::page(&self.form(), &self.to.client, hint, problem);
        self.show(status, page)
    }

    fn form(&self) -> pages::Form {
        pages::Form {
            action: format!("{PATH}?{}", self.query),
            token: self.browser.form_token(),
        }
    }

    fn show(self, status: StatusCode, page: Page) -> Response {
        let mut response = page.leading_to(&self.to.redirect_uri).show(status);
        self.remember_browser(&mut response);
        response
    }

    fn remember_browser(&self, response: &mut Response) {
        if let Some(cookie) = self.browser.set_cookie(self.provider) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
    }

    fn tell(&self, error: &OAuthError) -> Response {
        answer(self.provider, &self.to, &pairs_of(error))
    }
}

fn pairs_of(error: &OAuthError) -> [(&'static str, String); 2] {
    [
        ("error", error.code().to_owned()),
        ("error_description", error.description().to_owned()),
    ]
}

/// Sends the browser back to the app, which learns who answers (RFC 9207).
fn answer(provider: &Provider, to: &Destination, pairs: &[(&str, String)]) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        query.append_pair(name, value);
    }
    if let Some(state) = &to.state {
        query.append_pair("state", state);
    }
    query.append_pair("iss", provider.issuer());
    let separator = if to.redirect_uri.contains('?') {
        '&'
    } else {
        '?'
    };
    let location = format!("{}{separator}{}", to.redirect_uri, query.finish());
    match HeaderValue::from_str(&location) {
        Ok(location) => {
            let headers = [
                (header::LOCATION, location),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
                (
                    header::REFERRER_POLICY,
                    HeaderValue::from_static("no-referrer"),
                ),
            ];
            // See Other: what was posted to us, the password, is not posted on (RFC 9700, 4.12).
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        // Registered URIs are visible ASCII.
        Err(_) => pages::failed(&OAuthError::invalid_request("The redirect_uri is no URI")),
    }
}
