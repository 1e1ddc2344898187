//! What an app can be allowed (RFC 6749, section 3.3).

use crate::store::Client;

/// To learn who signed in (OpenID Connect Core, section 3.1.2.1).
pub const OPENID: &str = "openid";
/// To read the profile.
pub const PROFILE: &str = "profile";
/// To read the e-mail address.
pub const EMAIL: &str = "email";
/// To act while the user is away: refresh tokens (OpenID Connect Core, section 11).
pub const OFFLINE_ACCESS: &str = "offline_access";
/// To use MusicWallet's graph: without it, an app's token opens `userinfo` alone.
pub const MUSICWALLET: &str = "musicwallet";

/// All scopes, with what a user is asked.
pub const ALL: [(&str, &str); 5] = [
    (OPENID, "know that it is you"),
    (
        PROFILE,
        "read your profile: user name, display name, country",
    ),
    (EMAIL, "read your e-mail address"),
    (OFFLINE_ACCESS, "do so while you are away, until you end it"),
    (
        MUSICWALLET,
        "use MusicWallet for you: read and change your favourites and your profile",
    ),
];

/// Scopes, in the order of [`ALL`] and each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<&'static str>);

impl Scopes {
    /// What of a request is known and may be asked for by this app. What is not is left out, as
    /// RFC 6749 has it; the answer says what was granted.
    pub fn requested(text: &str, client: &Client) -> Self {
        let words: Vec<_> = text.split(' ').collect();
        Scopes(
            ALL.iter()
                .map(|(name, _)| *name)
                .filter(|name| words.contains(name))
                .filter(|name| client.scopes.iter().any(|allowed| allowed == name))
                .collect(),
        )
    }

    /// Scopes as they are stored.
    pub fn stored(text: &str) -> Self {
        let words: Vec<_> = text.split(' ').collect();
        let known = ALL.iter().map(|(name, _)| *name);
        Scopes(known.filter(|name| words.contains(name)).collect())
    }

    /// Whether this one is among them.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }

    /// Whether all of these are among them.
    pub fn cover(&self, others: &Scopes) -> bool {
        others.0.iter().all(|name| self.has(name))
    }

    /// These and the others.
    #[must_use]
    pub fn with(&self, others: &Scopes) -> Self {
        let both = |name: &&str| self.has(name) || others.has(name);
        Scopes(ALL.iter().map(|(name, _)| *name).filter(both).collect())
    }

    /// These without one.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        Scopes(self.0.iter().copied().filter(|it| *it != name).collect())
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a user is asked, in their words.
    pub fn in_words(&self) -> impl Iterator<Item = &'static str> + '_ {
        ALL.iter()
            .filter(|(name, _)| self.has(name))
            .map(|(_, words)| *words)
    }

    /// Separated by blanks.
    pub fn text(&self) -> String {
        self.0.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_is_granted_what_it_asks_for_and_may_ask_for() {
        let client = Client {
            id: "player".to_owned(),
            name: "Player".to_owned(),
            secret: None,
            redirect_uris: Vec::new(),
            scopes: vec![OPENID.to_owned(), EMAIL.to_owned()],
            grant_types: Vec::new(),
            created_at: chrono::DateTime::UNIX_EPOCH,
        };
        let granted = Scopes::requested("musicwallet email openid openid admin", &client);
        assert_eq!(granted.text(), "openid email");
        assert!(granted.cover(&Scopes::stored("email")));
        assert!(!Scopes::stored("email").cover(&granted));
        assert_eq!(
            granted.with(&Scopes::stored("profile")).text(),
            "openid profile email"
        );
        assert_eq!(granted.without(OPENID).text(), "email");
    }
}
