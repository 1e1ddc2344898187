//! Writes what is sent of one object, straight from its slots.

use plan::{FetchId, LayerId, PositionId, Slot};

use crate::arena::{SlotValue, Store};
use crate::compile::representations::{
    RepresentationFieldShape, RepresentationShape, RepresentationValueShape,
};
use crate::compile::request::separate;
use crate::compile::types::TypeId;
use crate::executable::Executable;
use crate::frames::{Absence, Frames};

/// Why an object cannot be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unavailable {
    /// A part of its key is null by its own right.
    Null,
    /// Something that is sent could not be had because of an error that has been reported.
    Failed,
    /// A subgraph left out something that is sent.
    LeftOut {
        /// The fetch that should have brought it.
        by: FetchId,
    },
}

/// What a representation is written from.
pub(crate) struct Source<'s> {
    pub(crate) executable: &'s Executable,
    pub(crate) store: &'s Store,
    pub(crate) frames: &'s mut Frames,
}

/// Appends the representation of the object whose frame begins at `frame`. When it is not
/// available, what has been appended is of no use.
pub(crate) fn write(
    body: &mut Vec<u8>,
    source: &mut Source<'_>,
    shape: &RepresentationShape,
    type_id: TypeId,
    (position, frame): (PositionId, usize),
) -> Result<(), Unavailable> {
    body.extend_from_slice(b"{\"__typename\":");
    let sent = shape.sent_type.unwrap_or(type_id);
    body.extend_from_slice(source.type_name(sent));
    source.fields(body, &shape.fields, position, frame)?;
    body.push(b'}');
    Ok(())
}

/// How an object is written.
#[derive(Clone, Copy)]
enum Form {
    /// With all its fields.
    Whole,
    /// As the value of the one field that is for it.
    OnlyValue,
}

impl Source<'_> {
    fn fields(
        &mut self,
        body: &mut Vec<u8>,
        fields: &[RepresentationFieldShape],
        position: PositionId,
        frame: usize,
    ) -> Result<(), Unavailable> {
        let type_id = self
            .frames
            .type_of(frame, self.executable.position(position));
        for field in fields {
            if let Some(on) = &field.on
                && !on.contains(type_id)
            {
                continue;
            }
            field.key.push_to(body);
            match &field.value {
                RepresentationValueShape::TypeName => {
                    body.extend_from_slice(self.type_name(type_id));
                }
                RepresentationValueShape::Leaf { layer, slot, fetch } => {
                    let value = self.leaf_value(frame, *layer, *slot);
                    self.leaf(body, field, (value, *fetch), 0)?;
                }
                RepresentationValueShape::Object {
                    position: below,
                    fields: inner,
                } => {
                    let executable = self.executable;
                    let child =
                        self.frames
                            .push_child(self.store, frame, executable.position(*below));
                    let objects = (field, inner.as_slice(), Form::Whole);
                    let written = self.objects(body, objects, (*below, child), 0);
                    self.frames.truncate(child);
                    written?;
                }
            }
        }
        Ok(())
    }

    /// Appends the value of the first field that is for the object whose frame begins at `frame`; of
    /// an object that of the field inside. False: no field is for it.
    pub(super) fn only_value(
        &mut self,
        body: &mut Vec<u8>,
        fields: &[RepresentationFieldShape],
        position: PositionId,
        frame: usize,
    ) -> Result<bool, Unavailable> {
        let type_id = self
            .frames
            .type_of(frame, self.executable.position(position));
        let is_for = |field: &&RepresentationFieldShape| {
            let on = field.on.as_ref();
            on.is_none_or(|on| on.contains(type_id))
                && !matches!(field.value, RepresentationValueShape::TypeName)
        };
        let Some(field) = fields.iter().find(is_for) else {
            return Ok(false);
        };
        match &field.value {
            RepresentationValueShape::TypeName => Ok(false),
            RepresentationValueShape::Leaf { layer, slot, fetch } => {
                let value = self.leaf_value(frame, *layer, *slot);
                self.leaf(body, field, (value, *fetch), 0)?;
                Ok(true)
            }
            RepresentationValueShape::Object {
                position: below,
                fields: inner,
            } => {
                let shape = self.executable.position(*below);
                let child = self.frames.push_child(self.store, frame, shape);
                let objects = (field, inner.as_slice(), Form::OnlyValue);
                let found = self.objects(body, objects, (*below, child), 0);
                self.frames.truncate(child);
                found
            }
        }
    }

    /// Appends what stands below a field with objects, in so many of its lists. False: there is
    /// nothing to write of the object.
    fn objects(
        &mut self,
        body: &mut Vec<u8>,
        (field, inner, form): (&RepresentationFieldShape, &[RepresentationFieldShape], Form),
        (position, frame): (PositionId, usize),
        level: usize,
    ) -> Result<bool, Unavailable> {
        let executable = self.executable;
        let shape = executable.position(position);
        let layers = shape.layers.len();
        let is_list = level + 1 < field.nullable.len();
        if is_list {
            if let Some(length) = self.frames.list_length(frame, layers) {
                body.push(b'[');
                for index in 0..length {
                    separate(body);
                    let item = self.frames.push_items(self.store, frame, layers, index);
                    let below = (field, inner, form);
                    let written = self.objects(body, below, (position, item), level + 1);
                    self.frames.truncate(item);
                    if !written? {
                        body.extend_from_slice(b"null");
                    }
                }
                body.push(b']');
                return Ok(true);
            }
        } else {
            self.frames.resolve(self.store, frame, shape);
            if self.frames.has_object(frame, layers) {
                return match form {
                    Form::Whole => self.object(body, inner, position, frame).map(|()| true),
                    Form::OnlyValue => self.only_value(body, inner, position, frame),
                };
            }
        }
        self.absent(body, field, (position, frame), level)?;
        Ok(true)
    }

    fn object(
        &mut self,
        body: &mut Vec<u8>,
        fields: &[RepresentationFieldShape],
        position: PositionId,
        frame: usize,
    ) -> Result<(), Unavailable> {
        let start = body.len();
        self.fields(body, fields, position, frame)?;
        open_object(body, start);
        body.push(b'}');
        Ok(())
    }

    /// Appends null for what has neither list nor object, if that is its own right.
    fn absent(
        &self,
        body: &mut Vec<u8>,
        field: &RepresentationFieldShape,
        (position, frame): (PositionId, usize),
        level: usize,
    ) -> Result<(), Unavailable> {
        let shape = self.executable.position(position);
        match self.frames.absence(self.store, frame, shape) {
            Absence::Null => write_null(body, field, level),
            Absence::Explained => Err(Unavailable::Failed),
            Absence::LeftOut => Err(Unavailable::LeftOut {
                by: shape.layers.first().map_or(FetchId(0), |it| it.fetch),
            }),
        }
    }

    fn leaf_value(&self, frame: usize, layer: LayerId, slot: Slot) -> SlotValue {
        let object = self.frames.get(frame + layer.index());
        self.store.slot_of(object, slot)
    }

    fn leaf(
        &self,
        body: &mut Vec<u8>,
        field: &RepresentationFieldShape,
        (value, fetch): (SlotValue, FetchId),
        level: usize,
    ) -> Result<(), Unavailable> {
        match value {
            SlotValue::Raw { start, end } => {
                self.store.push_text(body, fetch, start, end);
            }
            SlotValue::NumberId { start, end } => {
                body.push(b'"');
                self.store.push_text(body, fetch, start, end);
                body.push(b'"');
            }
            SlotValue::List { first, len } => {
                body.push(b'[');
                for index in first..first + len {
                    separate(body);
                    let item = self.store.slot_at(index as usize);
                    self.leaf(body, field, (item, fetch), level + 1)?;
                }
                body.push(b']');
            }
            SlotValue::Unset => return Err(Unavailable::LeftOut { by: fetch }),
            _ if self.store.explains_null(value, fetch) => return Err(Unavailable::Failed),
            _ => write_null(body, field, level)?,
        }
        Ok(())
    }

    fn type_name(&self, type_id: TypeId) -> &[u8] {
        type_name(self.executable, self.store, type_id)
    }
}

/// The name of a type as a JSON string: the plan's, or as a subgraph wrote it.
pub(crate) fn type_name<'s>(
    executable: &'s Executable,
    store: &'s Store,
    type_id: TypeId,
) -> &'s [u8] {
    if let Some(known) = executable.types.quoted(type_id) {
        return known;
    }
    type_id
        .index()
        .checked_sub(executable.types.len())
        .and_then(|index| store.foreign_types.get(index))
        .map_or(b"null", |it| store.text(it.fetch, it.start, it.end))
}

/// Turns the comma before the first field, which stands at `start`, into the opening brace.
pub(crate) fn open_object(out: &mut Vec<u8>, start: usize) {
    match out.get_mut(start) {
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
}

fn write_null(
    body: &mut Vec<u8>,
    field: &RepresentationFieldShape,
    level: usize,
) -> Result<(), Unavailable> {
    // Null where the supergraph's type allows none would only be refused by the subgraph.
    let may_be_null = field.nullable.get(level).copied().unwrap_or(true);
    if field.is_key || !may_be_null {
        return Err(Unavailable::Null);
    }
    body.extend_from_slice(b"null");
    Ok(())
}
