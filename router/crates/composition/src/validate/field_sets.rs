//! What `@key`, `@requires` and `@provides` may select.
//!
//! `*_INVALID_FIELDS_TYPE`, `*_INVALID_FIELDS`, `*_DIRECTIVE_IN_FIELDS_ARG`, `KEY_FIELDS_HAS_ARGS`,
//! `PROVIDES_FIELDS_HAS_ARGS`, `KEY_FIELDS_SELECT_INVALID_TYPE`, `*_FIELDS_MISSING_EXTERNAL`,
//! `*_UNSUPPORTED_ON_INTERFACE`, `PROVIDES_ON_NON_OBJECT_FIELD`,
//! `EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE`.

use diagnostics::{Code, Problems, Span};
use schema::{FieldSet, FieldSetField, FieldSetFragment, FieldSetItem, Name};
use subgraph::{
    FieldDefinition, FieldSetArgument, InvalidFieldSet, Kind, Subgraph, TypeDefinition,
    nearest_name,
};

/// Checks every field set of the subgraph, but for provisions below leaves.
pub(super) fn check(subgraph: &Subgraph, problems: &mut Problems) {
    for ty in subgraph.types.values() {
        for key in &ty.keys {
            if ty.kind == Kind::Interface && !subgraph.version.is_at_least(3) {
                problems
                    .error(
                        Code::KeyUnsupportedOnInterface,
                        ty.name.to_string(),
                        format!("`{}` is an interface, which can have no key here.", ty.name),
                    )
                    .point_at(&key.span, "keys of interfaces came with federation v2.3");
                continue;
            }
            let owner = ty.name.to_string();
            Walk::new(subgraph, &KEY, owner, &key.fields).check(ty, problems);
        }
        for field in ty.fields.values() {
            check_field(subgraph, ty, field, problems);
        }
    }
}

fn check_field(
    subgraph: &Subgraph,
    ty: &TypeDefinition,
    field: &FieldDefinition,
    problems: &mut Problems,
) {
    let coordinate = format!("{}.{}", ty.name, field.name);
    if let Some(requires) = &field.requires {
        if ty.kind == Kind::Interface {
            on_interface(&REQUIRES, &coordinate, requires, problems);
        } else {
            Walk::new(subgraph, &REQUIRES, coordinate.clone(), requires).check(ty, problems);
        }
    }
    let Some(provides) = &field.provides else {
        return;
    };
    let target = subgraph
        .type_named(field.ty.inner_name())
        .filter(|it| it.kind.is_composite());
    if ty.kind == Kind::Interface && target.is_some() {
        on_interface(&PROVIDES, &coordinate, provides, problems);
        return;
    }
    if field.marks.external {
        problems
            .error(
                Code::ExternalCollisionWithAnotherDirective,
                &*coordinate,
                format!("`{coordinate}` is external, so nothing can be provided below it."),
            )
            .point_at(&field.span, "remove `@provides` or `@external` here");
        return;
    }
    if let Some(target) = target {
        Walk::new(subgraph, &PROVIDES, coordinate, provides).check(target, problems);
    }
}

/// Refuses `@provides` on leaves. Which fields are used, and so what else is wrong, is unknown until
/// these are gone.
pub(super) fn check_provides_below_leaves(subgraph: &Subgraph, problems: &mut Problems) {
    for (ty, field) in subgraph
        .types
        .values()
        .flat_map(|ty| ty.fields.values().map(move |field| (ty, field)))
    {
        let Some(provides) = field.provides.as_ref() else {
            continue;
        };
        let target = subgraph.type_named(field.ty.inner_name());
        if !target.is_some_and(|it| it.kind.is_composite()) {
            let coordinate = format!("{}.{}", ty.name, field.name);
            let message = format!(
                "`{coordinate}` is of type `{}`, below which there is nothing to provide.",
                field.ty
            );
            problems
                .error(Code::ProvidesOnNonObjectField, coordinate, message)
                .point_at(&provides.place.span, "remove this `@provides`");
        }
    }
}

fn on_interface(
    rules: &Rules,
    coordinate: &str,
    argument: &FieldSetArgument,
    problems: &mut Problems,
) {
    problems
        .error(
            rules.on_interface,
            coordinate,
            format!(
                "`{coordinate}` belongs to an interface, where `@{}` means nothing.",
                rules.name
            ),
        )
        .point_at(&argument.place.span, "move it to the implementations");
}

/// What one directive allows, and the codes of its problems.
struct Rules {
    name: &'static str,
    /// Whether selected fields may take arguments, and what to say otherwise.
    arguments: Option<Code>,
    /// The code for leaves that are not external, where they have to be.
    missing_external: Option<Code>,
    /// The code for fields whose type is abstract, where that is not allowed.
    abstract_type: Option<Code>,
    not_a_string: Code,
    invalid: Code,
    has_directives: Code,
    on_interface: Code,
}

const KEY: Rules = Rules {
    name: "key",
    arguments: Some(Code::KeyFieldsHasArgs),
    missing_external: None,
    abstract_type: Some(Code::KeyFieldsSelectInvalidType),
    not_a_string: Code::KeyInvalidFieldsType,
    invalid: Code::KeyInvalidFields,
    has_directives: Code::KeyDirectiveInFieldsArg,
    on_interface: Code::KeyUnsupportedOnInterface,
};
const REQUIRES: Rules = Rules {
    name: "requires",
    arguments: None,
    missing_external: Some(Code::RequiresFieldsMissingExternal),
    abstract_type: None,
    not_a_string: Code::RequiresInvalidFieldsType,
    invalid: Code::RequiresInvalidFields,
    has_directives: Code::RequiresDirectiveInFieldsArg,
    on_interface: Code::RequiresUnsupportedOnInterface,
};
const PROVIDES: Rules = Rules {
    name: "provides",
    arguments: Some(Code::ProvidesFieldsHasArgs),
    missing_external: Some(Code::ProvidesFieldsMissingExternal),
    abstract_type: None,
    not_a_string: Code::ProvidesInvalidFieldsType,
    invalid: Code::ProvidesInvalidFields,
    has_directives: Code::ProvidesDirectiveInFieldsArg,
    on_interface: Code::ProvidesUnsupportedOnInterface,
};

/// The walk through one field set.
struct Walk<'s> {
    subgraph: &'s Subgraph,
    rules: &'s Rules,
    owner: String,
    argument: &'s FieldSetArgument,
    /// The position on each level, to find the place again.
    path: Vec<usize>,
    /// Where nothing can be selected there is no point in looking at external marks.
    found: Problems,
}

impl<'s> Walk<'s> {
    fn new(
        subgraph: &'s Subgraph,
        rules: &'s Rules,
        owner: String,
        argument: &'s FieldSetArgument,
    ) -> Self {
        Self {
            subgraph,
            rules,
            owner,
            argument,
            path: Vec::new(),
            found: Problems::default(),
        }
    }

    fn check(mut self, ty: &TypeDefinition, problems: &mut Problems) {
        match &self.argument.parsed {
            Ok(set) => self.items(set, ty, &set.items, false),
            Err(InvalidFieldSet::NotAString(value)) => {
                let message = format!(
                    "The fields of a `@{}` are a string, not {value}.",
                    self.rules.name
                );
                let span = self.argument.place.span.clone();
                self.report(self.rules.not_a_string, message, &span);
            }
            Err(InvalidFieldSet::Syntax {
                message,
                offset,
                text,
            }) => {
                let message = format!("`{text}` is no selection of fields: {message}.");
                let span = self.argument.at(text, *offset);
                self.report(self.rules.invalid, message, &span);
            }
        }
        // Of a selection that does not exist it is idle to say what else it lacks.
        let invalid = self.rules.invalid;
        if self.found.iter().any(|it| it.code == invalid) {
            self.found.retain(|it| it.code == invalid);
        }
        problems.append(self.found);
    }

    /// What makes a field set invalid is one problem, in however many places.
    fn report(&mut self, code: Code, message: String, span: &Span) {
        let one = code == self.rules.invalid || Some(code) == self.rules.abstract_type;
        if let Some(known) = self.found.iter_mut().find(|it| one && it.code == code) {
            known.point_at(span, message);
            return;
        }
        self.found.error(code, &*self.owner, message).point_at(
            span,
            format!("in the `@{}` of `{}`", self.rules.name, self.owner),
        );
    }

    fn report_here(&mut self, set: &FieldSet, code: Code, message: String) {
        let span = self.argument.at(&set.text, set.offset_of(&self.path));
        self.report(code, message, &span);
    }

    /// A field set can apply no directives, least of all one that does not exist.
    fn report_directives(&mut self, set: &FieldSet) {
        for name in set.directives_at(&self.path) {
            let known = self.subgraph.directive_definitions.contains_key(&name)
                || self.subgraph.links.meaning(&name).is_some()
                || matches!(name.as_str(), "skip" | "include");
            if known {
                let message = format!("`@{name}` cannot be applied in a field set.");
                self.report_here(set, self.rules.has_directives, message);
            } else {
                let message = format!("The directive `@{name}` is not defined.");
                self.report_here(set, self.rules.invalid, message);
            }
        }
    }

    fn items(
        &mut self,
        set: &FieldSet,
        parent: &TypeDefinition,
        items: &[FieldSetItem],
        below_external: bool,
    ) {
        for (position, item) in items.iter().enumerate() {
            self.path.push(position);
            match item {
                FieldSetItem::Field(field) => self.field(set, parent, field, below_external),
                FieldSetItem::Fragment(fragment) => {
                    self.fragment(set, parent, fragment, below_external);
                }
            }
            self.path.pop();
        }
    }

    fn fragment(
        &mut self,
        set: &FieldSet,
        parent: &TypeDefinition,
        fragment: &FieldSetFragment,
        below_external: bool,
    ) {
        if fragment.has_directives {
            self.report_directives(set);
        }
        let target = match &fragment.type_condition {
            None => Some(parent),
            Some(condition) => {
                let target = self.subgraph.type_named(condition);
                let target = target.filter(|it| it.kind.is_composite());
                if target.is_none() {
                    let message = format!("There is no type `{condition}` to select from.");
                    self.report_here(set, self.rules.invalid, message);
                }
                target
            }
        };
        if let Some(target) = target {
            self.items(set, target, &fragment.items, below_external);
        }
    }

    fn field(
        &mut self,
        set: &FieldSet,
        parent: &TypeDefinition,
        selection: &FieldSetField,
        below_external: bool,
    ) {
        let coordinate = format!("{}.{}", parent.name, selection.name);
        if selection.name == "__typename" {
            return;
        }
        let Some(field) = parent.fields.get(&selection.name) else {
            let message = format!("There is no field `{coordinate}` in this subgraph.");
            self.report_here(set, self.rules.invalid, message);
            let near = nearest_name(&selection.name, parent.fields.keys().map(Name::as_str));
            if let (Some(near), Some(problem)) = (near, self.found.iter_mut().last()) {
                problem.help(format!("did you mean `{near}`?"));
            }
            return;
        };
        if selection.alias.is_some() {
            let message =
                format!("`{coordinate}` is selected under an alias, which means nothing here.");
            self.report_here(set, self.rules.invalid, message);
        }
        if selection.has_directives {
            self.report_directives(set);
        }
        self.check_arguments(set, &coordinate, field, selection);
        let target = self
            .subgraph
            .type_named(field.ty.inner_name())
            .filter(|it| it.kind.is_composite());
        if let (Some(code), Some(target)) = (self.rules.abstract_type, target)
            && matches!(target.kind, Kind::Interface | Kind::Union)
        {
            let message = format!(
                "`{coordinate}` is {}, whose type is only known at run time, so it identifies nothing.",
                target.kind.describe()
            );
            self.report_here(set, code, message);
            return;
        }
        let external = field.marks.external || self.is_external_in_implementation(parent, field);
        match (target, selection.items.is_empty()) {
            (Some(_), true) => {
                let message = format!("`{coordinate}` needs a selection of fields below it.");
                self.report_here(set, self.rules.invalid, message);
            }
            (None, false) => {
                let message = format!("`{coordinate}` has no fields to select.");
                self.report_here(set, self.rules.invalid, message);
            }
            (Some(target), false) => {
                self.items(set, target, &selection.items, below_external || external);
            }
            (None, true) => {
                if let Some(code) = self.rules.missing_external
                    && !external
                    && !below_external
                {
                    let message = format!(
                        "`{coordinate}` is resolved by this subgraph, so `@{}` need not select it.",
                        self.rules.name
                    );
                    self.report_here(set, code, message);
                }
            }
        }
    }

    fn check_arguments(
        &mut self,
        set: &FieldSet,
        coordinate: &str,
        field: &FieldDefinition,
        selection: &FieldSetField,
    ) {
        if let Some(code) = self.rules.arguments {
            if !field.arguments.is_empty() {
                let message =
                    format!("`{coordinate}` takes arguments, so it cannot be selected here.");
                self.report_here(set, code, message);
            }
            return;
        }
        for (name, value) in &selection.arguments {
            let Some(argument) = field.arguments.get(name) else {
                let message = format!("`{coordinate}` has no argument `{name}`.");
                self.report_here(set, self.rules.invalid, message);
                continue;
            };
            if !self.subgraph.accepts(&argument.ty, value) {
                let message = format!(
                    "`{value}` is no value of type `{}`, which `{coordinate}({name}:)` takes.",
                    argument.ty
                );
                self.report_here(set, self.rules.invalid, message);
            }
        }
        for argument in field.arguments.values() {
            let required = argument.ty.is_non_null() && argument.default.is_none();
            let given = selection
                .arguments
                .iter()
                .any(|(name, _)| *name == argument.name);
            if required && !given {
                let message = format!("`{coordinate}` needs its argument `{}`.", argument.name);
                self.report_here(set, self.rules.invalid, message);
            }
        }
    }

    /// A field of an interface cannot be marked; what counts is its implementations.
    fn is_external_in_implementation(
        &self,
        parent: &TypeDefinition,
        field: &FieldDefinition,
    ) -> bool {
        parent.kind == Kind::Interface
            && self.subgraph.implementations(&parent.name).any(|ty| {
                ty.fields
                    .get(&field.name)
                    .is_some_and(|field| field.marks.external)
            })
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn keys_select_existing_fields_without_arguments() {
        check(
            [(
                "a",
                r#"type Query { t: T u: U } type T @key(fields: "nope") @key(fields: "f") @key(fields: "i { x }") { id: ID f(x: Int): Int i: I } interface I { x: Int } type U @key(fields: "id {") @key(fields: "a: id") @key(fields: "id @skip(if: true)") { id: ID }"#,
            )],
            &expect![[r#"
                KEY_INVALID_FIELDS T: There is no field `T.nope` in this subgraph.
                  --> a:1:47 in the `@key` of `T`
                KEY_FIELDS_HAS_ARGS T: `T.f` takes arguments, so it cannot be selected here.
                  --> a:1:68 in the `@key` of `T`
                KEY_FIELDS_SELECT_INVALID_TYPE T: `T.i` is an interface, whose type is only known at run time, so it identifies nothing.
                  --> a:1:86 in the `@key` of `T`
                KEY_INVALID_FIELDS U: `id {` is no selection of fields: syntax error: expected at least one Selection in Selection Set.
                  --> a:1:175 in the `@key` of `U`
                KEY_INVALID_FIELDS U: `U.id` is selected under an alias, which means nothing here.
                  --> a:1:192 in the `@key` of `U`
                KEY_DIRECTIVE_IN_FIELDS_ARG U: `@skip` cannot be applied in a field set.
                  --> a:1:214 in the `@key` of `U`
            "#]],
        );
    }

    #[test]
    fn what_is_required_belongs_to_another_subgraph() {
        check(
            [(
                "a",
                r#"type Query { t: T } type T @key(fields: "id") { id: ID own: Int c: Int @requires(fields: "own") }"#,
            )],
            &expect![[r#"
                REQUIRES_FIELDS_MISSING_EXTERNAL T.c: `T.own` is resolved by this subgraph, so `@requires` need not select it.
                  --> a:1:91 in the `@requires` of `T.c`
            "#]],
        );
    }

    #[test]
    fn a_leaf_below_an_external_field_need_not_be_external() {
        check_types(
            [
                (
                    "a",
                    r#"type Query { t: T } type T @key(fields: "id") { id: ID p: P @external c: Int @requires(fields: "p { x }") } type P { x: Int @shareable }"#,
                ),
                (
                    "b",
                    r#"type T @key(fields: "id") { id: ID p: P } type P { x: Int @shareable }"#,
                ),
            ],
            &expect![[r#"
                type P
                  @join__type(graph: A)
                  @join__type(graph: B)
                {
                  x: Int
                }

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
                  id: ID
                  p: P @join__field(graph: A, external: true) @join__field(graph: B)
                  c: Int @join__field(graph: A, requires: "p { x }")
                }
            "#]],
        );
    }

    #[test]
    fn provides_needs_something_to_provide() {
        check(
            [(
                "a",
                r#"type Query { t: T n: Int @provides(fields: "x") } type T @key(fields: "id") { id: ID x: Int y: T @provides(fields: "x") }"#,
            )],
            &expect![[r#"
                PROVIDES_ON_NON_OBJECT_FIELD Query.n: `Query.n` is of type `Int`, below which there is nothing to provide.
                  --> a:1:44 remove this `@provides`
            "#]],
        );
    }

    #[test]
    fn places_are_found_inside_the_string() {
        check(
            [(
                "a",
                r#"type Query { t: T }
type T @key(fields: "id\n") @key(fields: """
  id
  nope
""") { id: ID }"#,
            )],
            &expect![[r#"
                KEY_INVALID_FIELDS T: There is no field `T.nope` in this subgraph.
                  --> a:2:42 in the `@key` of `T`
            "#]],
        );
    }

    #[test]
    fn what_is_wrong_with_one_selection_is_one_problem() {
        check(
            [(
                "a",
                r#"type Query { t: T } type T @key(fields: "no nope") { id: ID! a(x: Int): Int @external b: Int @requires(fields: "a(x: true, y: 1)") }"#,
            )],
            &expect![[r#"
                KEY_INVALID_FIELDS T: There is no field `T.no` in this subgraph.
                  --> a:1:42 in the `@key` of `T`
                  --> a:1:45 There is no field `T.nope` in this subgraph.
                REQUIRES_INVALID_FIELDS T.b: `true` is no value of type `Int`, which `T.a(x:)` takes.
                  --> a:1:113 in the `@requires` of `T.b`
            "#]],
        );
    }

    #[test]
    fn below_leaves_nothing_is_provided_and_nothing_else_is_known() {
        check(
            [(
                "a",
                r#"type Query { t: Int @provides(fields: "x") u: T } type T @key(fields: "nope") { id: ID! x: Int @external }"#,
            )],
            &expect![[r#"
                PROVIDES_ON_NON_OBJECT_FIELD Query.t: `Query.t` is of type `Int`, below which there is nothing to provide.
                  --> a:1:39 remove this `@provides`
            "#]],
        );
    }
}
