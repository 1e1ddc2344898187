//! How often what can be tried. The limits hold across replicas, for they are counted in the
//! database, and before any work is done, so that attempts at the same moment count too.

use std::net::IpAddr;

use chrono::Utc;
use kit::server::Requester;
use kit::{Code, Failure, Result};

use crate::config::LimitArgs;
use crate::rules::AttemptLimit;
use crate::store::{AttemptKey, Store};

/// What can be tried a limited number of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt<'a> {
    /// To sign in as whom this text names; whether it names anybody makes no difference.
    SignIn(&'a str),
    /// To prove the password of an account that is signed in.
    ProvePassword(&'a str),
    /// To have mail sent to whom this text names.
    Mail(&'a str),
    /// To create an account.
    Register,
}

/// Attempts that were counted, which may turn out not to matter.
#[derive(Debug)]
#[must_use = "what succeeded need not count"]
pub struct Counted {
    own: Option<AttemptKey>,
    address: Option<(AttemptKey, AttemptLimit)>,
}

impl Attempt<'_> {
    fn name(self) -> &'static str {
        match self {
            Attempt::SignIn(_) => "sign-in",
            Attempt::ProvePassword(_) => "password",
            Attempt::Mail(_) => "mail",
            Attempt::Register => "register",
        }
    }

    /// Who or what is tried upon, with its limit.
    fn own(self, limits: &LimitArgs) -> Option<(AttemptKey, AttemptLimit)> {
        let (whom, limit) = match self {
            Attempt::SignIn(whom) | Attempt::ProvePassword(whom) => {
                (whom, limits.sign_in_limit_per_account)
            }
            Attempt::Mail(whom) => (whom, limits.mail_limit_per_account),
            Attempt::Register => return None,
        };
        let whom = whom.trim().to_lowercase();
        Some((AttemptKey::new(self.name(), &whom), limit))
    }

    fn address(
        self,
        limits: &LimitArgs,
        requester: &Requester,
    ) -> Option<(AttemptKey, AttemptLimit)> {
        let limit = match self {
            Attempt::SignIn(_) | Attempt::ProvePassword(_) => limits.sign_in_limit_per_address,
            Attempt::Mail(_) => limits.mail_limit_per_address,
            Attempt::Register => limits.registration_limit_per_address,
        };
        let place = place(requester.address?);
        Some((
            AttemptKey::new(&format!("{} from", self.name()), &place),
            limit,
        ))
    }
}

/// What one client has of the network: an address, or in IPv6 the 64 bits that choose one of 2^64.
fn place(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x}/64", address.to_bits() >> 64),
    }
}

/// Counts an attempt.
///
/// # Errors
/// `TOO_MANY_REQUESTS` when there were too many, by whomever, or from this address.
pub async fn count(
    store: &Store,
    limits: &LimitArgs,
    attempt: Attempt<'_>,
    requester: &Requester,
) -> Result<Counted> {
    let address = attempt.address(limits, requester);
    let own = attempt.own(limits);
    // The address first: whoever is refused for it must not use up what an account has.
    for (key, limit) in [&address, &own].into_iter().flatten() {
        if let Some(wait) = store.take_attempt(key, *limit, Utc::now()).await? {
            let seconds = wait.div_euclid(1_000) + 1;
            tracing::warn!(attempt = attempt.name(), "too many attempts");
            return Err(Failure::new(
                Code::TooManyRequests,
                format!("Too many attempts: try again in {seconds} seconds"),
            ));
        }
    }
    Ok(Counted {
        own: own.map(|(key, _)| key),
        address,
    })
}

/// Forgets all attempts upon whom or what is named.
///
/// # Errors
/// When the database fails.
pub async fn forget(store: &Store, limits: &LimitArgs, attempt: Attempt<'_>) -> Result<()> {
    match attempt.own(limits) {
        Some((key, _)) => store.forget_attempts(&key).await,
        None => Ok(()),
    }
}

impl Counted {
    /// What succeeded was no guess: whoever knows the password has all attempts again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn succeeded(self, store: &Store) -> Result<()> {
        if let Some(key) = &self.own {
            store.forget_attempts(key).await?;
        }
        if let Some((key, limit)) = &self.address {
            store.give_back_attempt(key, *limit).await?;
        }
        Ok(())
    }

    /// It counts, whatever becomes of it.
    pub fn keep(self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_client_has_one_place_however_many_addresses_it_takes() {
        let place = |text: &str| place(text.parse().expect("an address"));
        assert_eq!(place("2001:db8:1:2::1"), place("2001:db8:1:2:ffff::9"));
        assert_ne!(place("2001:db8:1:2::1"), place("2001:db8:1:3::1"));
        assert_eq!(place("::ffff:192.0.2.1"), "192.0.2.1");
    }
}
