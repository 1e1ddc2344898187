//! Arguments that objects above give values to, as variables of a request.
//!
//! ```text
//! shop:  type Query { shop: Shop }  type Shop @context(name: "shop") { currency: String  prices: [Price] }
//!        type Price @key(fields: "id") { id: ID!  text(in: String @fromContext(field: "$shop { currency }")): String }
//! query  { shop { prices { text } } }
//!
//! 0  shop   {shop{currency prices{id}}}
//! 1  shop   query($representations_0_N:[_Any!]!,$context_2_0_N:String)
//!           {_e0_N:_entities(representations:$representations_0_N){...on Price{text(in:$context_2_0_N)}}}
//! ```
//! `N` is [`NUMBER`] here: the executor asks once for each currency, all in one request.

use plan::{ContextSource, ContextVariable, EntityFetch, EntityPieces, NUMBER, Pieces, Selection};
use schema::{Name, OperationKind, Value};

use super::Emitter;
use super::document::{self, Declared};
use super::objects::Unit;
use crate::layers::{ContextSent, LayerId, Origin};
use crate::tree::WantId;

impl Emitter<'_, '_> {
    pub(super) fn has_contexts(&self, layer: LayerId) -> bool {
        !self.contexts_of(layer).is_empty()
    }

    /// The contexts of an entity fetch. With contexts it has one layer.
    pub(super) fn contexts(&self, unit: &Unit) -> &[ContextSent] {
        unit.layers
            .first()
            .map_or(&[], |layer| self.contexts_of(*layer))
    }

    fn contexts_of(&self, layer: LayerId) -> &[ContextSent] {
        match &self.solution.layer(layer).origin {
            Origin::Entity { contexts, .. } => contexts,
            _ => &[],
        }
    }

    /// The variable of a layer's context with this index.
    fn context_variable(&self, layer: LayerId, index: usize) -> String {
        let prefix = self.free_prefix("context");
        format!("{prefix}_{}_{index}_{NUMBER}", layer.0)
    }

    /// The arguments of a field of a layer: the client's, and those from contexts.
    pub(super) fn arguments(&self, layer: LayerId, want: WantId) -> Vec<(Name, Value)> {
        let mut arguments = self.solution.tree.want(want).arguments.clone();
        for (index, context) in self.contexts_of(layer).iter().enumerate() {
            if context.want == want {
                let variable = Name::from(self.context_variable(layer, index));
                arguments.push((context.argument.clone(), Value::Variable(variable)));
            }
        }
        arguments
    }

    /// The variables that an entity fetch declares.
    pub(super) fn declared(&self, unit: &Unit, representations: &Name) -> Vec<Declared> {
        let mut declared = vec![Declared::representations(representations.clone())];
        for (index, context) in self.contexts(unit).iter().enumerate() {
            declared.push(Declared {
                variable: Name::from(self.context_variable(unit.layers[0], index)),
                ty: context.ty.to_string(),
            });
        }
        declared
    }

    /// Where the values of an entity fetch's contexts come from.
    pub(super) fn context_variables(&self, unit: &Unit) -> Vec<ContextVariable> {
        let contexts = self.contexts(unit).iter().enumerate();
        contexts
            .map(|(index, context)| ContextVariable {
                variable: self.context_variable(unit.layers[0], index),
                sources: context
                    .sources
                    .iter()
                    .filter_map(|(place, on, sent)| {
                        Some(ContextSource {
                            position: self.positions.get(place).copied()?,
                            on: on.clone(),
                            fields: self.sent_fields(sent),
                        })
                    })
                    .collect(),
            })
            .collect()
    }

    /// The pieces of a request some of whose entities are asked for with contexts.
    pub(super) fn pieces(
        &self,
        selections: &[Selection],
        declared: &[Vec<Declared>],
        entities: &[EntityFetch],
    ) -> Option<Pieces> {
        if entities.iter().all(|it| it.contexts.is_empty()) {
            return None;
        }
        let pieces = entities.iter().zip(declared).zip(selections);
        Some(Pieces {
            head: document::head(self.operation, OperationKind::Query),
            client_variables: document::client_variables(self.operation, selections)
                .into_iter()
                .map(|it| (it.name.clone(), document::client_declaration(it)))
                .collect(),
            entities: pieces
                .map(|((entity, declared), selection)| EntityPieces {
                    response_key: entity.response_key.to_string(),
                    variable: entity.variable.to_string(),
                    declarations: document::declarations(declared),
                    client_variables: self.used_by(selection),
                    field: document::selection(selection),
                })
                .collect(),
        })
    }

    /// The client's variables that a selection uses.
    fn used_by(&self, selection: &Selection) -> Vec<Name> {
        let used = document::client_variables(self.operation, std::slice::from_ref(selection));
        used.into_iter().map(|it| it.name.clone()).collect()
    }
}

/// The name with number 0.
fn numbered(name: &Name) -> Name {
    Name::from(name.replace(NUMBER, "0"))
}

/// The variables with number 0.
pub(super) fn number_declared(it: &mut Declared) {
    it.variable = numbered(&it.variable);
}

/// The entity fetch with number 0.
pub(super) fn number_entities(it: &mut EntityFetch) {
    it.response_key = numbered(&it.response_key);
    it.variable = numbered(&it.variable);
}

/// The selection with number 0 in its alias and in the variables of its arguments.
pub(super) fn number_selection(it: &mut Selection) {
    let selections = match it {
        Selection::Field {
            alias,
            arguments,
            selections,
            ..
        } => {
            *alias = alias.as_ref().map(numbered);
            for (_, value) in arguments {
                if let Value::Variable(variable) = value {
                    *variable = numbered(variable);
                }
            }
            selections
        }
        Selection::Fragment { selections, .. } => selections,
    };
    selections.iter_mut().for_each(number_selection);
}
