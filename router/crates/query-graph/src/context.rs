//! Contexts (`@context`, `@fromContext`): which objects set them, and what is read of them.

use std::collections::HashMap;
use std::sync::Arc;

use schema::{FieldSet, Name, TypeSet, Value};
use supergraph::Model;

use crate::graph::ContextArgument;
use crate::types::TypeFacts;

/// For each context, by its name in the supergraph, the object types that set it.
pub(crate) fn set_on(model: &Model, types: &HashMap<Name, TypeFacts>) -> HashMap<String, TypeSet> {
    let mut contexts: HashMap<String, TypeSet> = HashMap::new();
    let Some(directive) = model.specification_directive("context") else {
        return contexts;
    };
    for ty in model.types.values() {
        let Some(facts) = types.get(&ty.name) else {
            continue;
        };
        for applied in ty.directives.iter().filter(|it| it.name == directive) {
            let Some(name) = applied.argument("name").and_then(Value::as_str) else {
                continue;
            };
            let known = contexts
                .entry(name.to_owned())
                .or_insert_with(|| TypeSet::from_iter([]));
            *known = known.union(&facts.possible_types);
        }
    }
    contexts
}

/// An argument as the planner needs it. A context that nobody sets, or a selection that is none, is
/// had from no object: only a supergraph that breaks its promise says such things.
pub(crate) fn argument(
    contexts: &HashMap<String, TypeSet>,
    it: &supergraph::ContextArgument,
) -> ContextArgument {
    let selection = FieldSet::parse(&it.selection).ok();
    let set_on = contexts.get(&it.context).filter(|_| selection.is_some());
    ContextArgument {
        name: it.name.clone(),
        ty: it.ty.clone(),
        context: it.context.clone(),
        set_on: set_on.cloned().unwrap_or_else(|| TypeSet::from_iter([])),
        selection: Arc::new(selection.unwrap_or_else(|| FieldSet {
            text: String::new(),
            items: Vec::new(),
        })),
    }
}
