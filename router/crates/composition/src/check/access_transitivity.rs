//! `MISSING_TRANSITIVE_AUTH_REQUIREMENTS`: a field that is computed from protected data must be
//! protected at least as well.
//!
//! What `@requires` and `@fromContext` select is fetched on behalf of whoever asks for the field. So
//! what the field and its type demand must imply what every selected field, its type, and every type
//! condition demand. Requirements are "any of (all of …)"; one implies another if each of its
//! alternatives contains some alternative of the other.

use std::collections::BTreeSet;

use diagnostics::{Code, Problems, Span};
use schema::{Directive, FieldSet, FieldSetItem, Name, Value};
use subgraph::{Directives as _, FederationDirective, Subgraph};
use supergraph::{FieldJoin, Model, TypeDefinition};

use super::places;

/// Checks every field that depends on others.
pub(super) fn check(model: &Model, subgraphs: &[Subgraph], problems: &mut Problems) {
    let names = Names::new(model);
    if names.is_empty() {
        return;
    }
    for ty in model.types.values() {
        for field in ty.fields().into_iter().flat_map(|it| it.values()) {
            let depends =
                |join: &FieldJoin| join.requires.is_some() || !join.context_arguments.is_empty();
            if !field.joins.iter().any(depends) {
                continue;
            }
            let own = names
                .demands(&ty.directives)
                .and(&names.demands(&field.directives));
            for join in &field.joins {
                let mut walk = Walk {
                    model,
                    names: &names,
                    own: &own,
                    missing: Vec::new(),
                };
                if let Some(requires) = &join.requires {
                    walk.items(ty, &requires.items);
                }
                walk.contexts(join);
                if !walk.missing.is_empty() {
                    let coordinate = format!("{}.{}", ty.name, field.name);
                    let places = own_places(subgraphs, join, &ty.name, &field.name);
                    report(&coordinate, &walk.missing, &places, subgraphs, problems);
                }
            }
        }
    }
}

/// What is needed, and where it is demanded: a type, or a field of a type.
type Missing = (Name, Option<Name>);

fn report(
    coordinate: &str,
    missing: &[Missing],
    own: &[&Span],
    subgraphs: &[Subgraph],
    problems: &mut Problems,
) {
    let names: Vec<String> = missing
        .iter()
        .map(|(ty, field)| match field {
            Some(field) => format!("`{ty}.{field}`"),
            None => format!("`{ty}`"),
        })
        .collect();
    let problem = problems.error(
        Code::MissingTransitiveAuthRequirements,
        coordinate,
        format!(
            "`{coordinate}` depends on {} and demands less access.",
            names.join(", ")
        ),
    );
    problem.point_at_all(own.iter().copied(), "demand at least as much here");
    for (ty, field) in missing {
        for ty in subgraphs.iter().filter_map(|it| it.type_named(ty)) {
            let directives = match field {
                None => Some(&ty.directives),
                Some(field) => ty.fields.get(field).map(|field| &field.directives),
            };
            let demanding = directives.into_iter().flatten().filter(|it| {
                it.meaning
                    .is_some_and(FederationDirective::is_access_control)
            });
            places::also_see(problem, demanding.map(|it| &it.span), "demanded here");
        }
    }
}

fn own_places<'s>(
    subgraphs: &'s [Subgraph],
    join: &FieldJoin,
    ty: &'s str,
    field: &str,
) -> Vec<&'s Span> {
    let Some(subgraph) = join.graph.and_then(|it| subgraphs.get(it.index())) else {
        return places::of_member(subgraphs, ty, field);
    };
    places::fields(std::slice::from_ref(subgraph), ty, field)
        .map(|it| {
            it.directives
                .federation(FederationDirective::Requires)
                .map_or(&it.span, |applied| &applied.span)
        })
        .collect()
}

/// The names of the access directives in the supergraph.
struct Names {
    authenticated: Option<Name>,
    scopes: Option<Name>,
    policies: Option<Name>,
    context: Option<Name>,
}

impl Names {
    fn new(model: &Model) -> Self {
        Self {
            authenticated: model.specification_directive("authenticated"),
            scopes: model.specification_directive("requiresScopes"),
            policies: model.specification_directive("policy"),
            context: model.specification_directive("context"),
        }
    }

    fn is_empty(&self) -> bool {
        self.authenticated.is_none() && self.scopes.is_none() && self.policies.is_none()
    }

    fn demands(&self, directives: &[Directive]) -> Demands {
        let find = |name: &Option<Name>| {
            let name = name.as_ref()?;
            directives.iter().find(|it| it.name == *name)
        };
        let alternatives = |directive: Option<&Directive>, argument| {
            directive
                .and_then(|it| it.argument(argument))
                .map_or_else(Alternatives::nothing, Alternatives::read)
        };
        Demands {
            authenticated: find(&self.authenticated).is_some(),
            scopes: alternatives(find(&self.scopes), "scopes"),
            policies: alternatives(find(&self.policies), "policies"),
        }
    }
}

/// What an element demands of whoever asks for it.
#[derive(Clone, Debug)]
struct Demands {
    authenticated: bool,
    scopes: Alternatives,
    policies: Alternatives,
}

impl Demands {
    fn and(&self, other: &Self) -> Self {
        Self {
            authenticated: self.authenticated || other.authenticated,
            scopes: self.scopes.and(&other.scopes),
            policies: self.policies.and(&other.policies),
        }
    }

    fn implies(&self, other: &Self) -> bool {
        (self.authenticated || !other.authenticated)
            && self.scopes.implies(&other.scopes)
            && self.policies.implies(&other.policies)
    }
}

/// Any of these sets, each as a whole. One empty set: nothing is demanded.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Alternatives(Vec<BTreeSet<String>>);

impl Alternatives {
    fn nothing() -> Self {
        Self(vec![BTreeSet::new()])
    }

    fn read(value: &Value) -> Self {
        fn items(value: &Value) -> &[Value] {
            match value {
                Value::List(items) => items,
                single => std::slice::from_ref(single),
            }
        }
        let sets: Vec<BTreeSet<String>> = items(value)
            .iter()
            .map(|set| items(set).iter().map(text).collect())
            .collect();
        if sets.is_empty() {
            return Self::nothing();
        }
        Self(sets)
    }

    fn and(&self, other: &Self) -> Self {
        let mut sets: Vec<BTreeSet<String>> = self
            .0
            .iter()
            .flat_map(|left| other.0.iter().map(move |right| left | right))
            .collect();
        sets.sort();
        sets.dedup();
        Self(sets)
    }

    fn implies(&self, other: &Self) -> bool {
        self.0
            .iter()
            .all(|own| other.0.iter().any(|wanted| wanted.is_subset(own)))
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The walk through what one field depends on.
struct Walk<'m> {
    model: &'m Model,
    names: &'m Names,
    own: &'m Demands,
    missing: Vec<Missing>,
}

impl Walk<'_> {
    fn need(&mut self, directives: &[Directive], what: Missing) {
        let demanded = self.names.demands(directives);
        if !self.own.implies(&demanded) && !self.missing.contains(&what) {
            self.missing.push(what);
        }
    }

    fn items(&mut self, parent: &TypeDefinition, items: &[FieldSetItem]) {
        for item in items {
            match item {
                FieldSetItem::Field(selection) => {
                    let Some(field) = parent.fields().and_then(|it| it.get(&selection.name)) else {
                        continue;
                    };
                    let what = (parent.name.clone(), Some(field.name.clone()));
                    self.need(&field.directives, what);
                    if let Some(target) = self.model.type_named(field.ty.inner_name()) {
                        self.need(&target.directives, (target.name.clone(), None));
                        self.items(target, &selection.items);
                    }
                }
                FieldSetItem::Fragment(fragment) => {
                    let target = match &fragment.type_condition {
                        Some(condition) => self.model.type_named(condition),
                        None => Some(parent),
                    };
                    if let Some(target) = target {
                        if fragment.type_condition.is_some() {
                            self.need(&target.directives, (target.name.clone(), None));
                        }
                        self.items(target, &fragment.items);
                    }
                }
            }
        }
    }

    /// A context is read from whichever type sets it above the field.
    fn contexts(&mut self, join: &FieldJoin) {
        let Some(context) = self.names.context.clone() else {
            return;
        };
        for argument in &join.context_arguments {
            let Ok(set) = FieldSet::parse(&argument.selection) else {
                continue;
            };
            for ty in self.model.types.values() {
                let sets = ty.directives.iter().any(|it| {
                    it.name == context
                        && it.argument("name").and_then(Value::as_str)
                            == Some(argument.context.as_str())
                });
                if sets {
                    self.need(&ty.directives, (ty.name.clone(), None));
                    self.items_for(ty, &set.items);
                }
            }
        }
    }

    /// Fragments of a context's selection are for one setter each.
    fn items_for(&mut self, ty: &TypeDefinition, items: &[FieldSetItem]) {
        for item in items {
            match item {
                FieldSetItem::Fragment(fragment)
                    if fragment
                        .type_condition
                        .as_ref()
                        .is_some_and(|condition| *condition != ty.name) => {}
                _ => self.items(ty, std::slice::from_ref(item)),
            }
        }
    }
}

#[test]
fn implication_is_containment_of_alternatives() {
    let demand = |sets: &[&[&str]]| {
        Alternatives(
            sets.iter()
                .map(|set| set.iter().map(ToString::to_string).collect())
                .collect(),
        )
    };
    let nothing = Alternatives::nothing();
    assert!(demand(&[&["a", "b"]]).implies(&demand(&[&["a"]])));
    assert!(demand(&[&["a"]]).implies(&demand(&[&["a"], &["b"]])));
    assert!(!demand(&[&["a"], &["b"]]).implies(&demand(&[&["a"]])));
    assert!(!nothing.implies(&demand(&[&["a"]])));
    assert!(demand(&[&["a"]]).implies(&nothing));
    assert_eq!(
        demand(&[&["a"], &["b"]]).and(&demand(&[&["c"]])),
        demand(&[&["a", "c"], &["b", "c"]])
    );
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn computed_fields_are_protected_like_what_they_depend_on() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID! secret: Int @external open: Int @requires(fields: "secret") closed: Int @requires(fields: "secret") @requiresScopes(scopes: [["s", "more"]]) }"#,
                ),
                (
                    "b",
                    r#"type T @key(fields: "id") { id: ID! secret: Int @requiresScopes(scopes: [["s"]]) }"#,
                ),
            ],
            &expect![[r#"
                MISSING_TRANSITIVE_AUTH_REQUIREMENTS T.open: `T.open` depends on `T.secret` and demands less access.
                  --> a:1:89 demand at least as much here
                  see b:1:49 demanded here
            "#]],
        );
    }

    #[test]
    fn types_on_the_way_count_too() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID! p: P @external open: Int @requires(fields: "p { x }") } type P { x: Int @shareable }"#,
                ),
                (
                    "b",
                    r#"type T @key(fields: "id") { id: ID! p: P } type P @authenticated { x: Int @shareable }"#,
                ),
            ],
            &expect![[r#"
                MISSING_TRANSITIVE_AUTH_REQUIREMENTS T.open: `T.open` depends on `P` and demands less access.
                  --> a:1:82 demand at least as much here
                  see b:1:51 demanded here
            "#]],
        );
    }
}
