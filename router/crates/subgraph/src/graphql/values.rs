//! Values and their types: what fits, and how it is written.
//!
//! Servers take a bare name for a string and a string for the enum value it spells, and tools print
//! such schemas. So both are accepted, and written as GraphQL has them.

use std::collections::HashMap;

use indexmap::IndexMap;
use schema::{Name, Type, Value};

use crate::build::Definitions;
use crate::{
    AppliedDirective, InputValueDefinition, Kind, Links, Subgraph, TypeDefinition, definition_of,
};

impl Subgraph {
    /// Whether a value can be coerced to a type (GraphQL specification, sections 3.5, 3.9 to 3.12).
    pub fn accepts(&self, ty: &Type, value: &Value) -> bool {
        fits(&self.types, ty, value)
    }
}

/// Whether a value can be coerced to a type.
pub(super) fn fits(types: &IndexMap<Name, TypeDefinition>, ty: &Type, value: &Value) -> bool {
    match (ty, value) {
        (Type::NonNull(_), Value::Null) => false,
        (Type::NonNull(of), value) => fits(types, of, value),
        (_, Value::Null) => true,
        (Type::List(of), Value::List(items)) => items.iter().all(|item| fits(types, of, item)),
        (Type::List(of), single) => fits(types, of, single),
        (Type::Named(name), value) => fits_named(types, name, value),
    }
}

fn fits_named(types: &IndexMap<Name, TypeDefinition>, name: &Name, value: &Value) -> bool {
    match (name.as_str(), value) {
        ("Int", Value::Int(digits)) => digits.parse::<i32>().is_ok(),
        ("Float", Value::Int(_) | Value::Float(_))
        | ("String", Value::String(_) | Value::Enum(_))
        | ("ID", Value::String(_) | Value::Int(_) | Value::Enum(_))
        | ("Boolean", Value::Boolean(_)) => true,
        ("Int" | "Float" | "String" | "ID" | "Boolean", _) => false,
        _ => {
            let Some(ty) = types.get(name) else {
                // The type is another subgraph's, or unknown, which is reported elsewhere.
                return true;
            };
            match (ty.kind, value) {
                (Kind::Enum, Value::Enum(value)) => ty.values.contains_key(value),
                (Kind::Enum, Value::String(text)) => ty.values.contains_key(text.as_str()),
                (Kind::InputObject, Value::Object(fields)) => {
                    let all_known = fields.iter().all(|(key, value)| {
                        let field = ty.inputs.get(key);
                        field.is_some_and(|field| fits(types, &field.ty, value))
                    });
                    let none_missing = ty.inputs.values().all(|field| {
                        let required = field.ty.is_non_null() && field.default.is_none();
                        !required || fields.iter().any(|(key, _)| *key == field.name)
                    });
                    all_known && none_missing
                }
                (Kind::Scalar, _) => true,
                _ => false,
            }
        }
    }
}

/// Writes all defaults and all arguments of directives as their types have them.
pub(crate) fn normalise(definitions: &mut Definitions, links: &Links) {
    let spelling = Spelling::new(definitions);
    let types = definitions.types.values_mut();
    let mut applied: Vec<&mut AppliedDirective> =
        definitions.schema.directives.iter_mut().collect();
    for ty in types {
        applied.extend(&mut ty.directives);
        for field in ty.fields.values_mut() {
            applied.extend(&mut field.directives);
            spelling.of_inputs(field.arguments.values_mut(), &mut applied);
        }
        spelling.of_inputs(ty.inputs.values_mut(), &mut applied);
        for value in ty.values.values_mut() {
            applied.extend(&mut value.directives);
        }
    }
    for definition in definitions.directives.values_mut() {
        spelling.of_inputs(definition.arguments.values_mut(), &mut applied);
    }
    for directive in applied {
        spelling.of_arguments(directive, links);
    }
}

/// What is known of types, apart from the definitions that are being changed.
struct Spelling {
    enums: Vec<Name>,
    /// The types of the fields of each input object.
    inputs: HashMap<Name, HashMap<Name, Type>>,
    /// The types of the arguments of each directive that is defined here.
    directives: HashMap<Name, HashMap<Name, Type>>,
}

impl Spelling {
    fn new(definitions: &Definitions) -> Self {
        let types_of = |inputs: &IndexMap<Name, InputValueDefinition>| {
            let pairs = inputs.values().map(|it| (it.name.clone(), it.ty.clone()));
            pairs.collect()
        };
        let mut found = Self {
            enums: Vec::new(),
            inputs: HashMap::new(),
            directives: HashMap::new(),
        };
        for ty in definitions.types.values() {
            match ty.kind {
                Kind::Enum => found.enums.push(ty.name.clone()),
                Kind::InputObject => {
                    found.inputs.insert(ty.name.clone(), types_of(&ty.inputs));
                }
                _ => {}
            }
        }
        for definition in definitions.directives.values() {
            let types = types_of(&definition.arguments);
            found.directives.insert(definition.name.clone(), types);
        }
        found.enums.sort_unstable();
        found
    }

    fn of_inputs<'d>(
        &self,
        inputs: impl Iterator<Item = &'d mut InputValueDefinition>,
        applied: &mut Vec<&'d mut AppliedDirective>,
    ) {
        for input in inputs {
            if let Some(default) = &mut input.default {
                self.of_value(&input.ty, default);
            }
            applied.extend(&mut input.directives);
        }
    }

    fn of_arguments(&self, applied: &mut AppliedDirective, links: &Links) {
        let directive = &mut applied.directive;
        let Some(meaning) = links.meaning(&directive.name) else {
            let defined = self.directives.get(&directive.name);
            for (name, value) in &mut directive.arguments {
                if let Some(ty) = defined.and_then(|it| it.get(name)) {
                    self.of_value(ty, value);
                }
            }
            return;
        };
        for (name, value) in &mut directive.arguments {
            let known = definition_of(meaning).arguments.iter();
            let ty = known.filter(|it| *name == it.name).map(|it| it.ty).next();
            // Whether a selection of fields is a string is for other rules to say.
            if ty.is_some_and(|ty| {
                ["String", "*Scope", "*Policy"]
                    .iter()
                    .any(|it| ty.contains(it))
            }) {
                names_to_strings(value);
            }
        }
    }

    fn of_value(&self, ty: &Type, value: &mut Value) {
        let name = ty.inner_name();
        match value {
            Value::List(items) => {
                let item = ty.list_item().unwrap_or(ty);
                items.iter_mut().for_each(|it| self.of_value(item, it));
            }
            Value::Object(fields) if self.inputs.contains_key(name) => {
                let types = &self.inputs[name];
                for (field, value) in fields {
                    if let Some(ty) = types.get(field) {
                        self.of_value(ty, value);
                    }
                }
            }
            Value::String(text) if self.enums.binary_search(name).is_ok() => {
                *value = Value::Enum(Name::new(text.as_str()));
            }
            _ if self.enums.binary_search(name).is_err() => names_to_strings(value),
            _ => {}
        }
    }
}

/// A scalar has no names among its values: those are strings without their quotes.
fn names_to_strings(value: &mut Value) {
    match value {
        Value::Enum(text) => *value = Value::String(text.to_string()),
        Value::List(items) => items.iter_mut().for_each(names_to_strings),
        Value::Object(fields) => fields
            .iter_mut()
            .for_each(|(_, value)| names_to_strings(value)),
        _ => {}
    }
}

#[test]
fn names_and_strings_are_written_as_their_types_have_them() {
    let sdl = r#"type Query { a(x: E = "A", y: [String] = [b], z: I = {s: c, e: ["A"]}, w: S = [{x: B}]): Int @tag(name: d) @own(s: [e]) }
        scalar S enum E { A } input I { s: ID e: [E!] } directive @own(s: [String]) on FIELD_DEFINITION"#;
    let subgraph = Subgraph::parse("s", "", sdl).unwrap();
    let field = &subgraph.types["Query"].fields["a"];
    let defaults: Vec<_> = field
        .arguments
        .values()
        .map(|it| it.default.as_ref().unwrap().to_string())
        .collect();
    assert_eq!(
        defaults,
        ["A", r#"["b"]"#, r#"{s: "c", e: [A]}"#, r#"[{x: "B"}]"#]
    );
    let applied: Vec<_> = field
        .directives
        .iter()
        .map(|it| it.directive.arguments[0].1.to_string())
        .collect();
    assert_eq!(applied, [r#""d""#, r#"["e"]"#]);
}
