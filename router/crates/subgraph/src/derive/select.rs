//! Walks a field set through the types of a subgraph.

use schema::FieldSetItem;

use crate::{FieldDefinition, Subgraph, TypeDefinition};

/// A field that a field set selects.
#[derive(Clone, Copy, Debug)]
pub struct Selected<'s> {
    /// The type it is selected on.
    pub parent: &'s TypeDefinition,
    /// The field.
    pub field: &'s FieldDefinition,
    /// Whether nothing is selected below it.
    pub is_leaf: bool,
}

/// Calls `visit` with every field that the selection reaches, outermost first. What does not exist
/// is passed over: reporting it is for the validation of field sets.
pub fn for_each_selected<'s>(
    subgraph: &'s Subgraph,
    parent: &'s TypeDefinition,
    items: &[FieldSetItem],
    visit: &mut dyn FnMut(Selected<'s>),
) {
    for item in items {
        match item {
            FieldSetItem::Field(selection) => {
                let Some(field) = parent.fields.get(&selection.name) else {
                    continue;
                };
                visit(Selected {
                    parent,
                    field,
                    is_leaf: selection.items.is_empty(),
                });
                if let Some(ty) = subgraph.type_named(field.ty.inner_name()) {
                    for_each_selected(subgraph, ty, &selection.items, visit);
                }
            }
            FieldSetItem::Fragment(fragment) => {
                let ty = match &fragment.type_condition {
                    Some(condition) => subgraph.type_named(condition),
                    None => Some(parent),
                };
                if let Some(ty) = ty {
                    for_each_selected(subgraph, ty, &fragment.items, visit);
                }
            }
        }
    }
}
