//! Parameters of a query or a form: each at most once, and an empty one is none (RFC 6749, sections
//! 3.1 and 3.2).

use std::collections::HashMap;

use axum::body::Bytes;
use axum::http::{HeaderMap, header};

use super::error::OAuthError;

/// Bytes of a query at the most.
const MAX_QUERY_BYTES: usize = 8 * 1024;

/// Parameters by name.
#[derive(Clone, Default)]
pub(super) struct Parameters(HashMap<String, String>);

impl std::fmt::Debug for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Parameters {
    /// Those of a query.
    pub(super) fn of_query(query: &str) -> Result<Self, OAuthError> {
        if query.len() > MAX_QUERY_BYTES {
            return Err(OAuthError::invalid_request("The query is too long"));
        }
        Self::parse(query.as_bytes())
    }

    /// Those of a form.
    pub(super) fn of_form(headers: &HeaderMap, body: &Bytes) -> Result<Self, OAuthError> {
        let content_type =
            super::header(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        if !media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(OAuthError::invalid_request(
                "The body must be application/x-www-form-urlencoded",
            ));
        }
        Self::parse(body)
    }

    fn parse(text: &[u8]) -> Result<Self, OAuthError> {
        let mut parameters = HashMap::new();
        for (name, value) in form_urlencoded::parse(text) {
            if value.is_empty() {
                continue;
            }
            let repeated = parameters.insert(name.into_owned(), value.into_owned());
            if repeated.is_some() {
                return Err(OAuthError::invalid_request("A parameter is there twice"));
            }
        }
        Ok(Parameters(parameters))
    }

    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value of a parameter that must be there.
    pub(super) fn need(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.get(name)
            .ok_or_else(|| OAuthError::invalid_request(format!("The parameter {name} is missing")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_there_once_and_an_empty_one_is_none() {
        let parameters = Parameters::of_query("a=1&b=&c=x%20y+z").expect("parses");
        assert_eq!(parameters.get("a"), Some("1"));
        assert_eq!(parameters.get("b"), None);
        assert_eq!(parameters.get("c"), Some("x y z"));
        assert!(parameters.need("d").is_err());
        assert!(Parameters::of_query("a=1&a=2").is_err());
        assert!(Parameters::of_query("a=1&%61=1").is_err());
        assert!(Parameters::of_query(&"a".repeat(9_000)).is_err());
    }
}
