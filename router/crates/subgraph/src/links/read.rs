//! `INVALID_LINK_IDENTIFIER`, `INVALID_LINK_DIRECTIVE_USAGE`, `UNKNOWN_LINK_VERSION`,
//! `UNKNOWN_FEDERATION_LINK_VERSION`: the links of a subgraph, taken apart and checked.

use apollo_compiler::{Node, ast};
use diagnostics::{Code, Problems, Span};
use schema::{SpecificationUrl, Value, Version, from_parser};

use super::{Import, Link, Links, conflicts};
use crate::specifications::{FEDERATION, LINK, OtherSpecification, all, federation_defines};
use crate::{FederationVersion, Lift, Source};

/// The links of a subgraph, the federation version they ask for, and whether it had to be lifted.
pub(crate) fn read(
    document: &ast::Document,
    source: &Source,
    problems: &mut Problems,
) -> (Links, FederationVersion, Option<Lift>) {
    let mut links = Links::default();
    let applications = applications(document);
    let link_name = name_of_link(&applications);
    if !is_bootstrapped(&applications) {
        links.resolve(FederationVersion::One);
        return (links, FederationVersion::One, None);
    }
    for node in applications {
        if node.name != link_name.as_str() && node.name != "core" {
            continue;
        }
        let span = source.span_of(node.location());
        // A malformed link leaves its names unresolved, so that everything after it would only
        // complain of unknown directives.
        let Some(link) = link(node, span, problems) else {
            return (links, FederationVersion::One, None);
        };
        links.list.push(link);
    }
    let mut version = FederationVersion::One;
    for link in &links.list {
        match link.url.identity.as_str() {
            LINK if link.url.version != Version::new(1, 0) => {
                unknown_link_version(link, problems);
            }
            FEDERATION => match FederationVersion::of_link(link.url.version) {
                Some(found) => version = found,
                None => unknown_federation_version(link, problems),
            },
            _ => {}
        }
    }
    let (version, lifted) = lift(&links, version);
    for link in &links.list {
        check_imports(link, version, problems);
    }
    if !problems.has_errors() {
        // What a specification does not have cannot be confused with anything.
        conflicts::check(&links, problems);
    }
    links.resolve(version);
    (links, version, lifted)
}

fn applications(document: &ast::Document) -> Vec<&Node<ast::Directive>> {
    document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            ast::Definition::SchemaDefinition(it) => Some(&it.directives),
            ast::Definition::SchemaExtension(it) => Some(&it.directives),
            _ => None,
        })
        .flat_map(|directives| directives.iter())
        .collect()
}

/// Whether `@link` is the one of the link specification: it links that, or the federation. Otherwise
/// it is some other directive, and what it says is nobody's business.
fn is_bootstrapped(applications: &[&Node<ast::Directive>]) -> bool {
    applications.iter().any(|node| {
        let directive = from_parser::directive(node);
        let url = directive
            .argument("url")
            .or_else(|| directive.argument("feature"));
        url.and_then(Value::as_str).is_some_and(|url| {
            [LINK, FEDERATION, "https://specs.apollo.dev/core"]
                .iter()
                .any(|identity| url.starts_with(identity))
        })
    })
}

/// `@link` may link itself under another name.
fn name_of_link(applications: &[&Node<ast::Directive>]) -> String {
    applications
        .iter()
        .find_map(|node| {
            let directive = from_parser::directive(node);
            let url = SpecificationUrl::parse(directive.argument("url")?.as_str()?)?;
            let alias = directive.argument("as").and_then(Value::as_str);
            let is_itself =
                url.identity == LINK && alias.unwrap_or("link") == directive.name.as_str();
            is_itself.then(|| directive.name.to_string())
        })
        .unwrap_or_else(|| "link".to_owned())
}

fn link(node: &Node<ast::Directive>, span: Span, problems: &mut Problems) -> Option<Link> {
    let directive = from_parser::directive(node);
    let argument = if directive.name == "core" {
        "feature"
    } else {
        "url"
    };
    let Some(text) = directive.argument(argument).and_then(Value::as_str) else {
        problems
            .error(
                Code::InvalidLinkDirectiveUsage,
                "@link",
                format!("A link needs the URL of a specification as `{argument}:`."),
            )
            .point_at(&span, "no URL here");
        return None;
    };
    let Some(url) = SpecificationUrl::parse(text) else {
        problems
            .error(
                Code::InvalidLinkIdentifier,
                "@link",
                format!("`{text}` does not name a specification and its version."),
            )
            .point_at(&span, "linked here")
            .help("write it as in `https://specs.example.org/name/v1.0`");
        return None;
    };
    let prefix = match directive.argument("as").and_then(Value::as_str) {
        Some(alias) => alias.to_owned(),
        None => url.name.clone(),
    };
    let imports = imports(directive.argument("import"), &span, problems)?;
    Some(Link {
        url,
        prefix,
        imports,
        span,
    })
}

fn imports(value: Option<&Value>, span: &Span, problems: &mut Problems) -> Option<Vec<Import>> {
    let items = match value {
        None | Some(Value::Null) => return Some(Vec::new()),
        Some(Value::List(items)) => items.as_slice(),
        Some(single) => std::slice::from_ref(single),
    };
    let mut imports = Vec::new();
    let mut wrong = Vec::new();
    for item in items {
        match import(item) {
            Ok(import) => imports.push(import),
            Err(message) => wrong.push(message),
        }
    }
    if wrong.is_empty() {
        return Some(imports);
    }
    for message in wrong {
        problems
            .error(Code::InvalidLinkDirectiveUsage, "@link(import:)", message)
            .point_at(span, "imported here");
    }
    None
}

fn import(item: &Value) -> Result<Import, String> {
    let (element, local) = match item {
        Value::String(element) => (element, element),
        Value::Object(fields) => {
            let unknown = fields.iter().find(|(key, _)| key != "name" && key != "as");
            if let Some((key, _)) = unknown {
                return Err(format!("An import has `name` and `as`, but no `{key}`."));
            }
            let text = |key: &str| match fields.iter().find(|(name, _)| name == key) {
                Some((_, Value::String(text))) => Ok(Some(text)),
                Some((_, other)) => Err(format!(
                    "The `{key}` of an import is a string, not {other}."
                )),
                None => Ok(None),
            };
            let element = text("name")?
                .ok_or_else(|| "An import needs the `name` of what it imports.".to_owned())?;
            (element, text("as")?.unwrap_or(element))
        }
        other => return Err(format!("An import is a string or an object, not {other}.")),
    };
    let (element_name, local_name) = (element.strip_prefix('@'), local.strip_prefix('@'));
    match (element_name, local_name) {
        (Some(element), Some(local)) => Ok(Import {
            element: element.to_owned(),
            local: local.to_owned(),
            is_directive: true,
        }),
        (None, None) => Ok(Import {
            element: element.clone(),
            local: local.clone(),
            is_directive: false,
        }),
        (Some(_), None) => Err(format!(
            "`{element}` is a directive, so it cannot be called `{local}`: write `@{local}`."
        )),
        (None, Some(_)) => Err(format!(
            "`{element}` is no directive, so it cannot be called `{local}`."
        )),
    }
}

fn unknown_link_version(link: &Link, problems: &mut Problems) {
    problems
        .error(
            Code::UnknownLinkVersion,
            "@link",
            format!(
                "Version {} of the link specification is unknown.",
                link.url.version
            ),
        )
        .point_at(&link.span, "the known version is v1.0");
}

fn unknown_federation_version(link: &Link, problems: &mut Problems) {
    problems
        .error(
            Code::UnknownFederationLinkVersion,
            "@link",
            format!(
                "Version {} of the federation specification is unknown.",
                link.url.version
            ),
        )
        .point_at(&link.span, "known are v2.0 to v2.14");
}

/// A specification that came with a later federation version lifts the subgraph to that version.
fn lift(links: &Links, version: FederationVersion) -> (FederationVersion, Option<Lift>) {
    let FederationVersion::Two { minor } = version else {
        return (version, None);
    };
    let newest = links
        .list
        .iter()
        .filter_map(|link| {
            let other = OtherSpecification::of_identity(&link.url.identity)?;
            let since = other.since(link.url.version);
            (since > minor).then_some((since, other, link))
        })
        .max_by_key(|(since, ..)| *since);
    match newest {
        None => (version, None),
        Some((since, other, link)) => (
            FederationVersion::Two { minor: since },
            Some(Lift {
                from: version,
                specification: other.name.to_owned(),
                span: link.span.clone(),
            }),
        ),
    }
}

fn check_imports(link: &Link, version: FederationVersion, problems: &mut Problems) {
    for import in &link.imports {
        let written = if import.is_directive {
            format!("@{}", import.element)
        } else {
            import.element.clone()
        };
        if defines(link, version, &written) {
            continue;
        }
        let problem = problems.error(
            Code::InvalidLinkDirectiveUsage,
            "@link(import:)",
            format!(
                "{} {} defines no `{written}`.",
                link.url.identity, link.url.version
            ),
        );
        problem.point_at(&link.span, format!("`{written}` is imported here"));
        let later = all().iter().find(|it| {
            link.url.identity == FEDERATION && it.name == import.element && it.since < u32::MAX
        });
        match later {
            Some(known) if import.is_directive => {
                problem.help(format!("it came with federation v2.{}", known.since));
            }
            _ => {
                if let Some(near) = nearest(&written, link, version) {
                    problem.help(format!("did you mean `{near}`?"));
                }
            }
        }
    }
}

/// Whether the specification has the element. Nothing is known of the specifications of others.
fn defines(link: &Link, version: FederationVersion, element: &str) -> bool {
    match link.url.identity.as_str() {
        FEDERATION => federation_defines(version, element),
        LINK => matches!(element, "@link" | "Import" | "Purpose"),
        identity => match OtherSpecification::of_identity(identity) {
            Some(other) => other.name == "connect" || other.elements.contains(&element),
            None => true,
        },
    }
}

fn nearest(written: &str, link: &Link, version: FederationVersion) -> Option<String> {
    let candidates: Vec<String> = match link.url.identity.as_str() {
        FEDERATION => all()
            .iter()
            .filter(|it| it.is_in(version))
            .map(|it| format!("@{}", it.name))
            .collect(),
        identity => OtherSpecification::of_identity(identity)?
            .elements
            .iter()
            .map(|it| (*it).to_owned())
            .collect(),
    };
    crate::graphql::nearest_name(written, candidates.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn urls_name_a_specification_and_a_version() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.0") @link(url: "https://example.org/nothing")
type Query { a: Int }"#,
            &expect![[r#"
                INVALID_LINK_IDENTIFIER @link: `https://example.org/nothing` does not name a specification and its version.
                  --> s:1:70 linked here
                  help: write it as in `https://specs.example.org/name/v1.0`
            "#]],
        );
    }

    #[test]
    fn versions_must_exist() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/link/v3.0") @link(url: "https://specs.apollo.dev/federation/v2.99")
type Query { a: Int }"#,
            &expect![[r#"
                UNKNOWN_LINK_VERSION @link: Version v3.0 of the link specification is unknown.
                  --> s:1:15 the known version is v1.0
                UNKNOWN_FEDERATION_LINK_VERSION @link: Version v2.99 of the federation specification is unknown.
                  --> s:1:64 known are v2.0 to v2.14
            "#]],
        );
    }

    #[test]
    fn imports_must_exist_with_advice() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@keys", "@composeDirective", "@nonsense"])
type Query { a: Int }"#,
            &expect![[r#"
                INVALID_LINK_DIRECTIVE_USAGE @link(import:): https://specs.apollo.dev/federation v2.0 defines no `@keys`.
                  --> s:1:15 `@keys` is imported here
                  help: did you mean `@key`?
                INVALID_LINK_DIRECTIVE_USAGE @link(import:): https://specs.apollo.dev/federation v2.0 defines no `@composeDirective`.
                  --> s:1:15 `@composeDirective` is imported here
                  help: it came with federation v2.1
                INVALID_LINK_DIRECTIVE_USAGE @link(import:): https://specs.apollo.dev/federation v2.0 defines no `@nonsense`.
                  --> s:1:15 `@nonsense` is imported here
            "#]],
        );
    }

    #[test]
    fn imports_have_a_form() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: [{name: "@key", as: "key"}, {as: "@x"}, 1, {name: "@key", to: "@k"}])
type Query { a: Int }"#,
            &expect![[r#"
                INVALID_LINK_DIRECTIVE_USAGE @link(import:): `@key` is a directive, so it cannot be called `key`: write `@key`.
                  --> s:1:15 imported here
                INVALID_LINK_DIRECTIVE_USAGE @link(import:): An import needs the `name` of what it imports.
                  --> s:1:15 imported here
                INVALID_LINK_DIRECTIVE_USAGE @link(import:): An import is a string or an object, not 1.
                  --> s:1:15 imported here
                INVALID_LINK_DIRECTIVE_USAGE @link(import:): An import has `name` and `as`, but no `to`.
                  --> s:1:15 imported here
            "#]],
        );
    }

    #[test]
    fn without_the_link_specification_a_link_is_some_other_directive() {
        check(
            r#"extend schema @link(url: "whatever")
type Query { a: Int }"#,
            &expect![[r#""#]],
        );
    }
}
