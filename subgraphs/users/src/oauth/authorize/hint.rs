//! Who the app says the user is, by an ID token that we gave it before (`id_token_hint`; OpenID
//! Connect Core 1.0, sections 3.1.2.1 and 3.1.2.2).

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use crate::oauth::error::OAuthError;

/// What an ID token says of its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    /// The id of their account.
    Account(String),
    /// Nothing that can be believed: its key is not kept any more.
    Outdated,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

impl Hint {
    /// Reads a token that `issuer` gave the app `client_id`. It may have expired: what it says of
    /// the past is still true.
    ///
    /// # Errors
    /// When it is no such token.
    pub(super) fn read(
        token: &str,
        keys: &JwkSet,
        issuer: &str,
        client_id: &str,
    ) -> Result<Self, OAuthError> {
        let not_ours =
            || OAuthError::invalid_request("The id_token_hint is no ID token of this app");
        let header = jsonwebtoken::decode_header(token).map_err(|_| not_ours())?;
        let key_id = header.kid.ok_or_else(not_ours)?;
        if header.alg != Algorithm::EdDSA {
            return Err(not_ours());
        }
        let Some(key) = keys.find(&key_id) else {
            return Ok(Hint::Outdated);
        };
        let key = DecodingKey::from_jwk(key).map_err(|_| not_ours())?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.validate_exp = false;
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[client_id]);
        validation.set_required_spec_claims(&["iss", "aud", "sub"]);
        jsonwebtoken::decode::<Claims>(token, &key, &validation)
            .map(|token| Hint::Account(token.claims.sub))
            .map_err(|_| not_ours())
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::security::access_token::{Identity, TokenIssuer};
    use crate::security::keyring::Keyring;
    use crate::security::signing_key::SigningKey;

    const ISSUER: &str = "https://accounts.example";

    fn issuer(folder: &tempfile::TempDir, name: &str) -> TokenIssuer {
        let key = SigningKey::load_or_create(&folder.path().join(name)).expect("made");
        TokenIssuer::new(Keyring::new(key), "users", "musicwallet")
    }

    fn token(issuer: &TokenIssuer, name: &str, client_id: &str, now: DateTime<Utc>) -> String {
        let identity = Identity {
            issuer: name,
            client_id,
            account_id: "ada",
            authenticated_at: now,
            nonce: None,
        };
        issuer.identify(identity, now).expect("signed")
    }

    #[test]
    fn a_token_of_the_app_names_its_user_even_when_it_has_expired() {
        let folder = tempfile::tempdir().expect("a folder");
        let (ours, before) = (issuer(&folder, "ours.pem"), issuer(&folder, "before.pem"));
        let keys = ours.keys().published().borrow().clone();
        let read = |token: &str| {
            Hint::read(token, &keys, ISSUER, "player").map_err(|error| error.code().to_owned())
        };
        let ada = Ok(Hint::Account("ada".to_owned()));
        let good = token(&ours, ISSUER, "player", Utc::now());
        assert_eq!(read(&good), ada);
        assert_eq!(
            read(&token(&ours, ISSUER, "player", DateTime::UNIX_EPOCH)),
            ada
        );
        assert_eq!(
            read(&token(&before, ISSUER, "player", Utc::now())),
            Ok(Hint::Outdated)
        );
        // Of another app, of another issuer, with other claims, unsigned, or no token at all.
        let other = token(&ours, ISSUER, "other", Utc::now());
        let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
        let (good, of_other) = (parts(&good), parts(&other));
        for refused in [
            other,
            token(&ours, "https://evil.example", "player", Utc::now()),
            format!("{}.{}.{}", good[0], good[1], of_other[2]),
            format!("{}.{}.", good[0], good[1]),
            "player".to_owned(),
        ] {
            assert_eq!(
                read(&refused),
                Err("invalid_request".to_owned()),
                "{refused}"
            );
        }
    }
}
