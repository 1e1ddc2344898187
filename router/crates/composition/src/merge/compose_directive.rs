//! `DIRECTIVE_COMPOSITION_ERROR`: `@composeDirective(name: "@x")` takes a subgraph's own directive into
//! the supergraph, with the specification it comes from.

use std::collections::BTreeMap;

use diagnostics::{Code, Problems, Span};
use schema::{Directive, Name, SubgraphId, Value};
use subgraph::{
    AppliedDirective, DirectiveDefinition, FederationDirective, Import, Link, Subgraph,
};

use super::across::Across;
use super::specifications::{Specifications, import};

/// A specification of others whose directives are composed.
pub(super) struct ComposedFeature<'s> {
    /// The `@link` that stands in the supergraph.
    pub(super) link: Directive,
    /// The directives by their names, which are the same in all subgraphs.
    /// With the subgraphs that ask for it.
    pub(super) directives: Vec<(Name, &'s DirectiveDefinition, Vec<SubgraphId>)>,
}

/// One valid `@composeDirective`.
struct Request<'s> {
    subgraph: &'s Subgraph,
    applied: &'s AppliedDirective,
    /// The specification that the directive comes from.
    link: &'s Link,
    /// The directive's name in the specification.
    element: String,
    /// Its name here.
    local: Name,
}

/// Whether every GraphQL schema has the directive.
fn is_built_in(name: &str) -> bool {
    matches!(name, "oneOf" | "deprecated" | "specifiedBy")
}

/// Whether a directive belongs to a specification that composition itself knows.
pub(super) fn is_of_known_specification(subgraph: &Subgraph, local: &str) -> bool {
    subgraph.links.meaning(local).is_some()
        || subgraph
            .links
            .source_of_directive(local)
            .is_some_and(|(link, _)| link.is_known())
        || local.starts_with("join__")
        || local == "core"
}

/// Works out what is composed.
pub(super) fn plan<'s>(
    across: &Across<'s>,
    specifications: &Specifications<'_>,
    problems: &mut Problems,
) -> Vec<ComposedFeature<'s>> {
    let mut requests: Vec<Request<'s>> = Vec::new();
    for subgraph in across.subgraphs {
        for applied in &subgraph.schema.directives {
            if applied.meaning == Some(FederationDirective::ComposeDirective)
                && let Some(request) = request(subgraph, applied, across, problems)
            {
                requests.push(request);
            }
        }
    }
    let mut by_identity: BTreeMap<&str, Vec<Request<'s>>> = BTreeMap::new();
    for request in requests {
        by_identity
            .entry(&request.link.url.identity)
            .or_default()
            .push(request);
    }
    hint_other_majors(across, &by_identity, problems);
    hint_other_names(across, &by_identity, problems);
    check_one_feature_per_name(&by_identity, problems);
    let features: Vec<ComposedFeature<'s>> = by_identity
        .values()
        .filter_map(|requests| feature(across, requests, problems))
        .collect();
    if !problems.has_errors() {
        check_reserved_names(&features, specifications, &by_identity, problems);
    }
    features
}

fn refuse(applied: &AppliedDirective, message: String, problems: &mut Problems) {
    problems
        .error(
            Code::DirectiveCompositionError,
            "@composeDirective",
            message,
        )
        .point_at(applied.argument_span("name"), "requested here");
}

fn request<'s>(
    subgraph: &'s Subgraph,
    applied: &'s AppliedDirective,
    across: &Across<'s>,
    problems: &mut Problems,
) -> Option<Request<'s>> {
    let name = applied
        .argument("name")
        .and_then(Value::as_str)
        .unwrap_or("");
    let Some(local) = name.strip_prefix('@') else {
        let message = format!("`{name}` is no name of a directive: it must start with `@`.");
        refuse(applied, message, problems);
        return None;
    };
    if let Some(meaning) = subgraph.links.meaning(local) {
        use FederationDirective::{Cost, FromContext, ListSize};
        if subgraph::definition_of(meaning).own_specification.is_some()
            && !matches!(meaning, FromContext | Cost | ListSize)
        {
            problems
                .hint(
                    Code::DirectiveCompositionInfo,
                    format!("@{local}"),
                    format!("`@{local}` is composed anyway, without `@composeDirective`."),
                )
                .point_at(&applied.span, "can be removed");
        } else {
            let message =
                format!("`@{local}` is for the federation itself and cannot be composed.");
            refuse(applied, message, problems);
        }
        return None;
    }
    let source = subgraph.links.source_of_directive(local);
    let known = source.as_ref().is_some_and(|(link, _)| {
        link.is_known() || link.url.identity == "https://specs.apollo.dev/join"
    });
    if known {
        let message = format!("`@{local}` is for the federation itself and cannot be composed.");
        refuse(applied, message, problems);
        return None;
    }
    if !subgraph.directive_definitions.contains_key(local) && !is_built_in(local) {
        let message = format!("`@{local}` is not defined in subgraph `{}`.", subgraph.name);
        refuse(applied, message, problems);
        return None;
    }
    let Some((link, element)) = source else {
        let message =
            format!("`@{local}` comes from no linked specification; link one that imports it.");
        refuse(applied, message, problems);
        return None;
    };
    let takes_known_name = across.subgraphs.iter().find(|other| {
        matches!(
            other.links.meaning(local),
            Some(FederationDirective::Tag | FederationDirective::Inaccessible)
        )
    });
    if let Some(other) = takes_known_name {
        let message = format!(
            "`@{local}` is another directive in subgraph `{}`: the federation's own.",
            other.name
        );
        refuse(applied, message, problems);
        return None;
    }
    Some(Request {
        subgraph,
        applied,
        link,
        element,
        local: Name::new(local),
    })
}

/// The same specification in incompatible versions is worth knowing even where nothing is composed.
fn hint_other_majors(
    across: &Across<'_>,
    requested: &BTreeMap<&str, Vec<Request<'_>>>,
    problems: &mut Problems,
) {
    let mut links: BTreeMap<&str, Vec<&Link>> = BTreeMap::new();
    for link in across.subgraphs.iter().flat_map(|it| &it.links.list) {
        if !link.is_known() {
            links.entry(&link.url.identity).or_default().push(link);
        }
    }
    for (identity, links) in links {
        let first = links[0].url.version.major;
        let mismatch = links.iter().any(|it| it.url.version.major != first);
        let composed: Vec<u32> = requested
            .get(identity)
            .into_iter()
            .flatten()
            .map(|it| it.link.url.version.major)
            .collect();
        let composed_differ = composed.iter().any(|it| Some(it) != composed.first());
        if mismatch && !composed_differ {
            problems
                .hint(
                    Code::DirectiveCompositionInfo,
                    identity,
                    format!("Subgraphs link incompatible versions of {identity}."),
                )
                .point_at_all(links.iter().map(|it| &it.span), "linked here");
        }
    }
}

/// Where the directive has another name its applications are lost, and that cannot be mended by
/// composing it there too: the supergraph has one name for it.
fn hint_other_names(
    across: &Across<'_>,
    requested: &BTreeMap<&str, Vec<Request<'_>>>,
    problems: &mut Problems,
) {
    let mut told: Vec<&Name> = Vec::new();
    for (identity, requests) in requested {
        for request in requests {
            if told.contains(&&request.local) {
                continue;
            }
            told.push(&request.local);
            let others = across.subgraphs.iter().filter_map(|it| {
                let link = it.links.link_to(identity)?;
                let import = link.imports.iter().find(|import| {
                    import.is_directive
                        && import.element == request.element
                        && import.local != *request.local
                })?;
                Some((link, import))
            });
            let others: Vec<(&Link, &Import)> = others.collect();
            if others.is_empty() {
                continue;
            }
            let problem = problems.hint(
                Code::DirectiveCompositionWarn,
                format!("@{}", request.local),
                format!(
                    "`@{}` is composed, and not from the subgraphs that call it otherwise.",
                    request.local
                ),
            );
            for (link, import) in others {
                problem.point_at(&link.span, format!("`@{}` here", import.local));
            }
            problem.also_see(&request.applied.span, "composed here");
        }
    }
}

fn check_one_feature_per_name(
    by_identity: &BTreeMap<&str, Vec<Request<'_>>>,
    problems: &mut Problems,
) {
    let mut owners: BTreeMap<&Name, (&str, &Span)> = BTreeMap::new();
    for request in by_identity.values().flatten() {
        let identity = request.link.url.identity.as_str();
        let (owner, first) = *owners
            .entry(&request.local)
            .or_insert((identity, &request.applied.span));
        if owner != identity {
            problems
                .error(
                    Code::DirectiveCompositionError,
                    "@composeDirective",
                    format!(
                        "`@{}` comes from {owner} in one subgraph and from {identity} in another.",
                        request.local
                    ),
                )
                .point_at(&request.applied.span, "requested here")
                .also_see(first, "and here");
        }
    }
}

/// Makes one link of all requests for directives of one specification.
fn feature<'s>(
    across: &Across<'s>,
    requests: &[Request<'s>],
    problems: &mut Problems,
) -> Option<ComposedFeature<'s>> {
    let identity = requests.first()?.link.url.identity.as_str();
    // Subgraphs that compose nothing of it have no say.
    let mut versions: Vec<(&'s Subgraph, &'s Link)> =
        requests.iter().map(|it| (it.subgraph, it.link)).collect();
    versions.dedup_by(|a, b| a.0.name == b.0.name);
    let major = requests.first()?.link.url.version.major;
    if requests.iter().any(|it| it.link.url.version.major != major) {
        problems
            .error(
                Code::DirectiveCompositionError,
                "@composeDirective",
                format!("Subgraphs link incompatible versions of {identity}."),
            )
            .point_at_all(versions.iter().map(|(_, it)| &it.span), "linked here");
        return None;
    }
    // The newest definition serves all: within a major version, minors only add.
    let newest = versions.iter().map(|(_, it)| it.url.version).max()?;
    let (definer, newest_link) = *versions.iter().find(|(_, it)| it.url.version == newest)?;
    let mut names: BTreeMap<&str, &Request<'s>> = BTreeMap::new();
    let mut composed = ComposedFeature {
        link: Directive {
            name: Name::new("link"),
            arguments: vec![(
                Name::new("url"),
                Value::String(format!("{identity}/{newest}")),
            )],
        },
        directives: Vec::new(),
    };
    let mut imports = Vec::new();
    for request in requests {
        if let Some(earlier) = names.get(request.element.as_str()) {
            if earlier.local != request.local {
                report_names(earlier, request, problems);
            }
            continue;
        }
        names.insert(&request.element, request);
        imports.push(import(&request.element, &request.local));
        let asking = requests
            .iter()
            .filter(|it| it.element == request.element)
            .filter_map(|it| across.id_of(&it.subgraph.name))
            .collect();
        // Where the newest version stands, the directive may have another name.
        let there = newest_link.local_directive(&request.element);
        let same_version = versions
            .iter()
            .filter(|(_, it)| it.url.version == newest)
            .find_map(|(subgraph, link)| {
                let local = link.local_directive(&request.element);
                subgraph.directive_definitions.get(&local)
            });
        match same_version {
            Some(definition) => {
                let directive = (request.local.clone(), definition, asking);
                composed.directives.push(directive);
            }
            None if is_built_in(&request.element) => {}
            None => refuse(
                request.applied,
                format!(
                    "Subgraph `{}` has the newest version of {identity} and does not define \
                     `@{there}`.",
                    definer.name
                ),
                problems,
            ),
        }
    }
    let import = (Name::new("import"), Value::List(imports));
    composed.link.arguments.push(import);
    Some(composed)
}

fn report_names(earlier: &Request<'_>, request: &Request<'_>, problems: &mut Problems) {
    problems
        .error(
            Code::DirectiveCompositionError,
            "@composeDirective",
            format!(
                "`@{}` of {} is called `@{}` in subgraph `{}` and `@{}` in `{}`.",
                request.element,
                request.link.url.identity,
                earlier.local,
                earlier.subgraph.name,
                request.local,
                request.subgraph.name
            ),
        )
        .point_at(&request.applied.span, "requested here")
        .also_see(&earlier.applied.span, "and here");
}

/// A composed directive must not look like one of a specification that every supergraph links.
fn check_reserved_names(
    features: &[ComposedFeature<'_>],
    specifications: &Specifications<'_>,
    by_identity: &BTreeMap<&str, Vec<Request<'_>>>,
    problems: &mut Problems,
) {
    for (local, ..) in features.iter().flat_map(|it| &it.directives) {
        let reserved = local.starts_with("join__")
            || local.starts_with("link__")
            || local == "link"
            || (specifications.merged(local).is_some() && !is_built_in(local));
        let request = by_identity
            .values()
            .flatten()
            .find(|request| request.local == *local);
        if let Some(request) = request.filter(|_| reserved) {
            problems
                .error(
                    Code::InvalidLinkDirectiveUsage,
                    format!("@{local}"),
                    format!(
                        "`@{local}` could be taken for a directive of another specification that \
                         the supergraph links."
                    ),
                )
                .point_at(
                    &request.link.span,
                    "import it under another name with `as:`",
                );
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn a_composed_directive_brings_its_link_and_definition() {
        check_types(
            [
                (
                    "a",
                    r#"extend schema @link(url: "https://example.org/log/v1.2", import: ["@log"]) @composeDirective(name: "@log") directive @log(level: Int) on FIELD_DEFINITION type Query { q: Int @log(level: 1) }"#,
                ),
                (
                    "b",
                    "directive @log on FIELD_DEFINITION type Query { r: Int @log }",
                ),
            ],
            &expect![[r#"
                directive @log(level: Int) on FIELD_DEFINITION

                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  q: Int @join__field(graph: A) @log(level: 1)
                  r: Int @join__field(graph: B)
                }
            "#]],
        );
    }

    #[test]
    fn requests_must_make_sense() {
        check(
            [(
                "a",
                r#"extend schema @composeDirective(name: "log") @composeDirective(name: "@nope") @composeDirective(name: "@key") @composeDirective(name: "@plain") directive @plain on FIELD_DEFINITION type Query { q: Int }"#,
            )],
            &expect![[r#"
                DIRECTIVE_COMPOSITION_ERROR @composeDirective: `log` is no name of a directive: it must start with `@`.
                  --> a:1:39 requested here
                DIRECTIVE_COMPOSITION_ERROR @composeDirective: `@nope` is not defined in subgraph `a`.
                  --> a:1:70 requested here
                DIRECTIVE_COMPOSITION_ERROR @composeDirective: `@key` is for the federation itself and cannot be composed.
                  --> a:1:103 requested here
                DIRECTIVE_COMPOSITION_ERROR @composeDirective: `@plain` comes from no linked specification; link one that imports it.
                  --> a:1:135 requested here
            "#]],
        );
    }

    #[test]
    fn what_is_composed_anyway_need_not_be_asked_for() {
        check(
            [(
                "a",
                r#"extend schema @composeDirective(name: "@tag") type Query { q: Int @tag(name: "x") }"#,
            )],
            &expect![[r#"
                DIRECTIVE_COMPOSITION_INFO @tag: `@tag` is composed anyway, without `@composeDirective`.
                  --> a:1:15 can be removed
            "#]],
        );
    }

    #[test]
    fn major_versions_must_agree() {
        check(
            [
                (
                    "a",
                    r#"extend schema @link(url: "https://example.org/log/v1.0", import: ["@log"]) @composeDirective(name: "@log") directive @log on FIELD_DEFINITION type Query { q: Int @log }"#,
                ),
                (
                    "b",
                    r#"extend schema @link(url: "https://example.org/log/v2.0", import: ["@log"]) @composeDirective(name: "@log") directive @log on FIELD_DEFINITION type Query { r: Int @log }"#,
                ),
            ],
            &expect![[r#"
                DIRECTIVE_COMPOSITION_ERROR @composeDirective: Subgraphs link incompatible versions of https://example.org/log.
                  --> a:1:15 linked here
                  --> b:1:15 linked here
            "#]],
        );
    }

    #[test]
    fn who_composes_nothing_has_no_say_but_is_told_of_another_name() {
        check(
            [
                (
                    "a",
                    r#"extend schema @link(url: "https://example.org/log/v1.0", import: ["@log"]) @composeDirective(name: "@log") directive @log on FIELD_DEFINITION type Query { q: Int @log }"#,
                ),
                (
                    "b",
                    r#"extend schema @link(url: "https://example.org/log/v1.3", import: [{name: "@log", as: "@trace"}])  directive @trace(level: Int) on FIELD_DEFINITION type Query { r: Int @trace }"#,
                ),
            ],
            &expect![[r#"
                DIRECTIVE_COMPOSITION_WARN @log: `@log` is composed, and not from the subgraphs that call it otherwise.
                  --> b:1:15 `@trace` here
                  see a:1:76 composed here
            "#]],
        );
    }

    #[test]
    fn costs_cannot_be_composed_by_name() {
        check(
            [(
                "a",
                r#"extend schema @composeDirective(name: "@cost") @composeDirective(name: "@policy") type Query { q: Int }"#,
            )],
            &expect![[r#"
                DIRECTIVE_COMPOSITION_ERROR @composeDirective: `@cost` is for the federation itself and cannot be composed.
                  --> a:1:39 requested here
            "#]],
        );
    }
}
