//! Objects, and lists of them, through the layers of their position.

use super::leaf::Leaf;
use super::{Bubble, Writer};
use crate::arena::SlotValue;
use crate::compile::as_it_stands::WriteRun;
use crate::compile::positions::PositionShape;
use crate::compile::types::TypeId;
use crate::compile::write::{WriteFieldShape, WriteShape, WriteValueShape};
use crate::entities::{open_object, type_name};
use crate::errors::PathStep;
use crate::frames::Absence;

impl<'w> Writer<'w> {
    /// Writes the root. It is there even when all fetches have failed: then its fields are null.
    pub(super) fn root(&mut self) -> Result<(), Bubble> {
        let executable = self.executable;
        let shape = &executable.answer;
        let position = executable.position(shape.position);
        let frame = self.frames.push_root(self.store, position);
        if self.as_it_stands(position, frame)? {
            return Ok(());
        }
        let type_id = self.frames.type_of(frame, position);
        self.fields(shape, frame, type_id)
    }

    /// Writes a value that can be given on as it stands: of a position with one layer, and read in
    /// one piece. Says whether it was one.
    #[inline]
    fn as_it_stands(&mut self, position: &PositionShape, frame: usize) -> Result<bool, Bubble> {
        let ([layer], SlotValue::Raw { start, end }) =
            (&position.layers[..], self.frames.get(frame))
        else {
            return Ok(false);
        };
        self.out
            .give_on(&self.store.bodies[layer.fetch.index()], start, end);
        self.check_size()?;
        Ok(true)
    }

    /// Stops everything once there is more than there may be.
    fn check_size(&mut self) -> Result<(), Bubble> {
        if self.out.bytes() > self.executable.limits.max_data_bytes {
            self.is_too_large = true;
            return Err(Bubble);
        }
        Ok(())
    }

    /// Writes an object whose frame begins at `frame`. Recursion is bounded by the operation.
    fn fields(
        &mut self,
        shape: &'w WriteShape,
        frame: usize,
        type_id: TypeId,
    ) -> Result<(), Bubble> {
        let start = self.out.text.len();
        let mut fields = shape.fields.iter();
        while let Some(field) = fields.next() {
            if let Some(run) = &field.run
                && self.run(run, frame)
            {
                // The others of the run have been written with it.
                fields = fields
                    .as_slice()
                    .get(run.length - 1..)
                    .unwrap_or_default()
                    .iter();
                continue;
            }
            if let Some(on) = &field.on
                && !on.contains(type_id)
            {
                continue;
            }
            if field.inclusion.is_some() && !self.included.holds(field.inclusion) {
                continue;
            }
            field.key.push_to(&mut self.out.text);
            let before = self.errors.len();
            let written = self.field(field, frame, type_id);
            if self.errors.len() != before {
                self.errors_were_below(before, || PathStep::Key(field.client_key.clone()));
            }
            written?;
        }
        open_object(&mut self.out.text, start);
        self.out.text.push(b'}');
        self.check_size()
    }

    /// Writes the fields of a run, if they were read in one piece.
    #[inline]
    fn run(&mut self, run: &WriteRun, frame: usize) -> bool {
        let object = self.frames.get(frame + run.layer.index());
        let SlotValue::Run { start, end } = self.store.slot_of(object, run.slot) else {
            return false;
        };
        self.out.text.push(b',');
        self.store
            .push_text(&mut self.out.text, run.fetch, start, end);
        true
    }

    fn field(
        &mut self,
        field: &'w WriteFieldShape,
        frame: usize,
        type_id: TypeId,
    ) -> Result<(), Bubble> {
        match &field.value {
            WriteValueShape::Leaf {
                layer,
                slot,
                fetch,
                visible,
            } => {
                let object = self.frames.get(frame + layer.index());
                let value = self.store.slot_of(object, *slot);
                let leaf = Leaf {
                    fetch: *fetch,
                    visible: visible.as_deref(),
                };
                self.leaf(field, leaf, value, 0)
            }
            WriteValueShape::Object(shape) => {
                let executable = self.executable;
                let position = executable.position(shape.position);
                let child = self.frames.push_child(self.store, frame, position);
                let written = self.object(field, (shape, position), child, 0);
                self.frames.truncate(child);
                written
            }
            WriteValueShape::TypeName => {
                let text = type_name(self.executable, self.store, type_id);
                self.out.text.extend_from_slice(text);
                Ok(())
            }
            WriteValueShape::Introspection => {
                let introspection = self.introspection;
                match introspection
                    .iter()
                    .find(|(key, _)| *key == field.client_key)
                {
                    Some((_, json)) => {
                        self.out.text.extend_from_slice(json);
                        Ok(())
                    }
                    None => self.null(field, 0, Absence::Null, None),
                }
            }
        }
    }

    /// Writes an object in so many lists of its field.
    fn object(
        &mut self,
        field: &'w WriteFieldShape,
        (shape, position): (&'w WriteShape, &'w PositionShape),
        frame: usize,
        level: usize,
    ) -> Result<(), Bubble> {
        if self.as_it_stands(position, frame)? {
            return Ok(());
        }
        let layers = position.layers.len();
        let start = self.out.text.len();
        if level + 1 < field.nullable.len() {
            if let Some(length) = self.frames.list_length(frame, layers) {
                let written = self.objects(field, (shape, position), (frame, length), level);
                return self.settle(field, level, start, written);
            }
        } else {
            self.frames.resolve(self.store, frame, position);
            if self.frames.has_object(frame, layers) {
                let type_id = self.frames.type_of(frame, position);
                let is_hidden = shape
                    .possible_types
                    .as_ref()
                    .is_some_and(|possible| !possible.contains(type_id));
                if !is_hidden {
                    let written = self.fields(shape, frame, type_id);
                    return self.settle(field, level, start, written);
                }
            }
        }
        let absence = self.frames.absence(self.store, frame, position);
        let by = match absence {
            Absence::LeftOut => position.layers.first().map(|it| it.fetch),
            _ => None,
        };
        let executable = self.executable;
        let by = by.map(|fetch| &executable.fetches[fetch.index()].subgraph_name);
        self.null(field, level, absence, by)
    }

    fn objects(
        &mut self,
        field: &'w WriteFieldShape,
        (shape, position): (&'w WriteShape, &'w PositionShape),
        (lists, length): (usize, u32),
        level: usize,
    ) -> Result<(), Bubble> {
        let layers = position.layers.len();
        self.out.text.push(b'[');
        for index in 0..length {
            if index > 0 {
                self.out.text.push(b',');
            }
            let item = self.frames.push_items(self.store, lists, layers, index);
            let before = self.errors.len();
            let written = self.object(field, (shape, position), item, level + 1);
            if self.errors.len() != before {
                self.errors_were_below(before, || PathStep::Index(index));
            }
            self.frames.truncate(item);
            written?;
        }
        self.out.text.push(b']');
        Ok(())
    }
}
