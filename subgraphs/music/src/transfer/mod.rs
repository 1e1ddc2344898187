//! Favourites as files: taken in and given out, line by line, over plain HTTP.
//!
//! | route | what |
//! |---|---|
//! | `POST /favourites/import` | favourites for the caller; the answer is a report, written while they come |
//! | `GET /favourites/export` | all favourites of the caller |
//!
//! Neither holds more than a few hundred lines at once. Reading order: [`format`](mod@format), [`records`]
//! (where a line ends), [`line`](mod@line) (what it says), [`import`], [`export`].

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use clap::Args;
use kit::Code;
use kit::auth::{Caller, TokenVerifier};
use kit::server::Refusal;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::ids::UserId;
use crate::store::Store;

pub mod cell;
pub mod export;
pub mod format;
pub mod import;
pub mod line;
pub mod records;

/// What an import may cost.
#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// Bytes of an import at most
    #[arg(long, env = "IMPORT_MAX_BYTES", value_name = "BYTES", default_value_t = DEFAULT_BYTES)]
    pub import_max_bytes: u64,

    /// Lines of an import at most
    #[arg(long, env = "IMPORT_MAX_LINES", value_name = "N", default_value_t = DEFAULT_LINES)]
    pub import_max_lines: u64,

    /// Imports that run at once at most; a user has one
    #[arg(long, env = "IMPORTS_AT_ONCE", value_name = "N", default_value_t = DEFAULT_AT_ONCE)]
    pub imports_at_once: usize,
}

const DEFAULT_BYTES: u64 = 512 << 20;
const DEFAULT_LINES: u64 = 2_000_000;
const DEFAULT_AT_ONCE: usize = 4;

impl Default for ImportArgs {
    /// The same values as a command line without flags.
    fn default() -> Self {
        ImportArgs {
            import_max_bytes: DEFAULT_BYTES,
            import_max_lines: DEFAULT_LINES,
            imports_at_once: DEFAULT_AT_ONCE,
        }
    }
}

/// What both endpoints need.
#[derive(Debug)]
pub(crate) struct Transfer {
    store: Store,
    verifier: TokenVerifier,
    limits: ImportArgs,
    room: Arc<Semaphore>,
    /// Who imports now.
    users: Mutex<HashSet<UserId>>,
}

/// The right to import; dropping it gives it back.
#[derive(Debug)]
struct Turn {
    transfer: Arc<Transfer>,
    user: UserId,
    _permit: OwnedSemaphorePermit,
}

/// The routes of both endpoints.
pub fn routes(store: Store, verifier: TokenVerifier, limits: &ImportArgs) -> Router {
    let transfer = Arc::new(Transfer {
        store,
        verifier,
        limits: limits.clone(),
        room: Arc::new(Semaphore::new(limits.imports_at_once)),
        users: Mutex::default(),
    });
    Router::new()
        .route("/favourites/import", post(import::answer))
        .route("/favourites/export", get(export::answer))
        .with_state(transfer)
}

impl Transfer {
    /// Whose favourites they are: the caller's, by their own hand or by an app that may.
    async fn user(&self, headers: &axum::http::HeaderMap) -> Result<UserId, Refusal> {
        let verified = kit::server::verified_caller(&self.verifier, headers).await?;
        let Caller::User(user) = verified.caller else {
            return Err(Refusal::new(
                StatusCode::UNAUTHORIZED,
                Code::Unauthenticated,
                "Sign in first: this needs a signed-in user",
            ));
        };
        let scope = crate::graphql::SCOPE;
        if user.app.as_ref().is_some_and(|app| !app.may(scope)) {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                Code::Forbidden,
                format!("An app needs the scope `{scope}` for this"),
            ));
        }
        UserId::parse(&user.id).ok_or_else(|| {
            Refusal::new(
                StatusCode::FORBIDDEN,
                Code::Forbidden,
                "The token names no user of ours",
            )
        })
    }

    /// Lets a user import, unless they do already or too many do.
    fn turn(self: &Arc<Self>, user: &UserId) -> Result<Turn, Refusal> {
        let busy = |message| {
            Refusal::new(
                StatusCode::TOO_MANY_REQUESTS,
                Code::TooManyRequests,
                message,
            )
        };
        let permit = Arc::clone(&self.room)
            .try_acquire_owned()
            .map_err(|_| busy("Too many imports are under way: try again later"))?;
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if !users.insert(user.clone()) {
            return Err(busy("An import of yours is under way already"));
        }
        Ok(Turn {
            transfer: Arc::clone(self),
            user: user.clone(),
            _permit: permit,
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let users = &self.transfer.users;
        let mut users = users.lock().unwrap_or_else(PoisonError::into_inner);
        users.remove(&self.user);
    }
}
