//! The shape of the client's answer.

use plan::{PositionId, WriteField, WriteObject, WriteValue};
use query_graph::{LeafType, TypeFactsKind};
use schema::{Name, TypeSet};

use super::Emitter;
use crate::tree::{Answer, AnswerValue, PlaceId, WantId};

impl Emitter<'_, '_> {
    /// What the client sees of a place.
    pub(super) fn answer(&mut self, place: PlaceId) -> WriteObject {
        let solution = self.solution;
        let it = solution.tree.place(place);
        let mut fields = Vec::with_capacity(it.answers.len());
        for answer in &it.answers {
            self.answer_fields(place, answer, &mut fields);
        }
        WriteObject {
            position: self
                .positions
                .get(&place)
                .copied()
                .unwrap_or(PositionId::ROOT),
            possible_types: it.possible_types.clone(),
            fields,
        }
    }

    fn answer_fields(&mut self, place: PlaceId, answer: &Answer, fields: &mut Vec<WriteField>) {
        match &answer.value {
            AnswerValue::TypeName => {
                let field = self.write_field(place, answer, &answer.on, WriteValue::TypeName);
                fields.push(field);
            }
            AnswerValue::Introspection => {
                let field = self.write_field(place, answer, &answer.on, WriteValue::Introspection);
                fields.push(field);
            }
            AnswerValue::Want(want) => {
                if let Some(value) = self.write_value(*want) {
                    let field = self.write_field(place, answer, &answer.on, value);
                    fields.push(field);
                }
            }
            AnswerValue::ByType(by_type) => self.fields_by_type(place, answer, by_type, fields),
        }
    }

    /// One entry for each source; types whose values stand in the same slot share one.
    fn fields_by_type(
        &mut self,
        place: PlaceId,
        answer: &Answer,
        by_type: &[(Name, WantId)],
        fields: &mut Vec<WriteField>,
    ) {
        let mut leaves: Vec<((plan::LayerId, plan::Slot), Vec<Name>, WantId)> = Vec::new();
        for (object, want) in by_type {
            let is_leaf = self.solution.tree.want(*want).target.is_none();
            if !is_leaf {
                if let Some(value) = self.write_value(*want) {
                    let on = TypeSet::one(object.clone());
                    let field = self.write_field(place, answer, &on, value);
                    fields.push(field);
                }
                continue;
            }
            let Some(source) = self.source(*want) else {
                continue;
            };
            match leaves.iter_mut().find(|(known, ..)| *known == source) {
                Some((_, types, _)) => types.push(object.clone()),
                None => leaves.push((source, vec![object.clone()], *want)),
            }
        }
        for (_, types, want) in leaves {
            if let Some(value) = self.write_value(want) {
                let on: TypeSet = types.into_iter().collect();
                let field = self.write_field(place, answer, &on, value);
                fields.push(field);
            }
        }
    }

    /// Where the value of a want comes from. None: no object that has it ever comes.
    fn write_value(&mut self, want: WantId) -> Option<WriteValue> {
        let it = self.solution.tree.want(want);
        if let Some(target) = it.target {
            self.positions.get(&target)?;
            return Some(WriteValue::Object(self.answer(target)));
        }
        let (layer, slot) = self.source(want)?;
        let visible_values = match self
            .graph
            .type_facts(it.ty.inner_name())
            .map(|facts| &facts.kind)
        {
            Some(TypeFactsKind::Leaf(LeafType::Enum { visible, .. })) => visible.clone(),
            _ => None,
        };
        Some(WriteValue::Leaf {
            layer,
            slot,
            visible_values,
        })
    }

    fn write_field(
        &mut self,
        place: PlaceId,
        answer: &Answer,
        on: &TypeSet,
        value: WriteValue,
    ) -> WriteField {
        let possible = &self.solution.tree.place(place).possible_types;
        let everywhere = possible
            .as_ref()
            .is_none_or(|possible| possible.is_subset(on));
        WriteField {
            key: answer.key.clone(),
            parent_type: answer.parent_type.clone(),
            name: answer.name.clone(),
            on: (!everywhere).then(|| on.clone()),
            inclusion: self.inclusion_id(&answer.inclusion),
            ty: answer.ty.clone(),
            value,
        }
    }
}
