//! The API schema: what clients see of a supergraph.
//!
//! Everything `@inaccessible` goes, and all that belongs to linked specifications; directives stay
//! where they mean something to clients.

use std::collections::HashSet;

use indexmap::IndexMap;
use schema::{Directive, Name};

use crate::{
    Composite, DirectiveDefinition, InputValueDefinition, Model, TypeDefinition, TypeKind, print,
};

/// The directives of the GraphQL specification that are applied in schemas.
const APPLIED_IN_SCHEMAS: [&str; 3] = ["deprecated", "specifiedBy", "oneOf"];

/// The one of them whose definition is printed.
const ONE_OF: &str = "oneOf";

impl Model {
    /// The API schema as SDL, ending in a line feed.
    pub fn api_sdl(&self) -> String {
        print::plain(&self.api())
    }

    /// The API schema as a model without subgraphs.
    pub fn api(&self) -> Self {
        let filter = Filter::new(self);
        Self {
            join_version: self.join_version,
            graphs: Vec::new(),
            links: Vec::new(),
            description: self.description.clone(),
            directives: filter.directives(&self.directives),
            directive_definitions: self
                .directive_definitions
                .iter()
                .filter_map(|(name, definition)| {
                    if name == ONE_OF {
                        // Too young for every parser to know it.
                        return Some((name.clone(), definition.clone()));
                    }
                    if filter.specification_directives.contains(name) {
                        return None;
                    }
                    Some((name.clone(), filter.directive_definition(definition)?))
                })
                .collect(),
            types: self
                .types
                .values()
                .filter(|ty| filter.keeps_type(ty))
                .map(|ty| (ty.name.clone(), filter.type_definition(ty)))
                .collect(),
        }
    }
}

struct Filter {
    inaccessible: Option<Name>,
    specification_prefixes: Vec<String>,
    specification_directives: HashSet<Name>,
    hidden_types: HashSet<Name>,
}

impl Filter {
    fn new(model: &Model) -> Self {
        let inaccessible = model.specification_directive("inaccessible");
        let mut filter = Self {
            inaccessible,
            specification_prefixes: model
                .links
                .iter()
                .filter_map(|link| Some(format!("{}__", link.prefix()?)))
                .chain(["link__".to_owned(), "join__".to_owned()])
                .collect(),
            specification_directives: HashSet::new(),
            hidden_types: HashSet::new(),
        };
        for link in &model.links {
            let imported = link
                .imports()
                .filter_map(|(_, local)| local.strip_prefix('@'))
                .map(Name::from);
            filter.specification_directives.extend(imported);
            filter
                .specification_directives
                .extend(link.prefix().map(Name::from));
        }
        let hidden = model
            .types
            .values()
            .filter(|ty| filter.hides(&ty.directives) || filter.is_of_specification(&ty.name));
        let hidden: HashSet<Name> = hidden.map(|ty| ty.name.clone()).collect();
        filter.hidden_types = hidden;
        filter
    }

    fn hides(&self, directives: &[Directive]) -> bool {
        let hides = |name: &Name| directives.iter().any(|directive| directive.name == *name);
        self.inaccessible.as_ref().is_some_and(hides)
    }

    fn is_of_specification(&self, name: &str) -> bool {
        self.specification_prefixes
            .iter()
            .any(|prefix| name.starts_with(prefix.as_str()))
    }

    fn keeps_type(&self, ty: &TypeDefinition) -> bool {
        !self.hidden_types.contains(&ty.name)
    }

    fn directives(&self, directives: &[Directive]) -> Vec<Directive> {
        directives
            .iter()
            .filter(|directive| APPLIED_IN_SCHEMAS.contains(&directive.name.as_str()))
            .cloned()
            .collect()
    }

    fn directive_definition(
        &self,
        definition: &DirectiveDefinition,
    ) -> Option<DirectiveDefinition> {
        let locations: Vec<Name> = definition
            .locations
            .iter()
            .filter(|location| schema::is_executable_location(location))
            .cloned()
            .collect();
        if locations.is_empty() || self.is_of_specification(&definition.name) {
            return None;
        }
        Some(DirectiveDefinition {
            description: definition.description.clone(),
            name: definition.name.clone(),
            arguments: self.arguments(&definition.arguments),
            repeatable: definition.repeatable,
            locations,
        })
    }

    fn arguments(&self, arguments: &[InputValueDefinition]) -> Vec<InputValueDefinition> {
        arguments
            .iter()
            .filter(|argument| !self.hides(&argument.directives))
            .map(|argument| self.input_value(argument))
            .collect()
    }

    fn input_value(&self, value: &InputValueDefinition) -> InputValueDefinition {
        InputValueDefinition {
            directives: self.directives(&value.directives),
            ..value.clone()
        }
    }

    fn type_definition(&self, ty: &TypeDefinition) -> TypeDefinition {
        let kind = match &ty.kind {
            TypeKind::Scalar => TypeKind::Scalar,
            TypeKind::Object(composite) => TypeKind::Object(self.composite(composite)),
            TypeKind::Interface(composite) => TypeKind::Interface(self.composite(composite)),
            TypeKind::Union(members) => TypeKind::Union(
                members
                    .iter()
                    .filter(|member| !self.hidden_types.contains(&member.name))
                    .cloned()
                    .collect(),
            ),
            TypeKind::Enum(values) => TypeKind::Enum(
                values
                    .iter()
                    .filter(|value| !self.hides(&value.directives))
                    .map(|value| crate::EnumValue {
                        directives: self.directives(&value.directives),
                        ..value.clone()
                    })
                    .collect(),
            ),
            TypeKind::InputObject(fields) => TypeKind::InputObject(
                fields
                    .iter()
                    .filter(|(_, field)| !self.hides(&field.value.directives))
                    .map(|(name, field)| {
                        let value = self.input_value(&field.value);
                        let joins = Vec::new();
                        (name.clone(), crate::InputFieldDefinition { value, joins })
                    })
                    .collect(),
            ),
        };
        TypeDefinition {
            name: ty.name.clone(),
            description: ty.description.clone(),
            directives: self.directives(&ty.directives),
            joins: Vec::new(),
            kind,
        }
    }

    fn composite(&self, composite: &Composite) -> Composite {
        let fields: IndexMap<Name, crate::FieldDefinition> = composite
            .fields
            .iter()
            .filter(|(_, field)| !self.hides(&field.directives))
            .map(|(name, field)| {
                let field = crate::FieldDefinition {
                    name: name.clone(),
                    description: field.description.clone(),
                    arguments: self.arguments(&field.arguments),
                    ty: field.ty.clone(),
                    directives: self.directives(&field.directives),
                    joins: Vec::new(),
                };
                (name.clone(), field)
            })
            .collect();
        let implements = composite
            .implements
            .iter()
            .filter(|implements| !self.hidden_types.contains(&implements.interface))
            .cloned()
            .collect();
        Composite { implements, fields }
    }
}

#[test]
fn clients_see_neither_what_is_hidden_nor_how_it_is_joined() {
    let sdl = r#"
schema @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY, import: [{name: "@inaccessible", as: "@hide"}])
  @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY) { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "") }
directive @hide on FIELD_DEFINITION | OBJECT
directive @policy(policies: [[policy__Policy!]!]!) on FIELD_DEFINITION
directive @log(level: Int = 1, secret: Int @hide) repeatable on FIELD | OBJECT
scalar policy__Policy
"Ask here."
type Query @join__type(graph: A) {
  "Counts."
  a("From." from: Int = 1, hidden: Int @hide): Int @policy(policies: [["p"]]) @deprecated
  b: Secret @hide
}
type Secret implements Node @join__type(graph: A) @hide { id: ID }
type Open implements Node @join__type(graph: A) { id: ID }
interface Node @join__type(graph: A) { id: ID }
union Any @join__type(graph: A) = Secret | Open
scalar Date @join__type(graph: A) @specifiedBy(url: "https://example.org")
"#;
    let supergraph = crate::Supergraph::read(sdl).unwrap();
    expect_test::expect![[r#"
        directive @log(level: Int = 1) repeatable on FIELD

        union Any = Open

        scalar Date
          @specifiedBy(url: "https://example.org")

        interface Node {
          id: ID
        }

        type Open implements Node {
          id: ID
        }

        """
        Ask here.
        """
        type Query {
          """
          Counts.
          """
          a(
            """
            From.
            """
            from: Int = 1
          ): Int @deprecated
        }
    "#]]
    .assert_eq(&supergraph.model().api_sdl());
}
