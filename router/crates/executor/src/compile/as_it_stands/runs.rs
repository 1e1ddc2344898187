//! Which fields of an object that is taken apart may be given on together.

use std::collections::HashMap;

use plan::{
    FetchId, LayerId, Plan, PositionId, ReadField, RepresentationField, RepresentationValue, Slot,
    TypeSource, WriteField, WriteObject, WriteValue,
};

use super::{Finder, nullability};

/// A run of fields of the answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WriteRun {
    /// How many fields it has.
    pub(crate) length: usize,
    /// Where it stands once it has been read: in the slot of its first field.
    pub(crate) layer: LayerId,
    pub(crate) slot: Slot,
    /// The fetch that reads it.
    pub(crate) fetch: FetchId,
}

/// A field of the answer, and the position below it whose objects may be given on as they stand.
pub(super) type Below<'p> = (&'p WriteField, Option<PositionId>);

/// A slot of the objects in a layer of a position.
type Place = (PositionId, LayerId, Slot);

/// How often the plan needs a slot for a leaf, be it for the answer or for a representation.
#[derive(Debug, Default)]
pub(super) struct SlotUses(HashMap<Place, usize>);

impl SlotUses {
    pub(super) fn of(plan: &Plan) -> Self {
        let mut uses = Self::default();
        uses.written(&plan.answer);
        for entity in plan.fetches.iter().flat_map(|fetch| &fetch.entities) {
            for representation in &entity.representations {
                uses.sent(entity.position, &representation.fields);
            }
            for source in entity.contexts.iter().flat_map(|it| &it.sources) {
                uses.sent(source.position, &source.fields);
            }
        }
        uses
    }

    fn add(&mut self, place: Place) {
        *self.0.entry(place).or_insert(0) += 1;
    }

    fn written(&mut self, object: &WriteObject) {
        for field in &object.fields {
            match &field.value {
                WriteValue::Leaf { layer, slot, .. } => self.add((object.position, *layer, *slot)),
                WriteValue::Object(below) => self.written(below),
                WriteValue::TypeName | WriteValue::Introspection => {}
            }
        }
    }

    fn sent(&mut self, position: PositionId, fields: &[RepresentationField]) {
        for field in fields {
            match &field.value {
                RepresentationValue::Leaf { layer, slot } => self.add((position, *layer, *slot)),
                RepresentationValue::Object { position, fields } => self.sent(*position, fields),
                RepresentationValue::TypeName => {}
            }
        }
    }
}

impl<'p> Finder<'p> {
    /// Notes the runs among the fields of an object of the answer.
    pub(super) fn runs(&mut self, position: PositionId, fields: &[Below<'p>]) {
        let source = &self.plan.position(position).type_source;
        // Of an object that can be of several types, not all may have all fields.
        if !matches!(source, TypeSource::Static(_)) || self.written.get(&position) != Some(&1) {
            return;
        }
        let mut rest = fields;
        while let Some(((first, _), others)) = rest.split_first() {
            let Some((layer, slot)) = self.place(position, first) else {
                rest = others;
                continue;
            };
            let run = self.run((position, layer, slot), rest);
            let length = run.len();
            if let (Some(read), 2..) = (run.first(), length) {
                self.found
                    .read_runs
                    .insert(std::ptr::from_ref(*read), length);
                let run_of_answer = WriteRun {
                    length,
                    layer,
                    slot,
                    fetch: self.plan.position(position).layers[layer.index()].fetch,
                };
                self.found
                    .write_runs
                    .insert(std::ptr::from_ref(*first), run_of_answer);
                for (read, (write, _)) in run.iter().zip(rest) {
                    let nullable = nullability(&write.ty);
                    self.found
                        .fields
                        .insert(std::ptr::from_ref(*read), nullable);
                }
            }
            rest = rest.get(length.max(1)..).unwrap_or_default();
        }
    }

    /// Where the value of a field stands.
    fn place(&self, position: PositionId, field: &WriteField) -> Option<(LayerId, Slot)> {
        match &field.value {
            WriteValue::Leaf { layer, slot, .. } => Some((*layer, *slot)),
            WriteValue::Object(object) => match self.above(object.position)? {
                (above, layer, slot) if above == position => Some((layer, slot)),
                _ => None,
            },
            WriteValue::TypeName | WriteValue::Introspection => None,
        }
    }

    /// What reads the first of these fields and those behind it, as long as each is written just as it is
    /// read, and nothing else needs it.
    fn run(&self, (position, layer, slot): Place, fields: &[Below<'p>]) -> Vec<&'p ReadField> {
        let reads = self.reads.get(position.index());
        let Some(Some(read)) = reads.and_then(|it| it.get(layer.index()).copied()) else {
            return Vec::new();
        };
        if self.seen.get(&std::ptr::from_ref(read)) != Some(&1) {
            return Vec::new();
        }
        let from_first = read.fields.iter().skip_while(|it| it.slot != slot);
        from_first
            .zip(fields)
            .take_while(|(read, (write, below))| {
                let is_needed_once = match &write.value {
                    WriteValue::Leaf { .. } => {
                        self.uses.0.get(&(position, layer, read.slot)) == Some(&1)
                    }
                    WriteValue::Object(_) => true,
                    WriteValue::TypeName | WriteValue::Introspection => false,
                };
                is_needed_once && self.is_same((position, layer), write, read, *below)
            })
            .map(|(read, _)| read)
            .collect()
    }
}
