//! `@fromContext(field:)`: the name of a context and what to select from it.

use schema::FieldSet;

use crate::{FederationDirective, TypeDefinition};

/// `$context { selection }`, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContextSelection<'t> {
    /// The name of the context, without `$`.
    pub context: &'t str,
    /// What follows it, unchanged.
    pub selection: &'t str,
}

impl<'t> ContextSelection<'t> {
    /// Takes the text of the argument apart; nothing where it names no context.
    pub fn parse(text: &'t str) -> Option<Self> {
        let rest = text.trim_start().strip_prefix('$')?;
        let end = rest
            .find(|it: char| !it.is_ascii_alphanumeric() && it != '_')
            .unwrap_or(rest.len());
        let (context, selection) = rest.split_at(end);
        (!context.is_empty()).then_some(Self { context, selection })
    }

    /// The selection, if it can be read.
    pub fn field_set(&self) -> Option<FieldSet> {
        FieldSet::parse(self.selection).ok()
    }
}

impl TypeDefinition {
    /// Whether the type sets the context.
    pub fn sets_context(&self, name: &str) -> bool {
        self.contexts().any(|it| it == name)
    }

    /// The contexts that the type sets.
    pub fn contexts(&self) -> impl Iterator<Item = &str> {
        self.directives
            .iter()
            .filter(|it| it.meaning == Some(FederationDirective::Context))
            .filter_map(|it| it.argument("name")?.as_str())
    }
}

#[test]
fn a_selection_names_its_context_first() {
    let parsed = ContextSelection::parse("$ctx { id }").unwrap();
    assert_eq!((parsed.context, parsed.selection), ("ctx", " { id }"));
    assert_eq!(ContextSelection::parse("ctx { id }"), None);
    assert_eq!(ContextSelection::parse("$ { id }"), None);
}
