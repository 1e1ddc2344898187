//! The shape of the client's answer.

use plan::{PositionId, WriteField, WriteObject, WriteValue};
use query_graph::{LeafType, TypeFactsKind};
use schema::{Name, Type, TypeSet};

use super::Emitter;
use crate::tree::{Answer, AnswerValue, PlaceId, WantId};

/// A leaf that some object types have from one source.
struct LeafSource {
    source: (plan::LayerId, plan::Slot),
    ty: Type,
    objects: Vec<Name>,
    want: WantId,
}

/// A type with the non-null marks of another one of the same lists.
fn with_marks(ty: &Type, marks: &Type) -> Type {
    let plain = match (ty.nullable(), marks.nullable()) {
        (Type::List(item), Type::List(marks)) => Type::List(Box::new(with_marks(item, marks))),
        (plain, _) => plain.clone(),
    };
    match marks.is_non_null() {
        true => Type::NonNull(Box::new(plain)),
        false => plain,
    }
}

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
                fields.extend(self.field_by_nullability(place, answer, *want));
            }
            AnswerValue::ByType(by_type) => self.fields_by_type(place, answer, by_type, fields),
        }
    }

    /// One entry for all objects, which says where their types differ in where null may stand.
    fn field_by_nullability(
        &mut self,
        place: PlaceId,
        answer: &Answer,
        want: WantId,
    ) -> Option<WriteField> {
        let value = self.write_value(want)?;
        let field = self.write_field(place, answer, &answer.on, value);
        let mut types = self.types_by_nullability(answer);
        let ty = match &types[..] {
            [(only, _)] => only.clone(),
            _ => answer.ty.clone(),
        };
        types.retain(|(own, _)| *own != ty);
        let own_types = types
            .into_iter()
            .map(|(own, objects)| (objects.into_iter().collect(), own))
            .collect();
        Some(WriteField {
            ty,
            own_types,
            ..field
        })
    }

    /// The type of a field of the answer, with null where the object type itself allows it.
    fn own_type(&self, answer: &Answer, object: &Name) -> Type {
        let facts = self.graph.type_facts(object);
        let own = facts.and_then(|facts| facts.field_types.get(&answer.name));
        own.map_or_else(|| answer.ty.clone(), |own| with_marks(&answer.ty, own))
    }

    /// The types that the objects of an answer declare for a field, each with its objects.
    fn types_by_nullability(&self, answer: &Answer) -> Vec<(Type, Vec<Name>)> {
        let mut types: Vec<(Type, Vec<Name>)> = Vec::new();
        for object in &answer.on {
            let ty = self.own_type(answer, object);
            match types.iter_mut().find(|(known, _)| *known == ty) {
                Some((_, objects)) => objects.push(object.clone()),
                None => types.push((ty, vec![object.clone()])),
            }
        }
        types
    }

    /// One entry for each source; types whose values stand in the same slot share one.
    fn fields_by_type(
        &mut self,
        place: PlaceId,
        answer: &Answer,
        by_type: &[(Name, WantId)],
        fields: &mut Vec<WriteField>,
    ) {
        let mut leaves: Vec<LeafSource> = Vec::new();
        for (object, want) in by_type {
            let is_leaf = self.solution.tree.want(*want).target.is_none();
            if !is_leaf {
                if let Some(value) = self.write_value(*want) {
                    let on = TypeSet::one(object.clone());
                    let field = self.write_field(place, answer, &on, value);
                    let ty = self.own_type(answer, object);
                    fields.push(WriteField { ty, ..field });
                }
                continue;
            }
            let Some(source) = self.source(*want) else {
                continue;
            };
            let ty = self.own_type(answer, object);
            let same = |it: &&mut LeafSource| it.source == source && it.ty == ty;
            match leaves.iter_mut().find(same) {
                Some(known) => known.objects.push(object.clone()),
                None => leaves.push(LeafSource {
                    source,
                    ty,
                    objects: vec![object.clone()],
                    want: *want,
                }),
            }
        }
        for leaf in leaves {
            if let Some(value) = self.write_value(leaf.want) {
                let on: TypeSet = leaf.objects.into_iter().collect();
                let field = self.write_field(place, answer, &on, value);
                fields.push(WriteField {
                    ty: leaf.ty,
                    ..field
                });
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
            own_types: Vec::new(),
            value,
        }
    }
}
