//! What the `@link`s of a supergraph say about names: which elements belong to a specification.

use std::fmt;

use schema::{Name, Value};

use crate::{Link, Model};

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

impl Link {
    /// The linked specification, if the URL can be understood.
    pub fn url(&self) -> Option<SpecificationUrl> {
        SpecificationUrl::parse(self.directive.argument("url")?.as_str()?)
    }

    /// The prefix of the specification's elements here: the alias, or its own name.
    pub fn prefix(&self) -> Option<String> {
        match self.directive.argument("as").and_then(Value::as_str) {
            Some(alias) => Some(alias.to_owned()),
            None => self.url().map(|url| url.name),
        }
    }

    /// What the specification's directive `name` (without `@`) is called here.
    pub fn directive_name(&self, name: &str) -> Option<Name> {
        if let Some((_, local)) = self
            .imports()
            .find(|(original, _)| original.strip_prefix('@') == Some(name))
        {
            return Some(Name::new(local.trim_start_matches('@')));
        }
        let prefix = self.prefix()?;
        if self.url()?.name == name {
            return Some(Name::new(prefix));
        }
        Some(Name::new(format!("{prefix}__{name}")))
    }

    /// The imported elements: as the specification names them, and as they are named here. Names of
    /// directives keep their `@`.
    pub fn imports(&self) -> impl Iterator<Item = (&str, &str)> {
        let items = match self.directive.argument("import") {
            Some(Value::List(items)) => items.as_slice(),
            _ => &[],
        };
        items.iter().filter_map(|item| match item {
            Value::String(name) => Some((name.as_str(), name.as_str())),
            Value::Object(fields) => {
                let text = |key: &str| {
                    fields
                        .iter()
                        .find(|(name, _)| name == key)
                        .and_then(|(_, value)| value.as_str())
                };
                let name = text("name")?;
                Some((name, text("as").unwrap_or(name)))
            }
            _ => None,
        })
    }
}

impl Model {
    /// The link to the specification with this identity.
    pub fn link_to(&self, identity: &str) -> Option<&Link> {
        self.links
            .iter()
            .find(|link| link.url().is_some_and(|url| url.identity == identity))
    }

    /// What the directive of one of Apollo's one-directive specifications is called here, such as
    /// `inaccessible` or `tag`; nothing where the specification is not linked.
    pub fn specification_directive(&self, name: &str) -> Option<Name> {
        self.link_to(&format!("https://specs.apollo.dev/{name}"))?
            .directive_name(name)
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

#[test]
fn imports_may_rename() {
    let value = |text: &str| Value::String(text.to_owned());
    let link = Link {
        directive: schema::Directive {
            name: "link".into(),
            arguments: vec![
                ("url".into(), value("https://specs.apollo.dev/cost/v0.1")),
                (
                    "import".into(),
                    Value::List(vec![Value::Object(vec![
                        ("name".into(), value("@listSize")),
                        ("as".into(), value("@size")),
                    ])]),
                ),
            ],
        },
    };
    let name = |directive: &str| link.directive_name(directive).unwrap().to_string();
    assert_eq!(name("listSize"), "size");
    assert_eq!(name("cost"), "cost");
    assert_eq!(name("other"), "cost__other");
}
