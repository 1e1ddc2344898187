//! `INVALID_LINK_DIRECTIVE_USAGE`: links whose names could be confused with each other.

use std::collections::HashMap;

use diagnostics::{Code, Problem, Problems};

use super::{Link, Links};

/// Checks that every name that the links bring in means one thing.
pub(super) fn check(links: &Links, problems: &mut Problems) {
    let mut by_identity: HashMap<&str, &Link> = HashMap::new();
    let mut by_prefix: HashMap<&str, &Link> = HashMap::new();
    let mut by_local: HashMap<(&str, bool), &Link> = HashMap::new();
    for link in &links.list {
        if let Some(earlier) = by_identity.insert(&link.url.identity, link) {
            let message = format!("{} is linked twice.", link.url.identity);
            report(link, message, problems).also_see(&earlier.span, "first linked here");
            continue;
        }
        check_prefix(link, problems);
        if let Some(earlier) = by_prefix.insert(&link.prefix, link) {
            let message = format!(
                "{} and {} would both be called `{}` here.",
                earlier.url.identity, link.url.identity, link.prefix
            );
            report(link, message, problems)
                .also_see(&earlier.span, "the other link")
                .help("give one of them another name with `as:`");
        }
        for import in &link.imports {
            let key = (import.local.as_str(), import.is_directive);
            if let Some(earlier) = by_local.insert(key, link) {
                let at = if import.is_directive { "@" } else { "" };
                let message = format!("`{at}{}` is imported twice.", import.local);
                report(link, message, problems).also_see(&earlier.span, "first imported here");
            }
        }
    }
    for link in &links.list {
        check_imports_against_prefixes(link, &by_prefix, problems);
    }
}

/// Elements that are not imported are called `prefix__element`, so a prefix must leave the two
/// underscores recognisable.
fn check_prefix(link: &Link, problems: &mut Problems) {
    let is_default = link.prefix == link.url.name;
    if !is_default && (link.prefix.contains("__") || link.prefix.ends_with('_')) {
        let message = format!(
            "A link cannot be called `{}`: elements are told from their prefix by `__`.",
            link.prefix
        );
        report(link, message, problems);
    }
}

fn check_imports_against_prefixes(
    link: &Link,
    by_prefix: &HashMap<&str, &Link>,
    problems: &mut Problems,
) {
    for import in link.imports.iter().filter(|it| it.is_directive) {
        let prefix = import.local.split("__").next().unwrap_or(&import.local);
        let Some(other) = by_prefix.get(prefix) else {
            continue;
        };
        let own_default = other.url.identity == link.url.identity
            && *link.default_name(&import.element) == *import.local;
        let namespaced = import.local.len() > prefix.len();
        let other_identity = other.url.identity != link.url.identity;
        // `@tag` is the same directive, whether it comes from `federation` or from `tag`.
        let same_directive = other.is_known() && other.url.name == import.element && !namespaced;
        if own_default || same_directive || !(other_identity || namespaced) {
            continue;
        }
        let message = format!(
            "`@{}` imported from {} could be taken for a name of {}.",
            import.local, link.url.identity, other.url.identity
        );
        report(link, message, problems)
            .also_see(&other.span, "the other link")
            .help("import it under another name with `as:`");
    }
}

impl Link {
    /// What a directive would be called without an import.
    fn default_name(&self, element: &str) -> String {
        if self.url.name == element {
            self.prefix.clone()
        } else {
            format!("{}__{element}", self.prefix)
        }
    }
}

fn report<'p>(link: &Link, message: String, problems: &'p mut Problems) -> &'p mut Problem {
    problems
        .error(Code::InvalidLinkDirectiveUsage, "@link", message)
        .point_at(&link.span, "linked here")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn nothing_is_linked_or_imported_twice() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", {name: "@tag", as: "@key"}]) @link(url: "https://specs.apollo.dev/federation/v2.9")
type Query { a: Int }"#,
            &expect![[r#"
                INVALID_LINK_DIRECTIVE_USAGE @link: `@key` is imported twice.
                  --> s:1:15 linked here
                INVALID_LINK_DIRECTIVE_USAGE @link: https://specs.apollo.dev/federation is linked twice.
                  --> s:1:116 linked here
                  see s:1:15 first linked here
            "#]],
        );
    }

    #[test]
    fn prefixes_can_be_told_from_names() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", as: "fed_") @link(url: "https://example.org/x/v1.0", as: "fed_")
type Query { a: Int }"#,
            &expect![[r#"
                INVALID_LINK_DIRECTIVE_USAGE @link: A link cannot be called `fed_`: elements are told from their prefix by `__`.
                  --> s:1:15 linked here
                INVALID_LINK_DIRECTIVE_USAGE @link: A link cannot be called `fed_`: elements are told from their prefix by `__`.
                  --> s:1:82 linked here
                INVALID_LINK_DIRECTIVE_USAGE @link: https://specs.apollo.dev/federation and https://example.org/x would both be called `fed_` here.
                  --> s:1:82 linked here
                  see s:1:15 the other link
                  help: give one of them another name with `as:`
            "#]],
        );
    }

    #[test]
    fn imports_cannot_pose_as_namespaced() {
        check(
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"]) @link(url: "https://example.org/x/v1.0", import: [{name: "@y", as: "@federation__tag"}])
type Query { a: Int }"#,
            &expect![[r#"
                INVALID_LINK_DIRECTIVE_USAGE @link: `@federation__tag` imported from https://example.org/x could be taken for a name of https://specs.apollo.dev/federation.
                  --> s:1:88 linked here
                  see s:1:15 the other link
                  help: import it under another name with `as:`
            "#]],
        );
    }
}
