//! `@context` and `@fromContext`: an argument that the router fills in from an ancestor.
//!
//! `CONTEXT_NAME_INVALID`, `CONTEXT_NOT_SET`, `NO_CONTEXT_IN_SELECTION`, `CONTEXT_INVALID_SELECTION`,
//! `CONTEXT_NO_RESOLVABLE_KEY`.

use diagnostics::{Code, Problem, Problems};
use schema::{FieldSet, FieldSetItem, Type};
use subgraph::{
    AppliedDirective, ContextSelection, Directives as _, FederationDirective, FieldDefinition,
    InputValueDefinition, Kind, Subgraph, TypeDefinition,
};

/// Checks every context and everything that reads one.
pub(super) fn check(subgraph: &Subgraph, problems: &mut Problems) {
    for definition in subgraph.directive_definitions.values() {
        for argument in definition.arguments.values() {
            if let Some(applied) = from_context(argument) {
                misplaced(
                    format!("@{}({}:)", definition.name, argument.name),
                    "an argument of a directive",
                    applied,
                    problems,
                );
            }
        }
    }
    for ty in subgraph.types.values() {
        check_names(ty, problems);
        for field in ty.fields.values() {
            for argument in field.arguments.values() {
                if let Some(applied) = from_context(argument) {
                    let mut reader = Reader {
                        subgraph,
                        ty,
                        field,
                        argument,
                        applied,
                        coordinate: format!("{}.{}({}:)", ty.name, field.name, argument.name),
                        refused: false,
                        problems,
                    };
                    reader.check();
                }
            }
        }
    }
}

fn from_context(argument: &InputValueDefinition) -> Option<&AppliedDirective> {
    argument
        .directives
        .federation(FederationDirective::FromContext)
}

fn misplaced(coordinate: String, what: &str, applied: &AppliedDirective, problems: &mut Problems) {
    let message = format!("`{coordinate}` is {what}, which cannot come from a context.");
    problems
        .error(Code::ContextNotSet, coordinate, message)
        .point_at(&applied.span, "remove this");
}

fn check_names(ty: &TypeDefinition, problems: &mut Problems) {
    for applied in &ty.directives {
        if applied.meaning != Some(FederationDirective::Context) {
            continue;
        }
        let name = applied
            .argument("name")
            .and_then(|it| it.as_str())
            .unwrap_or("");
        let valid = name.starts_with(|it: char| it.is_ascii_alphabetic())
            && name.chars().all(|it| it.is_ascii_alphanumeric());
        if !valid {
            problems
                .error(
                    Code::ContextNameInvalid,
                    ty.name.to_string(),
                    format!("`{name}` is no name of a context."),
                )
                .point_at(applied.argument_span("name"), "use letters and digits only");
        }
    }
}

/// One argument that reads a context.
struct Reader<'s, 'p> {
    subgraph: &'s Subgraph,
    ty: &'s TypeDefinition,
    field: &'s FieldDefinition,
    argument: &'s InputValueDefinition,
    applied: &'s AppliedDirective,
    coordinate: String,
    /// Whether its selection was found to be invalid.
    refused: bool,
    problems: &'p mut Problems,
}

impl Reader<'_, '_> {
    fn report(&mut self, code: Code, message: String) -> &mut Problem {
        self.problems
            .error(code, &*self.coordinate, message)
            .point_at(self.applied.argument_span("field"), "read here")
    }

    fn check(&mut self) {
        if self.ty.kind == Kind::Interface {
            let coordinate = self.coordinate.clone();
            let what = "an argument of an interface";
            misplaced(coordinate, what, self.applied, self.problems);
            return;
        }
        self.check_place();
        let Some(selection) = self
            .applied
            .argument("field")
            .and_then(|it| it.as_str())
            .and_then(ContextSelection::parse)
        else {
            let message = format!(
                "`{}` names no context: write `$context {{ field }}`.",
                self.coordinate
            );
            self.report(Code::NoContextInSelection, message);
            return;
        };
        let setters: Vec<&TypeDefinition> = self
            .subgraph
            .types
            .values()
            .filter(|ty| ty.sets_context(selection.context))
            .collect();
        if setters.is_empty() {
            let message = format!("No type of this subgraph sets `{}`.", selection.context);
            self.report(Code::ContextNotSet, message).help(format!(
                "add `@context(name: \"{}\")` to the type to read from",
                selection.context
            ));
            return;
        }
        match FieldSet::parse(selection.selection) {
            Err(error) => self.invalid(&error.message),
            Ok(set) => {
                self.check_selection(&set, &setters);
                self.check_key();
            }
        }
    }

    fn check_place(&mut self) {
        let demanded = self.ty.implements.iter().any(|interface| {
            self.subgraph
                .type_named(&interface.name)
                .is_some_and(|it| it.fields.contains_key(&self.field.name))
        });
        let wrong = [
            (demanded, "an argument of a field that an interface demands"),
            (
                self.argument.default.is_some(),
                "an argument with a default",
            ),
        ];
        for (_, what) in wrong.into_iter().filter(|(is_so, _)| *is_so) {
            misplaced(self.coordinate.clone(), what, self.applied, self.problems);
        }
    }

    /// One argument's selection is invalid once, though it is looked at for each that sets the context.
    fn invalid(&mut self, what: &str) {
        if std::mem::replace(&mut self.refused, true) {
            return;
        }
        let message = format!(
            "What `{}` selects from the context is invalid: {what}.",
            self.coordinate
        );
        self.report(Code::ContextInvalidSelection, message);
    }

    fn check_key(&mut self) {
        if self.ty.keys.iter().any(|key| key.resolvable) {
            return;
        }
        let message = format!(
            "`{}` reads a context, so the router must be able to come back to `{}` by a key.",
            self.coordinate, self.ty.name
        );
        self.report(Code::ContextNoResolvableKey, message);
    }

    /// Either one path of fields, which every setter must have, or one fragment for each setter.
    fn check_selection(&mut self, set: &FieldSet, setters: &[&TypeDefinition]) {
        if has_alias_or_directive(&set.items) {
            self.invalid("aliases and directives mean nothing here");
            return;
        }
        let fragments: Vec<_> = set
            .items
            .iter()
            .filter_map(|item| match item {
                FieldSetItem::Fragment(fragment) => Some(fragment),
                FieldSetItem::Field(_) => None,
            })
            .collect();
        if !fragments.is_empty() && fragments.len() < set.items.len() {
            self.invalid("it mixes fields and fragments");
            return;
        }
        let mut matched = vec![false; fragments.len()];
        for setter in setters {
            if fragments.is_empty() {
                self.check_path(setter, &set.items, 0);
                continue;
            }
            let mut any = false;
            for (index, fragment) in fragments.iter().enumerate() {
                let applies = fragment
                    .type_condition
                    .as_ref()
                    .is_none_or(|condition| self.is_or_implements(setter, condition));
                if applies {
                    matched[index] = true;
                    any = true;
                    let condition = fragment.type_condition.as_ref();
                    let from = condition.and_then(|it| self.subgraph.type_named(it));
                    self.check_path(from.unwrap_or(setter), &fragment.items, 0);
                }
            }
            if !any {
                self.invalid(&format!(
                    "no fragment is for `{}`, which sets it",
                    setter.name
                ));
            }
        }
        for (fragment, matched) in fragments.iter().zip(matched) {
            if let Some(condition) = fragment.type_condition.as_ref().filter(|_| !matched) {
                self.invalid(&format!("its fragment on `{condition}` is for nobody"));
            }
        }
    }

    fn is_or_implements(&self, ty: &TypeDefinition, condition: &str) -> bool {
        ty.name == condition
            || ty.declares(condition)
            || self.subgraph.type_named(condition).is_some_and(|it| {
                it.declares(&ty.name) || it.members.iter().any(|m| m.name == ty.name)
            })
            || ty.members.iter().any(|member| member.name == condition)
    }

    /// Follows one path of fields, through so many lists.
    fn check_path(&mut self, from: &TypeDefinition, items: &[FieldSetItem], lists: usize) {
        let [FieldSetItem::Field(selection)] = items else {
            self.invalid("it must select exactly one field");
            return;
        };
        let Some(field) = from.fields.get(&selection.name) else {
            self.invalid(&format!(
                "`{}` has no field `{}`",
                from.name, selection.name
            ));
            return;
        };
        if from.is_interface_object() {
            self.invalid(&format!("`{}` is an interface object", from.name));
            return;
        }
        let target = self
            .subgraph
            .type_named(field.ty.inner_name())
            .filter(|it| it.kind.is_composite());
        match (target, selection.items.is_empty()) {
            (Some(target), false) => {
                self.check_path(target, &selection.items, lists + lists_in(&field.ty));
            }
            (Some(_), true) => {
                self.invalid(&format!("`{}` needs a selection below it", selection.name));
            }
            (None, false) => self.invalid(&format!("`{}` has no fields", selection.name)),
            (None, true) => {
                let selected = selected_type(&field.ty, lists);
                if selected != self.argument.ty {
                    self.invalid(&format!(
                        "`{}.{}` gives a `{selected}`, which may be null, and the argument is of type \
                         `{}`",
                        from.name, selection.name, self.argument.ty
                    ));
                }
            }
        }
    }
}

fn has_alias_or_directive(items: &[FieldSetItem]) -> bool {
    items.iter().any(|item| match item {
        FieldSetItem::Field(field) => {
            field.alias.is_some() || field.has_directives || has_alias_or_directive(&field.items)
        }
        FieldSetItem::Fragment(fragment) => {
            fragment.has_directives || has_alias_or_directive(&fragment.items)
        }
    })
}

fn lists_in(ty: &Type) -> usize {
    ty.list_item().map_or(0, |item| 1 + lists_in(item))
}

/// The type of what is selected. Whatever the schema promises, a subgraph that fails leaves null, on
/// the way or at its end, so that nothing is non-null.
fn selected_type(field: &Type, lists: usize) -> Type {
    fn nullable(ty: &Type) -> Type {
        match ty {
            Type::NonNull(of) => nullable(of),
            Type::List(of) => Type::List(Box::new(nullable(of))),
            Type::Named(name) => Type::Named(name.clone()),
        }
    }
    (0..lists).fold(nullable(field), |ty, _| Type::List(Box::new(ty)))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::check;

    #[test]
    fn contexts_are_set_read_and_selected_properly() {
        check(
            [(
                "a",
                r#"type Query { p: P } type P @key(fields: "id") @context(name: "a_b") @context(name: "ctx") { id: ID! name: String n: Int c: C } type C @key(fields: "id") { id: ID! f(a: String @fromContext(field: "name"), b: String @fromContext(field: "$other { name }"), c: String @fromContext(field: "$ctx { nope }"), d: String @fromContext(field: "$ctx { name n }"), e: String @fromContext(field: "$ctx { n }"), g: String @fromContext(field: "$ctx { x: name }")): Int }"#,
            )],
            &expect![[r#"
                NO_CONTEXT_IN_SELECTION C.f(a:): `C.f(a:)` names no context: write `$context { field }`.
                  --> a:1:196 read here
                CONTEXT_NOT_SET C.f(b:): No type of this subgraph sets `other`.
                  --> a:1:235 read here
                  help: add `@context(name: "other")` to the type to read from
                CONTEXT_INVALID_SELECTION C.f(c:): What `C.f(c:)` selects from the context is invalid: `P` has no field `nope`.
                  --> a:1:285 read here
                CONTEXT_INVALID_SELECTION C.f(d:): What `C.f(d:)` selects from the context is invalid: it must select exactly one field.
                  --> a:1:333 read here
                CONTEXT_INVALID_SELECTION C.f(e:): What `C.f(e:)` selects from the context is invalid: `P.n` gives a `Int`, which may be null, and the argument is of type `String`.
                  --> a:1:383 read here
                CONTEXT_INVALID_SELECTION C.f(g:): What `C.f(g:)` selects from the context is invalid: aliases and directives mean nothing here.
                  --> a:1:428 read here
                CONTEXT_NAME_INVALID P: `a_b` is no name of a context.
                  --> a:1:62 use letters and digits only
            "#]],
        );
    }

    #[test]
    fn what_comes_from_a_context_may_always_be_null() {
        check(
            [(
                "a",
                r#"type Query { t: T } type T @key(fields: "id") @context(name: "c") { id: ID! u: U! p: String! l: [P!]! } type P { x: Int! } type U @key(fields: "id") { id: ID! a(x: String! @fromContext(field: "$c { p }")): Int b(x: String @fromContext(field: "$c { p }")): Int c(x: [Int!] @fromContext(field: "$c { l { x } }")): Int d(x: [Int] @fromContext(field: "$c { l { x } }")): Int } "#,
            )],
            &expect![[r#"
                CONTEXT_INVALID_SELECTION U.a(x:): What `U.a(x:)` selects from the context is invalid: `T.p` gives a `String`, which may be null, and the argument is of type `String!`.
                  --> a:1:193 read here
                CONTEXT_INVALID_SELECTION U.c(x:): What `U.c(x:)` selects from the context is invalid: `P.x` gives a `[Int]`, which may be null, and the argument is of type `[Int!]`.
                  --> a:1:293 read here
            "#]],
        );
    }

    #[test]
    fn fragments_are_for_members_of_what_sets_the_context() {
        check(
            [(
                "a",
                r#"type Query { t: T } union T @context(name: "c") = A | B type A { p: Int u: U } type B { q: Int u: U } type Z { p: Int } type U @key(fields: "id") { id: ID! a(x: Int @fromContext(field: "$c ... on A { p } ... on B { q }")): Int b(x: Int @fromContext(field: "$c ... on A { p } ... on Z { p }")): Int } "#,
            )],
            &expect![[r#"
                CONTEXT_INVALID_SELECTION U.b(x:): What `U.b(x:)` selects from the context is invalid: its fragment on `Z` is for nobody.
                  --> a:1:257 read here
            "#]],
        );
    }
}
