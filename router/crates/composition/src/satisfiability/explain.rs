//! What stands in the way of a field: subgraph by subgraph, with the places to change.

use diagnostics::{Code, Problem, Problems};
use query_graph::reach::Reach;
use query_graph::{NodeId, QueryGraph};
use schema::{FieldSet, Name, SubgraphId};
use subgraph::Subgraph;
use supergraph::{ContextArgument, FieldJoin, Model, TypeDefinition};

use super::walk::{DeadEnd, Mismatch};
use super::witness;

struct Explainer<'r> {
    model: &'r Model,
    graph: &'r QueryGraph,
    subgraphs: &'r [Subgraph],
    dead_end: &'r DeadEnd,
    reach: Reach<'r>,
}

/// Reports a dead end.
pub(super) fn report(
    model: &Model,
    graph: &QueryGraph,
    subgraphs: &[Subgraph],
    dead_end: &DeadEnd,
    problems: &mut Problems,
) {
    let reach = Reach::new(graph, dead_end.labels_on.clone());
    let explainer = Explainer {
        model,
        graph,
        subgraphs,
        dead_end,
        reach,
    };
    let Some(ty) = model.type_named(&dead_end.type_name) else {
        return;
    };
    match &dead_end.field {
        Some(field) => explainer.field(ty, field, problems),
        None => explainer.unknown_type(ty, problems),
    }
}

/// Reports a shared field whose subgraphs return different object types: an error when there is no
/// type that all of them can return, a hint when each knows some that others do not.
pub(super) fn report_mismatch(
    model: &Model,
    graph: &QueryGraph,
    subgraphs: &[Subgraph],
    mismatch: &Mismatch,
    problems: &mut Problems,
) {
    let coordinate = format!("{}.{}", mismatch.type_name, mismatch.field);
    let path = DeadEnd {
        type_name: mismatch.type_name.clone(),
        field: Some(mismatch.field.clone()),
        nodes: mismatch.nodes.clone(),
        path: mismatch.path.clone(),
        labels_on: Default::default(),
        contexts: Default::default(),
    };
    let query = witness::query(model, &path);
    let problem = if mismatch.nothing_in_common {
        let message = format!(
            "`{coordinate}` is shared, but the subgraphs that resolve it have no object type in common that it could return, as in `{query}`"
        );
        problems.error(
            Code::ShareableHasMismatchedRuntimeTypes,
            coordinate,
            message,
        )
    } else {
        let message = format!(
            "`{coordinate}` is shared, but not every subgraph that resolves it knows all the object types that others may return, as in `{query}`"
        );
        let code = Code::InconsistentRuntimeTypesForShareableReturn;
        problems.hint(code, coordinate, message)
    };
    for node in &mismatch.nodes {
        let node = graph.node(*node);
        let name = model.graph(node.subgraph).name.as_str();
        let types: Vec<&str> = node.runtime_types.iter().map(Name::as_str).collect();
        let text = match &types[..] {
            [] => "can return no object type here".to_owned(),
            types => format!("can return `{}` here", types.join("`, `")),
        };
        let subgraph = subgraphs.iter().find(|subgraph| &*subgraph.name == name);
        let ty = subgraph.and_then(|subgraph| subgraph.type_named(&mismatch.type_name));
        if let Some(field) = ty.and_then(|ty| ty.fields.get(&mismatch.field)) {
            problem.point_at(&field.span, text);
        }
    }
}

impl Explainer<'_> {
    fn field(&self, ty: &TypeDefinition, name: &Name, problems: &mut Problems) {
        let Some(field) = ty.fields().and_then(|fields| fields.get(name)) else {
            return;
        };
        let coordinate = format!("{}.{name}", ty.name);
        let message = format!(
            "the query `{}` cannot be answered: from {}, no subgraph can be reached that resolves `{coordinate}`",
            witness::query(self.model, self.dead_end),
            self.seen_at(),
        );
        let problem = problems.error(Code::SatisfiabilityError, coordinate, message);
        for graph in ty.graphs() {
            if let Some(join) = field.resolved_by(ty, graph) {
                self.source(problem, ty, name, graph, join);
            } else if let Some(join) = field.joins.iter().find(|join| join.graph == Some(graph)) {
                self.no_source(problem, ty, name, graph, join);
            }
        }
        // What is left to point at when nobody resolves the field: where the object is seen.
        if problem.locations().next().is_none() {
            for graph in ty.graphs() {
                self.point_at_type(problem, ty, graph, "the type is here");
            }
        }
    }

    /// Why a subgraph that resolves the field is no help.
    fn source(
        &self,
        problem: &mut Problem,
        ty: &TypeDefinition,
        name: &Name,
        graph: SubgraphId,
        join: Option<&FieldJoin>,
    ) {
        let subgraph = &self.model.graph(graph).name;
        let switched_off = join
            .filter(|join| self.is_switched_off(join))
            .and_then(|join| Some((join.override_label.as_ref()?, join.override_from.is_some())));
        let text = match switched_off {
            Some((label, when)) => {
                let state = if when { "on" } else { "off" };
                format!("`{subgraph}` resolves it only while the label `{label}` is {state}")
            }
            None => format!("`{subgraph}` resolves it"),
        };
        if let Some(span) = self.field_span(ty, name, graph) {
            problem.point_at(&span, text);
        }
        if switched_off.is_some() {
            return;
        }
        let reached = self
            .dead_end
            .nodes
            .iter()
            .any(|node| self.graph.node(*node).subgraph == graph);
        let requires = join.and_then(|join| join.requires.as_ref());
        if let (true, Some(requires)) = (reached, requires) {
            if let Some(span) = self.field_span(ty, name, graph) {
                let why = format!(
                    "what it requires, `{requires}`, cannot be had{}",
                    self.missing_text(&ty.name, requires)
                );
                problem.also_see(&span, why.clone());
                problem.help(format!("in `{subgraph}`, {why}"));
            }
            return;
        }
        let arguments = join.map_or(&[][..], |join| &join.context_arguments);
        let lacking = arguments.iter().find(|it| !self.has_context(it));
        if let (true, Some(argument)) = (reached, lacking) {
            if let Some(span) = self.field_span(ty, name, graph) {
                // In the supergraph the subgraph's name stands before a context's.
                let prefix = format!("{subgraph}__");
                let context = argument.context.strip_prefix(&prefix);
                let context = context.unwrap_or(&argument.context);
                let why = format!(
                    "no object on this way has what `{}` takes from the context `{context}`",
                    argument.name
                );
                problem.also_see(&span, why.clone());
                problem.help(format!("in `{subgraph}`, {why}"));
            }
            return;
        }
        if let Some(node) = self.node(ty, graph) {
            self.no_way_in(problem, ty, graph, node);
        }
    }

    /// Whether an object on the way has what an argument takes from a context.
    fn has_context(&self, argument: &ContextArgument) -> bool {
        FieldSet::parse(&argument.selection).is_ok_and(|selection| {
            let value = (argument.context.clone(), selection.text);
            self.dead_end.contexts.contains(&value)
        })
    }

    /// Whether the labels that were taken to be on leave the field to another subgraph.
    fn is_switched_off(&self, join: &FieldJoin) -> bool {
        join.override_label.as_ref().is_some_and(|label| {
            self.dead_end.labels_on.contains(label) != join.override_from.is_some()
        })
    }

    /// Why no key leads into a subgraph.
    fn no_way_in(
        &self,
        problem: &mut Problem,
        ty: &TypeDefinition,
        graph: SubgraphId,
        node: NodeId,
    ) {
        let subgraph = &self.model.graph(graph).name;
        let keys = &self.graph.node(node).keys;
        if keys.is_empty() {
            let declared = ty
                .joins
                .iter()
                .any(|join| join.graph == graph && join.key.is_some());
            let why = if declared {
                format!(
                    "every key of `{}` in `{subgraph}` says `resolvable: false`",
                    ty.name
                )
            } else {
                format!(
                    "`{}` has no `@key` in `{subgraph}`, so no other subgraph can reach it",
                    ty.name
                )
            };
            self.point_at_type(problem, ty, graph, &why);
            return;
        }
        for key in keys {
            let why = format!(
                "its key `{key}` cannot be had from {}{}",
                self.seen_at(),
                self.missing_text(&ty.name, key)
            );
            match self.key_span(ty, graph, key) {
                Some(span) => problem.also_see(&span, why),
                None => problem.help(why),
            };
        }
    }

    /// Why a subgraph that has the field does not resolve it.
    fn no_source(
        &self,
        problem: &mut Problem,
        ty: &TypeDefinition,
        name: &Name,
        graph: SubgraphId,
        join: &FieldJoin,
    ) {
        let subgraph = &self.model.graph(graph).name;
        let why = if join.is_overridden() {
            format!("overridden in `{subgraph}`")
        } else {
            format!("external in `{subgraph}`")
        };
        if let Some(span) = self.field_span(ty, name, graph) {
            problem.also_see(&span, why);
        }
    }

    fn unknown_type(&self, ty: &TypeDefinition, problems: &mut Problems) {
        let message = format!(
            "the query `{}` cannot be answered: from {}, no subgraph can be reached that knows the object types of `{}`",
            witness::query(self.model, self.dead_end),
            self.seen_at(),
            ty.name,
        );
        let problem = problems.error(Code::SatisfiabilityError, ty.name.to_string(), message);
        for graph in ty.graphs() {
            let text = if ty.is_interface_object_in(graph) {
                "known as an object only"
            } else {
                "knows the object types, but no resolvable key leads here"
            };
            self.point_at_type(problem, ty, graph, text);
        }
    }

    /// The subgraphs in which the object is seen, as text.
    fn seen_at(&self) -> String {
        let mut names: Vec<&str> = self
            .dead_end
            .nodes
            .iter()
            .map(|node| {
                self.graph
                    .subgraph_name(self.graph.node(*node).subgraph)
                    .as_str()
            })
            .collect();
        names.dedup();
        let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        match &quoted[..] {
            [] => "nowhere".to_owned(),
            [only] => only.clone(),
            [several @ .., last] => format!("{} and {last}", several.join(", ")),
        }
    }

    /// The leaves of a field set that cannot be had, as a clause; empty when it is the set as a whole.
    fn missing_text(&self, type_name: &Name, set: &FieldSet) -> String {
        let missing: Vec<String> = set
            .items
            .iter()
            .filter(|item| {
                !self
                    .reach
                    .can_select(type_name, &self.dead_end.nodes, std::slice::from_ref(item))
            })
            .map(|item| {
                FieldSet {
                    text: String::new(),
                    items: vec![item.clone()],
                }
                .to_string()
            })
            .collect();
        if missing.is_empty() || missing.len() == set.items.len() {
            String::new()
        } else {
            format!(": `{}` is missing", missing.join("`, `"))
        }
    }

    fn node(&self, ty: &TypeDefinition, graph: SubgraphId) -> Option<NodeId> {
        self.graph
            .nodes_of(&ty.name)
            .iter()
            .copied()
            .find(|node| self.graph.node(*node).subgraph == graph)
    }

    fn definition(
        &self,
        ty: &TypeDefinition,
        graph: SubgraphId,
    ) -> Option<&subgraph::TypeDefinition> {
        let name = self.model.graph(graph).name.as_str();
        self.subgraphs
            .iter()
            .find(|subgraph| &*subgraph.name == name)?
            .type_named(&ty.name)
    }

    fn field_span(
        &self,
        ty: &TypeDefinition,
        name: &Name,
        graph: SubgraphId,
    ) -> Option<diagnostics::Span> {
        Some(self.definition(ty, graph)?.fields.get(name)?.span.clone())
    }

    fn key_span(
        &self,
        ty: &TypeDefinition,
        graph: SubgraphId,
        key: &FieldSet,
    ) -> Option<diagnostics::Span> {
        let keys = &self.definition(ty, graph)?.keys;
        let found = keys
            .iter()
            .find(|it| it.fields.set().is_some_and(|set| set.items == key.items))?;
        Some(found.span.clone())
    }

    fn point_at_type(
        &self,
        problem: &mut Problem,
        ty: &TypeDefinition,
        graph: SubgraphId,
        text: &str,
    ) {
        if let Some(definition) = self.definition(ty, graph) {
            problem.also_see(definition.span(), text);
        }
    }
}
