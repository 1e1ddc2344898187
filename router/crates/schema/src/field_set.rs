//! A field set: the selection inside `@key(fields:)`, `@requires(fields:)`, `@provides(fields:)`.
//!
//! Parsed for its shape only; whether the fields exist is for the stage that knows the type.

use std::fmt;

use apollo_compiler::ast;
use apollo_compiler::diagnostic::ToCliReport;

use crate::{Name, Value, from_parser};

/// A parsed field set, with the text it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldSet {
    /// The text between the quotes, unchanged.
    pub text: String,
    /// The selections, in the order they were written.
    pub items: Vec<FieldSetItem>,
}

/// One selection of a field set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum FieldSetItem {
    /// A field.
    Field(FieldSetField),
    /// `... on T { … }` or `... { … }`.
    Fragment(FieldSetFragment),
}

/// A field of a field set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldSetField {
    /// The alias, which composition refuses in every field set.
    pub alias: Option<Name>,
    /// The field's name.
    pub name: Name,
    /// Arguments; composition allows them in `@requires` only.
    pub arguments: Vec<(Name, Value)>,
    /// Whether directives were written on it, which composition refuses.
    pub has_directives: bool,
    /// The selection below; empty for a leaf.
    pub items: Vec<FieldSetItem>,
}

/// An inline fragment of a field set.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FieldSetFragment {
    /// The type in `... on T`.
    pub type_condition: Option<Name>,
    /// Whether directives were written on it, which composition refuses.
    pub has_directives: bool,
    /// The selection inside.
    pub items: Vec<FieldSetItem>,
}

/// Why a text is no field set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldSetError {
    /// What the parser said.
    pub message: String,
    /// Byte offset into the text where the problem is, if the parser told.
    pub offset: Option<usize>,
}

impl FieldSet {
    /// Parses the text of a `fields` argument; the braces around it may be left out, as usual.
    ///
    /// # Errors
    /// What the parser says of text that is no selection set, or that spreads named fragments.
    pub fn parse(text: &str) -> Result<Self, FieldSetError> {
        let (document, shift) = parse_document(text);
        let document = document.map_err(|invalid| {
            let first = invalid.errors.iter().next();
            FieldSetError {
                message: first.as_ref().map_or_else(
                    || "not a selection of fields".to_owned(),
                    |diagnostic| from_parser::message(&diagnostic.error),
                ),
                offset: first
                    .and_then(|diagnostic| diagnostic.error.location())
                    .map(|span| span.offset().saturating_sub(shift).min(text.len())),
            }
        })?;
        let [ast::Definition::OperationDefinition(operation)] = &document.definitions[..] else {
            return Err(FieldSetError {
                message: "expected one selection of fields".to_owned(),
                offset: None,
            });
        };
        let items = from_parser::field_set_items(&operation.selection_set)?;
        Ok(Self {
            text: text.to_owned(),
            items,
        })
    }

    /// The byte offset in the text of the selection that is reached by these positions, one for each
    /// level. The text is read again: places are only asked for when something is wrong with them.
    pub fn offset_of(&self, path: &[usize]) -> Option<usize> {
        let (selection, shift) = self.selection_at(path)?;
        let place = match &selection {
            ast::Selection::Field(field) => field.location(),
            ast::Selection::InlineFragment(fragment) => fragment.location(),
            ast::Selection::FragmentSpread(spread) => spread.location(),
        };
        place.map(|place| place.offset().saturating_sub(shift))
    }

    /// The names of the directives on the selection that is reached by these positions.
    pub fn directives_at(&self, path: &[usize]) -> Vec<Name> {
        let Some((selection, _)) = self.selection_at(path) else {
            return Vec::new();
        };
        let directives = match &selection {
            ast::Selection::Field(field) => &field.directives,
            ast::Selection::InlineFragment(fragment) => &fragment.directives,
            ast::Selection::FragmentSpread(spread) => &spread.directives,
        };
        directives
            .iter()
            .map(|it| from_parser::name(&it.name))
            .collect()
    }

    fn selection_at(&self, path: &[usize]) -> Option<(ast::Selection, usize)> {
        let (document, shift) = parse_document(&self.text);
        let document = document.ok()?;
        let [ast::Definition::OperationDefinition(operation)] = &document.definitions[..] else {
            return None;
        };
        let (last, above) = path.split_last()?;
        let mut level = operation.selection_set.as_slice();
        for position in above {
            level = match level.get(*position)? {
                ast::Selection::Field(field) => &field.selection_set,
                ast::Selection::InlineFragment(fragment) => &fragment.selection_set,
                ast::Selection::FragmentSpread(_) => return None,
            };
        }
        Some((level.get(*last)?.clone(), shift))
    }

    /// The paths of names to the leaves, such as `["organization", "id"]`; fragments add no step.
    pub fn leaf_paths(&self) -> Vec<Vec<&Name>> {
        fn walk<'s>(
            items: &'s [FieldSetItem],
            path: &mut Vec<&'s Name>,
            found: &mut Vec<Vec<&'s Name>>,
        ) {
            for item in items {
                match item {
                    FieldSetItem::Field(field) => {
                        path.push(&field.name);
                        if field.items.is_empty() {
                            found.push(path.clone());
                        } else {
                            walk(&field.items, path, found);
                        }
                        path.pop();
                    }
                    FieldSetItem::Fragment(fragment) => walk(&fragment.items, path, found),
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.items, &mut Vec::new(), &mut found);
        found
    }
}

/// Parses a text as an anonymous query, and tells how many bytes were put in front of it.
fn parse_document(
    text: &str,
) -> (
    Result<ast::Document, apollo_compiler::validation::WithErrors<ast::Document>>,
    usize,
) {
    const OPENING: &str = "{";
    if text.trim_start().starts_with('{') {
        (ast::Document::parse(text, "fields"), 0)
    } else {
        let source = format!("{OPENING}{text}}}");
        (ast::Document::parse(source, "fields"), OPENING.len())
    }
}

/// Prints the selections normalised, without the outer braces.
impl fmt::Display for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_items(f, &self.items)
    }
}

fn write_items(f: &mut fmt::Formatter<'_>, items: &[FieldSetItem]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            f.write_str(" ")?;
        }
        match item {
            FieldSetItem::Field(field) => {
                if let Some(alias) = &field.alias {
                    write!(f, "{alias}: ")?;
                }
                write!(f, "{}", field.name)?;
                for (index, (name, value)) in field.arguments.iter().enumerate() {
                    let before = if index == 0 { "(" } else { ", " };
                    write!(f, "{before}{name}: {value}")?;
                }
                if !field.arguments.is_empty() {
                    f.write_str(")")?;
                }
                if !field.items.is_empty() {
                    f.write_str(" { ")?;
                    write_items(f, &field.items)?;
                    f.write_str(" }")?;
                }
            }
            FieldSetItem::Fragment(fragment) => {
                f.write_str("...")?;
                if let Some(condition) = &fragment.type_condition {
                    write!(f, " on {condition}")?;
                }
                f.write_str(" { ")?;
                write_items(f, &fragment.items)?;
                f.write_str(" }")?;
            }
        }
    }
    Ok(())
}

#[test]
fn a_field_set_may_nest_take_arguments_and_fragments() {
    let set = FieldSet::parse("id organization { id } price(currency: EUR) ... on Book { isbn }")
        .unwrap();
    assert_eq!(
        set.to_string(),
        "id organization { id } price(currency: EUR) ... on Book { isbn }"
    );
    assert_eq!(set.leaf_paths().len(), 4);
}

#[test]
fn braces_around_a_field_set_are_optional() {
    assert_eq!(
        FieldSet::parse("{ id }").unwrap().items,
        FieldSet::parse("id").unwrap().items
    );
}

#[test]
fn a_broken_field_set_says_where() {
    let error = FieldSet::parse("id {").unwrap_err();
    assert!(error.offset.is_some(), "{error:?}");
}

#[test]
fn an_empty_field_set_is_refused() {
    assert!(FieldSet::parse("").is_err());
}

#[test]
fn places_inside_a_field_set_are_found_again() {
    let set = FieldSet::parse("id organization { id name }").unwrap();
    assert_eq!(set.offset_of(&[1]), Some(3));
    assert_eq!(set.offset_of(&[1, 1]), Some(21));
    assert_eq!(set.offset_of(&[7]), None);
}
