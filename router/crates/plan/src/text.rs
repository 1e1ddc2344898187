//! Plans as text, in the form that people know: `Sequence`, `Parallel`, `Flatten`, `Fetch`, and
//! `Subscription` with what opens the stream and what completes each event.

use std::fmt::{self, Write};

use schema::{Inclusion, Name, OperationKind};

use crate::{
    EntityFetch, Fetch, Plan, PositionId, RepresentationField, RepresentationValue, Selection,
};

/// Writes lines at a depth of indentation.
struct Printer<'f, 'p> {
    out: &'f mut dyn Write,
    plan: &'p Plan,
    depth: usize,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Printer {
            out: f,
            plan: self,
            depth: 0,
        }
        .plan()
    }
}

impl Printer<'_, '_> {
    fn plan(&mut self) -> fmt::Result {
        self.block("QueryPlan", |it| {
            let rounds: Vec<Vec<&Fetch>> = rounds(it.plan);
            match &rounds[..] {
                [source, rest @ ..] if it.plan.kind == OperationKind::Subscription => {
                    it.block("Subscription", |it| {
                        it.block("Primary:", |it| it.round(source))?;
                        if rest.is_empty() {
                            return Ok(());
                        }
                        it.block("Rest:", |it| it.sequence(rest))
                    })
                }
                rounds => it.sequence(rounds),
            }
        })
    }

    fn sequence(&mut self, rounds: &[Vec<&Fetch>]) -> fmt::Result {
        match rounds {
            [] => Ok(()),
            [only] => self.round(only),
            several => self.block("Sequence", |it| {
                several.iter().try_for_each(|round| it.round(round))
            }),
        }
    }

    fn round(&mut self, fetches: &[&Fetch]) -> fmt::Result {
        match fetches {
            [only] => self.fetch(only),
            several => self.block("Parallel", |it| {
                several.iter().try_for_each(|fetch| it.fetch(fetch))
            }),
        }
    }

    fn fetch(&mut self, fetch: &Fetch) -> fmt::Result {
        match fetch.inclusion {
            None => self.unconditional(fetch),
            Some(id) => {
                let title = format!("Include(if: {})", self.plan.inclusion(id));
                self.block(&title, |it| it.unconditional(fetch))
            }
        }
    }

    fn unconditional(&mut self, fetch: &Fetch) -> fmt::Result {
        let title = format!("Fetch(service: \"{}\")", fetch.subgraph_name);
        match &fetch.entities[..] {
            [] => self.block(&title, |it| {
                it.block("", |it| it.selections(&fetch.selections))
            }),
            [only] => {
                let flatten = format!("Flatten(path: \"{}\")", path(self.plan, only.position));
                self.block(&flatten, |it| {
                    it.block(&title, |it| it.entities(only, &fetch.selections))
                })
            }
            several => self.block(&title, |it| {
                several
                    .iter()
                    .enumerate()
                    .try_for_each(|(index, entities)| {
                        let flatten =
                            format!("Flatten(path: \"{}\")", path(it.plan, entities.position));
                        let selections = fetch.selections.get(index..=index).unwrap_or_default();
                        it.block(&flatten, |it| it.entities(entities, selections))
                    })
            }),
        }
    }

    fn entities(&mut self, entities: &EntityFetch, selections: &[Selection]) -> fmt::Result {
        self.indent()?;
        self.out.write_str("{\n")?;
        self.depth += 1;
        for representation in &entities.representations {
            let on = match &representation.type_name {
                Some(name) => name.to_string(),
                None => representation
                    .on
                    .iter()
                    .map(Name::as_str)
                    .collect::<Vec<_>>()
                    .join(" | "),
            };
            self.block(&format!("... on {on}"), |it| {
                it.line("__typename")?;
                it.representation(&representation.fields)
            })?;
        }
        self.depth -= 1;
        self.line("} =>")?;
        self.block("", |it| it.selections(below_entities(selections)))
    }

    fn representation(&mut self, fields: &[RepresentationField]) -> fmt::Result {
        for field in fields {
            match &field.value {
                RepresentationValue::Object { fields, .. } => {
                    self.block(&field.name, |it| it.representation(fields))?;
                }
                _ => self.line(&field.name)?,
            }
        }
        Ok(())
    }

    fn selections(&mut self, selections: &[Selection]) -> fmt::Result {
        for selection in selections {
            match selection {
                Selection::Field { selections, .. } => {
                    let head = field_head(selection);
                    if selections.is_empty() {
                        self.line(&head)?;
                    } else {
                        self.block(&head, |it| it.selections(selections))?;
                    }
                }
                Selection::Fragment {
                    type_condition,
                    selections,
                } => {
                    self.block(&format!("... on {type_condition}"), |it| {
                        it.selections(selections)
                    })?;
                }
            }
        }
        Ok(())
    }

    fn block(&mut self, title: &str, body: impl FnOnce(&mut Self) -> fmt::Result) -> fmt::Result {
        self.indent()?;
        let space = if title.is_empty() { "" } else { " " };
        writeln!(self.out, "{title}{space}{{")?;
        self.depth += 1;
        body(self)?;
        self.depth -= 1;
        self.line("}")
    }

    fn line(&mut self, text: &str) -> fmt::Result {
        self.indent()?;
        writeln!(self.out, "{text}")
    }

    fn indent(&mut self) -> fmt::Result {
        (0..self.depth).try_for_each(|_| self.out.write_str("  "))
    }
}

/// The fetches by round, in order.
pub(crate) fn rounds(plan: &Plan) -> Vec<Vec<&Fetch>> {
    let mut rounds: Vec<Vec<&Fetch>> = Vec::new();
    for fetch in &plan.fetches {
        let round = usize::from(fetch.round);
        if rounds.len() <= round {
            rounds.resize_with(round + 1, Vec::new);
        }
        rounds[round].push(fetch);
    }
    rounds.retain(|round| !round.is_empty());
    rounds
}

/// The path of a position in the client's terms, `@` for the items of a list.
pub(crate) fn path(plan: &Plan, position: PositionId) -> String {
    let mut steps: Vec<String> = Vec::new();
    let mut next = Some(position);
    while let Some(id) = next {
        let position = plan.position(id);
        steps.extend((0..position.list_depth).map(|_| "@".to_owned()));
        if position.parent.is_some() {
            steps.push(
                position
                    .client_key
                    .as_ref()
                    .map_or_else(|| "_".to_owned(), ToString::to_string),
            );
        }
        next = position.parent;
    }
    steps.reverse();
    steps.join(".")
}

/// What is selected inside the one `_entities` field of `selections`.
pub(crate) fn below_entities(selections: &[Selection]) -> &[Selection] {
    match selections {
        [Selection::Field { selections, .. }] => selections,
        other => other,
    }
}

/// A field with alias, arguments and condition, without its selections.
fn field_head(selection: &Selection) -> String {
    let Selection::Field {
        alias,
        name,
        arguments,
        inclusion,
        ..
    } = selection
    else {
        return String::new();
    };
    let mut head = String::new();
    if let Some(alias) = alias {
        head.push_str(alias);
        head.push_str(": ");
    }
    head.push_str(name);
    for (index, (name, value)) in arguments.iter().enumerate() {
        head.push_str(if index == 0 { "(" } else { ", " });
        head.push_str(&format!("{name}: {value}"));
    }
    if !arguments.is_empty() {
        head.push(')');
    }
    if *inclusion != Inclusion::always() {
        head.push_str(&format!(" [if {inclusion}]"));
    }
    head
}
