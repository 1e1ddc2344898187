//! The browser in front of our pages, known by one cookie: who signed in with it, and that a form was
//! sent from a page of ours.
//!
//! ```text
//! first page ──▶ cookie A (random, stands for nobody)     form token = hash(A)
//! sign in    ──▶ cookie B (random, stands for a session)  form token = hash(B)
//! ```
//!
//! A form is taken only with the token that follows from the cookie: another site can have a form
//! sent, but knows neither. The cookie changes with the sign-in, so that one that was planted before
//! stands for nobody.

use axum::http::{HeaderMap, HeaderValue, header};
use chrono::{DateTime, Utc};

use super::Provider;
use crate::account::Account;
use crate::security::one_way;
use crate::security::opaque_token::OpaqueToken;

/// The name of the cookie. The prefix binds it to this host and to HTTPS (RFC 6265bis, section
/// 4.1.3.2), where there is HTTPS.
const SECURE_NAME: &str = "__Host-musicwallet";
const PLAIN_NAME: &str = "musicwallet";

/// A browser.
#[derive(Clone, Debug)]
pub(super) struct Browser {
    cookie: OpaqueToken,
    /// Whether the browser must be told of the cookie.
    is_new: bool,
}

/// Who signed in with a browser.
#[derive(Clone, Debug)]
pub(super) struct SignedInHere {
    pub(super) account: Account,
    pub(super) authenticated_at: DateTime<Utc>,
}

impl Browser {
    /// The browser that sent a request.
    pub(super) fn of(provider: &Provider, headers: &HeaderMap) -> kit::Result<Self> {
        let name = name(provider);
        let known = headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .and_then(|(_, value)| OpaqueToken::received(value.to_owned()));
        match known {
            Some(cookie) => Ok(Browser {
                cookie,
                is_new: false,
            }),
            None => Self::another(),
        }
    }

    /// The same browser with another cookie.
    pub(super) fn another() -> kit::Result<Self> {
        Ok(Browser {
            cookie: OpaqueToken::new()?,
            is_new: true,
        })
    }

    /// Who signed in with it.
    pub(super) async fn signed_in(&self, provider: &Provider) -> kit::Result<Option<SignedInHere>> {
        let found = provider
            .services
            .store
            .browser_session(&self.cookie.hash(), Utc::now())
            .await?;
        Ok(found.map(|(account, authenticated_at)| SignedInHere {
            account,
            authenticated_at,
        }))
    }

    /// Has an account signed in with this browser from now on, by another cookie.
    pub(super) async fn sign_in(
        &self,
        provider: &Provider,
        account: &Account,
        software: Option<String>,
        now: DateTime<Utc>,
    ) -> kit::Result<Self> {
        let store = &provider.services.store;
        store.end_browser_session(&self.cookie.hash()).await?;
        let next = Self::another()?;
        store
            .begin_browser_session(&account.id, &next.cookie.hash(), software, now)
            .await?;
        Ok(next)
    }

    /// Has nobody signed in with this browser any more.
    pub(super) async fn sign_out(&self, provider: &Provider) -> kit::Result<Self> {
        let store = &provider.services.store;
        store.end_browser_session(&self.cookie.hash()).await?;
        Self::another()
    }

    /// What a form on a page for this browser must have in it.
    pub(super) fn form_token(&self) -> String {
        one_way::hash(&format!("form\n{}", self.cookie.clone().reveal()))
    }

    /// Whether a form was sent from a page of ours in this browser.
    pub(super) fn sent(&self, form_token: Option<&str>, headers: &HeaderMap) -> bool {
        // Browsers that say where a request comes from are believed when they say it is elsewhere.
        let from_elsewhere = super::header(headers, "sec-fetch-site")
            .is_some_and(|site| site != "same-origin" && site != "none");
        let token = form_token.unwrap_or_default();
        !self.is_new && !from_elsewhere && one_way::equal(token, &self.form_token())
    }

    /// The header that tells the browser of its cookie, if it must be told.
    pub(super) fn set_cookie(&self, provider: &Provider) -> Option<HeaderValue> {
        if !self.is_new {
            return None;
        }
        let secure = if is_https(provider) { "; Secure" } else { "" };
        let cookie = format!(
            "{}={}; Path=/; HttpOnly; SameSite=Lax{secure}",
            name(provider),
            self.cookie.clone().reveal()
        );
        HeaderValue::from_str(&cookie).ok()
    }
}

fn name(provider: &Provider) -> &'static str {
    if is_https(provider) {
        SECURE_NAME
    } else {
        PLAIN_NAME
    }
}

fn is_https(provider: &Provider) -> bool {
    provider.issuer().starts_with("https://")
}
