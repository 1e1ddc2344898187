//! What is left when everything `@inaccessible` is taken away must be a schema that clients can use.
//!
//! [`references`] looks at what points to hidden types, [`children`] at types that would be left
//! empty, [`inputs`] at what clients would have to give and cannot see, [`interfaces`] at what
//! interfaces demand, [`defaults`] at values, [`disallowed`] at what cannot be hidden.

mod children;
mod defaults;
mod disallowed;
mod inputs;
mod interfaces;
mod references;

use diagnostics::Problems;
use schema::{Directive, Name};
use subgraph::Subgraph;
use supergraph::{FieldDefinition, Model, TypeDefinition};

/// Applies the rules, if anything is hidden at all.
pub(super) fn check(model: &Model, subgraphs: &[Subgraph], problems: &mut Problems) {
    let Some(inaccessible) = model.specification_directive("inaccessible") else {
        return;
    };
    let view = View {
        model,
        subgraphs,
        inaccessible,
    };
    disallowed::check(&view, problems);
    if problems.has_errors() {
        return;
    }
    references::check(&view, problems);
    children::check(&view, problems);
    inputs::check(&view, problems);
    interfaces::check(&view, problems);
    defaults::check(&view, problems);
}

/// The graph, and how to tell what is hidden in it.
struct View<'m> {
    model: &'m Model,
    subgraphs: &'m [Subgraph],
    inaccessible: Name,
}

impl<'m> View<'m> {
    fn hides(&self, directives: &[Directive]) -> bool {
        directives.iter().any(|it| it.name == self.inaccessible)
    }

    fn is_hidden_type(&self, name: &str) -> bool {
        self.model
            .type_named(name)
            .is_some_and(|ty| self.hides(&ty.directives))
    }

    /// The types that clients see.
    fn visible_types(&self) -> impl Iterator<Item = &'m TypeDefinition> {
        self.model
            .types
            .values()
            .filter(|ty| !self.hides(&ty.directives))
    }

    /// The fields that clients see of an object type or interface.
    fn visible_fields(&self, ty: &'m TypeDefinition) -> impl Iterator<Item = &'m FieldDefinition> {
        ty.fields()
            .into_iter()
            .flat_map(|it| it.values())
            .filter(|field| !self.hides(&field.directives))
    }
}
