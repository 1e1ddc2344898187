//! Which app is calling (RFC 6749, section 2.3): proved by its secret in the `Authorization` header
//! or in the form, or only named, by an app that can keep no secret.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::error::OAuthError;
use super::parameters::Parameters;
use crate::security::opaque_token::OpaqueToken;
use crate::services::Services;
use crate::store::Client;

/// The app that sent a form.
///
/// An app with a secret must show it, and one without must show none: otherwise whoever knows an
/// id could be that app. Secrets are 256 random bits, so there is nothing to guess and no limit.
///
/// # Errors
/// `invalid_client` when it is not known or its secret is wrong, `invalid_request` when it
/// authenticates in two ways.
pub(super) async fn client(
    services: &Services,
    headers: &HeaderMap,
    form: &Parameters,
) -> Result<Client, OAuthError> {
    let by_header = headers.contains_key(header::AUTHORIZATION);
    let refused = || OAuthError::invalid_client(by_header);
    let (id, secret) = if by_header {
        if form.get("client_secret").is_some() {
            return Err(OAuthError::invalid_request(
                "The app authenticates in two ways",
            ));
        }
        let (id, secret) = basic(headers).ok_or_else(refused)?;
        if form.get("client_id").is_some_and(|named| named != id) {
            return Err(OAuthError::invalid_request("The app has two ids"));
        }
        (id, Some(secret))
    } else {
        let id = form.need("client_id")?.to_owned();
        (id, form.get("client_secret").map(str::to_owned))
    };
    let client = services.store.client(&id).await?.ok_or_else(refused)?;
    let proved = match (&client.secret, secret) {
        (None, None) => true,
        (Some(stored), Some(shown)) => {
            OpaqueToken::received(shown).is_some_and(|shown| stored.matches(&shown))
        }
        _ => false,
    };
    if proved { Ok(client) } else { Err(refused()) }
}

/// Id and secret, each of them encoded like a form before they were joined (section 2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = super::header(headers, header::AUTHORIZATION.as_str())?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((decode(id), decode(secret)))
}

fn decode(text: &str) -> String {
    // Parsed as the name of a pair; `=` and `&` cannot be in it unless they are encoded.
    form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_and_secret_are_decoded_twice() {
        let header = |text: &str| {
            let mut headers = HeaderMap::new();
            let value = format!("Basic {}", STANDARD.encode(text));
            headers.insert(header::AUTHORIZATION, value.parse().expect("a value"));
            headers
        };
        let pair = |id: &str, secret: &str| Some((id.to_owned(), secret.to_owned()));
        assert_eq!(basic(&header("player:secret")), pair("player", "secret"));
        assert_eq!(basic(&header("a%3Ab:s%2Be+c")), pair("a:b", "s+e c"));
        assert_eq!(basic(&header("no colon")), None);
        let mut bearer = HeaderMap::new();
        bearer.insert(header::AUTHORIZATION, "Bearer x".parse().expect("a value"));
        assert_eq!(basic(&bearer), None);
    }
}
