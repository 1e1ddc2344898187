//! A validated operation becomes its normal form (see [`crate::Operation`]).
//!
//! ```text
//! { pet { ...F  ... on Dog { name barks } } }      fragment F on Pet { name @include(if: $a) }
//!
//! collect    name on Pet if $a, name on Dog, barks on Dog       fragments dissolved
//! group      name: [Pet if $a, Dog]   barks: [Dog]              by response key
//! partition  name: {Cat}: [Pet if $a]   {Dog}: [Pet if $a, Dog] by who is asked for what
//! merge      name on {Cat} if $a, name on {Dog}, barks on {Dog} one field per class
//! ```
//!
//! The fields of a mutation run one after the other, and which comes first may hang on variables. So
//! there a field stands once at each place where it may be its turn:
//!
//! ```text
//! mutation { a @include(if: $x)  b  a }     a if $x,  b,  a if !$x
//! ```
//!
//! Read [`collect`], then [`partition`], then [`merge`]. All of it ends because every step goes one
//! level down a document of bounded depth, and is bounded in time and size because each field
//! that comes out and each comparison is paid from a [`Budget`].

mod budget;
mod collect;
mod conditions;
mod merge;
mod partition;

use std::collections::HashMap;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable;
use schema::{Inclusion, Name, TypeSet};

use crate::object_set::ObjectSet;
use crate::{ApiSchema, Limits, RequestError, SelectionSet};
use budget::Budget;
use collect::Source;

/// What every step needs.
struct Normaliser<'d> {
    api: &'d ApiSchema,
    document: &'d ExecutableDocument,
    budget: Budget,
    /// Names met before, so that equal names share their text.
    names: HashMap<&'d str, Name>,
    /// Type sets met before, for the same reason.
    sets: HashMap<ObjectSet, TypeSet>,
}

/// Brings what is selected on the root type into normal form.
///
/// # Errors
/// The normal form is over the limits.
pub(crate) fn normalise(
    api: &ApiSchema,
    document: &ExecutableDocument,
    operation: &executable::Operation,
    limits: &Limits,
) -> Result<SelectionSet, RequestError> {
    let mut normaliser = Normaliser {
        api,
        document,
        budget: Budget::new(limits),
        names: HashMap::new(),
        sets: HashMap::new(),
    };
    let root = &operation.selection_set;
    let Some(possible) = api.possible(&root.ty) else {
        // Validation has found the root type to be an object type.
        return Err(RequestError::too_complex("the operation has no root type"));
    };
    let source = Source {
        set: root,
        on: possible.set.clone(),
        inclusion: Inclusion::always(),
    };
    let in_turn = operation.is_mutation();
    let (selections, _) = normaliser.selection_set(possible, vec![source], in_turn)?;
    Ok(selections)
}

impl<'d> Normaliser<'d> {
    fn name(&mut self, name: &'d str) -> Name {
        self.names
            .entry(name)
            .or_insert_with(|| Name::new(name))
            .clone()
    }

    fn type_set(&mut self, set: &ObjectSet) -> TypeSet {
        if let Some(known) = self.sets.get(set) {
            return known.clone();
        }
        let names = self.api.names(set);
        self.sets.insert(set.clone(), names.clone());
        names
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fmt::Write;

    use expect_test::Expect;

    use crate::validate::tests::SCHEMA;
    use crate::{ApiSchema, Limits, SelectionSet, prepare};

    /// Normalises the first operation of a document and prints its normal form.
    pub(crate) fn check(text: &str, expected: &Expect) {
        expected.assert_eq(&normalised(text));
    }

    pub(crate) fn normalised(text: &str) -> String {
        let api = ApiSchema::parse(SCHEMA).unwrap();
        let text = match prepare(&api, text, None, &Limits::default()) {
            Ok(prepared) => {
                let mut out = String::new();
                print(&prepared.operation.selections, 0, &mut out);
                out
            }
            Err(errors) => crate::error::render(&errors),
        };
        text.trim_end().to_owned()
    }

    fn print(set: &SelectionSet, level: usize, out: &mut String) {
        for field in &set.fields {
            let indent = "  ".repeat(level);
            write!(out, "{indent}").unwrap();
            if field.response_key != field.name {
                write!(out, "{}: ", field.response_key).unwrap();
            }
            write!(out, "{}.{}", field.parent_type, field.name).unwrap();
            if !field.arguments.is_empty() {
                let arguments: Vec<String> = field
                    .arguments
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}"))
                    .collect();
                write!(out, "({})", arguments.join(", ")).unwrap();
            }
            write!(out, ": {}", field.ty).unwrap();
            if field.on != set.possible_types {
                write!(out, " on {:?}", field.on).unwrap();
            }
            if !field.inclusion.is_always() {
                write!(out, " if {}", field.inclusion).unwrap();
            }
            out.push('\n');
            if let Some(below) = &field.selections {
                if below.fields.is_empty() {
                    writeln!(out, "{indent}  (nothing)").unwrap();
                }
                print(below, level + 1, out);
            }
        }
    }
}
