//! Which specifications a subgraph links with `@link`, and what their elements are called here.
//!
//! [`read`] takes the links apart and refuses what makes no sense; [`conflicts`] refuses names that
//! could mean two things.

mod conflicts;
mod read;

use std::collections::HashMap;

use diagnostics::Span;
use schema::{Name, SpecificationUrl};

use crate::specifications::{FEDERATION, LINK, OtherSpecification, all, definition_of};
use crate::{FederationDirective, FederationVersion};

pub(crate) use read::read;

/// The links of one subgraph.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// The links, in the order they were written.
    pub list: Vec<Link>,
    /// The federation directives by their local names.
    meanings: HashMap<Name, FederationDirective>,
    /// The local names of the federation directives; the first one where there are several.
    local_names: HashMap<FederationDirective, Name>,
}

/// One `@link`.
#[derive(Clone, Debug)]
pub struct Link {
    /// The linked specification.
    pub url: SpecificationUrl,
    /// The prefix of the elements that are not imported.
    pub prefix: String,
    /// The imported elements.
    pub imports: Vec<Import>,
    /// Where the link stands.
    pub span: Span,
}

/// One import of a link. Names of directives have no `@`.
#[derive(Clone, Debug)]
pub struct Import {
    /// The element's name in the specification.
    pub element: String,
    /// Its name here.
    pub local: String,
    /// Whether it is a directive, rather than a type.
    pub is_directive: bool,
}

impl Links {
    /// The link to the specification with this identity.
    pub fn link_to(&self, identity: &str) -> Option<&Link> {
        self.list.iter().find(|link| link.url.identity == identity)
    }

    /// Which federation directive a local name stands for.
    pub fn meaning(&self, local: &str) -> Option<FederationDirective> {
        self.meanings.get(local).copied()
    }

    /// The local name of a federation directive, if it is available.
    pub fn local_name(&self, directive: FederationDirective) -> Option<&Name> {
        self.local_names.get(&directive)
    }

    /// Every local name of a federation directive, in order.
    pub(crate) fn names_of(&self, directive: FederationDirective) -> impl Iterator<Item = Name> {
        let mut names: Vec<Name> = self
            .meanings
            .iter()
            .filter(|(_, meaning)| **meaning == directive)
            .map(|(name, _)| name.clone())
            .collect();
        names.sort();
        names.into_iter()
    }

    /// Whether the name of a type belongs to a specification that composition knows itself.
    pub fn is_known_type(&self, name: &str) -> bool {
        let built_in = matches!(name, "Int" | "Float" | "String" | "Boolean" | "ID");
        if built_in || matches!(name, "_Any" | "_Entity" | "_Service" | "_FieldSet") {
            return true;
        }
        self.list
            .iter()
            .filter(|link| link.is_known())
            .any(|link| link.owns_type(name))
            || name.starts_with("link__")
            || name.starts_with("federation__")
    }

    /// The link that a directive comes from, with its name in that specification.
    pub fn source_of_directive(&self, local: &str) -> Option<(&Link, String)> {
        self.list
            .iter()
            .find_map(|link| Some((link, link.directive_element(local)?)))
    }

    /// Gives the directives of a federation version their own names, as if all were imported; what
    /// has a name already keeps it.
    pub(crate) fn import_all(&mut self, version: FederationVersion) {
        for specification in all().iter().filter(|it| it.is_in(version)) {
            let directive = specification.directive;
            if !self.local_names.contains_key(&directive) {
                let local = Name::new(specification.name);
                self.meanings.insert(local.clone(), directive);
                self.local_names.insert(directive, local);
            }
        }
    }

    /// Works out the local names of the federation's directives.
    fn resolve(&mut self, version: FederationVersion) {
        let mut found: Vec<(FederationDirective, Name)> = Vec::new();
        for specification in all() {
            let directive = specification.directive;
            if directive == FederationDirective::Link {
                let local = self.link_to(LINK).map_or("link", |link| &link.prefix);
                found.push((directive, Name::new(local)));
                continue;
            }
            match self.link_to(FEDERATION) {
                Some(link) if specification.is_in(version) => {
                    found.push((directive, link.local_directive(specification.name)));
                }
                None if version == FederationVersion::One && specification.in_federation_one => {
                    found.push((directive, Name::new(specification.name)));
                }
                _ => {}
            }
            if let Some((own, _)) = specification.own_specification
                && let Some(link) = self.link_to(&format!("https://specs.apollo.dev/{own}"))
                && link.is_known()
            {
                found.push((directive, link.local_directive(specification.name)));
            }
        }
        for (directive, local) in found {
            self.meanings.insert(local.clone(), directive);
            self.local_names.entry(directive).or_insert(local);
        }
    }
}

impl Link {
    /// Whether composition itself knows what the specification means.
    pub fn is_known(&self) -> bool {
        matches!(self.url.identity.as_str(), FEDERATION | LINK)
            || OtherSpecification::of_identity(&self.url.identity).is_some()
    }

    /// What the specification's directive is called here.
    pub fn local_directive(&self, element: &str) -> Name {
        let imported = self
            .imports
            .iter()
            .find(|it| it.is_directive && it.element == element);
        match imported {
            Some(import) => Name::new(import.local.as_str()),
            None if self.url.name == element => Name::new(self.prefix.as_str()),
            None => Name::new(format!("{}__{element}", self.prefix)),
        }
    }

    /// What the specification's type is called here.
    pub(crate) fn local_type(&self, element: &str) -> Name {
        let imported = self
            .imports
            .iter()
            .find(|it| !it.is_directive && it.element == element);
        match imported {
            Some(import) => Name::new(import.local.as_str()),
            None => Name::new(format!("{}__{element}", self.prefix)),
        }
    }

    /// The name in the specification of the directive that is called `local` here.
    fn directive_element(&self, local: &str) -> Option<String> {
        let imported = self
            .imports
            .iter()
            .find(|it| it.is_directive && it.local == local);
        if let Some(import) = imported {
            return Some(import.element.clone());
        }
        if local == self.prefix {
            return Some(self.url.name.clone());
        }
        let rest = local.strip_prefix(&self.prefix)?.strip_prefix("__")?;
        Some(rest.to_owned())
    }

    fn owns_type(&self, name: &str) -> bool {
        let prefixed = name
            .strip_prefix(&self.prefix)
            .is_some_and(|rest| rest.starts_with("__"));
        prefixed
            || self
                .imports
                .iter()
                .any(|it| !it.is_directive && it.local == name)
    }
}

/// The local name of the type that a known directive's argument names with `*`.
pub(crate) fn local_type_of(links: &Links, directive: FederationDirective, element: &str) -> Name {
    let own = definition_of(directive).own_specification;
    let own = own.and_then(|(own, _)| links.link_to(&format!("https://specs.apollo.dev/{own}")));
    if let Some(link) = own.or_else(|| links.link_to(FEDERATION)) {
        return link.local_type(element);
    }
    match element {
        // Federation 1 has no links and this one type.
        "FieldSet" => Name::new("_FieldSet"),
        "Import" | "Purpose" => links.link_to(LINK).map_or_else(
            || Name::new(format!("link__{element}")),
            |link| link.local_type(element),
        ),
        other => Name::new(other),
    }
}

#[test]
fn names_follow_imports_prefixes_and_aliases() {
    let sdl = r#"extend schema
        @link(url: "https://specs.apollo.dev/federation/v2.9", as: "fed", import: ["@key", {name: "@tag", as: "@label"}, "FieldSet"])
        @link(url: "https://specs.apollo.dev/cost/v0.1")
        @link(url: "https://example.org/log/v1.0", import: ["@trace"])
        type Query { a: Int }"#;
    let subgraph = crate::Subgraph::parse("s", "", sdl).unwrap_or_else(|it| panic!("{it}"));
    let links = &subgraph.links;
    assert_eq!(links.meaning("key"), Some(FederationDirective::Key));
    assert_eq!(links.meaning("label"), Some(FederationDirective::Tag));
    assert_eq!(links.meaning("tag"), None);
    assert_eq!(
        links.meaning("fed__shareable"),
        Some(FederationDirective::Shareable)
    );
    assert_eq!(links.meaning("cost"), Some(FederationDirective::Cost));
    assert_eq!(
        links.meaning("cost__listSize"),
        Some(FederationDirective::ListSize)
    );
    assert!(links.is_known_type("FieldSet") && links.is_known_type("fed__Scope"));
    let source = |name: &str| {
        let (link, element) = links.source_of_directive(name)?;
        Some((link.url.name.clone(), element))
    };
    assert_eq!(
        source("trace"),
        Some(("log".to_owned(), "trace".to_owned()))
    );
    assert_eq!(source("log"), Some(("log".to_owned(), "log".to_owned())));
    assert_eq!(
        source("log__level"),
        Some(("log".to_owned(), "level".to_owned()))
    );
    assert_eq!(source("other"), None);
}
