//! Who is at the other end, as far as the network tells: the address, and what software it says
//! it is. Both are for limits and lists; neither proves anything.
//!
//! ```text
//! client ──▶ proxy ──▶ router ──▶ service        X-Forwarded-For: client, proxy
//!                                                 trusted: router, proxy → the address is client's
//! ```
//!
//! The header is believed only as far as trusted proxies wrote it: it is read from its end, and
//! the first address that is not a trusted proxy is the client's. What stands before it was
//! written by strangers.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap, header};

/// Longer lists of addresses are not read.
const MAX_HOPS: usize = 32;

/// Characters that are kept of what a client says it is.
const MAX_SOFTWARE: usize = 200;

/// The other end of a request. The server puts it into the context of every request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requester {
    /// Where it is; `None` when it cannot be told from others, because it came through a proxy
    /// that said nothing of it, or from within the machine or its private network.
    pub address: Option<IpAddr>,
    /// What it says it is (`User-Agent`), without control characters.
    pub software: Option<String>,
}

/// A range of addresses, such as `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u32,
}

/// A text names no range of addresses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no range of addresses: it looks like 10.0.0.0/8, ::1 or 2001:db8::/32")]
pub struct NotANetwork(String);

// === impl Requester ===

impl Requester {
    /// The other end of a request with these headers that came over this connection.
    pub fn of(extensions: &Extensions, headers: &HeaderMap, trusted: &[Network]) -> Self {
        let peer = extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|peer| peer.0.ip().to_canonical());
        Requester {
            address: peer.and_then(|peer| address(peer, headers, trusted)),
            software: Self::software_of(headers),
        }
    }

    /// What the sender of these headers says it is.
    pub fn software_of(headers: &HeaderMap) -> Option<String> {
        headers.get(header::USER_AGENT).and_then(software)
    }
}

fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return is_its_own(peer).then_some(peer);
    }
    headers
        .get_all("x-forwarded-for")
        .iter()
        .rev()
        .flat_map(|value| value.to_str().unwrap_or_default().rsplit(','))
        .take(MAX_HOPS)
        .map(|hop| parse(hop.trim()))
        // What is no address hides all that stands before it.
        .take_while(Option::is_some)
        .flatten()
        .find(|hop| !is_trusted(*hop))
}

/// An address, possibly with a port or in brackets, as proxies write it.
fn parse(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']');
    bare.parse()
        .or_else(|_| text.parse().map(|address: SocketAddr| address.ip()))
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

/// Whether an address belongs to one client. Behind loopback and private addresses there may be
/// everybody, as long as nobody said which proxy to trust.
fn is_its_own(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => !(it.is_loopback() || it.is_private() || it.is_link_local()),
        IpAddr::V6(it) => !(it.is_loopback() || it.is_unique_local() || it.is_unicast_link_local()),
    }
}

fn software(value: &header::HeaderValue) -> Option<String> {
    let text: String = String::from_utf8_lossy(value.as_bytes())
        .chars()
        .filter(|it| !it.is_control())
        .take(MAX_SOFTWARE)
        .collect();
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

// === impl Network ===

impl Network {
    /// Whether an address lies in the range.
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(it) => (u128::from(it.to_bits()) << 96, 32),
            IpAddr::V6(it) => (it.to_bits(), 128),
        };
        let ((first, first_kind), (other, other_kind)) =
            (bits(self.first), bits(address.to_canonical()));
        first_kind == other_kind
            && (first ^ other)
                .checked_shr(128 - self.bits)
                // No bit needs to agree.
                .is_none_or(|rest| rest == 0)
    }
}

impl FromStr for Network {
    type Err = NotANetwork;

    fn from_str(text: &str) -> Result<Self, NotANetwork> {
        let refuse = || NotANetwork(text.to_owned());
        let (first, bits) = match text.split_once('/') {
            Some((first, bits)) => (first, Some(bits.parse().map_err(|_| refuse())?)),
            None => (text, None),
        };
        let first: IpAddr = first.trim().parse().map_err(|_| refuse())?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(refuse());
        }
        Ok(Network { first, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().expect("a value"));
        }
        let trusted: Vec<Network> = trusted
            .iter()
            .map(|text| text.parse().expect("a network"))
            .collect();
        let mut extensions = Extensions::new();
        let peer: IpAddr = peer.parse().expect("an address");
        extensions.insert(ConnectInfo(SocketAddr::from((peer, 4321))));
        Requester::of(&extensions, &headers, &trusted)
            .address
            .map(|address| address.to_string())
    }

    #[test]
    fn without_a_trusted_proxy_the_header_says_nothing() {
        assert_eq!(
            seen("203.0.113.7", &["198.51.100.1"], &[]).as_deref(),
            Some("203.0.113.7")
        );
        // Whoever shares a proxy that nobody named must not share a limit.
        assert_eq!(seen("127.0.0.1", &["198.51.100.1"], &[]), None);
        assert_eq!(seen("10.1.2.3", &[], &[]), None);
    }

    #[test]
    fn the_header_is_read_from_its_end_up_to_the_first_stranger() {
        let trusted = ["127.0.0.1", "10.0.0.0/8"];
        for (forwarded, expected) in [
            (&["198.51.100.1"][..], Some("198.51.100.1")),
            (&["6.6.6.6, 198.51.100.1, 10.0.0.9"], Some("198.51.100.1")),
            (&["6.6.6.6", "198.51.100.1"], Some("198.51.100.1")),
            (&["[2001:db8::1]"], Some("2001:db8::1")),
            (&["198.51.100.1:4711"], Some("198.51.100.1")),
            (&["::ffff:198.51.100.1"], Some("198.51.100.1")),
            (&["6.6.6.6, unknown, 10.0.0.9"], None),
            (&[], None),
        ] {
            assert_eq!(
                seen("127.0.0.1", forwarded, &trusted).as_deref(),
                expected,
                "{forwarded:?}"
            );
        }
    }

    #[test]
    fn a_range_has_the_addresses_that_begin_like_it() {
        let contains = |network: &str, address: &str| {
            let network: Network = network.parse().expect("a network");
            network.contains(address.parse().expect("an address"))
        };
        assert!(contains("10.0.0.0/8", "10.255.0.1") && !contains("10.0.0.0/8", "11.0.0.1"));
        assert!(contains("0.0.0.0/0", "11.0.0.1") && !contains("0.0.0.0/0", "::1"));
        assert!(contains("::1", "::1") && !contains("::1", "::2"));
        assert!(contains("2001:db8::/32", "2001:db8:1::1"));
        assert!(contains("10.0.0.0/8", "::ffff:10.1.1.1"));
        for text in [
            "",
            "ten",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.0/",
            "10.0.0.0/-1",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_client_says_it_is_cannot_break_a_line() {
        let value = header::HeaderValue::from_bytes(b"Player\t1 \xff").expect("a value");
        assert_eq!(software(&value).as_deref(), Some("Player1 \u{fffd}"));
        let long = header::HeaderValue::from_str(&"x".repeat(5_000)).expect("a value");
        assert_eq!(software(&long).map(|it| it.len()), Some(MAX_SOFTWARE));
    }
}
