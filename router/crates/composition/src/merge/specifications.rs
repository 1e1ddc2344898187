//! Which directives go into the supergraph, under which names, and the links that say so.
//!
//! The federation's own are composed when a subgraph applies them, and must be called the same
//! everywhere (`LINK_IMPORT_NAME_MISMATCH`); others when `@composeDirective` asks for it.

use std::collections::{BTreeMap, HashMap};

use diagnostics::{Code, Problems};
use indexmap::IndexMap;
use schema::{Directive, Name, SubgraphId, Type, Value};
use subgraph::{AppliedDirective, FederationDirective, FederationVersion, Subgraph, definition_of};
use supergraph::{
    DirectiveDefinition, InputValueDefinition, JoinVersion, Link, Model, TypeDefinition, TypeKind,
};

use super::across::Across;
use super::argument_strategies::Strategy;
use super::compose_directive;
use super::definitions;

/// The directives that are applied in the supergraph.
#[derive(Debug, Default)]
pub(crate) struct Specifications<'s> {
    /// The federation's directives, by what they mean.
    names: HashMap<FederationDirective, Name>,
    /// Everything that is merged, by its name in the supergraph.
    directives: HashMap<Name, MergedDirective>,
    /// The types that the specifications bring along.
    types: Vec<Name>,
    /// The composed directives of others, with the subgraphs that ask for it.
    custom: HashMap<Name, Custom<'s>>,
}

/// A composed directive of others.
#[derive(Debug)]
struct Custom<'s> {
    definition: &'s subgraph::DirectiveDefinition,
    /// In other subgraphs a directive of the same name is another directive.
    subgraphs: Vec<SubgraphId>,
}

/// How applications of a directive are merged.
#[derive(Debug, Default)]
pub(crate) struct MergedDirective {
    /// Whether several may stand at one place.
    pub(crate) repeatable: bool,
    /// Its arguments in order, with their defaults.
    pub(crate) arguments: Vec<(Name, Option<Value>)>,
    /// How differing arguments are combined; nothing if the most frequent application wins.
    pub(crate) strategies: Option<&'static [(&'static str, Strategy)]>,
}

impl Specifications<'_> {
    /// The name under which a directive that is applied in a subgraph goes into the supergraph;
    /// nothing if it does not.
    pub(crate) fn merged_name(&self, id: SubgraphId, applied: &AppliedDirective) -> Option<&Name> {
        if let Some(meaning) = applied.meaning {
            return self.names.get(&meaning);
        }
        let (name, _) = self.directives.get_key_value(&applied.directive.name)?;
        let composed = self
            .custom
            .get(name)
            .is_none_or(|it| it.subgraphs.contains(&id));
        composed.then_some(name)
    }

    /// The same for a directive that is applied inside the definition of a composed directive, which
    /// comes from a subgraph that has to do with composing it.
    pub(crate) fn name_in_definition(&self, applied: &AppliedDirective) -> Option<&Name> {
        match applied.meaning {
            Some(meaning) => self.names.get(&meaning),
            None => Some(self.directives.get_key_value(&applied.directive.name)?.0),
        }
    }

    /// How applications of a directive are merged.
    pub(crate) fn merged(&self, name: &str) -> Option<&MergedDirective> {
        self.directives.get(name)
    }

    /// The name in the supergraph of a federation directive.
    pub(crate) fn name_of(&self, directive: FederationDirective) -> Option<&Name> {
        self.names.get(&directive)
    }

    /// Whether a directive from a subgraph is composed because `@composeDirective` asks for it.
    pub(crate) fn is_custom(&self, name: &str) -> bool {
        self.custom.contains_key(name)
    }

    /// Whether merged directives contain a federation directive.
    pub(crate) fn has(&self, directives: &[Directive], directive: FederationDirective) -> bool {
        self.names
            .get(&directive)
            .is_some_and(|name| directives.iter().any(|it| it.name == *name))
    }

    /// Adds the types that the specifications bring along.
    pub(crate) fn add_types(&self, types: &mut IndexMap<Name, TypeDefinition>) {
        for name in &self.types {
            types.entry(name.clone()).or_insert_with(|| TypeDefinition {
                name: name.clone(),
                description: None,
                directives: Vec::new(),
                joins: Vec::new(),
                kind: TypeKind::Scalar,
            });
        }
    }
}

/// The oldest join specification that can say everything the subgraphs' newest version may need.
pub(super) fn join_version(subgraphs: &[Subgraph]) -> JoinVersion {
    let newest = subgraphs.iter().map(|it| it.version).max();
    match newest {
        Some(FederationVersion::Two { minor: 8.. }) => JoinVersion::V05,
        Some(FederationVersion::Two { minor: 7 }) => JoinVersion::V04,
        _ => JoinVersion::V03,
    }
}

/// Finds out what is used, and puts links and definitions into the model.
pub(super) fn collect<'s>(
    across: &Across<'s>,
    model: &mut Model,
    problems: &mut Problems,
) -> Specifications<'s> {
    let mut specifications = Specifications::default();
    for (name, argument, default) in [
        ("deprecated", "reason", Some("No longer supported")),
        ("specifiedBy", "url", None),
    ] {
        let default = default.map(|text| Value::String(text.to_owned()));
        let arguments = vec![(Name::new(argument), default)];
        let merged = MergedDirective {
            arguments,
            ..MergedDirective::default()
        };
        specifications.directives.insert(Name::new(name), merged);
    }
    specifications
        .directives
        .insert(Name::new("oneOf"), MergedDirective::default());
    let used = used_names(across);
    let mut by_specification: BTreeMap<&str, Vec<(FederationDirective, Name)>> = BTreeMap::new();
    for (directive, names) in used {
        let Some((own, _)) = definition_of(directive).own_specification else {
            continue;
        };
        if let Some(name) = agreed_name(directive, &names, problems) {
            by_specification
                .entry(own)
                .or_default()
                .push((directive, name));
        }
    }
    for (own, directives) in by_specification {
        add_specification(across, own, &directives, model, &mut specifications);
    }
    for feature in compose_directive::plan(across, &specifications, problems) {
        model.links.push(Link {
            directive: feature.link,
        });
        for (name, definition, subgraphs) in feature.directives {
            specifications.directives.insert(
                name.clone(),
                MergedDirective {
                    repeatable: definition.repeatable,
                    arguments: definition
                        .arguments
                        .values()
                        .map(|it| (it.name.clone(), it.default.clone()))
                        .collect(),
                    strategies: None,
                },
            );
            specifications.custom.insert(
                name,
                Custom {
                    definition,
                    subgraphs,
                },
            );
        }
    }
    for (name, custom) in &specifications.custom {
        let merged = definitions::directive_definition(name, custom.definition, &specifications);
        model.directive_definitions.insert(name.clone(), merged);
    }
    model.directive_definitions.sort_unstable_keys();
    specifications
}

/// Which federation directives the subgraphs apply, and what each calls them.
fn used_names<'s>(
    across: &Across<'s>,
) -> BTreeMap<FederationDirective, Vec<(&'s Subgraph, &'s Name)>> {
    let mut used: BTreeMap<FederationDirective, Vec<(&Subgraph, &Name)>> = BTreeMap::new();
    for subgraph in across.subgraphs {
        definitions::for_each_applied(subgraph, &mut |applied| {
            let Some(meaning) = applied.meaning else {
                return;
            };
            if !is_composed(meaning) {
                return;
            }
            let names = used.entry(meaning).or_default();
            let known = names
                .last()
                .is_some_and(|(last, _)| std::ptr::eq(*last, subgraph));
            if !known {
                names.push((subgraph, &applied.directive.name));
            }
        });
    }
    used
}

/// Whether applications go into the supergraph as they are. Connectors and cache tags travel inside
/// `@join__directive`, and what `@fromContext` says inside `@join__field`; but all are linked.
fn is_composed(directive: FederationDirective) -> bool {
    use FederationDirective::{CacheTag, Connect, FromContext, Source};
    definition_of(directive).own_specification.is_some()
        && directive != FromContext
        && !matches!(directive, Source | Connect | CacheTag)
        || matches!(directive, CacheTag | Connect | Source)
}

/// Whether applications travel inside `@join__directive`.
pub(crate) fn is_carried(directive: FederationDirective) -> bool {
    use FederationDirective::{CacheTag, Connect, Source};
    matches!(directive, CacheTag | Connect | Source)
}

fn agreed_name(
    directive: FederationDirective,
    names: &[(&Subgraph, &Name)],
    problems: &mut Problems,
) -> Option<Name> {
    let (_, first) = *names.first()?;
    if is_carried(directive) || names.iter().all(|(_, name)| *name == first) {
        return Some(first.clone());
    }
    let problem = problems.error(
        Code::LinkImportNameMismatch,
        format!("@{}", directive.name()),
        format!(
            "Subgraphs call `@{}` differently, and in the supergraph it has one name.",
            directive.name()
        ),
    );
    for (subgraph, name) in names {
        problem.point_at(&link_span(subgraph, name), format!("`@{name}` here"));
    }
    None
}

/// The link that brings a directive into a subgraph.
fn link_span(subgraph: &Subgraph, local: &str) -> diagnostics::Span {
    subgraph
        .links
        .source_of_directive(local)
        .map_or_else(|| subgraph.span(), |(link, _)| link.span.clone())
}

fn add_specification(
    across: &Across<'_>,
    own: &str,
    directives: &[(FederationDirective, Name)],
    model: &mut Model,
    specifications: &mut Specifications<'_>,
) {
    let Some((_, version)) = directives
        .first()
        .and_then(|(directive, _)| definition_of(*directive).own_specification)
    else {
        return;
    };
    let string = |text: String| Value::String(text);
    let mut imports = Vec::new();
    let identity = format!("https://specs.apollo.dev/{own}");
    // Newer connectors than are known here travel as they are.
    let linked = across
        .subgraphs
        .iter()
        .filter_map(|it| it.links.link_to(&identity))
        .map(|link| link.url.version)
        .filter(|linked| own == "connect" && linked.major == version.major)
        .max();
    let version = linked.map_or(version, |linked| linked.max(version));
    let mut arguments = vec![(Name::new("url"), string(format!("{identity}/{version}")))];
    if !matches!(own, "tag" | "cost") {
        let carried = directives.iter().any(|(it, _)| is_carried(*it));
        let purpose = if carried { "EXECUTION" } else { "SECURITY" };
        arguments.push((Name::new("for"), Value::Enum(Name::new(purpose))));
    }
    // The whole specification is defined, with the names that were not used left at their default.
    let all = [
        FederationDirective::Tag,
        FederationDirective::Inaccessible,
        FederationDirective::Authenticated,
        FederationDirective::RequiresScopes,
        FederationDirective::Policy,
        FederationDirective::Context,
        FederationDirective::FromContext,
        FederationDirective::Cost,
        FederationDirective::ListSize,
    ];
    for directive in all {
        let specification = definition_of(directive);
        if specification.own_specification.map(|(name, _)| name) != Some(own) {
            continue;
        }
        let default = default_name(own, specification.name);
        let used = directives.iter().find(|(it, _)| *it == directive);
        let name = used.map_or_else(|| default.clone(), |(_, name)| name.clone());
        if name != default {
            imports.push(import(specification.name, &name));
        }
        if used.is_some() {
            specifications.names.insert(directive, name.clone());
        }
        let definition = define(own, directive, &name, &mut specifications.types);
        let merged = MergedDirective {
            repeatable: definition.repeatable,
            arguments: definition
                .arguments
                .iter()
                .map(|it| (it.name.clone(), it.default.clone()))
                .collect(),
            strategies: strategies(directive),
        };
        specifications.directives.insert(name.clone(), merged);
        model.directive_definitions.insert(name, definition);
    }
    if !imports.is_empty() {
        arguments.push((Name::new("import"), Value::List(imports)));
    }
    model.links.push(Link {
        directive: Directive {
            name: Name::new("link"),
            arguments,
        },
    });
}

fn default_name(own: &str, directive: &str) -> Name {
    if own == directive {
        Name::new(own)
    } else {
        Name::new(format!("{own}__{directive}"))
    }
}

/// An item of `@link(import:)`.
pub(super) fn import(element: &str, local: &str) -> Value {
    let name = Value::String(format!("@{element}"));
    if element == local {
        return name;
    }
    Value::Object(vec![
        (Name::new("name"), name),
        (Name::new("as"), Value::String(format!("@{local}"))),
    ])
}

/// The definition of a federation directive as it stands in a supergraph.
fn define(
    own: &str,
    directive: FederationDirective,
    name: &Name,
    types: &mut Vec<Name>,
) -> DirectiveDefinition {
    let specification = definition_of(directive);
    let arguments = specification
        .arguments
        .iter()
        .map(|argument| InputValueDefinition {
            name: Name::new(argument.name),
            description: None,
            ty: parse_type(argument.ty, own, types),
            default: argument.default.map(|it| Value::Boolean(it == "true")),
            directives: Vec::new(),
        })
        .collect();
    DirectiveDefinition {
        description: None,
        name: name.clone(),
        arguments,
        repeatable: specification.repeatable_since.is_some(),
        locations: specification
            .locations
            .iter()
            .map(|it| Name::new(*it))
            .collect(),
    }
}

/// The type of an argument, with the specification's own types (`*Name`) under its prefix.
fn parse_type(text: &str, own: &str, types: &mut Vec<Name>) -> Type {
    if let Some(of) = text.strip_suffix('!') {
        return Type::NonNull(Box::new(parse_type(of, own, types)));
    }
    if let Some(of) = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        return Type::List(Box::new(parse_type(of, own, types)));
    }
    match text.strip_prefix('*') {
        None => Type::Named(Name::new(text)),
        Some(element) => {
            let name = Name::new(format!("{own}__{element}"));
            if !types.contains(&name) {
                types.push(name.clone());
            }
            Type::Named(name)
        }
    }
}

fn strategies(directive: FederationDirective) -> Option<&'static [(&'static str, Strategy)]> {
    match directive {
        FederationDirective::Cost => Some(&[("weight", Strategy::Max)]),
        FederationDirective::ListSize => Some(&[
            ("assumedSize", Strategy::Max),
            ("slicingArguments", Strategy::Union),
            ("sizedFields", Strategy::Union),
            ("requireOneSlicingArgument", Strategy::And),
        ]),
        FederationDirective::RequiresScopes => Some(&[("scopes", Strategy::Conjunction)]),
        FederationDirective::Policy => Some(&[("policies", Strategy::Conjunction)]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check_links;

    #[test]
    fn only_what_is_used_is_linked() {
        check_links(
            [("a", "type Query { q: Int @cost(weight: 1) }")],
            &expect![[r#"
                schema
                  @link(url: "https://specs.apollo.dev/link/v1.0")
                  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
                  @link(url: "https://specs.apollo.dev/cost/v0.1")
                {
                  query: Query
                }
            "#]],
        );
    }

    #[test]
    fn a_directive_has_one_name_in_the_supergraph() {
        let parse = |name: &str, import: &str, local: &str| {
            let sdl = format!(
                "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: \
                 [{import}]) type Query {{ {name}: Int @{local}(name: \"x\") }}"
            );
            subgraph::Subgraph::parse(name, "", &sdl).unwrap_or_else(|it| panic!("{it}"))
        };
        let composition = crate::compose(&[
            parse("a", "\"@tag\"", "tag"),
            parse("b", "{name: \"@tag\", as: \"@label\"}", "label"),
        ]);
        expect![[r#"
            LINK_IMPORT_NAME_MISMATCH @tag: Subgraphs call `@tag` differently, and in the supergraph it has one name.
              --> a:1:15 `@tag` here
              --> b:1:15 `@label` here"#]].assert_eq(&composition.problems.to_string());
    }
}
