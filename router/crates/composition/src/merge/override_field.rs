//! `@override`: a field moves from one subgraph to another, for all requests or for some.
//!
//! `OVERRIDE_FROM_SELF_ERROR`, `OVERRIDE_SOURCE_HAS_OVERRIDE`, `OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE`,
//! `OVERRIDE_ON_INTERFACE`, `OVERRIDE_LABEL_INVALID`.

use diagnostics::Code;
use schema::SubgraphId;
use subgraph::{AppliedDirective, Directives as _, FederationDirective, Kind, nearest_name};

use super::Merge;
use super::field::{FieldAcross, FieldSource};

/// What overrides do to one field.
#[derive(Debug, Default)]
pub(crate) struct Overrides {
    overridden: Vec<Overridden>,
    labels: Vec<(SubgraphId, String)>,
}

#[derive(Debug)]
struct Overridden {
    id: SubgraphId,
    /// Whether its subgraph still uses the field, in a key for instance.
    used: bool,
}

impl Overrides {
    /// Whether the subgraph's field is overridden, in whatever way.
    pub(crate) fn is_overridden(&self, id: SubgraphId) -> bool {
        self.overridden.iter().any(|it| it.id == id)
    }

    /// Whether the subgraph's field is overridden and still mentioned there.
    pub(crate) fn is_used(&self, id: SubgraphId) -> bool {
        self.overridden.iter().any(|it| it.id == id && it.used)
    }

    /// Whether nothing is left of the subgraph's field.
    pub(crate) fn is_dropped(&self, id: SubgraphId) -> bool {
        self.is_overridden(id) && !self.is_used(id) && self.label(id).is_none()
    }

    /// The label under which the subgraph's field overrides or is overridden.
    pub(crate) fn label(&self, id: SubgraphId) -> Option<&str> {
        self.labels
            .iter()
            .find(|(with, _)| *with == id)
            .map(|(_, label)| label.as_str())
    }

    /// Whether any field is overridden.
    pub(crate) fn any_in_effect(&self) -> bool {
        !self.overridden.is_empty()
    }
}

/// One application, with what it needs.
struct Application<'a, 's> {
    across: &'a FieldAcross<'s, 'a>,
    source: &'a FieldSource<'s>,
    directive: &'a AppliedDirective,
    from: &'a str,
}

impl<'s> Merge<'s, '_> {
    /// Works out the overrides of a field.
    pub(crate) fn overrides(&mut self, across: &FieldAcross<'s, '_>) -> Overrides {
        let mut overrides = Overrides::default();
        for source in &across.sources {
            let directives = &source.field.directives;
            let Some(directive) = directives.federation(FederationDirective::Override) else {
                continue;
            };
            let from = directive.argument("from").and_then(|it| it.as_str());
            let application = Application {
                across,
                source,
                directive,
                from: from.unwrap_or(""),
            };
            self.apply_override(&application, &mut overrides);
        }
        overrides
    }

    fn apply_override(&mut self, application: &Application<'_, 's>, overrides: &mut Overrides) {
        let Application {
            across,
            source,
            from,
            ..
        } = *application;
        let field = &across.coordinate;
        if source.parent.kind == Kind::Interface {
            let message = format!("`{field}` belongs to an interface, which resolves nothing.");
            self.refuse_override(application, Code::OverrideOnInterface, message);
            return;
        }
        if source.parent.is_interface_object() {
            let message = format!("`{field}` of an interface object cannot override.");
            self.refuse_override(
                application,
                Code::OverrideCollisionWithAnotherDirective,
                message,
            );
            return;
        }
        let Some(from_id) = self.across.id_of(from) else {
            self.hint_unknown_source(application);
            return;
        };
        if from_id == source.id {
            let message = format!("`{field}` overrides itself.");
            self.refuse_override(application, Code::OverrideFromSelfError, message);
            return;
        }
        let Some(target) = across.in_subgraph(from_id) else {
            self.override_without_target(application, from_id);
            return;
        };
        if target.field.directives.has(FederationDirective::Override) {
            let message = format!("`{field}` overrides a field that overrides another itself.");
            self.refuse_override(application, Code::OverrideSourceHasOverride, message);
            return;
        }
        if !self.is_free_of_conflicts(application, target) {
            return;
        }
        if target.field.marks.external {
            self.hint_needless(application);
            return;
        }
        let used = target.field.marks.used;
        overrides.overridden.push(Overridden { id: from_id, used });
        match application
            .directive
            .argument("label")
            .and_then(|it| it.as_str())
        {
            None => self.hint_overridden(application, target),
            Some(label) if is_label(label) => {
                overrides.labels.push((source.id, label.to_owned()));
                overrides.labels.push((from_id, label.to_owned()));
                self.hint_migration(application, target);
            }
            Some(label) => self.refuse_label(application, label),
        }
    }

    fn refuse_override(&mut self, application: &Application<'_, 's>, code: Code, message: String) {
        self.problems
            .error(code, &*application.across.coordinate, message)
            .point_at(&application.directive.span, "remove this `@override`");
    }

    fn hint_unknown_source(&mut self, application: &Application<'_, 's>) {
        let problem = self.problems.hint(
            Code::FromSubgraphDoesNotExist,
            &*application.across.coordinate,
            format!("There is no subgraph `{}` to override.", application.from),
        );
        problem.point_at(application.directive.argument_span("from"), "named here");
        let subgraphs = self.across.subgraphs.iter().map(|it| &*it.name);
        if let Some(near) = nearest_name(application.from, subgraphs) {
            problem.help(format!("did you mean `{near}`?"));
        }
    }

    /// The field is not in the source any more, or it is there only as that of an interface object.
    fn override_without_target(&mut self, application: &Application<'_, 's>, from: SubgraphId) {
        let across = application.across;
        let abstracted = self.abstracted_sources(across.parent, across.name);
        if let Some(source) = abstracted.iter().find(|it| it.id == from) {
            let message = format!(
                "`{}` cannot override a field that `{}` has through the interface object `{}`.",
                across.coordinate, application.from, source.parent.name
            );
            self.refuse_override(
                application,
                Code::OverrideCollisionWithAnotherDirective,
                message,
            );
            return;
        }
        self.hint_needless(application);
    }

    fn hint_needless(&mut self, application: &Application<'_, 's>) {
        let field = &application.across.coordinate;
        self.problems
            .hint(
                Code::OverrideDirectiveCanBeRemoved,
                &**field,
                format!(
                    "`{}` resolves `{field}` no more: the override can be removed.",
                    application.from
                ),
            )
            .point_at(&application.directive.span, "remove this `@override`");
    }

    /// An override takes over a plain field: one that demands or promises something cannot be taken
    /// over, and one that is external cannot take over.
    fn is_free_of_conflicts(
        &mut self,
        application: &Application<'_, 's>,
        target: &FieldSource<'s>,
    ) -> bool {
        use FederationDirective::{External, Provides, Requires};
        let own_external = application.source.field.directives.federation(External);
        let conflict = [Requires, Provides]
            .into_iter()
            .find_map(|it| target.field.directives.federation(it))
            .or(own_external);
        let Some(conflict) = conflict else {
            return true;
        };
        self.problems
            .error(
                Code::OverrideCollisionWithAnotherDirective,
                &*application.across.coordinate,
                format!(
                    "`@override` cannot meet `@{}` on `{}`.",
                    conflict.directive.name, application.across.coordinate
                ),
            )
            .point_at(&application.directive.span, "the override")
            .also_see(&conflict.span, "remove this directive first");
        false
    }

    fn hint_overridden(&mut self, application: &Application<'_, 's>, target: &FieldSource<'s>) {
        let field = &application.across.coordinate;
        let message = if target.field.marks.used {
            format!(
                "`{field}` of `{}` is overridden, and still used there: mark it `@external`, or \
                 remove it with what uses it.",
                application.from
            )
        } else {
            format!(
                "`{field}` of `{}` is overridden and can be removed.",
                application.from
            )
        };
        self.problems
            .hint(Code::OverriddenFieldCanBeRemoved, &**field, message)
            .point_at(&target.field.span, "overridden")
            .also_see(&application.directive.span, "by this one");
    }

    fn hint_migration(&mut self, application: &Application<'_, 's>, target: &FieldSource<'s>) {
        let field = &application.across.coordinate;
        self.problems
            .hint(
                Code::OverrideMigrationInProgress,
                &**field,
                format!(
                    "`{field}` is being migrated away from `{}`.",
                    application.from
                ),
            )
            .point_at(&target.field.span, "remove this when the migration is over")
            .also_see(&application.directive.span, "the override");
    }

    fn refuse_label(&mut self, application: &Application<'_, 's>, label: &str) {
        self.problems
            .error(
                Code::OverrideLabelInvalid,
                &*application.across.coordinate,
                format!("`{label}` is no label of an override."),
            )
            .point_at(application.directive.argument_span("label"), "the label")
            .help(
                "write `percent(x)` with x from 0 to 100, or a name that starts with a letter and \
                 goes on with letters, digits, `_`, `-`, `:`, `.` and `/`",
            );
    }
}

/// `percent(x)`, with 0 ≤ x ≤ 100 and at most eight decimals, or a name.
fn is_label(label: &str) -> bool {
    if let Some(number) = label
        .strip_prefix("percent(")
        .and_then(|it| it.strip_suffix(')'))
    {
        return is_percentage(number);
    }
    label.starts_with(|it: char| it.is_ascii_alphabetic())
        && label
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || "_-:./".contains(it))
}

fn is_percentage(number: &str) -> bool {
    let digits = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit())
    };
    match number.split_once('.') {
        None => number == "100" || digits(number, 2),
        Some((whole, decimals)) => digits(whole, 2) && digits(decimals, 8),
    }
}

#[test]
fn labels_are_percentages_or_names() {
    for label in [
        "percent(0)",
        "percent(100)",
        "percent(1.12345678)",
        "a",
        "a-b:c./d_1",
    ] {
        assert!(is_label(label), "{label}");
    }
    for label in [
        "",
        " a",
        "1a",
        "-a",
        "a%",
        "percent(-1)",
        "percent(101)",
        "percent(1.123456789)",
        "percent()",
        "percent(1.)",
    ] {
        assert!(!is_label(label), "{label}");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn an_override_takes_the_field_over() {
        check_types(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @override(from: "b") }"#,
                ),
                (
                    "b",
                    r#"type T @key(fields: "id") { id: ID! x: Int y: Int }"#,
                ),
            ],
            &expect![[r#"
                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  t: T @join__field(graph: A)
                }

                type T
                  @join__type(graph: A, key: "id")
                  @join__type(graph: B, key: "id")
                {
                  id: ID!
                  x: Int @join__field(graph: A, override: "b")
                  y: Int @join__field(graph: B)
                }
            "#]],
        );
    }

    #[test]
    fn what_is_still_used_stays_as_a_mention() {
        check_types(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID! @override(from: "b") x: Int }"#,
                ),
                ("b", r#"type T @key(fields: "id") { id: ID! y: Int }"#),
            ],
            &expect![[r#"
                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  t: T @join__field(graph: A)
                }

                type T
                  @join__type(graph: A, key: "id")
                  @join__type(graph: B, key: "id")
                {
                  id: ID! @join__field(graph: A, override: "b") @join__field(graph: B, usedOverridden: true)
                  x: Int @join__field(graph: A)
                  y: Int @join__field(graph: B)
                }
            "#]],
        );
    }

    #[test]
    fn a_label_keeps_both() {
        check_types(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @override(from: "b", label: "percent(5)") }"#,
                ),
                ("b", r#"type T @key(fields: "id") { id: ID! x: Int }"#),
            ],
            &expect![[r#"
                type Query
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  t: T @join__field(graph: A)
                }

                type T
                  @join__type(graph: A, key: "id")
                  @join__type(graph: B, key: "id")
                {
                  id: ID!
                  x: Int @join__field(graph: A, override: "b", overrideLabel: "percent(5)") @join__field(graph: B, overrideLabel: "percent(5)")
                }
            "#]],
        );
    }

    #[test]
    fn a_field_cannot_override_itself_or_an_override() {
        check(
            [
                (
                    "a",
                    r#"type Query { q: Int @override(from: "a") r: Int @override(from: "b") }"#,
                ),
                ("b", r#"type Query { r: Int @override(from: "a") }"#),
            ],
            &expect![[r#"
                OVERRIDE_FROM_SELF_ERROR Query.q: `Query.q` overrides itself.
                  --> a:1:21 remove this `@override`
                INVALID_FIELD_SHARING Query.r: Several subgraphs resolve `Query.r`, and not all say `@shareable`.
                  --> a:1:42 add `@shareable` here: others resolve this field too
                  --> b:1:14 add `@shareable` here: others resolve this field too
                OVERRIDE_SOURCE_HAS_OVERRIDE Query.r: `Query.r` overrides a field that overrides another itself.
                  --> a:1:49 remove this `@override`
                OVERRIDE_SOURCE_HAS_OVERRIDE Query.r: `Query.r` overrides a field that overrides another itself.
                  --> b:1:21 remove this `@override`
            "#]],
        );
    }

    #[test]
    fn an_unknown_source_is_a_hint() {
        check(
            [("a", r#"type Query { q: Int @override(from: "c") }"#)],
            &expect![[r#"
                FROM_SUBGRAPH_DOES_NOT_EXIST Query.q: There is no subgraph `c` to override.
                  --> a:1:37 named here
                  help: did you mean `a`?
            "#]],
        );
    }

    #[test]
    fn an_override_with_nothing_left_to_do_is_a_hint() {
        check(
            [
                ("a", r#"type Query { q: Int @override(from: "b") }"#),
                ("b", "type Query { r: Int }"),
            ],
            &expect![[r#"
                OVERRIDE_DIRECTIVE_CAN_BE_REMOVED Query.q: `b` resolves `Query.q` no more: the override can be removed.
                  --> a:1:21 remove this `@override`
            "#]],
        );
    }

    #[test]
    fn conditions_cannot_be_taken_over() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @override(from: "b") n: Int }"#,
                ),
                (
                    "b",
                    r#"type T @key(fields: "id") { id: ID! n: Int @external x: Int @requires(fields: "n") }"#,
                ),
            ],
            &expect![[r#"
                INVALID_FIELD_SHARING T.x: Several subgraphs resolve `T.x`, and not all say `@shareable`.
                  --> a:1:57 add `@shareable` here: others resolve this field too
                  --> b:1:54 add `@shareable` here: others resolve this field too
                OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE T.x: `@override` cannot meet `@requires` on `T.x`.
                  --> a:1:64 the override
                  see b:1:61 remove this directive first
            "#]],
        );
    }

    #[test]
    fn labels_have_a_form() {
        check(
            [
                (
                    "a",
                    r#"type Query { q: Int @override(from: "b", label: "5%") }"#,
                ),
                ("b", "type Query { q: Int }"),
            ],
            &expect![[r#"
                OVERRIDE_LABEL_INVALID Query.q: `5%` is no label of an override.
                  --> a:1:49 the label
                  help: write `percent(x)` with x from 0 to 100, or a name that starts with a letter and goes on with letters, digits, `_`, `-`, `:`, `.` and `/`
            "#]],
        );
    }

    #[test]
    fn what_is_only_mentioned_need_not_be_overridden() {
        check(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @override(from: "b") }"#,
                ),
                (
                    "b",
                    r#"type T @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }"#,
                ),
            ],
            &expect![[r#"
                OVERRIDE_DIRECTIVE_CAN_BE_REMOVED T.x: `b` resolves `T.x` no more: the override can be removed.
                  --> a:1:64 remove this `@override`
            "#]],
        );
    }
}
