//! The schema that clients see, read once per graph, with the tables that every request needs.

use std::collections::HashMap;

use apollo_compiler::Schema;
use apollo_compiler::ast;
use apollo_compiler::schema::{ExtendedType, Implementers};
use apollo_compiler::validation::Valid;
use schema::{Name, TypeSet, from_parser};

use crate::input_types::InputTypes;
use crate::introspection::SchemaSize;
use crate::object_set::ObjectSet;

/// The schema that clients see: what documents are validated against.
///
/// Costly to make and cheap to share; one serves all requests of a graph.
#[derive(Debug)]
pub struct ApiSchema {
    pub(crate) schema: Valid<Schema>,
    pub(crate) implementers:
        apollo_compiler::collections::HashMap<apollo_compiler::Name, Implementers>,
    pub(crate) inputs: InputTypes,
    pub(crate) size: SchemaSize,
    /// The object types, sorted by name: an [`ObjectSet`] holds indexes into this.
    objects: Vec<Name>,
    /// For each object type, interface and union, the object types that can stand there.
    possible: HashMap<Name, Possible>,
}

/// The object types that can stand where a type is declared.
#[derive(Debug)]
pub(crate) struct Possible {
    pub(crate) name: Name,
    pub(crate) set: ObjectSet,
    pub(crate) names: TypeSet,
}

/// The text is no schema that clients could be served from.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the API schema is not valid: {}", problems.join("; "))]
pub struct ApiSchemaError {
    /// What is wrong, one sentence each, with line and column where known.
    pub problems: Vec<String>,
}

impl ApiSchema {
    /// Reads the API schema from its SDL.
    ///
    /// # Errors
    /// The text does not parse, or breaks a rule of GraphQL's type system.
    pub fn parse(sdl: &str) -> Result<Self, ApiSchemaError> {
        let schema = Schema::parse_and_validate(with_one_of(sdl), "api.graphql")
            .map_err(|failed| ApiSchemaError::from_list(&failed.errors))?;
        let mut objects: Vec<Name> = schema
            .types
            .iter()
            .filter(|(_, ty)| ty.is_object())
            .map(|(name, _)| from_parser::name(name))
            .collect();
        objects.sort_unstable();
        let implementers = schema.implementers_map();
        let possible = schema
            .types
            .iter()
            .filter_map(|(name, ty)| {
                let names = possible_names(name, ty, &implementers)?;
                let mut set = ObjectSet::empty(objects.len());
                for object in &names {
                    if let Ok(index) = objects.binary_search(object) {
                        set.insert(index);
                    }
                }
                let name = from_parser::name(name);
                Some((name.clone(), Possible { name, set, names }))
            })
            .collect();
        Ok(Self {
            inputs: InputTypes::of(&schema),
            size: SchemaSize::of(&schema),
            implementers,
            objects,
            possible,
            schema,
        })
    }

    /// The object types that can stand where `name`, a composite type, is declared.
    pub(crate) fn possible(&self, name: &str) -> Option<&Possible> {
        self.possible.get(name)
    }

    /// The empty set of object types.
    pub(crate) fn no_objects(&self) -> ObjectSet {
        ObjectSet::empty(self.objects.len())
    }

    /// The names in a set of object types.
    pub(crate) fn names(&self, set: &ObjectSet) -> TypeSet {
        set.indexes()
            .filter_map(|index| self.objects.get(index))
            .cloned()
            .collect()
    }
}

impl ApiSchemaError {
    fn from_list(errors: &apollo_compiler::validation::DiagnosticList) -> Self {
        let problems = errors
            .iter()
            .take(crate::error::MAX_ERRORS)
            .map(|problem| match problem.line_column_range() {
                Some(range) => format!(
                    "{}:{}: {}",
                    range.start.line, range.start.column, problem.error
                ),
                None => problem.error.to_string(),
            })
            .collect();
        Self { problems }
    }
}

/// The SDL with a definition of `@oneOf` where it is used but not defined: it is a built-in
/// directive (GraphQL specification, section 3.13), and SDL need not define those.
fn with_one_of(sdl: &str) -> String {
    let mut text = sdl.to_owned();
    if !sdl.contains("@oneOf") {
        return text;
    }
    let defined = match ast::Document::parse(sdl, "api.graphql") {
        Ok(document) | Err(apollo_compiler::validation::WithErrors { partial: document, .. }) => {
            document.definitions.iter().any(|definition| {
                matches!(definition, ast::Definition::DirectiveDefinition(it) if it.name == "oneOf")
            })
        }
    };
    if !defined {
        text.push_str("\ndirective @oneOf on INPUT_OBJECT\n");
    }
    text
}

fn possible_names(
    name: &str,
    ty: &ExtendedType,
    implementers: &apollo_compiler::collections::HashMap<apollo_compiler::Name, Implementers>,
) -> Option<TypeSet> {
    match ty {
        ExtendedType::Object(_) => Some(TypeSet::one(Name::new(name))),
        ExtendedType::Interface(_) => Some(
            implementers
                .get(name)
                .into_iter()
                .flat_map(|it| &it.objects)
                .map(from_parser::name)
                .collect(),
        ),
        ExtendedType::Union(definition) => Some(
            definition
                .members
                .iter()
                .map(|member| from_parser::name(member))
                .collect(),
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::ApiSchema;

    #[test]
    fn abstract_types_know_their_objects() {
        let api = ApiSchema::parse(
            "type Query { pet: Pet } interface Pet { name: String } union Any = Dog | Query
             type Dog implements Pet { name: String } type Cat implements Pet { name: String }",
        )
        .unwrap();
        let names = |name: &str| format!("{:?}", api.possible(name).unwrap().names);
        assert_eq!(names("Pet"), r#"{"Cat", "Dog"}"#);
        assert_eq!(names("Any"), r#"{"Dog", "Query"}"#);
        assert_eq!(names("Dog"), r#"{"Dog"}"#);
        assert!(api.possible("String").is_none());
    }

    #[test]
    fn one_of_need_not_be_defined() {
        let fields = "type Query { by(it: By): Int } input By @oneOf { id: ID name: String }";
        assert!(ApiSchema::parse(fields).is_ok());
        let defined = format!("{fields} directive @oneOf on INPUT_OBJECT");
        assert!(ApiSchema::parse(&defined).is_ok());
    }

    #[test]
    fn a_schema_that_is_none_says_where() {
        let error = ApiSchema::parse("type Query { a: Nowhere }").unwrap_err();
        expect![[
            r#"the API schema is not valid: 1:17: cannot find type `Nowhere` in this document"#
        ]]
        .assert_eq(&error.to_string());
        assert!(ApiSchema::parse("type Query {").is_err());
        assert!(ApiSchema::parse("").is_err());
    }
}
