//! The URLs that name specifications in `@link(url:)`, and their versions.

use std::fmt;

/// A specification's URL, taken apart: `https://specs.apollo.dev/join/v0.3`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SpecificationUrl {
    /// The URL without the version: `https://specs.apollo.dev/join`.
    pub identity: String,
    /// The last segment of the identity, which is the default prefix: `join`.
    pub name: String,
    /// The version.
    pub version: Version,
}

/// The version of a specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Versions with different majors do not fit together.
    pub major: u32,
    /// A higher minor only adds.
    pub minor: u32,
}

impl Version {
    /// Version `major.minor`.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor }
    }

    /// Reads `v1.2`.
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.strip_prefix('v')?.split_once('.')?;
        let number = |digits: &str| {
            let only_digits = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
            only_digits.then(|| digits.parse().ok()).flatten()
        };
        Some(Self::new(number(major)?, number(minor)?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}.{}", self.major, self.minor)
    }
}

impl SpecificationUrl {
    /// Takes a URL apart, or gives nothing for text that has no path ending in a name and version.
    pub fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        if scheme.is_empty() || rest.is_empty() {
            return None;
        }
        let path = url.split(['?', '#']).next()?.trim_end_matches('/');
        let (identity, version) = path.rsplit_once('/')?;
        let version = Version::parse(version)?;
        let name = identity.rsplit('/').next()?.to_owned();
        Some(Self {
            identity: identity.to_owned(),
            name,
            version,
        })
    }
}

#[test]
fn urls_are_taken_apart() {
    let url = SpecificationUrl::parse("https://specs.apollo.dev/join/v0.3").unwrap();
    assert_eq!(
        (url.identity.as_str(), url.name.as_str()),
        ("https://specs.apollo.dev/join", "join")
    );
    assert_eq!(url.version, Version::new(0, 3));
    for bad in [
        "join/v0.3",
        "https://example.org/join",
        "https://e.org/x/v1",
        "https://e.org/x/v1.x",
    ] {
        assert_eq!(SpecificationUrl::parse(bad), None, "{bad}");
    }
}
