//! Values inside arguments: variables where they may stand, unique keys, `@oneOf`.
//!
//! GraphQL specification, sections 5.6.3 and 5.6.5, 5.8.5 and 3.10.1. The parser's validation has
//! checked kinds of literals, and variables that are whole arguments by and large.

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::{Argument, InputValueDefinition, Type, Value, VariableDefinition};
use apollo_compiler::executable::{DirectiveList, Operation, Selection, SelectionSet};
use apollo_compiler::parser::SourceSpan;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{ExecutableDocument, Name, Node};

use crate::document::location;
use crate::error::MAX_ERRORS;
use crate::{ApiSchema, ErrorCode, RequestError};

struct Values<'d> {
    api: &'d ApiSchema,
    document: &'d ExecutableDocument,
    variables: HashMap<&'d Name, &'d VariableDefinition>,
    errors: Vec<RequestError>,
}

/// What a value stands for: an argument, an input field, or an item of a list.
struct Expected<'d> {
    ty: &'d Type,
    has_default: bool,
    /// In a field of a `@oneOf` type nothing may be null.
    one_of: bool,
}

/// Checks the values in every operation of a document that the parser has validated.
pub(super) fn check(api: &ApiSchema, document: &ExecutableDocument) -> Vec<RequestError> {
    let mut values = Values {
        api,
        document,
        variables: HashMap::new(),
        errors: Vec::new(),
    };
    for operation in document.operations.iter() {
        values.operation(operation);
    }
    let mut seen = HashSet::new();
    values
        .errors
        .retain(|error| seen.insert((error.message.clone(), error.locations.clone())));
    values.errors
}

impl<'d> Values<'d> {
    fn operation(&mut self, operation: &'d Operation) {
        self.variables = operation
            .variables
            .iter()
            .map(|it| (&it.name, &**it))
            .collect();
        self.directives(&operation.directives);
        let mut fragments: HashSet<&Name> = HashSet::new();
        let mut stack: Vec<&SelectionSet> = vec![&operation.selection_set];
        while let Some(set) = stack.pop() {
            if self.errors.len() >= MAX_ERRORS {
                return;
            }
            for selection in &set.selections {
                self.directives(selection.directives());
                match selection {
                    Selection::Field(field) => {
                        self.arguments(&field.arguments, &field.definition.arguments);
                        stack.push(&field.selection_set);
                    }
                    Selection::InlineFragment(fragment) => stack.push(&fragment.selection_set),
                    Selection::FragmentSpread(spread) => {
                        if fragments.insert(&spread.fragment_name)
                            && let Some(fragment) =
                                self.document.fragments.get(&spread.fragment_name)
                        {
                            self.directives(&fragment.directives);
                            stack.push(&fragment.selection_set);
                        }
                    }
                }
            }
        }
    }

    fn directives(&mut self, directives: &'d DirectiveList) {
        for directive in directives {
            if let Some(definition) = self.api.schema.directive_definitions.get(&directive.name) {
                self.arguments(&directive.arguments, &definition.arguments);
            }
        }
    }

    fn arguments(
        &mut self,
        arguments: &'d [Node<Argument>],
        definitions: &'d [Node<InputValueDefinition>],
    ) {
        for argument in arguments {
            if let Some(definition) = definitions.iter().find(|it| it.name == argument.name) {
                let expected = Expected::of(definition, false);
                self.value(&argument.value, Some(&expected));
            }
        }
    }

    /// `expected` is none inside a custom scalar, whose content only the subgraph knows. Recurses
    /// as deep as the parser let literals nest.
    fn value(&mut self, value: &'d Node<Value>, expected: Option<&Expected<'d>>) {
        match &**value {
            Value::Variable(name) => {
                if let (Some(expected), Some(variable)) = (expected, self.variables.get(name)) {
                    let variable = *variable;
                    self.variable(variable, expected, value.location());
                }
            }
            Value::List(items) => {
                let item = expected.and_then(Expected::item);
                for value in items {
                    self.value(value, item.as_ref());
                }
            }
            Value::Object(fields) => {
                let mut seen = HashSet::new();
                for (name, field) in fields {
                    if !seen.insert(name) {
                        let message = format!("the input field `{name}` is given twice");
                        self.error(message, field.location());
                    }
                }
                let ty =
                    expected.and_then(|it| self.api.schema.types.get(it.ty.inner_named_type()));
                let Some(ExtendedType::InputObject(ty)) = ty else {
                    for (_, field) in fields {
                        self.value(field, None);
                    }
                    return;
                };
                let one_of = ty.directives.has("oneOf");
                if one_of && (fields.len() != 1 || fields.iter().any(|(_, it)| it.is_null())) {
                    let message = format!(
                        "exactly one field of `{}` must be given, and not null",
                        ty.name
                    );
                    self.error(message, value.location());
                }
                for (name, field) in fields {
                    let expected = ty.fields.get(name).map(|it| Expected::of(it, one_of));
                    self.value(field, expected.as_ref());
                }
            }
            _ => {}
        }
    }

    /// `IsVariableUsageAllowed`.
    fn variable(
        &mut self,
        variable: &VariableDefinition,
        expected: &Expected<'_>,
        place: Option<SourceSpan>,
    ) {
        if expected.one_of && !variable.ty.is_non_null() {
            let message = format!(
                "the variable `${}` of type `{}` may be null, but stands where exactly one field must be given",
                variable.name, variable.ty
            );
            return self.error(message, place);
        }
        let default = variable.default_value.as_deref();
        let has_default = default.is_some_and(|it| !it.is_null()) || expected.has_default;
        let allowed = match (&*variable.ty, expected.ty) {
            (Type::Named(_) | Type::List(_), Type::NonNullNamed(_) | Type::NonNullList(_)) => {
                has_default && fits(&variable.ty.as_ref().clone().non_null(), expected.ty)
            }
            (variable, expected) => fits(variable, expected),
        };
        if !allowed {
            let message = format!(
                "the variable `${}` of type `{}` cannot stand where `{}` is expected",
                variable.name, variable.ty, expected.ty
            );
            self.error(message, place);
        }
    }

    fn error(&mut self, message: String, place: Option<SourceSpan>) {
        if self.errors.len() < MAX_ERRORS {
            let place = location(place, &self.document.sources);
            self.errors
                .push(RequestError::new(ErrorCode::ValidationFailed, message).at([place]));
        }
    }
}

impl<'d> Expected<'d> {
    fn of(definition: &'d InputValueDefinition, one_of: bool) -> Self {
        Self {
            ty: &definition.ty,
            has_default: definition.default_value.is_some(),
            one_of,
        }
    }

    /// What an item of a list literal stands for. A list is also a value of a custom scalar.
    fn item(&self) -> Option<Self> {
        match self.ty {
            Type::List(item) | Type::NonNullList(item) => Some(Self {
                ty: item,
                has_default: false,
                one_of: false,
            }),
            Type::Named(_) | Type::NonNullNamed(_) => None,
        }
    }
}

/// `AreTypesCompatible`.
fn fits(variable: &Type, expected: &Type) -> bool {
    match (variable, expected) {
        (Type::NonNullNamed(left), Type::NonNullNamed(right))
        | (Type::NonNullNamed(left) | Type::Named(left), Type::Named(right)) => left == right,
        (Type::NonNullList(left), Type::NonNullList(right))
        | (Type::NonNullList(left) | Type::List(left), Type::List(right)) => fits(left, right),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use crate::validate::tests::check;

    #[test]
    fn a_nullable_variable_needs_a_default_where_null_may_not_be() {
        check(
            "query ($a: Int) { pets(first: $a) { id } }",
            &expect![[r#"valid"#]],
        );
        check(
            "query ($a: Boolean) { pets(by: {required: $a}) { id } }",
            &expect![[
                r#"1:43 GRAPHQL_VALIDATION_FAILED the variable `$a` of type `Boolean` cannot stand where `Boolean!` is expected"#
            ]],
        );
        check(
            "query ($a: Boolean = true) { pets(by: {required: $a}) { id } }",
            &expect![[r#"valid"#]],
        );
        check(
            "query ($a: Boolean = null) { pets(by: {required: $a}) { id } }",
            &expect![[
                r#"1:50 GRAPHQL_VALIDATION_FAILED the variable `$a` of type `Boolean` cannot stand where `Boolean!` is expected"#
            ]],
        );
        check(
            "query ($a: ID) { pets(ids: [$a]) { id } }",
            &expect![[
                r#"1:29 GRAPHQL_VALIDATION_FAILED the variable `$a` of type `ID` cannot stand where `ID!` is expected"#
            ]],
        );
        check(
            "query ($a: ID!) { pets(ids: [1, $a]) { id } }",
            &expect![[r#"valid"#]],
        );
        check(
            "query ($a: Boolean) { dog { id @skip(if: $a) } }",
            &expect![[
                r#"1:38 GRAPHQL_VALIDATION_FAILED variable `$a` of type `Boolean` cannot be used for argument `if` of type `Boolean!`"#
            ]],
        );
    }

    #[test]
    fn a_list_does_not_stand_for_an_item() {
        check(
            "query ($a: [Kind!]) { pets(by: {kinds: [$a], required: true}) { id } }",
            &expect![[
                r#"1:41 GRAPHQL_VALIDATION_FAILED the variable `$a` of type `[Kind!]` cannot stand where `Kind!` is expected"#
            ]],
        );
        check(
            "query ($a: [Kind!]) { pets(by: {kinds: $a, required: true}) { id } }",
            &expect![[r#"valid"#]],
        );
        check(
            "query ($a: Kind!) { pets(by: {kinds: $a, required: true}) { id } }",
            &expect![[
                r#"1:38 GRAPHQL_VALIDATION_FAILED the variable `$a` of type `Kind!` cannot stand where `[Kind!]` is expected"#
            ]],
        );
    }

    #[test]
    fn a_key_is_given_once() {
        check(
            "{ pets(by: {limit: 1, required: true, limit: 2}) { id } }",
            &expect![[r#"1:46 GRAPHQL_VALIDATION_FAILED the input field `limit` is given twice"#]],
        );
        check(
            "{ pets(by: {since: {a: 1, a: 2}, required: true}) { id } }",
            &expect![[r#"1:30 GRAPHQL_VALIDATION_FAILED the input field `a` is given twice"#]],
        );
    }

    #[test]
    fn one_of_takes_exactly_one() {
        check("{ either(it: {id: 1}) }", &expect![[r#"valid"#]]);
        check(
            "{ either(it: {id: 1, name: \"x\"}) }",
            &expect![[
                r#"1:14 GRAPHQL_VALIDATION_FAILED exactly one field of `Either` must be given, and not null"#
            ]],
        );
        check(
            "{ either(it: {}) }",
            &expect![[
                r#"1:14 GRAPHQL_VALIDATION_FAILED exactly one field of `Either` must be given, and not null"#
            ]],
        );
        check(
            "{ either(it: {id: null}) }",
            &expect![[
                r#"1:14 GRAPHQL_VALIDATION_FAILED exactly one field of `Either` must be given, and not null"#
            ]],
        );
        check(
            "query ($a: ID) { either(it: {id: $a}) }",
            &expect![[
                r#"1:34 GRAPHQL_VALIDATION_FAILED the variable `$a` of type `ID` may be null, but stands where exactly one field must be given"#
            ]],
        );
        check(
            "query ($a: ID!) { either(it: {id: $a}) }",
            &expect![[r#"valid"#]],
        );
    }
}
