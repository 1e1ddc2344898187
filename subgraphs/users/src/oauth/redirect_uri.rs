//! Where codes may be sent: to a URI that was registered, compared as a text (RFC 9700, section
//! 4.1.3). The one exception is the port of a loopback address, which an app on a device does not
//! know before it listens (RFC 8252, section 7.3).

use kit::{Failure, Result};
use url::{Host, Url};

/// Longer ones are none.
const MAX_LENGTH: usize = 2_000;

/// Checks a URI that is to be registered.
///
/// # Errors
/// `BAD_USER_INPUT` when codes must not be sent there: it is not absolute, has a fragment (RFC
/// 6749, section 3.1.2) or credentials, is plain HTTP to another machine, or a scheme that browsers
/// act upon or that nobody owns (RFC 8252, section 7.1).
pub fn check(argument: &'static str, text: &str) -> Result<()> {
    let refuse = |problem: &'static str| Err(Failure::bad_input(argument, problem));
    if text.len() > MAX_LENGTH || !text.bytes().all(|it| it.is_ascii_graphic()) {
        return refuse("A redirect URI is at most 2000 visible ASCII characters");
    }
    let Ok(uri) = Url::parse(text) else {
        return refuse("A redirect URI is absolute, such as https://example.org/callback");
    };
    if uri.fragment().is_some() {
        return refuse("A redirect URI has no fragment");
    }
    if !uri.username().is_empty() || uri.password().is_some() {
        return refuse("A redirect URI has no user name and no password");
    }
    match uri.scheme() {
        "https" => Ok(()),
        "http" if is_loopback(&uri) => Ok(()),
        "http" => refuse("A redirect URI of another machine begins with https://"),
        scheme if scheme.contains('.') => Ok(()),
        _ => refuse("A scheme of an app's own has a dot in it, such as org.example.player"),
    }
}

/// Whether a code that was asked for at `requested` may be sent there.
pub fn matches(registered: &str, requested: &str) -> bool {
    if registered == requested {
        return true;
    }
    let (Some(one), Some(other)) = (
        loopback_without_port(registered),
        loopback_without_port(requested),
    ) else {
        return false;
    };
    one == other
}

/// A loopback URI as its text before and after the port. The name `localhost` has no exception:
/// it may lead elsewhere (RFC 8252, section 8.3).
fn loopback_without_port(text: &str) -> Option<(&str, &str)> {
    for host in ["http://127.0.0.1", "http://[::1]"] {
        if let Some(rest) = text.strip_prefix(host) {
            let after = match rest.strip_prefix(':') {
                Some(port) => {
                    let digits = port.bytes().take_while(u8::is_ascii_digit).count();
                    if !(1..=5).contains(&digits) {
                        return None;
                    }
                    port.get(digits..)?
                }
                None => rest,
            };
            // Anything else would go on with the host, or begin credentials.
            let ends_the_host = after.is_empty() || after.starts_with(['/', '?']);
            return ends_the_host.then_some((host, after));
        }
    }
    None
}

fn is_loopback(uri: &Url) -> bool {
    match uri.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_codes_must_not_be_sent_cannot_be_registered() {
        for text in [
            "https://example.org/callback",
            "https://example.org/callback?tenant=1",
            "http://127.0.0.1/callback",
            "http://[::1]:8080/",
            "http://localhost:3000/callback",
            "org.example.player:/callback",
        ] {
            assert!(check("uri", text).is_ok(), "{text}");
        }
        for text in [
            "",
            "/callback",
            "example.org",
            "http://example.org/callback",
            "https://example.org/#fragment",
            "https://me:secret@example.org/",
            "javascript:alert(1)",
            "data:text/html,hello",
            "file:///etc/passwd",
            "player:/callback",
            "https://example.org/a b",
            "https://exämple.org/",
            "https://example.org/\r\nSet-Cookie: a=b",
        ] {
            assert!(check("uri", text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_uri_is_compared_as_a_text() {
        let registered = "https://example.org/callback";
        assert!(matches(registered, registered));
        for trick in [
            "https://example.org/callback/",
            "https://example.org/callback?x=1",
            "https://example.org/callback#x",
            "https://example.org/callback/../evil",
            "https://example.org/CALLBACK",
            "https://EXAMPLE.org/callback",
            "https://example.org:443/callback",
            "https://example.org.evil.example/callback",
            "https://example.org@evil.example/callback",
            "https://evil.example/https://example.org/callback",
            "http://example.org/callback",
            "https://example.org/%63allback",
            "//example.org/callback",
            " https://example.org/callback",
        ] {
            assert!(!matches(registered, trick), "{trick}");
        }
    }

    #[test]
    fn only_the_port_of_a_loopback_address_may_differ() {
        let registered = "http://127.0.0.1/callback";
        for good in [
            "http://127.0.0.1:49152/callback",
            "http://127.0.0.1:1/callback",
        ] {
            assert!(matches(registered, good), "{good}");
        }
        for trick in [
            "http://127.0.0.1:49152/other",
            "http://127.0.0.1:/callback",
            "http://127.0.0.1:123456/callback",
            "http://127.0.0.1:80@evil.example/callback",
            "http://127.0.0.1.evil.example/callback",
            "http://127.0.0.1@evil.example/callback",
            "http://[::1]:80/callback",
            "http://localhost:80/callback",
            "https://127.0.0.1:80/callback",
        ] {
            assert!(!matches(registered, trick), "{trick}");
        }
        assert!(matches("http://[::1]/cb", "http://[::1]:5/cb"));
        assert!(!matches("http://localhost/cb", "http://localhost:5/cb"));
    }
}
