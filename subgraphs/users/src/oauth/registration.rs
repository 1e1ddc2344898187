//! Registering apps: by admins, and by a file that is read at start.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use kit::{Failure, Result};
use serde::Deserialize;

use super::{redirect_uri, scope};
use crate::rules::DisplayName;
use crate::security::opaque_token::OpaqueToken;
use crate::security::random;
use crate::store::{Client, GrantType, OPERATOR, Store};

const MAX_REDIRECT_URIS: usize = 20;

/// What an app shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What users are shown.
    pub name: String,
    /// Whether it can keep a secret.
    pub confidential: bool,
    /// Where codes may be sent.
    pub redirect_uris: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<String>,
    /// How it may come to tokens.
    pub grant_types: Vec<GrantType>,
}

/// An app in the file that is read at start.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Listed {
    client_id: String,
    client_name: String,
    #[serde(default)]
    client_secret: Option<String>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    scope: String,
    #[serde(default = "by_code")]
    grant_types: Vec<String>,
}

fn by_code() -> Vec<String> {
    ["authorization_code", "refresh_token"]
        .map(str::to_owned)
        .to_vec()
}

/// Registers an app with a new id. Returns it with its secret, where it has one.
///
/// # Errors
/// `BAD_USER_INPUT` when it breaks a rule.
pub async fn register(
    store: &Store,
    wanted: Wanted,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(Client, Option<String>)> {
    let secret = wanted.confidential.then(OpaqueToken::new).transpose()?;
    let client = checked(random::id()?, wanted, secret.as_ref(), now)?;
    store.put_client(&client, actor, now).await?;
    Ok((client, secret.map(OpaqueToken::reveal)))
}

/// Registers the apps of a file, or changes those that are registered. Returns how many. The names
/// are those of dynamic registration (RFC 7591, section 2).
///
/// # Errors
/// `BAD_USER_INPUT` when the text is no such list, or an app breaks a rule.
pub async fn register_listed(store: &Store, text: &str, now: DateTime<Utc>) -> Result<usize> {
    let listed: Vec<Listed> = serde_json::from_str(text)
        .map_err(|error| Failure::bad_input("the list of apps", error.to_string()))?;
    for app in &listed {
        let grant_types = app
            .grant_types
            .iter()
            .map(|name| {
                GrantType::parse(name).ok_or_else(|| {
                    Failure::bad_input("grant_types", format!("`{name}` is unknown"))
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let wanted = Wanted {
            name: app.client_name.clone(),
            confidential: app.client_secret.is_some(),
            redirect_uris: app.redirect_uris.clone(),
            scopes: app.scope.split_whitespace().map(str::to_owned).collect(),
            grant_types,
        };
        let secret = match &app.client_secret {
            Some(text) => Some(listed_secret(text)?),
            None => None,
        };
        let client = checked(listed_id(&app.client_id)?, wanted, secret.as_ref(), now)?;
        let known = store.client(&client.id).await?;
        let same = known.is_some_and(|known| {
            Client {
                created_at: client.created_at,
                ..known
            } == client
        });
        if !same {
            store.put_client(&client, OPERATOR, now).await?;
        }
    }
    Ok(listed.len())
}

/// An id that is chosen by people: short, and without `:`, which begins the subject of an app's own
/// tokens.
fn listed_id(id: &str) -> Result<String> {
    let good = (3..=64).contains(&id.len())
        && id
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it));
    if good {
        return Ok(id.to_owned());
    }
    Err(Failure::bad_input(
        "client_id",
        "A client id has 3 to 64 letters, digits, `-`, `_` and `.`",
    ))
}

/// Secrets are stored by a fast hash, so they must not be such that people think of.
fn listed_secret(text: &str) -> Result<OpaqueToken> {
    let long_enough = text.len() >= 32;
    OpaqueToken::received(text.to_owned())
        .filter(|_| long_enough)
        .ok_or_else(|| {
            Failure::bad_input(
                "client_secret",
                "A client secret has 32 to 128 random characters",
            )
        })
}

fn checked(
    id: String,
    wanted: Wanted,
    secret: Option<&OpaqueToken>,
    now: DateTime<Utc>,
) -> Result<Client> {
    let name = DisplayName::parse("name", &wanted.name)?;
    for uri in &wanted.redirect_uris {
        redirect_uri::check("redirectUris", uri)?;
    }
    let refuse =
        |argument: &'static str, problem: String| Err(Failure::bad_input(argument, problem));
    if wanted.redirect_uris.len() > MAX_REDIRECT_URIS {
        return refuse(
            "redirectUris",
            format!("An app has at most {MAX_REDIRECT_URIS} redirect URIs"),
        );
    }
    let grants = |grant| wanted.grant_types.contains(&grant);
    if grants(GrantType::AuthorizationCode) && wanted.redirect_uris.is_empty() {
        return refuse(
            "redirectUris",
            "An app that users sign in to needs a redirect URI".to_owned(),
        );
    }
    if grants(GrantType::ClientCredentials) && !wanted.confidential {
        return refuse(
            "grantTypes",
            "An app without a secret has no credentials (RFC 6749, section 4.4)".to_owned(),
        );
    }
    let known: HashSet<&str> = scope::ALL.iter().map(|(name, _)| *name).collect();
    if let Some(unknown) = wanted.scopes.iter().find(|it| !known.contains(it.as_str())) {
        return refuse("scopes", format!("There is no scope `{unknown}`"));
    }
    Ok(Client {
        id,
        name: name.into_string(),
        secret: secret.map(OpaqueToken::hash),
        redirect_uris: wanted.redirect_uris,
        scopes: wanted.scopes,
        grant_types: wanted.grant_types,
        created_at: now,
    })
}
