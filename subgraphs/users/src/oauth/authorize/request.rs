//! What an app asks for when it sends a user to us (RFC 6749, section 4.1.1; RFC 7636, section 4.3;
//! OpenID Connect Core 1.0, section 3.1.2.1).
//!
//! Until it is known which app asks, and that the redirect URI is its own, nothing is sent there: a
//! stranger could have made the link (RFC 6749, section 4.1.2.1). From then on the app is told.

use chrono::{DateTime, Duration, Utc};

use crate::oauth::error::OAuthError;
use crate::oauth::parameters::Parameters;
use crate::oauth::redirect_uri;
use crate::oauth::scope::Scopes;
use crate::store::{Client, GrantType, Store};

/// How long somebody who gave their password may think about what an app asks for.
const ANSWER_WITHIN: Duration = Duration::minutes(10);

/// Longer values of `state` and `nonce` are no use to anybody.
const MAX_OPAQUE: usize = 2_000;

/// Where the answer goes.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    /// The app.
    pub(super) client: Client,
    /// Its redirect URI, as it was asked for.
    pub(super) redirect_uri: String,
    /// What the app wants back.
    pub(super) state: Option<String>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) scopes: Scopes,
    pub(super) nonce: Option<String>,
    pub(super) code_challenge: String,
    pub(super) prompt: Prompt,
    /// Seconds since the user gave their password, at the most.
    max_age: Option<i64>,
    /// Who the app thinks the user is.
    pub(super) login_hint: Option<String>,
}

/// What the user must be asked, whatever is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Prompt {
    /// Nothing: if something is needed, it is an error.
    pub(super) none: bool,
    /// For the password.
    pub(super) login: bool,
    /// For consent.
    pub(super) consent: bool,
}

impl Destination {
    /// Who asks.
    ///
    /// # Errors
    /// What is to be shown to the user, for the app cannot be told.
    pub(super) async fn find(store: &Store, parameters: &Parameters) -> Result<Self, OAuthError> {
        let client = store
            .client(parameters.need("client_id")?)
            .await?
            .ok_or_else(|| OAuthError::invalid_request("There is no app with this client_id"))?;
        let wanted = parameters.need("redirect_uri")?;
        if !client
            .redirect_uris
            .iter()
            .any(|registered| redirect_uri::matches(registered, wanted))
        {
            return Err(OAuthError::invalid_request(
                "The redirect_uri is none of those that the app registered",
            ));
        }
        Ok(Destination {
            redirect_uri: wanted.to_owned(),
            state: parameters
                .get("state")
                .filter(|state| state.len() <= MAX_OPAQUE)
                .map(str::to_owned),
            client,
        })
    }
}

impl Request {
    /// What is asked for.
    ///
    /// # Errors
    /// What the app is told.
    pub(super) fn parse(client: &Client, parameters: &Parameters) -> Result<Self, OAuthError> {
        if parameters.need("response_type")? != "code" {
            let problem = "Only response_type=code is supported";
            return Err(OAuthError::new("unsupported_response_type", problem));
        }
        if !client.grant_types.contains(&GrantType::AuthorizationCode) {
            let problem = "The app is not registered for this";
            return Err(OAuthError::new("unauthorized_client", problem));
        }
        if parameters
            .get("response_mode")
            .is_some_and(|mode| mode != "query")
        {
            return Err(OAuthError::invalid_request(
                "Only response_mode=query is supported",
            ));
        }
        // OpenID Connect Core 1.0, section 3.1.2.6.
        for (name, code) in [
            ("request", "request_not_supported"),
            ("request_uri", "request_uri_not_supported"),
            ("registration", "registration_not_supported"),
        ] {
            if parameters.get(name).is_some() {
                return Err(OAuthError::new(code, format!("{name} is not supported")));
            }
        }
        let opaque = |name| match parameters.get(name) {
            Some(value) if value.len() > MAX_OPAQUE || value.contains('\0') => {
                Err(OAuthError::invalid_request(format!("{name} is too long")))
            }
            value => Ok(value.map(str::to_owned)),
        };
        opaque("state")?;
        let scopes = Scopes::requested(parameters.get("scope").unwrap_or_default(), client);
        if scopes.is_empty() {
            let problem = "Nothing is asked for that the app may ask for";
            return Err(OAuthError::new("invalid_scope", problem));
        }
        Ok(Request {
            scopes,
            nonce: opaque("nonce")?,
            code_challenge: code_challenge(parameters)?,
            prompt: prompt(parameters)?,
            max_age: parameters
                .get("max_age")
                .map(|text| match text.parse() {
                    Ok(seconds) if seconds >= 0 => Ok(seconds),
                    _ => Err(OAuthError::invalid_request(
                        "max_age is a number of seconds",
                    )),
                })
                .transpose()?,
            login_hint: parameters.get("login_hint").map(str::to_owned),
        })
    }

    /// Whether somebody who gave their password then need not give it again.
    pub(super) fn accepts(&self, authenticated_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        !self.prompt.login && self.is_young(authenticated_at, now)
    }

    /// The same for somebody who answers our question: if the password was to be asked for, it
    /// was, on the page before.
    pub(super) fn accepts_answer(
        &self,
        authenticated_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> bool {
        let just_now = now - authenticated_at <= ANSWER_WITHIN;
        just_now || self.accepts(authenticated_at, now)
    }

    fn is_young(&self, authenticated_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let age = (now - authenticated_at).num_seconds();
        self.max_age.is_none_or(|most| age <= most)
    }
}

/// What the app will prove itself with: by SHA-256, for a plain one shows what it should hide.
fn code_challenge(parameters: &Parameters) -> Result<String, OAuthError> {
    let challenge = parameters.need("code_challenge")?;
    if parameters.get("code_challenge_method") != Some("S256") {
        return Err(OAuthError::invalid_request(
            "Only code_challenge_method=S256 is supported",
        ));
    }
    let is_base64url = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    if challenge.len() != 43 || !challenge.bytes().all(is_base64url) {
        return Err(OAuthError::invalid_request(
            "The code_challenge is no SHA-256 in base64url",
        ));
    }
    Ok(challenge.to_owned())
}

fn prompt(parameters: &Parameters) -> Result<Prompt, OAuthError> {
    let mut prompt = Prompt::default();
    let mut words = 0;
    for word in parameters
        .get("prompt")
        .unwrap_or_default()
        .split_whitespace()
    {
        words += 1;
        match word {
            "none" => prompt.none = true,
            // To choose an account is to sign in.
            "login" | "select_account" => prompt.login = true,
            "consent" => prompt.consent = true,
            _ => return Err(OAuthError::invalid_request("The prompt is unknown")),
        }
    }
    if prompt.none && words > 1 {
        return Err(OAuthError::invalid_request("prompt=none stands alone"));
    }
    Ok(prompt)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        Client {
            id: "player".to_owned(),
            name: "Player".to_owned(),
            secret: None,
            redirect_uris: vec!["https://example.org/callback".to_owned()],
            scopes: vec!["openid".to_owned()],
            grant_types: vec![GrantType::AuthorizationCode],
            created_at: DateTime::UNIX_EPOCH,
        }
    }

    const GOOD: &str = "response_type=code&scope=openid&code_challenge_method=S256\
        &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn parse(query: &str) -> Result<Request, &'static str> {
        let parameters = Parameters::of_query(query).expect("parses");
        Request::parse(&client(), &parameters).map_err(|error| error.code())
    }

    #[test]
    fn a_request_must_have_a_challenge_and_ask_for_a_code() {
        assert!(parse(GOOD).is_ok());
        for (from, to, code) in [
            ("=code&", "=token&", "unsupported_response_type"),
            ("=code&", "=code%20id_token&", "unsupported_response_type"),
            ("response_type=code&", "", "invalid_request"),
            ("=S256", "=plain", "invalid_request"),
            ("&code_challenge_method=S256", "", "invalid_request"),
            ("E9Mel", "", "invalid_request"),
            ("E9Mel", "+++++", "invalid_request"),
            ("scope=openid", "scope=admin", "invalid_scope"),
            ("scope=openid", "", "invalid_scope"),
            ("scope", "prompt=none%20login&scope", "invalid_request"),
            ("scope", "prompt=whatever&scope", "invalid_request"),
            ("scope", "max_age=-1&scope", "invalid_request"),
            ("scope", "response_mode=fragment&scope", "invalid_request"),
            ("scope", "request=x.y.z&scope", "request_not_supported"),
            (
                "scope",
                "request_uri=https://evil.example&scope",
                "request_uri_not_supported",
            ),
        ] {
            let query = GOOD.replacen(from, to, 1);
            assert_eq!(parse(&query).err(), Some(code), "{query}");
        }
    }

    #[test]
    fn an_old_sign_in_may_not_do() {
        let now = Utc::now();
        let minute_ago = now - chrono::Duration::minutes(1);
        let accepts = |more: &str| {
            let request = parse(&format!("{GOOD}&{more}")).expect("parses");
            request.accepts(minute_ago, now)
        };
        assert!(accepts("") && accepts("max_age=60") && accepts("prompt=consent"));
        assert!(!accepts("max_age=59") && !accepts("prompt=login"));
        // Whoever answers a question has just given the password, or must give it now.
        let hour_ago = now - Duration::hours(1);
        for (more, answer_of_an_hour) in
            [("", true), ("max_age=59", false), ("prompt=login", false)]
        {
            let request = parse(&format!("{GOOD}&{more}")).expect("parses");
            assert!(request.accepts_answer(minute_ago, now), "{more}");
            assert_eq!(
                request.accepts_answer(hour_ago, now),
                answer_of_an_hour,
                "{more}"
            );
        }
    }
}
