//! The document that a request sends, as short as it can be written.

use std::collections::BTreeSet;
use std::fmt::Write;

use operation::Operation;
use plan::Selection;
use schema::{Condition, Inclusion, Name, OperationKind};

/// A document and the client's variables it uses, in the order the client declared them.
pub(super) struct Document {
    pub(super) text: String,
    pub(super) client_variables: Vec<Name>,
}

/// A variable that the router declares besides the client's.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub(super) variable: Name,
    pub(super) ty: String,
}

impl Declared {
    /// A variable that carries representations.
    pub(super) fn representations(variable: Name) -> Self {
        Self {
            variable,
            ty: "[_Any!]!".to_owned(),
        }
    }
}

/// The declarations, separated by commas.
pub(super) fn declarations(all: &[Declared]) -> String {
    let all: Vec<String> = all
        .iter()
        .map(|it| format!("${}:{}", it.variable, it.ty))
        .collect();
    all.join(",")
}

/// The text of one selection.
pub(super) fn selection(it: &Selection) -> String {
    let mut text = String::new();
    write_selections(&mut text, std::slice::from_ref(it));
    text.pop();
    text.remove(0);
    text
}

/// The keyword and the name of an operation of `kind`.
pub(super) fn head(operation: &Operation, kind: OperationKind) -> String {
    match &operation.name {
        Some(name) => format!("{} {name}", kind.keyword()),
        None => kind.keyword().to_owned(),
    }
}

/// The client's variables that `selections` use, in the order the client declared them.
pub(super) fn client_variables<'o>(
    operation: &'o Operation,
    selections: &[Selection],
) -> Vec<&'o operation::VariableDefinition> {
    let mut used = BTreeSet::new();
    collect_variables(selections, &mut used);
    let all = operation.variables.iter();
    all.filter(|it| used.contains(&it.name)).collect()
}

/// The declaration of a variable of the client.
pub(super) fn client_declaration(variable: &operation::VariableDefinition) -> String {
    match &variable.default {
        Some(default) => format!("${}:{}={default}", variable.name, variable.ty),
        None => format!("${}:{}", variable.name, variable.ty),
    }
}

/// Prints an operation of `kind` with these selections; `own` are the variables of the router.
pub(super) fn print(
    operation: &Operation,
    kind: OperationKind,
    selections: &[Selection],
    own: &[Declared],
) -> Document {
    let client = client_variables(operation, selections);
    let mut text = String::new();
    let named = operation.name.is_some();
    if kind != OperationKind::Query || named || !client.is_empty() || !own.is_empty() {
        text.push_str(&head(operation, kind));
    }
    let mut declared = Vec::with_capacity(1 + client.len());
    if !own.is_empty() {
        declared.push(declarations(own));
    }
    declared.extend(client.iter().map(|variable| client_declaration(variable)));
    if !declared.is_empty() {
        text.push('(');
        text.push_str(&declared.join(","));
        text.push(')');
    }
    write_selections(&mut text, selections);
    Document {
        text,
        client_variables: client.into_iter().map(|it| it.name.clone()).collect(),
    }
}

fn collect_variables(selections: &[Selection], used: &mut BTreeSet<Name>) {
    for selection in selections {
        match selection {
            Selection::Field {
                arguments,
                inclusion,
                selections,
                ..
            } => {
                for (_, value) in arguments {
                    value.for_each_variable(&mut |name| {
                        used.insert(name.clone());
                    });
                }
                used.extend(
                    inclusion
                        .alternatives()
                        .iter()
                        .flatten()
                        .map(|it| it.variable.clone()),
                );
                collect_variables(selections, used);
            }
            Selection::Fragment { selections, .. } => collect_variables(selections, used),
        }
    }
}

fn write_selections(text: &mut String, selections: &[Selection]) {
    text.push('{');
    for (index, selection) in selections.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        match selection {
            Selection::Field { inclusion, .. } => write_conditional(text, selection, inclusion),
            Selection::Fragment {
                type_condition,
                selections,
            } => {
                text.push_str("...on ");
                text.push_str(type_condition);
                write_selections(text, selections);
            }
        }
    }
    text.push('}');
}

/// Writes a field once for each alternative of its formula; the subgraph merges the repeats.
fn write_conditional(text: &mut String, field: &Selection, inclusion: &Inclusion) {
    for (index, conditions) in inclusion.alternatives().iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        write_under(text, field, conditions);
    }
}

/// Writes a field under all of `conditions`. A place takes `@include` and `@skip` once each, so
/// further conditions go on inline fragments around it.
fn write_under(text: &mut String, field: &Selection, conditions: &[Condition]) {
    let mut own: Vec<&Condition> = Vec::new();
    let mut around: Vec<&Condition> = Vec::new();
    for condition in conditions {
        let taken = own.iter().any(|it| it.expected == condition.expected);
        if taken { &mut around } else { &mut own }.push(condition);
    }
    for condition in &around {
        text.push_str("...");
        write_condition(text, condition);
        text.push('{');
    }
    write_field(text, field, &own);
    around.iter().for_each(|_| text.push('}'));
}

fn write_field(text: &mut String, field: &Selection, conditions: &[&Condition]) {
    let Selection::Field {
        alias,
        name,
        arguments,
        selections,
        ..
    } = field
    else {
        return;
    };
    if let Some(alias) = alias {
        text.push_str(alias);
        text.push(':');
    }
    text.push_str(name);
    for (index, (name, value)) in arguments.iter().enumerate() {
        text.push(if index == 0 { '(' } else { ',' });
        // Writing to a string cannot fail.
        let _ = write!(text, "{name}:{value}");
    }
    if !arguments.is_empty() {
        text.push(')');
    }
    for condition in conditions {
        write_condition(text, condition);
    }
    if !selections.is_empty() {
        write_selections(text, selections);
    }
}

fn write_condition(text: &mut String, condition: &Condition) {
    text.push_str(if condition.expected {
        "@include(if:$"
    } else {
        "@skip(if:$"
    });
    text.push_str(&condition.variable);
    text.push(')');
}
