//! The specifications that composition knows, and the directives and types they define.
//!
//! One [`table`]: which directive belongs to which specification, since which version, where it may
//! stand and what arguments it takes. It serves `@link` imports, the check of redefinitions, and
//! the definitions that a subgraph may leave out.

mod table;

use std::fmt;

use schema::Version;

use table::{DIRECTIVES, EVERY_ELEMENT, PLAIN};

/// The identity of the federation specification.
pub(crate) const FEDERATION: &str = "https://specs.apollo.dev/federation";
/// The identity of the link specification.
pub(crate) const LINK: &str = "https://specs.apollo.dev/link";
/// The newest federation version there is.
const NEWEST_MINOR: u32 = 14;

/// The federation version of a subgraph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FederationVersion {
    /// No link to the federation specification.
    One,
    /// A link to `federation/v2.x`.
    Two {
        /// The `x`.
        minor: u32,
    },
}

impl FederationVersion {
    /// The version that a link names, if it exists.
    pub(crate) fn of_link(version: Version) -> Option<Self> {
        let known = version.major == 2 && version.minor <= NEWEST_MINOR;
        known.then_some(Self::Two {
            minor: version.minor,
        })
    }

    /// Whether this is at least `2.minor`.
    pub fn is_at_least(self, minor: u32) -> bool {
        self >= Self::Two { minor }
    }
}

impl fmt::Display for FederationVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One => f.write_str("v1"),
            Self::Two { minor } => write!(f, "v2.{minor}"),
        }
    }
}

/// The directives that mean something to the federation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FederationDirective {
    /// `@link`.
    Link,
    /// `@key`.
    Key,
    /// `@requires`.
    Requires,
    /// `@provides`.
    Provides,
    /// `@external`.
    External,
    /// `@extends`.
    Extends,
    /// `@tag`.
    Tag,
    /// `@shareable`.
    Shareable,
    /// `@inaccessible`.
    Inaccessible,
    /// `@override`.
    Override,
    /// `@composeDirective`.
    ComposeDirective,
    /// `@interfaceObject`.
    InterfaceObject,
    /// `@authenticated`.
    Authenticated,
    /// `@requiresScopes`.
    RequiresScopes,
    /// `@policy`.
    Policy,
    /// `@context`.
    Context,
    /// `@fromContext`.
    FromContext,
    /// `@cost`.
    Cost,
    /// `@listSize`.
    ListSize,
    /// `@cacheTag`.
    CacheTag,
    /// `@connect`.
    Connect,
    /// `@source`.
    Source,
}

/// The definition of a known directive.
#[derive(Debug)]
pub struct DirectiveSpecification {
    /// Which one it is.
    pub directive: FederationDirective,
    /// Its name in the specification.
    pub name: &'static str,
    /// The federation minor version that has it first.
    pub since: u32,
    /// Whether Federation 1 has it.
    pub in_federation_one: bool,
    /// The specification of its own, if it has one: name and version in the supergraph.
    pub own_specification: Option<(&'static str, Version)>,
    /// Its arguments.
    pub arguments: &'static [ArgumentSpecification],
    /// The federation minor version from which it is repeatable.
    pub repeatable_since: Option<u32>,
    /// Where it may stand.
    pub locations: &'static [&'static str],
}

/// An argument of a known directive. In its type, `*Name` is the specification's own type `Name`.
#[derive(Debug)]
pub struct ArgumentSpecification {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub ty: &'static str,
    /// Its default.
    pub default: Option<&'static str>,
    /// The federation minor version that has it first.
    pub since: u32,
}

/// The definition of a known directive.
pub fn definition_of(directive: FederationDirective) -> &'static DirectiveSpecification {
    // The table has every variant: a test counts them.
    DIRECTIVES
        .iter()
        .find(|it| it.directive == directive)
        .unwrap_or(&PLAIN)
}

/// The fields of an input type of a known specification; nothing if it is a scalar.
pub(crate) fn input_fields(element: &str) -> Option<&'static [(&'static str, &'static str)]> {
    let (_, fields) = table::CONNECT_INPUTS.iter().find(|it| it.0 == element)?;
    Some(fields)
}

/// Every known directive.
pub(crate) fn all() -> &'static [DirectiveSpecification] {
    &DIRECTIVES
}

/// The specifications beside `federation` and `link` that are known, with what each defines (names
/// of directives with `@`) and the federation version that brings it.
pub(crate) static OTHER_SPECIFICATIONS: [OtherSpecification; 8] = [
    other("tag", &["@tag"], 0),
    other("inaccessible", &["@inaccessible"], 0),
    other("authenticated", &["@authenticated"], 5),
    other("requiresScopes", &["@requiresScopes", "Scope"], 5),
    other("policy", &["@policy", "Policy"], 6),
    other(
        "context",
        &["@context", "@fromContext", "ContextFieldValue"],
        8,
    ),
    other("cost", &["@cost", "@listSize"], 9),
    other("connect", &["@connect", "@source"], 10),
];

/// A specification with few elements.
#[derive(Debug)]
pub(crate) struct OtherSpecification {
    /// The last segment of its identity.
    pub(crate) name: &'static str,
    /// What it defines.
    pub(crate) elements: &'static [&'static str],
    /// The federation minor version that brings its first version.
    since: u32,
}

const fn other(
    name: &'static str,
    elements: &'static [&'static str],
    since: u32,
) -> OtherSpecification {
    OtherSpecification {
        name,
        elements,
        since,
    }
}

impl OtherSpecification {
    /// The specification with this identity.
    pub(crate) fn of_identity(identity: &str) -> Option<&'static Self> {
        let name = identity.strip_prefix("https://specs.apollo.dev/")?;
        OTHER_SPECIFICATIONS.iter().find(|it| it.name == name)
    }

    /// The federation minor version that brings a version of it. Each federation version since
    /// connectors came has a newer version of them.
    pub(crate) fn since(&self, version: Version) -> u32 {
        match self.name {
            "connect" => self.since + version.minor.clamp(1, 4) - 1,
            _ => self.since,
        }
    }
}

impl FederationDirective {
    /// Its name in its specification.
    pub fn name(self) -> &'static str {
        definition_of(self).name
    }

    /// Whether it says who may see something.
    pub fn is_access_control(self) -> bool {
        matches!(
            self,
            Self::Authenticated | Self::RequiresScopes | Self::Policy
        )
    }
}

impl DirectiveSpecification {
    /// Whether a federation version has the directive under its link to `federation`.
    pub(crate) fn is_in(&self, version: FederationVersion) -> bool {
        match version {
            FederationVersion::One => self.in_federation_one,
            FederationVersion::Two { minor } => minor >= self.since,
        }
    }

    /// The arguments that a federation version has.
    pub(crate) fn arguments_in(
        &self,
        version: FederationVersion,
    ) -> impl Iterator<Item = &'static ArgumentSpecification> {
        let minor = match version {
            FederationVersion::One => 0,
            FederationVersion::Two { minor } => minor,
        };
        self.arguments.iter().filter(move |it| it.since <= minor)
    }

    /// Whether a federation version lets the directive be applied more than once at one place.
    pub(crate) fn is_repeatable_in(&self, version: FederationVersion) -> bool {
        self.repeatable_since.is_some_and(|since| match version {
            FederationVersion::One => since == 0,
            FederationVersion::Two { minor } => minor >= since,
        })
    }

    /// Where a federation version lets the directive stand.
    pub(crate) fn locations_in(&self, version: FederationVersion) -> &'static [&'static str] {
        if self.directive == FederationDirective::Tag && !version.is_at_least(3) {
            return EVERY_ELEMENT;
        }
        self.locations
    }
}

/// Whether the federation specification of a version defines an element (directives with `@`).
pub(crate) fn federation_defines(version: FederationVersion, element: &str) -> bool {
    if let Some(name) = element.strip_prefix('@') {
        return all().iter().any(|it| it.name == name && it.is_in(version));
    }
    match element {
        "FieldSet" => true,
        "Scope" => version.is_at_least(5),
        "Policy" => version.is_at_least(6),
        "ContextFieldValue" => version.is_at_least(8),
        _ => false,
    }
}

#[test]
fn every_directive_is_in_the_table_once() {
    let mut found: Vec<_> = all().iter().map(|it| it.directive).collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), DIRECTIVES.len());
    assert!(all().iter().all(|it| !it.name.is_empty()));
}

#[test]
fn versions_know_what_they_brought() {
    let v = |minor| FederationVersion::Two { minor };
    assert!(federation_defines(v(0), "@key"));
    assert!(!federation_defines(v(0), "@composeDirective"));
    assert!(federation_defines(v(1), "@composeDirective"));
    assert!(!federation_defines(v(4), "Scope"));
    assert_eq!(FederationVersion::of_link(Version::new(2, 15)), None);
    let override_arguments = |minor| {
        definition_of(FederationDirective::Override)
            .arguments_in(v(minor))
            .count()
    };
    assert_eq!((override_arguments(6), override_arguments(7)), (1, 2));
}
