//! `@listSize` has to speak of lists, and of arguments and fields that exist.
//!
//! `LIST_SIZE_APPLIED_TO_NON_LIST`, `LIST_SIZE_INVALID_ASSUMED_SIZE`,
//! `LIST_SIZE_INVALID_SLICING_ARGUMENT`, `LIST_SIZE_INVALID_SIZED_FIELD`.

use diagnostics::{Code, Problem, Problems};
use schema::{Type, Value};
use subgraph::{AppliedDirective, Directives as _, FederationDirective, FieldDefinition, Subgraph};

/// Checks every application.
pub(super) fn check(subgraph: &Subgraph, problems: &mut Problems) {
    for ty in subgraph.types.values() {
        for field in ty.fields.values() {
            let Some(applied) = field.directives.federation(FederationDirective::ListSize) else {
                continue;
            };
            let mut check = ListSize {
                subgraph,
                coordinate: format!("{}.{}", ty.name, field.name),
                field,
                applied,
                problems,
            };
            check.is_list();
            check.assumed_size();
            check.slicing_arguments();
            check.sized_fields();
        }
    }
}

struct ListSize<'s, 'p> {
    subgraph: &'s Subgraph,
    coordinate: String,
    field: &'s FieldDefinition,
    applied: &'s AppliedDirective,
    problems: &'p mut Problems,
}

impl ListSize<'_, '_> {
    fn report(&mut self, code: Code, argument: &str, message: String) -> &mut Problem {
        self.problems
            .error(code, &*self.coordinate, message)
            .point_at(self.applied.argument_span(argument), "said here")
    }

    /// The names in a list argument; a single one counts as a list, as input coercion has it.
    fn names(&self, argument: &str) -> Vec<String> {
        let name = |value: &Value| value.as_str().map(str::to_owned);
        match self.applied.argument(argument) {
            Some(Value::List(items)) => items.iter().filter_map(name).collect(),
            Some(single) => name(single).into_iter().collect(),
            None => Vec::new(),
        }
    }

    fn is_list(&mut self) {
        if !is_list(&self.field.ty) && self.names("sizedFields").is_empty() {
            let message = format!("`{}` is no list.", self.coordinate);
            self.report(Code::ListSizeAppliedToNonList, "", message)
                .help("name the lists below it with `sizedFields:`");
        }
    }

    fn assumed_size(&mut self) {
        if let Some(Value::Int(digits)) = self.applied.argument("assumedSize")
            && digits.starts_with('-')
        {
            let message = format!("The assumed size of `{}` is negative.", self.coordinate);
            self.report(Code::ListSizeInvalidAssumedSize, "assumedSize", message);
        }
    }

    fn slicing_arguments(&mut self) {
        for name in self.names("slicingArguments") {
            let message = match self.field.arguments.get(name.as_str()) {
                None => format!("`{}` has no argument `{name}`.", self.coordinate),
                Some(argument) => match argument.ty.nullable() {
                    Type::Named(ty) if ty == "Int" => continue,
                    _ => format!(
                        "The slicing argument `{}({name}:)` is of type `{}`, not `Int`.",
                        self.coordinate, argument.ty
                    ),
                },
            };
            self.report(
                Code::ListSizeInvalidSlicingArgument,
                "slicingArguments",
                message,
            );
        }
    }

    fn sized_fields(&mut self) {
        let names = self.names("sizedFields");
        if names.is_empty() {
            return;
        }
        let target = self.subgraph.type_named(self.field.ty.inner_name());
        let Some(target) = target.filter(|it| it.kind.is_composite()) else {
            let message = format!(
                "`{}` is of type `{}`, which has no fields that could be sized.",
                self.coordinate, self.field.ty
            );
            self.report(Code::ListSizeInvalidSizedField, "sizedFields", message);
            return;
        };
        for name in names {
            match target.fields.get(name.as_str()) {
                None => {
                    let message = format!("`{}` has no field `{name}`.", target.name);
                    self.report(Code::ListSizeInvalidSizedField, "sizedFields", message);
                }
                Some(field) if !is_list(&field.ty) => {
                    let message = format!("The sized field `{}.{name}` is no list.", target.name);
                    self.report(Code::ListSizeAppliedToNonList, "sizedFields", message);
                }
                Some(_) => {}
            }
        }
    }
}

fn is_list(ty: &Type) -> bool {
    matches!(ty.nullable(), Type::List(_))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::testing::{check, check_types};

    #[test]
    fn sizes_speak_of_lists_that_exist() {
        check(
            [(
                "a",
                r#"type Query { a: Int @listSize(assumedSize: 1) b: [Int] @listSize(assumedSize: -1) c(n: String): [Int] @listSize(slicingArguments: ["n", "m"]) d: T @listSize(sizedFields: ["x", "nope"]) e: [Int] @listSize(sizedFields: ["x"]) } type T { x: Int }"#,
            )],
            &expect![[r#"
                LIST_SIZE_APPLIED_TO_NON_LIST Query.a: `Query.a` is no list.
                  --> a:1:21 said here
                  help: name the lists below it with `sizedFields:`
                LIST_SIZE_INVALID_ASSUMED_SIZE Query.b: The assumed size of `Query.b` is negative.
                  --> a:1:79 said here
                LIST_SIZE_INVALID_SLICING_ARGUMENT Query.c: The slicing argument `Query.c(n:)` is of type `String`, not `Int`.
                  --> a:1:131 said here
                LIST_SIZE_INVALID_SLICING_ARGUMENT Query.c: `Query.c` has no argument `m`.
                  --> a:1:131 said here
                LIST_SIZE_APPLIED_TO_NON_LIST Query.d: The sized field `T.x` is no list.
                  --> a:1:171 said here
                LIST_SIZE_INVALID_SIZED_FIELD Query.d: `T` has no field `nope`.
                  --> a:1:171 said here
                LIST_SIZE_INVALID_SIZED_FIELD Query.e: `Query.e` is of type `[Int]`, which has no fields that could be sized.
                  --> a:1:218 said here
            "#]],
        );
    }

    #[test]
    fn a_connection_names_its_lists() {
        check_types(
            [(
                "a",
                r#"type Query { d(first: Int!): T @listSize(slicingArguments: ["first"], sizedFields: ["nodes"]) } type T { nodes: [Int] }"#,
            )],
            &expect![[r#"
                directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR

                directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION

                type Query
                  @join__type(graph: A)
                {
                  d(first: Int!): T @listSize(slicingArguments: ["first"], sizedFields: ["nodes"])
                }

                type T
                  @join__type(graph: A)
                {
                  nodes: [Int]
                }
            "#]],
        );
    }
}
