//! `POST /oauth2/token`: an app gets tokens for a code (RFC 6749, section 4.1.3), for a refresh token
//! (section 6), or in its own name (section 4.4).

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use kit::server::Requester;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::error::OAuthError;
use super::parameters::Parameters;
use super::scope::{self, Scopes};
use super::{Provider, client_authentication};
use crate::account::Account;
use crate::security::access_token::{ForApp, Identity, LIFETIME};
use crate::security::one_way;
use crate::security::opaque_token::OpaqueToken;
use crate::store::{AppGrant, Client, CodeGrant, CodeUse, GrantType, Origin, Rotation};

/// What an app is given (section 5.1).
#[derive(Serialize)]
pub(super) struct Tokens {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    scope: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

pub(super) async fn exchange(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<impl IntoResponse, OAuthError> {
    let form = Parameters::of_form(&headers, &body)?;
    let client = client_authentication::client(&provider.services, &headers, &form).await?;
    let grant_type = GrantType::parse(form.need("grant_type")?)
        .ok_or_else(|| OAuthError::new("unsupported_grant_type", "There is no such grant type"))?;
    if !client.grant_types.contains(&grant_type) {
        return Err(OAuthError::new(
            "unauthorized_client",
            "The app is not registered for this grant type",
        ));
    }
    let tokens = match grant_type {
        GrantType::AuthorizationCode => {
            let software = Requester::software_of(&headers);
            by_code(&provider, &client, &form, software).await
        }
        GrantType::RefreshToken => by_refresh_token(&provider, &client, &form).await,
        GrantType::ClientCredentials => in_its_own_name(&provider, &client, &form),
    }?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(tokens)))
}

async fn by_code(
    provider: &Provider,
    client: &Client,
    form: &Parameters,
    software: Option<String>,
) -> Result<Tokens, OAuthError> {
    let store = &provider.services.store;
    let code = OpaqueToken::received(form.need("code")?.to_owned())
        .ok_or_else(OAuthError::invalid_grant)?;
    let hash = code.hash();
    let grant = store
        .code(&hash, &client.id)
        .await?
        .ok_or_else(OAuthError::invalid_grant)?;
    if !is_for(&grant, form)? {
        // If it was used before, somebody has a copy, and what it gave ends.
        store.refuse_code(&hash).await?;
        return Err(OAuthError::invalid_grant());
    }
    let now = Utc::now();
    let scopes = Scopes::stored(&grant.scope);
    let lasting =
        scopes.has(scope::OFFLINE_ACCESS) && client.grant_types.contains(&GrantType::RefreshToken);
    let refresh_token = lasting.then(OpaqueToken::new).transpose()?;
    let app = AppGrant {
        client_id: client.id.clone(),
        scope: grant.scope.clone(),
    };
    let origin = Origin {
        software,
        app: Some(app.clone()),
    };
    let refresh_hash = refresh_token.as_ref().map(OpaqueToken::hash);
    let used = store
        .use_code(&hash, &origin, refresh_hash.as_ref(), now)
        .await?;
    let (account, session_id) = match used {
        CodeUse::Exchanged {
            account,
            session_id,
        } => (account, session_id),
        CodeUse::Replayed => {
            tracing::warn!(
                client.id = client.id,
                "a code was used twice: what it gave has ended"
            );
            return Err(OAuthError::invalid_grant());
        }
        CodeUse::Refused => return Err(OAuthError::invalid_grant()),
    };
    let id_token = if scopes.has(scope::OPENID) {
        let identity = Identity {
            issuer: provider.issuer(),
            client_id: &client.id,
            account_id: &account.id,
            authenticated_at: grant.authenticated_at,
            nonce: grant.nonce.as_deref(),
        };
        Some(provider.services.issuer.identify(identity, now)?)
    } else {
        None
    };
    let for_app = (Some(&*account), Some(session_id.as_str()));
    let tokens = access(provider, for_app, &app, now)?;
    Ok(Tokens {
        refresh_token: refresh_token.map(OpaqueToken::reveal),
        id_token,
        ..tokens
    })
}

/// Whether whoever sends the code is who asked for it: by the redirect URI (section 4.1.3), and by
/// what only the one who asked can know (RFC 7636, section 4.6).
fn is_for(grant: &CodeGrant, form: &Parameters) -> Result<bool, OAuthError> {
    let verifier = form.need("code_verifier")?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    let same_place = form.need("redirect_uri")? == grant.redirect_uri;
    let long_enough = (43..=128).contains(&verifier.len());
    Ok(same_place && long_enough && one_way::equal(&challenge, &grant.code_challenge))
}

async fn by_refresh_token(
    provider: &Provider,
    client: &Client,
    form: &Parameters,
) -> Result<Tokens, OAuthError> {
    let store = &provider.services.store;
    let presented = OpaqueToken::received(form.need("refresh_token")?.to_owned())
        .ok_or_else(OAuthError::invalid_grant)?;
    let now = Utc::now();
    if let Some(wanted) = form.get("scope") {
        // Before the token is used up: asking for too much costs nothing.
        let known = store
            .session_of_refresh_token(&presented.hash(), now)
            .await?;
        let granted = known.and_then(|(_, session)| session.origin.app);
        let granted = Scopes::stored(&granted.unwrap_or_else(|| nothing(client)).scope);
        if !wanted.split(' ').all(|name| granted.has(name)) {
            return Err(OAuthError::new("invalid_scope", "More than was granted"));
        }
    }
    let next = OpaqueToken::new()?;
    let rotated = store
        .rotate(&presented.hash(), &next.hash(), Some(&client.id), now)
        .await?;
    let (account, session) = match rotated {
        Rotation::Renewed { account, session } => (account, session),
        Rotation::Reused => {
            tracing::warn!(
                client.id = client.id,
                "a refresh token was used twice: its session was ended"
            );
            return Err(OAuthError::invalid_grant());
        }
        Rotation::Refused => return Err(OAuthError::invalid_grant()),
    };
    let granted = session.origin.app.unwrap_or_else(|| nothing(client));
    let app = AppGrant {
        scope: match form.get("scope") {
            Some(wanted) => Scopes::stored(wanted).text(),
            None => granted.scope,
        },
        client_id: granted.client_id,
    };
    let for_app = (Some(&*account), Some(session.id.as_str()));
    let tokens = access(provider, for_app, &app, now)?;
    Ok(Tokens {
        refresh_token: Some(next.reveal()),
        ..tokens
    })
}

fn nothing(client: &Client) -> AppGrant {
    AppGrant {
        client_id: client.id.clone(),
        scope: String::new(),
    }
}

/// There is no user, so nothing can be granted that is about one.
fn in_its_own_name(
    provider: &Provider,
    client: &Client,
    form: &Parameters,
) -> Result<Tokens, OAuthError> {
    let wanted = form.get("scope").unwrap_or(scope::MUSICWALLET);
    let mut scopes = Scopes::requested(wanted, client);
    for about_a_user in [
        scope::OPENID,
        scope::PROFILE,
        scope::EMAIL,
        scope::OFFLINE_ACCESS,
    ] {
        scopes = scopes.without(about_a_user);
    }
    if scopes.is_empty() {
        return Err(OAuthError::new(
            "invalid_scope",
            "Nothing of it can be granted",
        ));
    }
    let app = AppGrant {
        client_id: client.id.clone(),
        scope: scopes.text(),
    };
    access(provider, (None, None), &app, Utc::now())
}

/// The access token alone. It is for MusicWallet's services if the user allowed that, and for
/// `userinfo` alone otherwise.
fn access(
    provider: &Provider,
    (account, session_id): (Option<&Account>, Option<&str>),
    app: &AppGrant,
    now: DateTime<Utc>,
) -> Result<Tokens, OAuthError> {
    let for_services = Scopes::stored(&app.scope).has(scope::MUSICWALLET);
    let token = ForApp {
        account,
        grant: app,
        session_id,
        audience: (!for_services).then_some(provider.issuer()),
    };
    let token = provider.services.issuer.issue_for_app(token, now)?;
    Ok(Tokens {
        access_token: token.text,
        token_type: "Bearer",
        expires_in: LIFETIME.num_seconds(),
        scope: app.scope.clone(),
        refresh_token: None,
        id_token: None,
    })
}
