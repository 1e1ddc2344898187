//! Field sets as Federation 1 had them: lists and names for strings, and `@requires` and `@provides` of
//! fields that the subgraph resolves by itself.

use schema::{FieldSet, FieldSetItem, Name, Value};

use super::Upgrade;
use crate::{AppliedDirective, FederationDirective, Subgraph, TypeDefinition};

impl Upgrade<'_> {
    /// `fields: ["id", "name"]` and `fields: id` become strings.
    pub(super) fn rewrite_field_set_arguments(&mut self) {
        for ty in self.subgraph.types.values_mut() {
            rewrite(&mut ty.directives);
            for field in ty.fields.values_mut() {
                rewrite(&mut field.directives);
            }
        }
    }

    /// Parts of `@requires` and `@provides` that select only what is not external say nothing.
    pub(super) fn drop_inactive_selections(&mut self) {
        let mut changes: Vec<(Name, Name, FederationDirective, Option<FieldSet>)> = Vec::new();
        for ty in self.subgraph.types.values() {
            for field in ty.fields.values() {
                let target = self.subgraph.type_named(field.ty.inner_name());
                for (directive, argument, parent) in [
                    (FederationDirective::Requires, &field.requires, Some(ty)),
                    (FederationDirective::Provides, &field.provides, target),
                ] {
                    let set = argument.as_ref().and_then(|it| it.set());
                    let (Some(set), Some(parent)) = (set, parent) else {
                        continue;
                    };
                    let items = active(self.subgraph, parent, &set.items);
                    if items == set.items {
                        continue;
                    }
                    let mut kept = FieldSet {
                        text: String::new(),
                        items,
                    };
                    kept.text = kept.to_string();
                    let kept = (!kept.items.is_empty()).then_some(kept);
                    changes.push((ty.name.clone(), field.name.clone(), directive, kept));
                }
            }
        }
        for (ty, field, directive, kept) in changes {
            let field = self
                .subgraph
                .types
                .get_mut(&ty)
                .and_then(|ty| ty.fields.get_mut(&field));
            if let Some(field) = field {
                replace(&mut field.directives, directive, kept);
            }
        }
        crate::derive::derive(self.subgraph);
    }
}

fn rewrite(directives: &mut [AppliedDirective]) {
    use FederationDirective::{Key, Provides, Requires};
    for applied in directives {
        if !matches!(applied.meaning, Some(Key | Requires | Provides)) {
            continue;
        }
        for (name, value) in &mut applied.directive.arguments {
            if name == "fields"
                && let Some(text) = as_text(value)
            {
                *value = Value::String(text);
            }
        }
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Enum(name) => Some(name.to_string()),
        Value::List(items) => items
            .iter()
            .map(|item| match item {
                Value::String(text) => Some(text.clone()),
                Value::Enum(name) => Some(name.to_string()),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()
            .map(|texts| texts.join(" ")),
        _ => None,
    }
}

/// The selections that reach something external.
fn active(
    subgraph: &Subgraph,
    parent: &TypeDefinition,
    items: &[FieldSetItem],
) -> Vec<FieldSetItem> {
    items
        .iter()
        .filter_map(|item| match item {
            FieldSetItem::Field(selection) => {
                let Some(field) = parent.fields.get(&selection.name) else {
                    return Some(item.clone());
                };
                if field.marks.external {
                    return Some(item.clone());
                }
                let target = subgraph.type_named(field.ty.inner_name())?;
                if selection.items.is_empty() && target.kind.is_composite() {
                    // There should be a selection; validation says so.
                    return Some(item.clone());
                }
                let mut kept = selection.clone();
                kept.items = active(subgraph, target, &selection.items);
                (!kept.items.is_empty()).then_some(FieldSetItem::Field(kept))
            }
            FieldSetItem::Fragment(fragment) => {
                let target = match &fragment.type_condition {
                    Some(condition) => subgraph.type_named(condition)?,
                    None => parent,
                };
                let mut kept = fragment.clone();
                kept.items = active(subgraph, target, &fragment.items);
                (!kept.items.is_empty()).then_some(FieldSetItem::Fragment(kept))
            }
        })
        .collect()
}

fn replace(
    directives: &mut Vec<AppliedDirective>,
    directive: FederationDirective,
    kept: Option<FieldSet>,
) {
    let Some(kept) = kept else {
        directives.retain(|it| it.meaning != Some(directive));
        return;
    };
    for applied in directives {
        if applied.meaning == Some(directive) {
            for (name, value) in &mut applied.directive.arguments {
                if name == "fields" {
                    *value = Value::String(kept.text.clone());
                }
            }
        }
    }
}
