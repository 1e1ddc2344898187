//! Where browsers and apps reach the service: a scheme and a host, as an origin is written.

use url::Url;

/// Understands a public URL, and leaves out a slash at its end.
///
/// # Errors
/// When it is not `http` or `https`, or has anything beside host and port: OpenID Connect clients
/// compare it with what tokens name, and append paths to it.
pub fn public_url(text: &str) -> Result<String, String> {
    let refuse = || format!("`{text}` is not like https://accounts.example.org");
    let origin = text.trim_end_matches('/');
    let url = Url::parse(origin).map_err(|_| refuse())?;
    let is_http = ["http", "https"].contains(&url.scheme());
    // Written as the origin of the URL is, it has no user name, path, query or fragment.
    if is_http && url.origin().ascii_serialization() == origin {
        return Ok(origin.to_owned());
    }
    Err(refuse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin() {
        let good = "https://accounts.example.org";
        assert_eq!(public_url(&format!("{good}/")).as_deref(), Ok(good));
        assert!(public_url("http://127.0.0.1:4001").is_ok());
        for text in [
            "",
            "accounts.example.org",
            "ftp://example.org",
            "https://example.org/accounts",
            "https://example.org?x",
            "https://me@example.org",
            "https://EXAMPLE.org",
            "https://example.org:443",
        ] {
            assert!(public_url(text).is_err(), "{text}");
        }
    }
}
